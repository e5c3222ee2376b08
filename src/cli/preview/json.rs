//! A preview as a JSON Feed 1.1 document, entries in the document's own order.

use super::{Preview, text_of};
use crate::html;
use crate::model::{Enclosure, Entry, Feed, Origin, Person, Quirk, Tag};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// The authority of ids made here. The daemon's own is fixed at its first start and is not known without its store.
const ID_AUTHORITY: &str = "tag:newsriver.invalid,2026:";

/// The ids given in a document so far.
#[derive(Default)]
struct Ids {
    taken: HashSet<String>,
    /// The number last given to those that wanted the same id.
    repeated: HashMap<String, usize>,
}

impl Preview {
    /// A JSON Feed 1.1 document.
    pub fn to_json(&self) -> Value {
        let feed = &self.feed;
        let mut object = Map::new();
        object.insert("version".into(), "https://jsonfeed.org/version/1.1".into());
        object.insert("title".into(), feed.title.clone().unwrap_or_default().into());
        put(&mut object, "home_page_url", feed.link.as_deref());
        put(&mut object, "feed_url", feed.self_link.as_deref());
        put(&mut object, "description", feed.description.as_deref());
        put(&mut object, "icon", feed.image.as_deref());
        put(&mut object, "favicon", feed.icon.as_deref());
        put(&mut object, "language", feed.language.as_deref());
        put_list(&mut object, "authors", feed.authors.iter().map(author));
        put_list(
            &mut object,
            "hubs",
            feed.hubs.iter().map(|hub| json!({"type": "WebSub", "url": hub})),
        );
        object.insert("_newsriver".into(), head_extension(feed, &self.quirks).into());
        let mut ids = Ids::default();
        let items: Vec<Value> = feed.entries.iter().map(|entry| item(entry, &mut ids)).collect();
        object.insert("items".into(), items.into());
        object.into()
    }
}

fn put(object: &mut Map<String, Value>, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.into());
    }
}

fn put_list(object: &mut Map<String, Value>, key: &str, values: impl Iterator<Item = Value>) {
    let values: Vec<Value> = values.collect();
    if !values.is_empty() {
        object.insert(key.to_owned(), values.into());
    }
}

/// Puts the fields of `said` into `object`, leaving out what says nothing.
fn put_said(object: &mut Map<String, Value>, said: &impl Serialize) {
    if let Ok(Value::Object(fields)) = serde_json::to_value(said) {
        object.extend(
            fields
                .into_iter()
                .filter_map(|(key, value)| Some((key, spoken(value)?))),
        );
    }
}

/// The value without the nulls and the empty lists in it.
fn spoken(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(values) => {
            let values: Vec<Value> = values.into_iter().filter_map(spoken).collect();
            (!values.is_empty()).then(|| values.into())
        }
        Value::Object(fields) => {
            let fields = fields
                .into_iter()
                .filter_map(|(key, value)| Some((key, spoken(value)?)));
            let fields: Map<String, Value> = fields.collect();
            (!fields.is_empty()).then(|| fields.into())
        }
        other => Some(other),
    }
}

fn author(person: &Person) -> Value {
    let mut object = Map::new();
    put(
        &mut object,
        "name",
        person.name.as_deref().or(person.email.as_deref()),
    );
    put(&mut object, "url", person.uri.as_deref());
    object.into()
}

fn head_extension(feed: &Feed, quirks: &[Quirk]) -> Map<String, Value> {
    let mut object = Map::new();
    put(&mut object, "format", Some(feed.format.name()));
    put(&mut object, "id", feed.id.as_deref());
    put(
        &mut object,
        "updated",
        feed.updated.map(|time| time.to_rfc3339()).as_deref(),
    );
    put(&mut object, "rights", feed.rights.as_deref());
    put(&mut object, "generator", feed.generator.as_deref());
    put(&mut object, "hub", feed.hubs.first().map(String::as_str));
    if let Some(minutes) = feed.ttl_minutes {
        object.insert("ttl".into(), minutes.into());
    }
    if let Some(period) = feed.update_period {
        object.insert("update_period_seconds".into(), period.as_secs().into());
    }
    put_list(
        &mut object,
        "skip_hours",
        feed.skip_hours.iter().map(|hour| (*hour).into()),
    );
    put_list(
        &mut object,
        "skip_days",
        feed.skip_days.iter().map(|day| (*day).into()),
    );
    put_list(&mut object, "tags", feed.tags.iter().flat_map(words_of_tag));
    put_list(
        &mut object,
        "licenses",
        feed.licenses.iter().map(|license| license.as_str().into()),
    );
    if let Some(show) = &feed.show {
        put_said(&mut object, show);
    }
    put_list(
        &mut object,
        "quirks",
        quirks.iter().map(|quirk| quirk.0.as_str().into()),
    );
    object
}

fn item(entry: &Entry, ids: &mut Ids) -> Value {
    let mut object = Map::new();
    let id = id(entry, ids);
    let is_own = entry.guid.as_ref() == Some(&id);
    object.insert("id".into(), id.into());
    put(&mut object, "url", entry.link.as_deref());
    put(&mut object, "title", entry.title.as_deref());
    let text = text_of(entry);
    let base = entry.base.as_deref();
    if text.is_empty() {
        object.insert("content_text".into(), "".into());
    } else {
        object.insert("content_html".into(), html::sanitize(text, base).into());
    }
    if let (Some(_), Some(summary)) = (&entry.content, &entry.summary) {
        object.insert("summary".into(), html::plain(summary).trim().into());
    }
    put(&mut object, "image", entry.image.as_deref());
    put(
        &mut object,
        "date_published",
        entry.published.map(|time| time.to_rfc3339()).as_deref(),
    );
    put(
        &mut object,
        "date_modified",
        entry.updated.map(|time| time.to_rfc3339()).as_deref(),
    );
    put_list(&mut object, "authors", entry.authors.iter().map(author));
    put_list(&mut object, "tags", entry.tags.iter().flat_map(words_of_tag));
    put(&mut object, "language", entry.language.as_deref());
    put_list(
        &mut object,
        "attachments",
        entry.enclosures.iter().map(attachment),
    );
    let extension = item_extension(entry, is_own);
    if !extension.is_empty() {
        object.insert("_newsriver".into(), extension.into());
    }
    object.into()
}

fn item_extension(entry: &Entry, is_own_id: bool) -> Map<String, Value> {
    let mut object = Map::new();
    if !is_own_id {
        put(&mut object, "guid", entry.guid.as_deref());
    }
    if let Some(origin) = &entry.origin {
        object.insert("source".into(), source(origin));
    }
    put(&mut object, "comments", entry.comments.as_deref());
    put(&mut object, "rights", entry.rights.as_deref());
    if let Some(extras) = &entry.extras {
        put_said(&mut object, extras);
    }
    put_list(
        &mut object,
        "links",
        entry
            .links
            .iter()
            .map(|link| json!({"rel": link.rel, "href": link.href})),
    );
    object
}

fn source(origin: &Origin) -> Value {
    let mut object = Map::new();
    put(&mut object, "title", origin.title.as_deref());
    put(&mut object, "id", origin.id.as_deref());
    put(&mut object, "url", origin.link.as_deref());
    put(&mut object, "feed_url", origin.feed_url.as_deref());
    object.into()
}

fn words_of_tag(tag: &Tag) -> Vec<Value> {
    let mut words: Vec<Value> = vec![tag.term.as_str().into()];
    words.extend(tag.label.as_deref().map(Value::from));
    words
}

fn attachment(file: &Enclosure) -> Value {
    let mut object = Map::new();
    put(&mut object, "url", Some(&file.url));
    put(
        &mut object,
        "mime_type",
        Some(file.mime_type.as_deref().unwrap_or("application/octet-stream")),
    );
    put(&mut object, "title", file.title.as_deref());
    if let Some(length) = file.length {
        object.insert("size_in_bytes".into(), length.into());
    }
    if let Some(seconds) = file.duration_seconds {
        object.insert("duration_in_seconds".into(), seconds.into());
    }
    object.into()
}

/// The id the entry would be published under: its own where it is an absolute URI and nobody has it yet, else its
/// link, else one of ours.
fn id(entry: &Entry, ids: &mut Ids) -> String {
    let own = entry.guid.clone().filter(|guid| is_absolute(guid));
    let wanted = match (own, &entry.guid, &entry.link) {
        (Some(own), _, _) => own,
        (None, Some(guid), _) => format!("{ID_AUTHORITY}{}", escaped(guid)),
        (None, None, Some(link)) => link.clone(),
        (None, None, None) => format!("{ID_AUTHORITY}{:016x}", digest(entry)),
    };
    if ids.taken.insert(wanted.clone()) {
        return wanted;
    }
    let number = ids.repeated.entry(wanted.clone()).or_insert(1);
    loop {
        *number += 1;
        let other = format!("{ID_AUTHORITY}{}:{number}", escaped(&wanted));
        if ids.taken.insert(other.clone()) {
            return other;
        }
    }
}

/// Whether an id is a URI with a scheme, and so the same for everybody.
fn is_absolute(id: &str) -> bool {
    let Some((scheme, rest)) = id.split_once(':') else {
        return false;
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        && !rest.is_empty()
        && !id.contains(char::is_whitespace)
}

fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn digest(entry: &Entry) -> u64 {
    let title = entry.title.as_deref().unwrap_or_default();
    xxhash_rust::xxh3::xxh3_64(format!("{title}\n{}", text_of(entry)).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::document;
    use super::*;
    use crate::parse::Input;

    fn preview(text: &str) -> Value {
        let input = Input {
            bytes: text.as_bytes(),
            url: Some("http://a.example/feed"),
            ..Input::default()
        };
        document(&input).unwrap().to_json()
    }

    #[test]
    fn a_feed_becomes_a_json_feed_in_its_own_order() {
        let shown = preview(
            "<rss version='2.0'><channel><title>T</title><ttl>60</ttl><item><guid>1</guid><title>b</title>\
             <description>&lt;script>x&lt;/script>&lt;a href='/c'>d&lt;/a></description></item>\
             <item><guid>urn:x:2</guid><title>a</title></item><item><link>http://a.example/3</link></item></channel></rss>",
        );
        assert_eq!(shown["_newsriver"]["ttl"], 60);
        assert_eq!(shown["items"][0]["_newsriver"]["guid"], "1");
        let html = shown["items"][0]["content_html"].as_str().unwrap();
        assert!(
            html.contains("http://a.example/c") && !html.contains("script"),
            "{html}"
        );
        assert_eq!(shown["items"][1]["id"], "urn:x:2");
        assert_eq!(shown["items"][1]["content_text"], "");
        assert_eq!(shown["items"][2]["id"], "http://a.example/3");
    }

    #[test]
    fn what_modules_say_stands_under_the_extension() {
        let shown = preview(
            "<rss><channel><itunes:type>Serial</itunes:type><item><itunes:season>2</itunes:season>\
             <media:group><media:content url='http://a.example/v.mp4' width='640'/></media:group></item></channel></rss>",
        );
        assert_eq!(shown["_newsriver"]["kind"], "serial");
        let extension = &shown["items"][0]["_newsriver"];
        assert_eq!(extension["season"], 2);
        assert_eq!(extension["media"][0]["contents"][0]["width"], 640);
        assert!(extension.get("episode").is_none() && extension.get("people").is_none());
    }

    #[test]
    fn ids_are_unique_in_a_document() {
        let shown = preview(
            "<rss><channel><item><guid>urn:x</guid></item><item><guid>urn:x</guid></item></channel></rss>",
        );
        assert_ne!(shown["items"][0]["id"], shown["items"][1]["id"]);
        assert_eq!(shown["items"][1]["_newsriver"]["guid"], "urn:x");
    }

    #[test]
    fn what_is_no_feed_is_an_error_in_words() {
        let error = document(&Input {
            bytes: b"<html><title>Log in</title>",
            ..Input::default()
        })
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the document is an HTML page (\"Log in\"), not a feed"
        );
    }
}
