//! Atom 1.0 (RFC 4287), written by `atom_syndication`.
//!
//! Each entry has a title, an `updated` of its own and a `source` (4.2.11); titles that would pass for markup
//! are typed as HTML and escaped, so that no reader has to guess; XHTML is never used. An entry of which only
//! the title may be published has it as its summary too, because an entry without text troubles readers.

use super::also;
use super::channel::Form;
use super::clean;
use super::edition::Edition;
use super::entry::Entry;
use super::extras;
use super::marked;
use crate::html;
use crate::model::{Enclosure, Link, Timestamp};
use atom_syndication as atom;
use atom_syndication::FixedDateTime;
use atom_syndication::extension::ExtensionMap;

/// The document.
pub(crate) fn write(edition: &Edition) -> Result<Vec<u8>, atom::Error> {
    let mut feed = atom::Feed {
        title: text(&edition.title, None),
        id: edition.id.clone(),
        updated: instant(edition.updated.0, edition.updated.1),
        authors: vec![atom::Person {
            name: edition.view.title.clone(),
            uri: Some(edition.view.address("/")),
            ..Default::default()
        }],
        generator: Some(atom::Generator {
            value: "newsriver".to_owned(),
            ..Default::default()
        }),
        links: feed_links(edition),
        subtitle: (edition.description != edition.title).then(|| text(&edition.description, None)),
        lang: Some(edition.view.language.clone()),
        entries: edition
            .entries
            .iter()
            .map(|entry| write_entry(entry, edition))
            .collect(),
        ..Default::default()
    };
    let of_entries = feed.entries.iter().flat_map(|entry| entry.extensions.keys());
    let of_head = edition.chain.is_closed.then_some("fh");
    feed.namespaces = marked::namespaces(of_entries.map(String::as_str).chain(of_head));
    let size = edition.entries.iter().map(|entry| 2048 + length(entry)).sum();
    let mut document = Vec::with_capacity(size);
    document.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let config = atom::WriteConfig {
        write_document_declaration: false,
        indent_size: None,
    };
    let document = feed.write_with_config(document, config)?;
    Ok(if edition.chain.is_closed {
        archived(document)
    } else {
        document
    })
}

fn feed_links(edition: &Edition) -> Vec<atom::Link> {
    let form = Form::Atom;
    let hubs = edition.view.hubs.iter().map(|hub| atom::Link {
        rel: "hub".to_owned(),
        href: hub.clone(),
        ..Default::default()
    });
    let archive = edition
        .archive_links(form)
        .into_iter()
        .map(|(rel, href)| link(rel, href, form.media_type()));
    [
        link("self", edition.address(form), form.media_type()),
        link("alternate", edition.address(Form::Page), Form::Page.media_type()),
    ]
    .into_iter()
    .chain(hubs)
    .chain(archive)
    .collect()
}

/// The document with `fh:archive` (RFC 5005, 4) in its head: the writer puts foreign elements after the entries, where
/// RFC 4287 has no place for them (appendix B).
fn archived(mut document: Vec<u8>) -> Vec<u8> {
    if let Some(place) = memchr::memmem::find(&document, b"<entry>") {
        document.splice(place..place, *b"<fh:archive/>");
    }
    document
}

fn write_entry(entry: &Entry, edition: &Edition) -> atom::Entry {
    let language = entry
        .language
        .as_ref()
        .filter(|language| **language != edition.view.language);
    let content = entry.content.as_ref().map(|content| atom::Content {
        value: Some(content.clone()),
        content_type: Some("html".to_owned()),
        lang: language.cloned(),
        ..Default::default()
    });
    let summary = match (&entry.summary, &content) {
        (Some(summary), _) => Some(atom::Text {
            lang: language.cloned(),
            ..atom::Text::html(summary.clone())
        }),
        (None, None) => Some(text(&entry.title, language)),
        (None, Some(_)) => None,
    };
    atom::Entry {
        title: text(&entry.title, language),
        id: entry.id.clone(),
        updated: instant(entry.updated, entry.updated_micros),
        authors: entry
            .authors
            .iter()
            .map(|author| atom::Person {
                name: author.name.clone(),
                uri: author.url.clone(),
                ..Default::default()
            })
            .collect(),
        categories: categories(entry, edition),
        links: links(entry),
        published: Some(instant(entry.published, 0)),
        rights: entry.rights.as_deref().map(|rights| text(rights, None)),
        source: Some(source(entry)),
        summary,
        content,
        extensions: modules(entry),
        ..Default::default()
    }
}

/// What RFC 4287 has no element for. Files are links; Media RSS describes them where there is more to say.
fn modules(entry: &Entry) -> ExtensionMap {
    let playing: Vec<&Enclosure> = entry
        .enclosures
        .iter()
        .filter(|file| file.duration_seconds.is_some())
        .collect();
    if entry.extras.is_none() && playing.is_empty() {
        return ExtensionMap::new();
    }
    extras::elements(entry.extras.as_deref(), &playing, None, true).for_atom()
}

fn source(entry: &Entry) -> atom::Source {
    let credit = &entry.credit;
    let page = credit
        .link
        .clone()
        .map(|href| link("alternate", href, "text/html"));
    // The origin's media type is not known here, and a `self` without one may be anything.
    let document = credit.feed_url.clone().map(|href| atom::Link {
        rel: "self".to_owned(),
        href,
        ..Default::default()
    });
    atom::Source {
        title: text(&credit.title, None),
        id: credit.id.clone(),
        updated: instant(entry.updated, 0),
        authors: vec![atom::Person {
            name: credit.title.clone(),
            uri: credit.link.clone(),
            ..Default::default()
        }],
        links: page.into_iter().chain(document).collect(),
        ..Default::default()
    }
}

fn categories(entry: &Entry, edition: &Edition) -> Vec<atom::Category> {
    let ours = entry.labels.iter().map(|label| atom::Category {
        term: label.name.clone(),
        scheme: Some(edition.view.address("/")),
        label: label_of(&label.title).filter(|title| *title != label.name),
    });
    let theirs = entry.tags.iter().map(|tag| atom::Category {
        term: tag.term.clone(),
        scheme: tag.scheme.clone(),
        label: tag.label.as_deref().and_then(label_of),
    });
    ours.chain(theirs).collect()
}

/// A label is plain text (4.2.2.3), and one that looks like markup is worse than none.
fn label_of(label: &str) -> Option<String> {
    (!label.is_empty() && !clean::is_ambiguous(label)).then(|| label.to_owned())
}

fn links(entry: &Entry) -> Vec<atom::Link> {
    let page = entry
        .link
        .clone()
        .map(|href| link("alternate", href, "text/html"));
    let said = entry.extras.iter().flat_map(|said| extras::links(said));
    let unsaid = |other: &Link| {
        !entry
            .links
            .iter()
            .any(|known| known.rel == other.rel && known.href == other.href)
    };
    let carried = also::links(entry.carriers.get(1..).unwrap_or_default());
    let others = (entry.links.iter().cloned())
        .chain(said.filter(unsaid))
        .chain(carried.filter(unsaid))
        .map(|other| atom::Link {
            title: other.title.as_deref().and_then(label_of),
            rel: other.rel,
            href: other.href,
            mime_type: other.mime_type,
            ..Default::default()
        });
    let comments = entry.comments.clone().filter(|href| {
        !entry
            .links
            .iter()
            .any(|other| other.rel == "replies" && other.href == *href)
    });
    let files = entry.enclosures.iter().map(|file| atom::Link {
        rel: "enclosure".to_owned(),
        href: file.url.clone(),
        mime_type: file.mime_type.clone(),
        title: file.title.as_deref().and_then(label_of),
        length: file.length.map(|length| length.to_string()),
        ..Default::default()
    });
    // RFC 4287 has no word for a picture; as an enclosure readers show it.
    let picture = entry
        .image
        .clone()
        .filter(|image| entry.enclosures.iter().all(|file| file.url != *image))
        .map(|href| atom::Link {
            mime_type: picture_type(&href),
            rel: "enclosure".to_owned(),
            href,
            ..Default::default()
        });
    page.into_iter()
        .chain(others)
        .chain(comments.map(|href| link("replies", href, "text/html")))
        .chain(files)
        .chain(picture)
        .collect()
}

fn picture_type(address: &str) -> Option<String> {
    let path = address.split(['?', '#']).next()?;
    let kind = match path.rsplit('.').next()?.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    Some(kind.to_owned())
}

fn link(rel: &str, href: String, media_type: &str) -> atom::Link {
    atom::Link {
        rel: rel.to_owned(),
        href,
        mime_type: Some(media_type.to_owned()),
        ..Default::default()
    }
}

/// Plain text, typed so that it is shown as it stands.
fn text(plain: &str, language: Option<&String>) -> atom::Text {
    let text = if clean::is_ambiguous(plain) {
        atom::Text::html(html::escape(plain))
    } else {
        atom::Text::plain(plain)
    };
    atom::Text {
        lang: language.cloned(),
        ..text
    }
}

fn length(entry: &Entry) -> usize {
    let texts = [&entry.summary, &entry.content];
    texts.into_iter().flatten().map(String::len).sum::<usize>() * 5 / 4
}

fn instant(time: Timestamp, micros: u32) -> FixedDateTime {
    let time = time.to_utc() + chrono::TimeDelta::microseconds(i64::from(micros));
    time.fixed_offset()
}
