//! Subscription lists (OPML 2.0): written well formed whatever the titles hold, read as they are found in the wild.
//!
//! Reading is lenient: attributes in any case, bare ampersands, tags that do not match. What an address is
//! worth is left to whoever imports it.

use quick_xml::escape::{escape, unescape};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;

/// Outlines within outlines, at most; deeper ones are read as if they stood at this depth.
const MAX_DEPTH: usize = 16;

/// One line of a list: a feed, or a group of such lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// What people read (`text`, else `title`); may be empty when read.
    pub title: String,
    /// The address of the feed (`xmlUrl`); absent for a group.
    pub feed_url: Option<String>,
    /// The page it belongs to (`htmlUrl`).
    pub page_url: Option<String>,
    /// A sentence about it.
    pub description: Option<String>,
    /// What stands within it.
    pub children: Vec<Outline>,
}

/// Why a document is no subscription list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No outline anywhere.
    #[error("this is no OPML: it has no <outline>")]
    NoOutline,
    /// It ends in the middle of a tag or cannot be read as tags at all, and nothing useful stood before that.
    #[error("this cannot be read as XML from byte {position} on")]
    Unreadable {
        /// Where reading ended, in bytes.
        position: u64,
    },
}

/// Writes a list. The same outlines give the same bytes: it carries no date.
pub fn write(title: &str, outlines: &[Outline]) -> String {
    let mut document = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>",
    );
    document.push_str(&written(title));
    document.push_str("</title>\n  </head>\n  <body>\n");
    for outline in outlines {
        write_outline(&mut document, outline, 2);
    }
    document.push_str("  </body>\n</opml>\n");
    document
}

fn write_outline(document: &mut String, outline: &Outline, depth: usize) {
    let indent = "  ".repeat(depth);
    document.push_str(&indent);
    document.push_str("<outline");
    // OPML 2.0: `type="rss"` stands for feeds of any family; `text` is required, `title` is what older readers want.
    if outline.feed_url.is_some() {
        write_attribute(document, "type", "rss");
    }
    write_attribute(document, "text", &outline.title);
    if let Some(feed_url) = &outline.feed_url {
        write_attribute(document, "title", &outline.title);
        write_attribute(document, "xmlUrl", feed_url);
    }
    if let Some(page_url) = &outline.page_url {
        write_attribute(document, "htmlUrl", page_url);
    }
    if let Some(description) = &outline.description {
        write_attribute(document, "description", description);
    }
    if outline.children.is_empty() {
        document.push_str("/>\n");
        return;
    }
    document.push_str(">\n");
    for child in &outline.children {
        write_outline(document, child, depth + 1);
    }
    document.push_str(&indent);
    document.push_str("</outline>\n");
}

fn write_attribute(document: &mut String, name: &str, value: &str) {
    document.push(' ');
    document.push_str(name);
    document.push_str("=\"");
    document.push_str(&written(value));
    document.push('"');
}

/// Text for an attribute or element: characters that XML has no place for become blanks, as do line breaks,
/// which would not come back from an attribute (XML 1.0, 3.3.3).
fn written(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|character| if is_unwritable(character) { ' ' } else { character })
        .collect();
    escape(clean).into_owned()
}

fn is_unwritable(character: char) -> bool {
    character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}')
}

/// Reads a list: its outlines, groups with their children.
pub fn read(text: &str) -> Result<Vec<Outline>, Error> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut nest = Nest::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) if is_outline(&start) => nest.open(outline(&start)),
            Ok(Event::Empty(start)) if is_outline(&start) => {
                nest.open(outline(&start));
                nest.close();
            }
            Ok(Event::End(end)) if end.local_name().as_ref().eq_ignore_ascii_case("outline") => nest.close(),
            Ok(Event::Eof) => return nest.finish().ok_or(Error::NoOutline),
            Ok(_) => {}
            // Nothing after a broken tag can be trusted, what stood before it can.
            Err(_) => {
                return nest.finish().ok_or(Error::Unreadable {
                    position: reader.error_position(),
                });
            }
        }
    }
}

/// The outlines that are open, outermost first, and those that are done.
#[derive(Default)]
struct Nest {
    open: Vec<Outline>,
    /// Outlines opened beyond the depth that is kept: their ends close nothing.
    too_deep: usize,
    done: Vec<Outline>,
}

impl Nest {
    fn open(&mut self, outline: Outline) {
        if self.open.len() < MAX_DEPTH {
            self.open.push(outline);
        } else {
            self.too_deep += 1;
            self.put(outline);
        }
    }

    fn close(&mut self) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
        } else if let Some(outline) = self.open.pop() {
            self.put(outline);
        }
    }

    fn put(&mut self, outline: Outline) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(outline),
            None => self.done.push(outline),
        }
    }

    /// Closes what is still open. `None` when there was nothing at all.
    fn finish(mut self) -> Option<Vec<Outline>> {
        self.too_deep = 0;
        while !self.open.is_empty() {
            self.close();
        }
        (!self.done.is_empty()).then_some(self.done)
    }
}

fn is_outline(start: &BytesStart<'_>) -> bool {
    start.local_name().as_ref().eq_ignore_ascii_case("outline")
}

fn outline(start: &BytesStart<'_>) -> Outline {
    let mut outline = Outline::default();
    let mut title = None;
    // The HTML way of reading attributes forgives missing quotes; one that cannot be read costs no other.
    for attribute in start.html_attributes().with_checks(false).flatten() {
        let value = unescaped(&attribute.value).trim().to_owned();
        if value.is_empty() {
            continue;
        }
        match attribute.key.as_ref().to_ascii_lowercase().as_str() {
            "text" => outline.title = value,
            "title" => title = Some(value),
            "xmlurl" => outline.feed_url = Some(value),
            "htmlurl" => outline.page_url = Some(value),
            "description" => outline.description = Some(value),
            _ => {}
        }
    }
    if let Some(title) = title.filter(|_| outline.title.is_empty()) {
        outline.title = title;
    }
    outline
}

/// Entities resolved; those that are none stay as they are written.
fn unescaped(value: &str) -> Cow<'_, str> {
    if let Ok(clean) = unescape(value) {
        return Cow::Owned(clean.into_owned());
    }
    let mut text = String::with_capacity(value.len());
    for (index, part) in value.split('&').enumerate() {
        if index == 0 {
            text.push_str(part);
            continue;
        }
        let entity = part.split_once(';').and_then(|(name, rest)| {
            let character = unescape(&format!("&{name};")).ok()?.into_owned();
            Some((character, rest))
        });
        match entity {
            Some((character, rest)) => {
                text.push_str(&character);
                text.push_str(rest);
            }
            None => {
                text.push('&');
                text.push_str(part);
            }
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn feed(title: &str, url: &str) -> Outline {
        Outline {
            title: title.to_owned(),
            feed_url: Some(url.to_owned()),
            ..Outline::default()
        }
    }

    #[test]
    fn a_list_is_written_for_readers_old_and_new() {
        let group = Outline {
            title: "财经".to_owned(),
            children: vec![feed("A & B", "https://example.org/?a=1&b=2")],
            ..Outline::default()
        };
        insta::assert_snapshot!(write("River <1>", &[group]), @r#"
        <?xml version="1.0" encoding="utf-8"?>
        <opml version="2.0">
          <head>
            <title>River &lt;1&gt;</title>
          </head>
          <body>
            <outline text="财经">
              <outline type="rss" text="A &amp; B" title="A &amp; B" xmlUrl="https://example.org/?a=1&amp;b=2"/>
            </outline>
          </body>
        </opml>
        "#);
    }

    #[test]
    fn lists_in_the_wild_are_read() {
        let wild = "\u{feff}<OPML><body><Outline TITLE='Tech & more'>\
            <outline text=\"One\" XMLURL='https://a.example/?x=1&y=2' htmlurl=https://a.example/ >\
            <outline title='Two' xmlUrl='https://b.example/&nbsp;'/></body>";
        let read = read(wild).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].title, "Tech & more");
        let one = &read[0].children[0];
        assert_eq!(one.feed_url.as_deref(), Some("https://a.example/?x=1&y=2"));
        assert_eq!(one.page_url.as_deref(), Some("https://a.example/"));
        assert_eq!(one.children, [feed("Two", "https://b.example/&nbsp;")]);
    }

    #[test]
    fn what_is_no_list_is_said() {
        assert_eq!(read("<html><p>login</p></html>"), Err(Error::NoOutline));
        assert_eq!(read(""), Err(Error::NoOutline));
        assert!(matches!(
            read("<opml><body <"),
            Err(Error::Unreadable { .. } | Error::NoOutline)
        ));
    }

    #[test]
    fn what_stood_before_a_broken_tag_is_kept() {
        let read = read("<opml><outline text='a' xmlUrl='https://a.example/'/><outline text='b").unwrap();
        assert_eq!(read, [feed("a", "https://a.example/")]);
    }

    #[test]
    fn endless_nesting_ends() {
        let deep = read(&"<outline text='x'>".repeat(100_000)).unwrap();
        assert_eq!(deep.len(), 1);
    }

    fn any_outline() -> impl Strategy<Value = Outline> {
        // Blanks at the ends and control characters are the two things that do not come back.
        let text = "([^\\p{C}\\s]([^\\p{C}]{0,8}[^\\p{C}\\s])?)";
        let leaf = (text, proptest::option::of(text), proptest::option::of(text)).prop_map(
            |(title, feed_url, description)| Outline {
                title,
                feed_url,
                description,
                ..Outline::default()
            },
        );
        leaf.prop_recursive(4, 24, 5, |inner| {
            (inner.clone(), proptest::collection::vec(inner, 0..5))
                .prop_map(|(outline, children)| Outline { children, ..outline })
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(outlines in proptest::collection::vec(any_outline(), 1..5)) {
            prop_assert_eq!(read(&write("t", &outlines)).unwrap(), outlines);
        }

        #[test]
        fn reading_never_panics(text in "(<outline |</outline>|text='|xmlUrl=\"|&|&#x41;|[<>'\"a= /!?\\[-]){0,40}") {
            let _ = read(&text);
        }
    }
}
