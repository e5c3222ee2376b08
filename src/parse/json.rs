//! JSON Feed 1.0 and 1.1, as strictly as its readers must be, which is not at all.
//!
//! Ids may be numbers (1.1: "coerce"), anything may be null or of the wrong type, the version may be odd: what can
//! be read is read. Depth is bounded by serde_json at 128. An item without an id is an entry without a guid.

use super::look::Surroundings;
use super::look::media;
use super::sniff;
use super::{Error, Quirks, address, bounds, line};
use crate::model::{Enclosure, Entry, Feed, FeedFormat, Link, Origin, Person, Tag, Timestamp};
use crate::text::{date, legal};
use serde_json::{Map, Value};
use url::Url;

/// Values of a document beyond which it is not built in memory, where each takes many times its text.
const MAX_VALUES: usize = 1_000_000;
/// The same for objects.
const MAX_OBJECTS: usize = 250_000;

type Object = Map<String, Value>;

/// Reads the feed in `text`.
pub(super) fn read(text: &str, around: &Surroundings, quirks: &mut Quirks) -> Result<Feed, Error> {
    let text =
        text.trim_start_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    let count = |byte: u8| memchr::memchr_iter(byte, text.as_bytes()).count();
    if count(b',') > MAX_VALUES || count(b'{') > MAX_OBJECTS {
        let words = "the document is JSON of more values than any feed has";
        return Err(Error::not_a_feed(words));
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let document = match values.next() {
        Some(Ok(document)) => document,
        Some(Err(error)) => return Err(Error::Json(error)),
        None => return Err(Error::not_a_feed(&sniff::describe(text.as_bytes(), "", None))),
    };
    if !text
        .get(values.byte_offset()..)
        .unwrap_or_default()
        .trim()
        .is_empty()
    {
        quirks.add(|| "something else stands after the feed".to_owned());
    }
    let Value::Object(object) = document else {
        return Err(Error::not_a_feed("the document is JSON, but a feed is an object"));
    };
    if !is_feed(&object) {
        return Err(Error::not_a_feed(
            "the document is JSON, but no JSON Feed: it has no `version` of one",
        ));
    }
    let mut reader = Reader {
        around,
        quirks,
        base: around.url.clone(),
    };
    Ok(reader.feed(&object))
}

/// A version that names JSON Feed, or, where none does, items and what else only a feed has.
fn is_feed(object: &Object) -> bool {
    let version = object.get("version").and_then(Value::as_str).unwrap_or_default();
    let has_items = object
        .get("items")
        .is_some_and(|items| items.is_array() || items.is_null());
    version.to_ascii_lowercase().contains("jsonfeed.org")
        || has_items
            && ["feed_url", "home_page_url", "title"]
                .iter()
                .any(|key| object.get(*key).is_some_and(Value::is_string))
}

struct Reader<'c> {
    around: &'c Surroundings,
    quirks: &'c mut Quirks,
    base: Option<Url>,
}

impl Reader<'_> {
    fn feed(&mut self, object: &Object) -> Feed {
        let version = object.get("version").and_then(Value::as_str).unwrap_or("none");
        if !version.trim_end_matches('/').ends_with(['0', '1']) || !version.contains("jsonfeed.org/version/1")
        {
            self.quirks
                .add(|| format!("\"{}\" is no version of JSON Feed", line::of_text(version)));
        }
        let page = self.address(object, "home_page_url");
        self.base = page
            .as_deref()
            .and_then(|page| Url::parse(page).ok())
            .or(self.base.take());
        let mut feed = Feed {
            format: FeedFormat::JsonFeed,
            title: words(object, "title"),
            description: words(object, "description"),
            link: page,
            self_link: self.address(object, "feed_url"),
            hubs: self.hubs(object),
            language: words(object, "language"),
            authors: self.authors(object),
            updated: None,
            image: self.address(object, "icon"),
            icon: self.address(object, "favicon"),
            ..Feed::default()
        };
        let items = object
            .get("items")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::Object(item) => {
                    let mut entry = self.entry(item, index + 1);
                    if bounds::entry(&mut entry) {
                        self.quirks
                            .add(|| format!("item {} is longer than an item may be, and was cut", index + 1));
                    }
                    feed.entries.push(entry);
                }
                _ => self.quirks.add(|| format!("item {} is no object", index + 1)),
            }
        }
        bounds::newest(&mut feed.entries);
        bounds::head(&mut feed);
        feed
    }

    fn entry(&mut self, item: &Object, number: usize) -> Entry {
        let url = self.address(item, "url");
        let external = self.address(item, "external_url");
        let link = url.clone().or_else(|| external.clone());
        let document = self.around.url.as_ref().map(Url::to_string);
        let mut links = Vec::new();
        if let (Some(_), Some(href)) = (url, external) {
            links.push(Link {
                rel: "related".to_owned(),
                href,
                ..Link::default()
            });
        }
        let html = text(item, "content_html");
        let plain = text(item, "content_text").map(|text| line::html_of_text(&text).into_owned());
        Entry {
            guid: scalar(item, "id"),
            base: link
                .clone()
                .or_else(|| self.base.as_ref().map(Url::to_string))
                .or(document),
            link,
            links,
            title: words(item, "title"),
            summary: text(item, "summary").map(|text| line::html_of_text(&text).into_owned()),
            content: html.or(plain),
            published: self.date(item, "date_published", number),
            updated: self.date(item, "date_modified", number),
            authors: self.authors(item),
            tags: tags(item),
            enclosures: self.attachments(item),
            image: self
                .address(item, "image")
                .or_else(|| self.address(item, "banner_image")),
            language: words(item, "language"),
            origin: self.origin(item),
            ..Entry::default()
        }
    }

    /// What another newsriver credits, for which JSON Feed has no word.
    fn origin(&self, item: &Object) -> Option<Origin> {
        let own = item.get("_newsriver")?.as_object()?;
        let said = own.get("origin")?.as_object()?;
        let origin = Origin {
            title: words(said, "title"),
            id: scalar(said, "id"),
            link: self.address(said, "url"),
            feed_url: self.address(said, "feed_url"),
        };
        (origin != Origin::default()).then_some(origin)
    }

    fn address(&self, object: &Object, key: &str) -> Option<String> {
        address::absolute(object.get(key)?.as_str()?, self.base.as_ref())
    }

    fn date(&mut self, item: &Object, key: &str, number: usize) -> Option<Timestamp> {
        let written = scalar(item, key)?;
        let time = date::parse(&written, self.around.zone);
        if time.is_none() {
            self.quirks.add(|| {
                format!(
                    "item {number}: the date \"{}\" is no date",
                    line::of_text(&written)
                )
            });
        }
        time
    }

    /// `authors` of 1.1, and `author` of 1.0 where there is none.
    fn authors(&self, object: &Object) -> Vec<Person> {
        let listed = object
            .get("authors")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let people: Vec<Person> = listed.iter().filter_map(|author| self.author(author)).collect();
        if people.is_empty() {
            object
                .get("author")
                .and_then(|author| self.author(author))
                .into_iter()
                .collect()
        } else {
            people
        }
    }

    fn author(&self, value: &Value) -> Option<Person> {
        match value {
            Value::Object(author) => {
                let (name, uri) = (words(author, "name"), self.address(author, "url"));
                (name.is_some() || uri.is_some()).then_some(Person {
                    name,
                    uri,
                    email: None,
                })
            }
            Value::String(name) => super::person::parse(name),
            _ => None,
        }
    }

    fn hubs(&self, object: &Object) -> Vec<String> {
        let hubs = object
            .get("hubs")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        hubs.iter()
            .filter_map(Value::as_object)
            .filter_map(|hub| self.address(hub, "url"))
            .collect()
    }

    fn attachments(&self, item: &Object) -> Vec<Enclosure> {
        let files = item
            .get("attachments")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        files
            .iter()
            .take(bounds::MAX_ENCLOSURES)
            .filter_map(Value::as_object)
            .filter_map(|file| self.attachment(file))
            .collect()
    }

    fn attachment(&self, file: &Object) -> Option<Enclosure> {
        let url = self.address(file, "url")?;
        Some(Enclosure {
            mime_type: words(file, "mime_type").or_else(|| media::mime_type_of(&url).map(str::to_owned)),
            length: whole(file, "size_in_bytes"),
            title: words(file, "title"),
            duration_seconds: whole(file, "duration_in_seconds"),
            url,
        })
    }
}

/// A string, or a number or truth value in its place, trimmed.
fn scalar(object: &Object, key: &str) -> Option<String> {
    let text = match object.get(key)? {
        Value::String(text) => legal::legal(text.trim()).into_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => return None,
    };
    line::some(text)
}

/// One line of plain text.
fn words(object: &Object, key: &str) -> Option<String> {
    line::some(line::of_text(&scalar(object, key)?))
}

/// A text that is not blank.
fn text(object: &Object, key: &str) -> Option<String> {
    let text = object.get(key)?.as_str().filter(|text| !text.trim().is_empty())?;
    Some(legal::legal(text).into_owned())
}

fn whole(object: &Object, key: &str) -> Option<u64> {
    match object.get(key)? {
        Value::Number(number) => number.as_u64().or_else(|| {
            let text = number.to_string();
            text.split(['.', 'e', 'E'])
                .next()
                .filter(|_| text.contains('.'))
                .and_then(|whole| whole.parse().ok())
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn tags(item: &Object) -> Vec<Tag> {
    let listed = item
        .get("tags")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let words = listed
        .iter()
        .filter_map(Value::as_str)
        .map(line::of_text)
        .filter(|term| !term.is_empty());
    words
        .take(bounds::MAX_TAGS)
        .map(|term| Tag {
            term,
            label: None,
            scheme: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(text: &str) -> Result<(Feed, Quirks), Error> {
        let mut quirks = Quirks::default();
        let feed = read(text, &Surroundings::default(), &mut quirks)?;
        Ok((feed, quirks))
    }

    #[test]
    fn every_item_is_read_whatever_its_types() {
        let text = "\u{feff}{\"version\":\"https://jsonfeed.org/version/1\",\"title\":null,\"items\":[
            {\"id\":17,\"title\":null,\"content_text\":\"1 \\u0001< 2\",\"author\":{\"name\":\"Ada\"},\"tags\":[\"a\",3,null]},
            {\"id\":\"b\",\"url\":\"http://a.example/b\",\"content_html\":\"<p>x\",\"date_published\":\"2026-01-02T03:04:05Z\"},
            {\"title\":\"no id\"}, null]}";
        let (feed, quirks) = feed(text).unwrap();
        assert_eq!(feed.entries.len(), 3);
        assert_eq!(feed.entries[0].guid.as_deref(), Some("17"));
        assert_eq!(feed.entries[0].content.as_deref(), Some("1 &lt; 2"));
        assert_eq!(feed.entries[0].authors[0].name.as_deref(), Some("Ada"));
        assert_eq!(feed.entries[0].tags.len(), 1);
        assert_eq!(
            feed.entries[1].published.map(Timestamp::seconds),
            Some(1_767_323_045)
        );
        assert_eq!(feed.entries[2].guid, None);
        assert_eq!(quirks.0, [crate::model::Quirk("item 4 is no object".to_owned())]);
    }

    #[test]
    fn what_a_quirk_quotes_has_no_control_characters() {
        let text = r#"{"version":"https://j\u008d\u201cMy\nsonfeed.org/version/1","title":"x","items":[]}"#;
        let (_, quirks) = feed(text).unwrap();
        let said = "\"https://j“My sonfeed.org/version/1\" is no version of JSON Feed";
        assert_eq!(quirks.0.first().map(|quirk| quirk.0.as_str()), Some(said));
    }

    #[test]
    fn json_that_is_no_feed_is_refused_in_words() {
        assert_eq!(
            feed("[1]").unwrap_err().to_string(),
            "the document is JSON, but a feed is an object"
        );
        assert!(
            feed("{\"error\":404}")
                .unwrap_err()
                .to_string()
                .contains("no JSON Feed")
        );
        assert!(matches!(feed("{\"a\":"), Err(Error::Json(_))));
        assert!(matches!(feed(&"[".repeat(1_000_000)), Err(Error::Json(_))));
    }

    #[test]
    fn an_odd_version_is_read_and_told() {
        let (feed, quirks) = feed("{\"version\":\"1.1\",\"title\":\"t\",\"items\":[]}").unwrap();
        assert_eq!(feed.title.as_deref(), Some("t"));
        assert_eq!(quirks.0.len(), 1);
    }
}
