//! The five formats, as plain text: written by hand and not by the code under test, which reads them.

use super::cast::{Format, Player};
use super::render::{Entry, escape};
use crate::model::Timestamp;
use chrono::FixedOffset;
use serde_json::json;
use std::fmt::Write as _;

/// One source's list, ready to be written.
pub(super) struct Feed<'a> {
    pub(super) player: &'a Player,
    /// Newest first.
    pub(super) entries: Vec<Entry<'a>>,
    /// When anything in it last changed.
    pub(super) changed: Timestamp,
    /// Its page.
    pub(super) link: String,
    /// Its own address.
    pub(super) own: String,
}

impl Feed<'_> {
    /// The document in its source's format, and its media type.
    pub(super) fn write(&self) -> (String, &'static str) {
        match self.player.format {
            Format::Rss2 => (self.rss2(), "application/rss+xml; charset=utf-8"),
            Format::Rss091 => (self.rss091(), "text/xml"),
            Format::Rdf => (self.rdf(), "application/rdf+xml"),
            Format::Atom => (self.atom(), "application/atom+xml"),
            Format::JsonFeed => (self.json(), "application/feed+json"),
        }
    }

    fn rss2(&self) -> String {
        let encoding = if self.player.is_gb18030() {
            "gb2312"
        } else {
            "UTF-8"
        };
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<rss version=\"2.0\" \
             xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n"
        );
        self.rss_head(&mut out);
        let _ = writeln!(
            out,
            "<lastBuildDate>{}</lastBuildDate>\n<ttl>1</ttl>\n<atom:link href=\"{}\" rel=\"self\" type=\"application/rss+xml\"/>",
            rss_date(self.changed, self.player),
            escape(&self.own)
        );
        for entry in &self.entries {
            self.rss2_item(&mut out, entry);
        }
        out.push_str("</channel>\n</rss>\n");
        out
    }

    fn rss2_item(&self, out: &mut String, entry: &Entry) {
        let piece = entry.piece;
        let _ = writeln!(
            out,
            "<item>\n<title>{}</title>\n<link>{}</link>\n{}\n<pubDate>{}</pubDate>\n<dc:creator>{}</dc:creator>",
            escape(&entry.title),
            escape(&entry.link),
            self.rss_guid(entry),
            rss_date(piece.published, self.player),
            escape(piece.sample.author)
        );
        for tag in &piece.sample.tags {
            let _ = writeln!(out, "<category>{}</category>", escape(tag));
        }
        let _ = writeln!(out, "<description>{}</description>", escape(&entry.summary));
        if piece.is_reprint() {
            let url = self.own.replace(&self.player.path(), &piece.author.path());
            let _ = writeln!(
                out,
                "<source url=\"{}\">{}</source>",
                escape(&url),
                escape(piece.author.title)
            );
        } else {
            let _ = writeln!(
                out,
                "<content:encoded><![CDATA[{}]]></content:encoded>",
                entry.content
            );
        }
        if let Some(url) = &entry.enclosure {
            let (mime_type, length) = entry.enclosure_type_and_length();
            let _ = writeln!(
                out,
                "<enclosure url=\"{}\" type=\"{mime_type}\" length=\"{length}\"/>",
                escape(url)
            );
        }
        out.push_str("</item>\n");
    }

    /// Both ways of RSS are on stage: the article's address as its guid, and a guid that is none.
    fn rss_guid(&self, entry: &Entry) -> String {
        if self.player.name == "harbour-post" || self.player.name == "baita" {
            format!("<guid>{}</guid>", escape(&entry.link))
        } else {
            format!("<guid isPermaLink=\"false\">{}</guid>", escape(&entry.id))
        }
    }

    fn rss_head(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "<title>{}</title>\n<link>{}</link>\n<description>{}</description>\n<language>{}</language>",
            escape(self.player.title),
            escape(&self.link),
            escape(self.player.description),
            self.player.language
        );
    }

    fn rss091(&self) -> String {
        let mut out = String::from(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE rss PUBLIC \"-//Netscape Communications//DTD RSS 0.91//EN\" \
             \"http://my.netscape.com/publish/formats/rss-0.91.dtd\">\n<rss version=\"0.91\">\n<channel>\n",
        );
        self.rss_head(&mut out);
        for entry in &self.entries {
            let _ = writeln!(
                out,
                "<item>\n<title>{}</title>\n<link>{}</link>\n<description>{}</description>\n</item>",
                escape(&entry.title),
                escape(&entry.link),
                escape(&entry.summary)
            );
        }
        out.push_str("</channel>\n</rss>\n");
        out
    }

    fn rdf(&self) -> String {
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF \
             xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
             xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">\n<channel rdf:about=\"{0}\">\n\
             <title>{1}</title>\n<link>{0}</link>\n<description>{2}</description>\n<dc:language>{3}</dc:language>\n\
             <sy:updatePeriod>hourly</sy:updatePeriod>\n<items><rdf:Seq>\n",
            escape(&self.link),
            escape(self.player.title),
            escape(self.player.description),
            self.player.language
        );
        for entry in &self.entries {
            let _ = writeln!(out, "<rdf:li rdf:resource=\"{}\"/>", escape(&entry.link));
        }
        out.push_str("</rdf:Seq></items>\n</channel>\n");
        for entry in &self.entries {
            let _ = writeln!(
                out,
                "<item rdf:about=\"{0}\">\n<title>{1}</title>\n<link>{0}</link>\n<description>{2}</description>\n\
                 <dc:date>{3}</dc:date>\n<dc:creator>{4}</dc:creator>\n<dc:subject>{5}</dc:subject>\n\
                 <content:encoded><![CDATA[{6}]]></content:encoded>\n</item>",
                escape(&entry.link),
                escape(&entry.title),
                escape(&entry.summary),
                w3c_date(entry.piece.published, self.player),
                escape(entry.piece.sample.author),
                escape(&entry.piece.sample.tags.join(", ")),
                entry.content
            );
        }
        out.push_str("</rdf:RDF>\n");
        out
    }

    fn atom(&self) -> String {
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n\
             <id>tag:{}.example,2026:feed</id>\n<title>{}</title>\n<subtitle>{}</subtitle>\n<updated>{}</updated>\n\
             <link href=\"{}\"/>\n<link rel=\"self\" href=\"{}\"/>\n",
            self.player.language,
            self.player.name,
            escape(self.player.title),
            escape(self.player.description),
            w3c_date(self.changed, self.player),
            escape(&self.link),
            escape(&self.own)
        );
        for entry in &self.entries {
            self.atom_entry(&mut out, entry);
        }
        out.push_str("</feed>\n");
        out
    }

    fn atom_entry(&self, out: &mut String, entry: &Entry) {
        let piece = entry.piece;
        let _ = writeln!(
            out,
            "<entry>\n<id>{}</id>\n<title type=\"html\">{}</title>\n<link href=\"{}\"/>\n<published>{}</published>\n\
             <updated>{}</updated>\n<author><name>{}</name></author>",
            escape(&entry.id),
            escape(&escape(&entry.title)),
            escape(&entry.link),
            w3c_date(piece.published, self.player),
            w3c_date(piece.corrected.unwrap_or(piece.published), self.player),
            escape(piece.sample.author)
        );
        for tag in &piece.sample.tags {
            let _ = writeln!(out, "<category term=\"{}\"/>", escape(tag));
        }
        let _ = writeln!(out, "<summary>{}</summary>", escape(&entry.summary));
        if piece.is_reprint() && !piece.is_passed_off() {
            let _ = writeln!(
                out,
                "<source><id>tag:{}.example,2026:feed</id><title>{}</title><updated>{}</updated></source>",
                piece.author.name,
                escape(piece.author.title),
                w3c_date(piece.published, self.player)
            );
        } else {
            let _ = writeln!(out, "<content type=\"html\">{}</content>", escape(&entry.content));
        }
        if let Some(url) = &entry.enclosure {
            let (mime_type, length) = entry.enclosure_type_and_length();
            let _ = writeln!(
                out,
                "<link rel=\"enclosure\" href=\"{}\" type=\"{mime_type}\" length=\"{length}\"/>",
                escape(url)
            );
        }
        out.push_str("</entry>\n");
    }

    fn json(&self) -> String {
        let items = self.entries.iter().map(|entry| {
            let piece = entry.piece;
            let mut item = json!({
                "id": entry.id,
                "url": entry.link,
                "title": entry.title,
                "summary": entry.summary,
                "content_html": entry.content,
                "date_published": w3c_date(piece.published, self.player),
                "authors": [{ "name": piece.sample.author }],
                "tags": piece.sample.tags,
            });
            if let (Some(fields), Some(at)) = (item.as_object_mut(), piece.corrected) {
                fields.insert("date_modified".to_owned(), json!(w3c_date(at, self.player)));
            }
            if let (Some(fields), Some(url)) = (item.as_object_mut(), &entry.enclosure) {
                let (mime_type, length) = entry.enclosure_type_and_length();
                let file = json!([{ "url": url, "mime_type": mime_type, "size_in_bytes": length }]);
                fields.insert("attachments".to_owned(), file);
            }
            item
        });
        let feed = json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.player.title,
            "home_page_url": self.link,
            "feed_url": self.own,
            "description": self.player.description,
            "language": self.player.language,
            "items": items.collect::<Vec<_>>(),
        });
        format!("{feed:#}\n")
    }
}

/// How RSS dates look in the wild: GMT, an offset, and, from the source that writes gb2312, no zone at all.
fn rss_date(at: Timestamp, player: &Player) -> String {
    let form = match (player.is_gb18030(), player.is_chinese()) {
        (true, _) => "%Y-%m-%d %H:%M:%S",
        (_, true) => "%a, %d %b %Y %H:%M:%S %z",
        _ => return at.to_http_date(),
    };
    in_china(at).map_or_else(|| at.to_http_date(), |local| local.format(form).to_string())
}

fn w3c_date(at: Timestamp, player: &Player) -> String {
    match in_china(at) {
        Some(local) if player.is_chinese() => local.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        _ => at.to_rfc3339(),
    }
}

fn in_china(at: Timestamp) -> Option<chrono::DateTime<FixedOffset>> {
    let offset = FixedOffset::east_opt(8 * 3600)?;
    Some(at.to_utc().with_timezone(&offset))
}
