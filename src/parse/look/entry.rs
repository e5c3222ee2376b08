//! What a document says of one entry.

use super::head::{author, first, is_plain_link, language, link_written, push, relations, tags};
use super::media::{self, Gathered};
use super::text::{self, Kind};
use super::{Place, Reader, extras};
use crate::model::{Entry, Extras, FeedFormat, Link, Origin, Person, Tag};
use crate::parse::namespace::Space;
use crate::parse::node::Node;
use crate::parse::{address, bounds, line};
use url::Url;

/// Reads one `item` or `entry`.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node<'_>, outside: &Place) -> Entry {
    let place = outside.inside(node.attribute("xml:base"));
    let mut draft = Draft {
        entry: Entry {
            language: node.attribute("xml:lang").and_then(language),
            ..Entry::default()
        },
        media: Gathered::default(),
        extras: Extras::default(),
        base: place.explicit.clone(),
        place,
        link: None,
        link_rank: 0,
        published_rank: 0,
        id: None,
        description: None,
        fallback: Fallback::default(),
    };
    draft.attributes(reader, node);
    for part in node.nodes() {
        draft.part(reader, part);
    }
    draft.finish(reader)
}

/// What stands in for something the entry does not say.
#[derive(Debug, Default)]
struct Fallback<'n, 'a> {
    title: Option<&'n Node<'a>>,
    summary: Option<&'n Node<'a>>,
    image: Option<String>,
    authors: Vec<Person>,
    duration_seconds: Option<u64>,
}

struct Draft<'n, 'a> {
    entry: Entry,
    media: Gathered<'n, 'a>,
    extras: Extras,
    place: Place,
    /// `xml:base` of the text, else of the entry.
    base: Option<Url>,
    link: Option<String>,
    link_rank: u8,
    published_rank: u8,
    /// Atom's id beside an RSS guid, or the subject of an RDF description.
    id: Option<String>,
    description: Option<String>,
    fallback: Fallback<'n, 'a>,
}

impl<'n, 'a> Draft<'n, 'a> {
    /// RDF names an item by its `about`; CDF says address and date in attributes.
    fn attributes(&mut self, reader: &mut Reader<'_>, node: &Node<'_>) {
        self.id = node
            .local_attribute("about")
            .map(str::trim)
            .filter(|about| !about.is_empty())
            .map(str::to_owned);
        if let Some(href) = node.attribute("href") {
            self.offer_link(address::absolute(href, self.place.link_base()), 3);
        }
        if let Some(written) = node.attribute("lastmod") {
            self.entry.updated = reader.date_of(written);
        }
    }

    fn part(&mut self, reader: &mut Reader<'_>, node: &'n Node<'a>) {
        let kind = reader.text_kind;
        match (node.space, node.name.as_ref()) {
            (Space::Core, "title") => first(&mut self.entry.title, || text::plain(node, kind)),
            (Space::Core, "link") => self.link(node, reader),
            (Space::Core, "guid") => self.guid(node),
            (Space::Core, "id") => first(&mut self.id, || node.word()),
            (Space::Core, "description" | "abstract") => {
                let place = self.text_place(node);
                first(&mut self.description, || {
                    text::markup(node, kind, place.link_base())
                });
            }
            (Space::Core, "summary") => {
                let place = self.text_place(node);
                first(&mut self.entry.summary, || {
                    text::markup(node, kind, place.link_base())
                });
            }
            (Space::Content, "encoded")
            | (Space::Xhtml, "body" | "div")
            | (Space::Core, "body" | "fullitem") => {
                self.content(node, Kind::Html);
            }
            (Space::Core, "content") => self.content(node, kind),
            (Space::Core, "source") => self.source(node),
            (Space::Core, "author") | (Space::DublinCore, "creator" | "author") => {
                push(&mut self.entry.authors, author(node, &self.place));
            }
            (Space::Core, "category") | (Space::DublinCore, "subject") => self.entry.tags.extend(tags(node)),
            (Space::Core, "enclosure") => {
                if let Some(file) = media::enclosure(node, &self.place, "url", "length") {
                    media::add(&mut self.entry, file);
                }
            }
            (Space::Media, _) => self.media(node),
            (Space::Itunes, _) => {
                self.podcast(node);
                extras::read(&mut self.extras, node, &self.place);
            }
            (Space::Podcast | Space::Geo | Space::License | Space::Thread | Space::Slash, _) => {
                extras::read(&mut self.extras, node, &self.place);
            }
            (Space::Core | Space::DublinCore, _) => self.rest(reader, node),
            (Space::CommentApi, "commentrss") => {
                self.keep_link("replies", &node.text(), Some("application/rss+xml"), None)
            }
            _ => {}
        }
    }

    /// Dates, rights, language, comments, and what Dublin Core says where RSS does not.
    fn rest(&mut self, reader: &mut Reader<'_>, node: &'n Node<'a>) {
        match node.name.as_ref() {
            "pubdate" | "published" => self.published(reader, node, 4),
            "issued" => self.published(reader, node, 3),
            "date" => self.published(reader, node, 2),
            "created" => self.published(reader, node, 1),
            "updated" | "modified" => self.entry.updated = reader.date(node).or(self.entry.updated),
            "rights" | "copyright" => first(&mut self.entry.rights, || text::plain(node, reader.text_kind)),
            "language" => first(&mut self.entry.language, || language(&node.text())),
            "comments" => {
                first(&mut self.entry.comments, || {
                    address::absolute(&node.text(), self.place.link_base())
                });
            }
            "title" => self.fallback.title = self.fallback.title.or(Some(node)),
            "description" | "abstract" => self.fallback.summary = self.fallback.summary.or(Some(node)),
            "identifier" => first(&mut self.id, || node.word()),
            "image" => {
                let url = node
                    .node(Space::Core, "url")
                    .map_or_else(|| node.text(), Node::text);
                first(&mut self.fallback.image, || {
                    address::absolute(&url, self.place.link_base())
                });
            }
            "contributor" | "publisher" => push(&mut self.fallback.authors, author(node, &self.place)),
            _ => {}
        }
    }

    /// Of several dates the one that means publication most, and of equal ones the last, counts.
    fn published(&mut self, reader: &mut Reader<'_>, node: &Node<'_>, rank: u8) {
        let date = if rank >= self.published_rank {
            reader.date(node)
        } else {
            None
        };
        if date.is_some() {
            self.entry.published = date;
            self.published_rank = rank;
        }
    }

    fn media(&mut self, node: &'n Node<'a>) {
        match node.name.as_ref() {
            "keywords" => self.keywords(node),
            "category" => self.entry.tags.extend(tags(node)),
            "credit" => push(&mut self.fallback.authors, author(node, &self.place)),
            _ => self.media.read(node, &self.place, &mut self.entry),
        }
    }

    fn podcast(&mut self, node: &'n Node<'a>) {
        match node.name.as_ref() {
            // What a podcast's player shows: it stands before what other elements credit.
            "author" if self.fallback.authors.len() < bounds::MAX_AUTHORS => {
                self.fallback.authors.splice(0..0, author(node, &self.place));
            }
            "summary" | "description" => self.fallback.summary = Some(node),
            "subtitle" => self.fallback.summary = self.fallback.summary.or(Some(node)),
            "title" => self.fallback.title = self.fallback.title.or(Some(node)),
            "image" => {
                let written = node.attribute("href").or_else(|| node.attribute("url"));
                let written = written.map(str::to_owned).or_else(|| node.word());
                self.fallback.image = written.and_then(|url| address::absolute(&url, self.place.link_base()));
            }
            "duration" => self.fallback.duration_seconds = media::seconds(&node.text()),
            "keywords" => self.keywords(node),
            "category" => self.entry.tags.extend(tags(node)),
            "link" if relations(node).iter().any(|rel| rel == "image") => {
                let href = node.attribute("href");
                first(&mut self.fallback.image, || {
                    address::absolute(href?, self.place.link_base())
                });
            }
            _ => {}
        }
    }

    fn keywords(&mut self, node: &Node<'_>) {
        let text = node.text();
        let words = text
            .split([',', '，', '、'])
            .map(line::of_text)
            .filter(|word| !word.is_empty());
        self.entry.tags.extend(words.map(|term| Tag {
            term,
            label: None,
            scheme: None,
        }));
    }

    fn guid(&mut self, node: &Node<'_>) {
        let Some(guid) = node.word().filter(|_| self.entry.guid.is_none()) else {
            return;
        };
        let is_declined = node
            .attribute("ispermalink")
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
        self.entry.guid_is_permalink = !is_declined && address::absolute(&guid, None).is_some();
        self.entry.guid = Some(guid);
    }

    fn offer_link(&mut self, link: Option<String>, rank: u8) {
        if rank > self.link_rank && link.is_some() {
            self.link = link;
            self.link_rank = rank;
        }
    }

    /// RSS writes the address as text, Atom with a relation as an attribute.
    fn link(&mut self, node: &Node<'_>, reader: &mut Reader<'_>) {
        let place = self.place.inside(node.attribute("xml:base"));
        let kind = node
            .attribute("type")
            .map(str::trim)
            .filter(|kind| !kind.is_empty());
        let text = node.text();
        let written = link_written(node).unwrap_or(&text);
        let Some(href) = address::absolute(written, place.link_base()) else {
            if !written.trim().is_empty() {
                let entry = reader.whereabouts();
                let words = || format!("{entry}: the link \"{}\" leads to no page", line::shown(written));
                reader.quirks.add(words);
            }
            return;
        };
        if is_plain_link(node) && reader.feed.format != FeedFormat::Atom {
            self.link = Some(href);
            self.link_rank = u8::MAX;
            return;
        }
        let title = node.attribute("title").map(line::of_text).and_then(line::some);
        first(&mut self.extras.comment_count, || {
            extras::count(node.attribute("thr:count")?)
        });
        for rel in relations(node) {
            match rel.as_str() {
                "alternate" => {
                    let is_page = kind.is_none_or(|kind| kind.contains("html"));
                    self.offer_link(Some(href.clone()), if is_page { 3 } else { 2 });
                }
                "enclosure" => {
                    if let Some(file) = media::enclosure(node, &place, "href", "length") {
                        media::add(&mut self.entry, file);
                    }
                }
                "license" => extras::license_at(&mut self.extras.licenses, Some(href.clone())),
                "self" | "edit" | "edit-media" | "service.edit" | "hub" => {}
                _ => self.keep_link(&rel, &href, kind, title.clone()),
            }
        }
    }

    fn keep_link(&mut self, rel: &str, href: &str, kind: Option<&str>, title: Option<String>) {
        if self.entry.links.len() >= bounds::MAX_ENCLOSURES {
            return;
        }
        if let Some(href) = address::absolute(href, self.place.link_base()) {
            let mime_type = kind.map(str::to_owned);
            self.entry.links.push(Link {
                rel: rel.to_owned(),
                href,
                mime_type,
                title,
            });
        }
    }

    fn text_place(&mut self, node: &Node<'_>) -> Place {
        let place = self.place.inside(node.attribute("xml:base"));
        if place.explicit.is_some() {
            self.base = place.explicit.clone();
        }
        first(&mut self.entry.language, || {
            node.attribute("xml:lang").and_then(language)
        });
        place
    }

    fn content(&mut self, node: &Node<'_>, kind: Kind) {
        let place = self.text_place(node);
        if let Some(src) = node.attribute("src") {
            self.offer_link(address::absolute(src, place.link_base()), 1);
        }
        first(&mut self.entry.content, || {
            text::markup(node, kind, place.link_base())
        });
    }

    /// `atom:source` says the whole head of a feed, RSS `source` its title and address.
    fn source(&mut self, node: &Node<'_>) {
        let place = self.place.inside(node.attribute("xml:base"));
        let mut origin = Origin {
            feed_url: node
                .attribute("url")
                .and_then(|url| address::absolute(url, place.link_base())),
            ..Origin::default()
        };
        if node.has_nodes() {
            self.atom_source(node, &place, &mut origin);
        } else {
            origin.title = text::plain(node, Kind::Html);
        }
        if origin != Origin::default() {
            self.entry.origin = Some(origin);
        }
    }

    fn atom_source(&mut self, node: &Node<'_>, place: &Place, origin: &mut Origin) {
        for part in node.nodes().filter(|part| part.space == Space::Core) {
            match part.name.as_ref() {
                "title" => origin.title = text::plain(part, Kind::Text),
                "id" => origin.id = part.word(),
                // The authors of the source are those of an entry that names none (RFC 4287 4.2.1).
                "author" => push(&mut self.fallback.authors, author(part, place)),
                "link" => {
                    let href = part
                        .attribute("href")
                        .and_then(|href| address::absolute(href, place.link_base()));
                    for rel in relations(part) {
                        match rel.as_str() {
                            "self" => first(&mut origin.feed_url, || href.clone()),
                            "alternate" => first(&mut origin.link, || href.clone()),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn finish(mut self, reader: &Reader<'_>) -> Entry {
        let mut entry = self.entry;
        if entry.guid.is_none() {
            // A relative id means the address it makes with a base that is written beside it.
            let base = self
                .place
                .explicit
                .as_ref()
                .filter(|_| reader.feed.format == FeedFormat::Atom);
            let absolute = |id: &str| {
                id.split_once(':')
                    .is_none()
                    .then(|| address::absolute(id, base))
                    .flatten()
            };
            entry.guid = self.id.take().map(|id| absolute(&id).unwrap_or(id));
        }
        let from_guid = || {
            entry
                .guid
                .as_deref()
                .filter(|_| entry.guid_is_permalink)
                .map(str::to_owned)
        };
        let from_about = || {
            let about = entry
                .guid
                .as_deref()
                .filter(|_| reader.feed.format == FeedFormat::Rdf)?;
            address::absolute(about, self.place.link_base())
        };
        entry.link = self.link.take().or_else(from_guid).or_else(from_about);
        let other_title = self.fallback.title.or(self.media.title);
        first(&mut entry.title, || text::plain(other_title?, Kind::Html));
        match (&entry.summary, &entry.content) {
            // RSS knows no summary: where an entry has one beside its description, that is the text.
            (Some(_), None) => entry.content = self.description.take(),
            (Some(_), Some(_)) => {}
            (None, _) => entry.summary = self.description.take(),
        }
        let other_summary = self.fallback.summary.or(self.media.description);
        first(&mut entry.summary, || {
            text::markup(other_summary?, Kind::Html, self.place.link_base())
        });
        first(&mut entry.image, || self.fallback.image.take());
        if entry.authors.is_empty() {
            entry.authors = self.fallback.authors;
        }
        if let ([file], Some(_)) = (entry.enclosures.as_mut_slice(), self.fallback.duration_seconds) {
            file.duration_seconds = file.duration_seconds.or(self.fallback.duration_seconds);
        }
        let document = reader.document_url.as_ref().map(Url::to_string);
        entry.base = self
            .base
            .map(String::from)
            .or_else(|| entry.link.clone())
            .or(document);
        dedup(&mut entry.tags);
        self.extras.media = self.media.finish();
        entry.extras = extras::finish(self.extras, entry.title.as_deref());
        entry
    }
}

/// Keeps the first of equal tags.
fn dedup(tags: &mut Vec<Tag>) {
    tags.truncate(4 * bounds::MAX_TAGS);
    let mut kept: Vec<Tag> = Vec::with_capacity(tags.len());
    for tag in tags.drain(..) {
        if !kept.contains(&tag) {
            kept.push(tag);
        }
    }
    *tags = kept;
}
