//! What kind of document bytes are, and what to say of one that is no feed.

/// What the beginning of a text promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Something with tags.
    Markup,
    /// An object or a list.
    Json,
    /// Neither.
    Neither,
}

/// How far the declaration of an encoding is looked for, in bytes.
const DECLARATION_BYTES: usize = 1024;

/// What a decoded document looks like.
pub(super) fn shape(text: &str) -> Shape {
    let start =
        text.trim_start_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    match start.chars().next() {
        Some('{' | '[') => Shape::Json,
        _ if start.contains('<') => Shape::Markup,
        _ => Shape::Neither,
    }
}

/// The `encoding` of an XML declaration in bytes not decoded yet, or the charset of a page's `meta`.
pub(super) fn declared_charset(bytes: &[u8]) -> Option<String> {
    let start = bytes.get(..bytes.len().min(DECLARATION_BYTES))?;
    let start: String = start
        .iter()
        .filter(|byte| **byte != 0)
        .map(|byte| char::from(*byte))
        .collect();
    let declaration = start.find("<?xml").and_then(|at| start.get(at..));
    let inside = match declaration {
        Some(declaration) => declaration
            .split_once("?>")
            .map_or(declaration, |(inside, _)| inside),
        None => &start,
    };
    let key = if declaration.is_some() {
        "encoding"
    } else {
        "charset"
    };
    value_after(inside, key)
}

/// The `charset` of a media type. Some write it with a colon, with blanks, in quotes.
pub(super) fn charset_of(content_type: &str) -> Option<String> {
    value_after(content_type, "charset")
}

fn value_after(text: &str, key: &str) -> Option<String> {
    let at = text.to_ascii_lowercase().find(key)?;
    let value = text
        .get(at + key.len()..)?
        .trim_start()
        .strip_prefix(['=', ':'])?;
    let value = value
        .trim_start_matches(|character: char| character.is_whitespace() || matches!(character, '"' | '\''));
    let length = value
        .find(|character: char| {
            !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_' | '.' | ':' | '+')
        })
        .unwrap_or(value.len());
    value
        .get(..length)
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

/// The text from the root element on, without what may stand before it in a feed that was glued together:
/// blanks, a byte order mark, a PHP warning, the XML declaration.
pub(super) fn from_root(text: &str) -> &str {
    const ROOTS: [&str; 5] = ["rss", "feed", "rdf:rdf", "channel", "rdf"];
    let end = text.floor_char_boundary(64 * 1024);
    let head = text.get(..end).unwrap_or(text);
    let found = memchr::memchr_iter(b'<', head.as_bytes()).find(|&at| {
        let name = head.get(at + 1..).unwrap_or_default();
        ROOTS.iter().any(|root| {
            name.get(..root.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(root))
                && name
                    .as_bytes()
                    .get(root.len())
                    .is_some_and(|next| next.is_ascii_whitespace() || matches!(next, b'>' | b'/'))
        })
    });
    found.and_then(|at| text.get(at..)).unwrap_or(text)
}

/// In words, what a document is that is no feed. `root` is its outermost element where it has one.
pub(super) fn describe(bytes: &[u8], text: &str, root: Option<&str>) -> String {
    if text.trim().is_empty() {
        return "the document is empty".to_owned();
    }
    if is_binary(bytes) {
        return format!("the document is {}, not text", binary_kind(bytes));
    }
    let head = text
        .get(..text.floor_char_boundary(4096))
        .unwrap_or(text)
        .to_ascii_lowercase();
    if head.contains("<!doctype html") || head.contains("<html") {
        return match title_of(text) {
            Some(title) => format!("the document is an HTML page (\"{title}\"), not a feed"),
            None => "the document is an HTML page, not a feed".to_owned(),
        };
    }
    let root = root.map(str::to_owned).or_else(|| root_of(text));
    match root.as_deref() {
        Some("urlset" | "sitemapindex") => "the document is a sitemap, not a feed".to_owned(),
        Some("opml") => {
            "the document is an OPML list of subscriptions, not a feed; `newsriver import` reads it"
                .to_owned()
        }
        Some("entry") => {
            "the document is XML with the root element <entry> but holds no Atom entry".to_owned()
        }
        Some(name) => format!("the document is XML with the root element <{name}>, not a feed"),
        None => "the document is plain text, not a feed".to_owned(),
    }
}

fn is_binary(bytes: &[u8]) -> bool {
    let sample = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let odd = sample
        .iter()
        .filter(|byte| **byte < 0x20 && !byte.is_ascii_whitespace())
        .count();
    odd * 20 > sample.len()
}

fn binary_kind(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x1f, 0x8b, ..] => "compressed (gzip)",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive",
        [b'%', b'P', b'D', b'F', ..] => "a PDF file",
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, ..] | [b'G', b'I', b'F', b'8', ..] => "a picture",
        _ => "binary data",
    }
}

fn title_of(text: &str) -> Option<String> {
    let start = text.find("<title")?;
    let body = text.get(start..)?.split_once('>')?.1;
    let end = body.find("</")?;
    let mut title = super::line::of_html(body.get(..end)?);
    title.retain(|character| !character.is_control());
    super::bounds::cut(&mut title, 120);
    (!title.is_empty()).then_some(title)
}

fn root_of(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..)?;
        if rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let name: String = rest
                .chars()
                .take(60)
                .take_while(|c| c.is_alphanumeric() || matches!(c, ':' | '-' | '_'))
                .collect();
            return Some(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        describe(text.as_bytes(), text, None)
    }

    #[test]
    fn charsets_are_found_however_they_are_written() {
        assert_eq!(
            declared_charset(b" <?xml version='1.0' encoding=\"GB2312\"?>").as_deref(),
            Some("GB2312")
        );
        assert_eq!(declared_charset(b"<rss encoding='x'>"), None);
        assert_eq!(
            charset_of("text/xml; charset = 'utf-8'").as_deref(),
            Some("utf-8")
        );
        assert_eq!(
            charset_of("text/xml; charset:iso-8859-1").as_deref(),
            Some("iso-8859-1")
        );
        assert_eq!(charset_of("text/xml"), None);
    }

    #[test]
    fn what_is_no_feed_is_called_by_its_name() {
        assert_eq!(words(" \n"), "the document is empty");
        assert_eq!(
            words("<!DOCTYPE html><title>Log in</title>"),
            "the document is an HTML page (\"Log in\"), not a feed"
        );
        assert_eq!(
            words("<?xml version='1.0'?><urlset>"),
            "the document is a sitemap, not a feed"
        );
        assert_eq!(
            words("<kml/>"),
            "the document is XML with the root element <kml>, not a feed"
        );
        assert_eq!(words("hello"), "the document is plain text, not a feed");
        assert_eq!(
            describe(&[0x1f, 0x8b, 0, 1, 2], "..", None),
            "the document is compressed (gzip), not text"
        );
    }

    #[test]
    fn junk_before_the_root_is_left_out() {
        assert_eq!(
            from_root("Warning: x in <b>y</b>\n<?xml?><rss version='2.0'>z"),
            "<rss version='2.0'>z"
        );
        assert_eq!(from_root("<kml>"), "<kml>");
    }
}
