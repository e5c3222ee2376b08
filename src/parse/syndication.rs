//! A second opinion: what `feed-rs` says completes our own look where that has doubts.
//!
//! It costs three times as much as the look and refuses more, so it is asked where the look comes away with
//! nothing. It runs behind `catch_unwind`, for it panics on ordinary input (a full-width bracket beside a mail address, a
//! playing time beyond 64 bits), and with ids and dates left to us. A document it refuses is repaired and
//! offered once more. Its entries are joined with ours by their place; where it counts others than we do (it
//! passes by Atom 0.3, and items outside of the channel), its word on entries is not taken.

use super::look::{Look, Surroundings, media};
use super::{address, bounds, line, repair, scan};
use crate::model::{Enclosure, Entry, Feed, Person, Tag};
use feed_rs::model as raw;
use feed_rs::parser::Builder;
use std::cell::Cell;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use url::Url;

/// Longer documents are not offered a second time: what our look read must do.
const MAX_REPAIRED_BYTES: usize = 4 * 1024 * 1024;

/// Completes `look` by what `feed-rs` reads in the same text.
pub(super) fn complete(text: &str, look: &mut Look, around: &Surroundings) {
    let repaired = || {
        let repaired = (text.len() <= MAX_REPAIRED_BYTES).then(|| repair::well_formed(text))?;
        read(&repaired, around)
    };
    if let Some(feed) = read(text, around).or_else(repaired) {
        join(&mut look.feed, feed, around);
    }
}

/// What `feed-rs` makes of a text, if anything.
fn read(text: &str, around: &Surroundings) -> Option<raw::Feed> {
    let parser = Builder::new()
        .base_uri(around.url.as_ref().map(Url::as_str))
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new())
        // Dates are read once, by our look, which knows the source's zone and language.
        .timestamp_parser(|_| None)
        .build();
    let (root, rest) = normal_root(text);
    let source = root.as_bytes().chain(rest.as_bytes());
    quietly(|| parser.parse(source))?.ok()
}

/// The root's start tag as `feed-rs` wants it, and the text after it. It refuses an `rss` whose version it does
/// not know, which the version alone is no reason for.
fn normal_root(text: &str) -> (String, &str) {
    let mut scanner = scan::Scanner::new(text);
    while let Some(token) = scanner.next() {
        let scan::Token::Start {
            name,
            attributes,
            is_empty: false,
        } = token
        else {
            continue;
        };
        let rest = text.get(scanner.position()..).unwrap_or_default();
        let is_rss = name.eq_ignore_ascii_case("rss");
        let known = |version: &str| matches!(version, "" | "2.0" | "0.91" | "0.92");
        let version = scan::attributes(attributes)
            .find(|(name, _)| *name == "version")
            .map(|(_, value)| value);
        if !is_rss || version.is_some_and(known) {
            return (format!("<{name}{attributes}>"), rest);
        }
        let mut root = "<rss version=\"2.0\"".to_owned();
        for (name, value) in scan::attributes(attributes).filter(|(name, _)| name.starts_with("xmlns:")) {
            root.push_str(&format!(" {name}=\"{}\"", value.replace('"', "")));
        }
        root.push('>');
        return (root, rest);
    }
    (String::new(), text)
}

/// Runs `work`; `None` when it panics, of which nothing is printed.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    thread_local! {
        static IS_QUIET: Cell<bool> = const { Cell::new(false) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                previous(panic);
            }
        }));
    });
    IS_QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_QUIET.set(false);
    result.ok()
}

/// Gives `feed` what it does not have yet.
fn join(feed: &mut Feed, theirs: raw::Feed, around: &Surroundings) {
    let base = around.url.as_ref();
    or(&mut feed.title, || plain(theirs.title));
    or(&mut feed.description, || plain(theirs.description));
    or(&mut feed.rights, || plain(theirs.rights));
    or(&mut feed.language, || theirs.language);
    or(&mut feed.image, || address::absolute(&theirs.logo?.uri, base));
    or(&mut feed.icon, || address::absolute(&theirs.icon?.uri, base));
    or(&mut feed.generator, || {
        line::some(line::of_text(&theirs.generator?.content))
    });
    if feed.authors.is_empty() {
        feed.authors = theirs.authors.into_iter().filter_map(person).collect();
    }
    if feed.tags.is_empty() {
        feed.tags = theirs.categories.into_iter().filter_map(tag).collect();
    }
    if feed.entries.len() == theirs.entries.len() {
        for (entry, theirs) in feed.entries.iter_mut().zip(theirs.entries) {
            join_entry(entry, theirs, base);
            bounds::entry(entry);
        }
    }
}

fn join_entry(entry: &mut Entry, theirs: raw::Entry, base: Option<&Url>) {
    or(&mut entry.title, || plain(theirs.title));
    or(&mut entry.rights, || plain(theirs.rights));
    or(&mut entry.language, || theirs.language);
    if entry.summary.is_none() && entry.content.is_none() {
        entry.summary = theirs
            .summary
            .filter(|summary| !summary.content.trim().is_empty())
            .map(html);
        let body = theirs.content.and_then(|content| content.body);
        entry.content = body.filter(|body| !body.trim().is_empty() && entry.summary.is_none());
    }
    if entry.authors.is_empty() {
        entry.authors = theirs.authors.into_iter().filter_map(person).collect();
    }
    if entry.tags.is_empty() {
        entry.tags = theirs.categories.into_iter().filter_map(tag).collect();
    }
    for object in theirs.media {
        join_media(entry, object, base);
    }
}

/// Files and pictures: what Media RSS and podcasts scatter over several elements `feed-rs` brings together.
fn join_media(entry: &mut Entry, object: raw::MediaObject, base: Option<&Url>) {
    for content in object.content {
        let Some(url) = content
            .url
            .as_ref()
            .and_then(|url| address::absolute(url.as_str(), base))
        else {
            continue;
        };
        let known = entry
            .enclosures
            .iter_mut()
            .find(|file| Url::parse(&file.url).is_ok_and(|known| known.as_str() == url));
        let duration_seconds = content
            .duration
            .or(object.duration)
            .map(|duration| duration.as_secs());
        match known {
            Some(file) => {
                or(&mut file.duration_seconds, || duration_seconds);
                or(&mut file.length, || content.size);
            }
            None => media::add(
                entry,
                Enclosure {
                    mime_type: content
                        .content_type
                        .map(|kind| kind.to_string())
                        .or_else(|| media::mime_type_of(&url).map(str::to_owned)),
                    length: content.size,
                    title: None,
                    duration_seconds,
                    url,
                },
            ),
        }
    }
    or(&mut entry.image, || {
        object
            .thumbnails
            .first()
            .and_then(|picture| address::absolute(&picture.image.uri, base))
    });
}

fn or<T>(slot: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
    if slot.is_none() {
        *slot = value();
    }
}

fn plain(text: Option<raw::Text>) -> Option<String> {
    let text = text?;
    line::some(if is_html(&text) {
        line::of_html(&text.content)
    } else {
        line::of_text(&text.content)
    })
}

fn is_html(text: &raw::Text) -> bool {
    text.content_type.subty().as_str().contains("html")
}

fn html(text: raw::Text) -> String {
    if is_html(&text) {
        text.content
    } else {
        line::html_of_text(&text.content).into_owned()
    }
}

fn person(person: raw::Person) -> Option<Person> {
    let name = person.name.map(|name| line::of_html(&name)).and_then(line::some);
    let uri = person.uri.and_then(|uri| address::absolute(&uri, None));
    (name.is_some() || person.email.is_some() || uri.is_some()).then_some(Person {
        name,
        uri,
        email: person.email,
    })
}

fn tag(category: raw::Category) -> Option<Tag> {
    let term = line::some(line::of_html(&category.term))?;
    Some(Tag {
        term,
        label: category.label,
        scheme: category.scheme,
    })
}
