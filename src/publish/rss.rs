//! RSS 2.0 with the Best Practices Profile, written by the `rss` crate.
//!
//! What RSS has no word for comes in the modules that readers know: `content:encoded`, `dc:creator` (RSS's own
//! `author` is a mail address, which we never publish), `atom:link` and Media RSS. RSS leaves open whether a
//! title is text or HTML: ours are text, safe for a reader that takes them for HTML (see [`plain`]).

use super::channel::Form;
use super::clean;
use super::edition::Edition;
use super::entry::Entry;
use super::extras;
use super::marked::{self, Element, Elements};
use crate::html;
use crate::model::{Enclosure, Link};
use rss::extension::ExtensionMap;
use rss::extension::atom::AtomExtension;
use rss::extension::dublincore::DublinCoreExtension;

/// Stand for `&` and `<` until the document is written: noncharacters, which `clean` lets through nowhere.
const AMPERSAND: char = '\u{fdd0}';
const LESS_THAN: char = '\u{fdd1}';

/// The document.
pub(crate) fn write(edition: &Edition) -> Result<Vec<u8>, rss::Error> {
    let mut channel = rss::Channel {
        title: plain(&edition.title),
        link: edition.address(Form::Page),
        description: plain(&edition.description),
        language: Some(edition.view.language.clone()),
        last_build_date: Some(edition.updated.0.to_http_date()),
        generator: Some("newsriver".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        atom_ext: Some(AtomExtension {
            links: links(edition),
        }),
        items: edition.entries.iter().map(|entry| item(entry, edition)).collect(),
        ..Default::default()
    };
    if edition.chain.is_closed {
        channel.extensions = archive();
    }
    let of_items = channel.items.iter().map(|item| &item.extensions);
    let prefixes = (of_items.chain([&channel.extensions]))
        .flat_map(ExtensionMap::keys)
        .map(String::as_str);
    channel.namespaces = marked::namespaces(prefixes);
    let document = channel.write_to(Vec::with_capacity(size(&channel)))?;
    Ok(with_references(document))
}

fn links(edition: &Edition) -> Vec<rss::extension::atom::Link> {
    let form = Form::Rss;
    let hubs = edition.view.hubs.iter().map(|hub| rss::extension::atom::Link {
        rel: "hub".to_owned(),
        href: hub.clone(),
        ..Default::default()
    });
    let archive = edition
        .archive_links(form)
        .into_iter()
        .map(|(rel, href)| link(rel, href, form));
    [
        link("self", edition.address(form), form),
        link("alternate", edition.address(Form::Page), Form::Page),
    ]
    .into_iter()
    .chain(hubs)
    .chain(archive)
    .collect()
}

/// `fh:archive` (RFC 5005, 4).
fn archive() -> ExtensionMap {
    let mut elements = Elements::default();
    elements.push("fh", Element::new("archive"));
    elements.for_rss()
}

fn item(entry: &Entry, edition: &Edition) -> rss::Item {
    let file = entry.enclosures.iter().position(is_enclosure);
    rss::Item {
        title: Some(plain(&entry.title)),
        link: entry.link.clone(),
        description: description(entry),
        categories: categories(entry, edition),
        comments: entry.comments.clone(),
        enclosure: file.and_then(|place| entry.enclosures.get(place)).map(enclosure),
        guid: Some(rss::Guid {
            permalink: entry.link.as_ref() == Some(&entry.id),
            value: entry.id.clone(),
        }),
        pub_date: Some(entry.published.to_http_date()),
        source: entry.credit.feed_url.clone().map(|url| rss::Source {
            url,
            title: Some(plain(&entry.credit.title)),
        }),
        content: entry.content.clone(),
        extensions: modules(entry, file),
        atom_ext: other_links(entry),
        dublin_core_ext: dublin_core(entry, edition),
        ..Default::default()
    }
}

/// `content:encoded` wants a description before it, so an entry with content always has one.
fn description(entry: &Entry) -> Option<String> {
    let teaser = || Some(html::escape(&entry.teaser)).filter(|_| entry.content.is_some());
    entry.summary.clone().or_else(teaser)
}

fn categories(entry: &Entry, edition: &Edition) -> Vec<rss::Category> {
    let ours = entry.labels.iter().map(|label| rss::Category {
        name: plain(&label.name),
        domain: Some(edition.view.address("/")),
    });
    let theirs = entry.tags.iter().map(|tag| rss::Category {
        name: plain(&tag.term),
        domain: tag.scheme.clone(),
    });
    ours.chain(theirs).collect()
}

/// The profile allows one enclosure, at a host with a dot in its name; any others are Media RSS.
fn is_enclosure(file: &Enclosure) -> bool {
    let host = file.url.split('/').nth(2).unwrap_or_default();
    host.contains('.') && !host.contains(['_', '['])
}

fn enclosure(file: &Enclosure) -> rss::Enclosure {
    rss::Enclosure {
        url: file.url.clone(),
        // 0 stands for unknown.
        length: file.length.unwrap_or(0).to_string(),
        mime_type: file
            .mime_type
            .clone()
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
    }
}

/// Files besides the enclosure, the picture, and what modules say. The enclosure itself too where it plays: RSS has no
/// place for how long.
fn modules(entry: &Entry, enclosed: Option<usize>) -> ExtensionMap {
    let files: Vec<&Enclosure> = entry
        .enclosures
        .iter()
        .enumerate()
        .filter(|(place, file)| Some(*place) != enclosed || file.duration_seconds.is_some())
        .map(|(_, file)| file)
        .collect();
    let mut elements = if entry.extras.is_none() && files.is_empty() && entry.image.is_none() {
        Elements::default()
    } else {
        extras::elements(entry.extras.as_deref(), &files, entry.image.as_deref(), false)
    };
    // RSS has no date of a change; the prefix is declared for the links of the channel.
    if entry.updated != entry.published {
        elements.push(
            "atom",
            Element::new("updated").holding(&entry.updated.to_rfc3339()),
        );
    }
    elements.for_rss()
}

/// Links that RSS has no element for (`atom:link`).
fn other_links(entry: &Entry) -> Option<AtomExtension> {
    let said = entry.extras.iter().flat_map(|said| extras::links(said));
    let unsaid = |other: &Link| {
        !entry
            .links
            .iter()
            .any(|known| known.rel == other.rel && known.href == other.href)
    };
    let links: Vec<_> = (entry.links.iter().cloned())
        .chain(said.filter(unsaid))
        .map(|other| rss::extension::atom::Link {
            title: other.title.filter(|title| !clean::is_ambiguous(title)),
            rel: other.rel,
            href: other.href,
            mime_type: other.mime_type,
            ..Default::default()
        })
        .collect();
    (!links.is_empty()).then_some(AtomExtension { links })
}

fn dublin_core(entry: &Entry, edition: &Edition) -> Option<DublinCoreExtension> {
    let extension = DublinCoreExtension {
        creators: entry.authors.iter().map(|author| plain(&author.name)).collect(),
        languages: entry
            .language
            .iter()
            .filter(|language| **language != edition.view.language)
            .cloned()
            .collect(),
        rights: entry.rights.iter().map(|rights| plain(rights)).collect(),
        ..Default::default()
    };
    (extension != DublinCoreExtension::default()).then_some(extension)
}

fn link(rel: &str, href: String, form: Form) -> rss::extension::atom::Link {
    rss::extension::atom::Link {
        rel: rel.to_owned(),
        href,
        mime_type: Some(form.media_type().to_owned()),
        ..Default::default()
    }
}

/// Plain text for an element of which RSS does not say whether it is text or HTML.
///
/// As the profile advises, `&` and `<` become hexadecimal references: `AT&#x26;T`, which all readers show right.
/// Only what a reader that takes the text for HTML would take for markup or for a reference is escaped as HTML
/// besides: such a reader shows the words, the others show an odd `&lt;`, and none runs anything.
fn plain(text: &str) -> String {
    let is_markup = clean::looks_like_markup(text);
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match (character, is_markup) {
            ('&', false) => plain.push(AMPERSAND),
            ('<', false) => plain.push(LESS_THAN),
            ('&', true) => plain.extend([AMPERSAND, 'a', 'm', 'p', ';']),
            ('<', true) => plain.extend([AMPERSAND, 'l', 't', ';']),
            _ => plain.push(character),
        }
    }
    plain
}

/// The document with references in place of what stands for them.
fn with_references(document: Vec<u8>) -> Vec<u8> {
    // Both are EF B7 and one byte more.
    let finder = memchr::memmem::Finder::new(b"\xef\xb7");
    if finder.find(&document).is_none() {
        return document;
    }
    let mut written = Vec::with_capacity(document.len() + 256);
    let mut rest = document.as_slice();
    while let Some(place) = finder.find(rest) {
        let (before, from) = rest.split_at(place);
        written.extend_from_slice(before);
        let (character, after) = from.split_at_checked(3).unwrap_or((from, &[]));
        written.extend_from_slice(match character {
            [_, _, 0x90] => b"&#x26;",
            [_, _, 0x91] => b"&#x3C;",
            other => other,
        });
        rest = after;
    }
    written.extend_from_slice(rest);
    written
}

fn size(channel: &rss::Channel) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    channel
        .items
        .iter()
        .map(|item| 1024 + text(&item.description) + text(&item.content))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        String::from_utf8(with_references(plain(text).into_bytes())).unwrap()
    }

    #[test]
    fn plain_text_is_escaped_as_the_profile_advises() {
        assert_eq!(written("AT&T, 1 < 2"), "AT&#x26;T, 1 &#x3C; 2");
        assert_eq!(written("股市 > 3000"), "股市 > 3000");
    }

    #[test]
    fn what_looks_like_markup_is_escaped_once_more() {
        assert_eq!(
            written("the <b> tag & more"),
            "the &#x26;lt;b> tag &#x26;amp; more"
        );
        assert_eq!(written("&copy; me"), "&#x26;amp;copy; me");
    }
}
