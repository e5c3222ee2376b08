//! What the sources write: a list of pieces as a document of its source's format, and a piece's page.

use super::cast::{Player, Texts};
use super::formats::Feed;
use super::script::Piece;
use crate::model::Timestamp;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A document and what its answer says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: &'static str,
    /// When these bytes came to be.
    pub(super) changed: Timestamp,
}

/// The feed of `player` with these pieces, newest first. `base` is the origin's address without a final slash.
pub(super) fn feed(player: &Player, pieces: &[Piece], base: &str) -> Document {
    let changed = pieces.iter().map(Piece::changed).max().unwrap_or_default();
    let entries: Vec<Entry> = pieces.iter().map(|piece| Entry::new(piece, base)).collect();
    let feed = Feed {
        player,
        entries,
        changed,
        link: format!("{base}/{}/", player.name),
        own: format!("{base}{}", player.path()),
    };
    let (text, content_type) = feed.write();
    if player.is_gb18030() {
        let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
        return Document {
            bytes: bytes.into_owned(),
            content_type: "text/xml",
            changed,
        };
    }
    Document {
        bytes: text.into_bytes(),
        content_type,
        changed,
    }
}

/// The page of one piece.
pub(super) fn page(piece: &Piece, base: &str) -> Document {
    let entry = Entry::new(piece, base);
    let text = format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"></head>\n<body><article><h1>{title}</h1>\
         <p>{} · <time>{}</time></p>\n{}</article></body></html>\n",
        piece.author.language,
        escape(piece.author.title),
        piece.published,
        entry.content,
        title = escape(&entry.title),
    );
    Document {
        bytes: text.into_bytes(),
        content_type: "text/html; charset=utf-8",
        changed: piece.changed(),
    }
}

/// All that has been published, for whoever checks what became of it.
pub(super) fn ledger(lists: &[(&'static Player, Vec<Piece>)], base: &str) -> Value {
    let sources = lists.iter().map(|(player, pieces)| {
        let items = pieces.iter().map(|piece| {
            let entry = Entry::new(piece, base);
            json!({
                "id": entry.id,
                "link": entry.link,
                "article": format!("{base}{}", piece.path()),
                "title": entry.title,
                "published": piece.published.to_rfc3339(),
                "shown": piece.shown.to_rfc3339(),
                "corrected": piece.corrected.map(Timestamp::to_rfc3339),
            })
        });
        json!({
            "name": player.name,
            "url": format!("{base}{}", player.path()),
            "behaviour": format!("{:?}", player.behaviour),
            "items": items.collect::<Vec<_>>(),
        })
    });
    json!({ "sources": sources.collect::<Vec<_>>() })
}

/// What every format says of an item, with its placeholders filled in.
pub(super) struct Entry<'a> {
    pub(super) piece: &'a Piece,
    pub(super) id: String,
    pub(super) link: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) content: String,
    pub(super) enclosure: Option<String>,
}

impl<'a> Entry<'a> {
    fn new(piece: &'a Piece, base: &str) -> Self {
        let sample = piece.sample;
        let mut content = String::new();
        for paragraph in &sample.paragraphs {
            let text = piece.filling.apply(paragraph);
            if text.starts_with("<blockquote") || text.starts_with("<pre") || text.starts_with("</") {
                content.push_str(&text);
            } else {
                let _ = write!(content, "<p>{text}</p>");
            }
            content.push('\n');
        }
        if let (Some(correction), Some(_)) = (sample.correction, piece.corrected) {
            let _ = writeln!(content, "<p><em>{correction}</em></p>");
        }
        Self {
            piece,
            id: id(piece),
            link: link(piece, base),
            title: if piece.is_passed_off() {
                format!("转载｜{}", piece.filling.apply(sample.summary))
            } else {
                piece.filling.apply(sample.title)
            },
            summary: piece.filling.apply(sample.summary),
            content,
            enclosure: sample
                .enclosure
                .map(|file| format!("{base}/{}/files/{}", piece.author.name, file.name)),
        }
    }

    pub(super) fn enclosure_type_and_length(&self) -> (&str, u64) {
        let file = self.piece.sample.enclosure;
        file.map_or(("", 0), |file| (file.mime_type, file.length))
    }
}

/// What a source calls an item, which outlives every change of its text.
fn id(piece: &Piece) -> String {
    format!(
        "tag:{}.example,2026:{}/{}",
        piece.player.name,
        piece.author.name,
        piece.stamp()
    )
}

fn link(piece: &Piece, base: &str) -> String {
    let path = piece.page();
    match piece.player.texts {
        Texts::Reprints {
            with_campaign: true, ..
        } => format!(
            "{base}{path}?utm_source={}&utm_medium=rss&utm_campaign=demo",
            piece.player.name
        ),
        _ => format!("{base}{path}"),
    }
}

/// Text made safe for XML and HTML, in element and attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::cast::{CAST, Format, player};
    use super::super::script::Script;
    use super::*;
    use std::time::Duration;

    const BASE: &str = "http://127.0.0.1:4000";

    fn written(name: &str) -> Document {
        let start = Timestamp::from_seconds(1_795_336_200);
        let player = player(name).unwrap();
        let mut pieces = Script::new(start, 1).published(player, start.plus(Duration::from_secs(90)));
        pieces.reverse();
        feed(player, &pieces, BASE)
    }

    #[test]
    fn every_xml_document_is_well_formed() {
        for player in CAST.iter().filter(|player| player.format != Format::JsonFeed) {
            let document = written(player.name);
            let text = if player.is_gb18030() {
                let (text, _, had_errors) = encoding_rs::GB18030.decode(&document.bytes);
                assert!(!had_errors);
                text.into_owned()
            } else {
                String::from_utf8(document.bytes).unwrap()
            };
            let mut reader = quick_xml::Reader::from_str(&text);
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(_) => {}
                    Err(error) => panic!("{}: {error}", player.name),
                }
            }
        }
    }

    #[test]
    fn a_json_feed_says_which_version_it_is() {
        let value: Value = serde_json::from_slice(&written("qingshi").bytes).unwrap();
        assert_eq!(value["version"], "https://jsonfeed.org/version/1.1");
        assert!(value["items"].as_array().unwrap().len() > 4);
    }

    #[test]
    fn the_campaign_is_in_the_reprints_address_alone() {
        let digest = String::from_utf8(written("morning-digest").bytes).unwrap();
        assert!(digest.contains("?utm_source=morning-digest&amp;utm_medium=rss"));
        assert!(
            digest.contains("<source url=\"http://127.0.0.1:4000/harbour-post/rss.xml\">The Harbour Post")
        );
        let original = String::from_utf8(written("harbour-post").bytes).unwrap();
        assert!(!original.contains("utm_"));
    }

    #[test]
    fn a_reprint_that_is_passed_off_shares_its_text_alone() {
        let copies = String::from_utf8(written("zhaiyao").bytes).unwrap();
        assert!(copies.contains("<content type=\"html\">"));
        assert!(copies.contains("/zhaiyao/baita-"));
        assert!(!copies.contains(&format!("{BASE}/baita/2")));
    }

    #[test]
    fn the_gb18030_source_says_gb2312_and_names_no_zone() {
        let bytes = written("linjiang").bytes;
        assert!(bytes.starts_with(b"<?xml version=\"1.0\" encoding=\"gb2312\"?>"));
        assert!(String::from_utf8(bytes.clone()).is_err());
        let (text, _, _) = encoding_rs::GB18030.decode(&bytes);
        assert!(text.contains("<pubDate>2026-11-22 1"));
    }
}
