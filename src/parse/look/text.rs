//! Text constructs: what a `title`, `summary`, `description` or `content` says, by its type.
//!
//! RSS says nothing about the type and means HTML; Atom 1.0 says `text`, `html` or `xhtml` (RFC 4287 3.1, 4.1.3);
//! Atom 0.3 says a media type and a `mode`. Markup that stands in the element itself, escaped or not, is HTML
//! whatever the type says.

use crate::html;
use crate::parse::address;
use crate::parse::entity::{Entities, resolve};
use crate::parse::line;
use crate::parse::namespace::Space;
use crate::parse::node::{Child, Node};
use crate::text::legal::is_legal;
use std::borrow::Cow;
use url::Url;

/// How the text of an element is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As it stands.
    Text,
    /// As markup, escaped.
    Html,
    /// As markup in base64.
    Base64,
    /// As something else in base64, if it is (RFC 4287 4.1.3.3): text that is none is taken as it stands.
    Other,
}

/// The kind an element declares, or `default` where it declares none.
pub(super) fn kind(node: &Node<'_>, default: Kind) -> Kind {
    let mode = node.attribute("mode").unwrap_or_default().trim();
    let written = node
        .attribute("type")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let media_type = written.split(';').next().unwrap_or_default().trim();
    let by_type = match media_type {
        "" => default,
        "text" | "plain" | "text/plain" => Kind::Text,
        "base64" => Kind::Base64,
        "html" | "xhtml" | "text/html" | "text/x-html" | "application/xhtml+xml" | "application/xhtml" => {
            Kind::Html
        }
        // XML that holds no element is text (RFC 4287 4.1.3.3: what an XML media type means is not escaped).
        other if other.ends_with("xml") && !node.has_nodes() && mode.is_empty() => Kind::Text,
        other if other.ends_with("xml") || !other.contains('/') => Kind::Html,
        other if other.starts_with("text/") => Kind::Text,
        _ => Kind::Other,
    };
    match (mode.to_ascii_lowercase().as_str(), by_type) {
        ("base64", _) => Kind::Base64,
        (_, Kind::Text) if media_type.is_empty() && mode.eq_ignore_ascii_case("escaped") => Kind::Html,
        (_, kind) => kind,
    }
}

/// The element as HTML; `None` when nothing is in it.
pub(super) fn markup(node: &Node<'_>, default: Kind, base: Option<&Url>) -> Option<String> {
    if node.has_nodes() {
        return filled(inner_html(node, base).into());
    }
    let text = node.text();
    match kind(node, default) {
        // A type of `xhtml` without any element inside: its text is text.
        Kind::Html
            if node
                .attribute("type")
                .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("xhtml")) =>
        {
            filled(line::html_of_text(&text))
        }
        // What looks like the start of a tag and is never closed is text, which a browser would swallow.
        Kind::Html
            if memchr::memchr(b'<', text.as_bytes()).is_some()
                && memchr::memchr(b'>', text.as_bytes()).is_none() =>
        {
            filled(html::escape(&resolve(&text, &Entities::default())).into())
        }
        Kind::Html => filled(text),
        Kind::Text => filled(line::html_of_text(&text)),
        Kind::Base64 | Kind::Other => match decoded(&text) {
            Decoded::Text(text) => filled(text.into()),
            Decoded::Binary => None,
            Decoded::Not => filled(line::html_of_text(&text)),
        },
    }
}

/// The element as one line of plain text; `None` when nothing is in it.
pub(super) fn plain(node: &Node<'_>, default: Kind) -> Option<String> {
    if node.has_nodes() {
        return line::some(line::of_html(&inner_html(node, None)));
    }
    let text = node.text();
    let line = match kind(node, default) {
        Kind::Text => line::of_text(&text),
        Kind::Html
            if node
                .attribute("type")
                .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("xhtml")) =>
        {
            line::of_text(&text)
        }
        Kind::Html => line::of_html(&text),
        Kind::Base64 | Kind::Other => match decoded(&text) {
            Decoded::Text(text) => line::of_html(&text),
            // A title is never binary: what happens to be base64 is a word.
            Decoded::Binary => line::of_text(&text),
            Decoded::Not => line::of_text(&text),
        },
    };
    line::some(line)
}

/// The text without the blanks around it; `None` when nothing is left.
fn filled(text: Cow<'_, str>) -> Option<String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        None
    } else if trimmed.len() == text.len() {
        Some(text.into_owned())
    } else {
        Some(trimmed.to_owned())
    }
}

/// The markup inside an element, without the one `div` that XHTML content stands in.
pub(super) fn inner_html(node: &Node<'_>, base: Option<&Url>) -> String {
    let is_escaped_too = node
        .attribute("type")
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("html"));
    let mut writer = Writer {
        out: String::new(),
        outer: base,
        is_escaped_too,
    };
    match only_division(node) {
        Some(division) => {
            let written = division.attribute("xml:base");
            let own = written.and_then(|_| address::base(written, base));
            writer.children(division, own.as_ref());
        }
        None => writer.children(node, None),
    }
    writer.out
}

/// The `div` that is all there is in an element.
fn only_division<'n, 'a>(node: &'n Node<'a>) -> Option<&'n Node<'a>> {
    let mut only = None;
    for child in &node.children {
        match child {
            Child::Node(inner) if only.is_none() && inner.name == "div" => only = Some(inner),
            Child::Text(text) if text.trim().is_empty() => {}
            _ => return None,
        }
    }
    only
}

/// Writes elements as HTML.
struct Writer<'b> {
    out: String,
    /// The base around the markup, which the reader of the entry knows already.
    outer: Option<&'b Url>,
    /// The type says that text is escaped markup, although elements stand beside it.
    is_escaped_too: bool,
}

impl Writer<'_> {
    /// Writes what is inside `node`. `own` is the base its addresses are resolved against, when markup inside the
    /// element named one.
    fn children(&mut self, node: &Node<'_>, own: Option<&Url>) {
        for child in &node.children {
            match child {
                Child::Text(text) if self.is_escaped_too => self.out.push_str(text),
                Child::Text(text) => push_escaped(text, &mut self.out),
                Child::Node(inner) => self.node(inner, own),
            }
        }
    }

    fn node(&mut self, node: &Node<'_>, own: Option<&Url>) {
        const VOID: [&str; 13] = [
            "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
            "wbr",
        ];
        if !matches!(node.space, Space::Xhtml | Space::Core | Space::Other) {
            return self.children(node, own);
        }
        let written = node.attribute("xml:base");
        let deeper = written.and_then(|_| address::base(written, own.or(self.outer)));
        let own = deeper.as_ref().or(own);
        self.out.push('<');
        self.out.push_str(&node.name);
        for (name, value) in node.attributes().filter(|(name, _)| is_plain_name(name)) {
            self.attribute(name, value, own);
        }
        self.out.push('>');
        self.children(node, own);
        if !VOID.contains(&node.name.as_ref()) {
            self.out.push_str("</");
            self.out.push_str(&node.name);
            self.out.push('>');
        }
    }

    fn attribute(&mut self, name: &str, value: &str, own: Option<&Url>) {
        let resolved = own
            .filter(|_| {
                matches!(
                    name,
                    "href" | "src" | "cite" | "action" | "poster" | "longdesc" | "background"
                )
            })
            .and_then(|base| address::absolute(value, Some(base)));
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        push_escaped(resolved.as_deref().unwrap_or(value), &mut self.out);
        self.out.push('"');
    }
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn push_escaped(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match after.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            _ => "&quot;",
        });
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// What base64 turned out to be.
enum Decoded {
    Text(String),
    Binary,
    Not,
}

/// Text in base64 (RFC 4648), blanks and padding aside.
fn decoded(text: &str) -> Decoded {
    match bytes_of_base64(text) {
        Some(bytes) => match String::from_utf8(bytes) {
            Ok(text) if text.chars().all(is_legal) => Decoded::Text(text),
            _ => Decoded::Binary,
        },
        None => Decoded::Not,
    }
}

fn bytes_of_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or_default());
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tree::{Document, Step};

    fn both(xml: &str, default: Kind) -> (Option<String>, Option<String>) {
        let whole = format!("<feed>{xml}</feed>");
        let mut document = Document::new(&whole);
        let base = Url::parse("http://a.example/x/").ok();
        while let Some(step) = document.step() {
            if let Step::Node(node) = step {
                return (markup(&node, default, base.as_ref()), plain(&node, default));
            }
        }
        (None, None)
    }

    fn pair(html: &str, plain: &str) -> (Option<String>, Option<String>) {
        (Some(html.to_owned()), Some(plain.to_owned()))
    }

    #[test]
    fn the_type_decides_what_escaped_markup_means() {
        assert_eq!(
            both("<t type='text'>&lt;b&gt;</t>", Kind::Html),
            pair("&lt;b&gt;", "<b>")
        );
        assert_eq!(
            both("<t type='html'>&lt;b&gt;x&lt;/b&gt;</t>", Kind::Text),
            pair("<b>x</b>", "x")
        );
        assert_eq!(
            both("<t mode='base64' type='text/html'>PGI+eDwvYj4=</t>", Kind::Text),
            pair("<b>x</b>", "x")
        );
        let picture = both("<t type='image/png'>iVBORw0KGgo=</t>", Kind::Text);
        assert_eq!(picture.0, None, "a picture is no text");
        let word = both("<t type='application/x-own'>test</t>", Kind::Text);
        assert_eq!(word.1.as_deref(), Some("test"));
    }

    #[test]
    fn markup_inside_is_written_out_without_its_wrapper() {
        let xml = "<t type='xhtml'><h:div xmlns:h='http://www.w3.org/1999/xhtml'><h:p>a &lt; <h:br/>b</h:p></h:div></t>";
        assert_eq!(both(xml, Kind::Text), pair("<p>a &lt; <br>b</p>", "a < b"));
    }

    #[test]
    fn a_base_inside_the_markup_is_applied_there() {
        let xml = "<t type='xhtml'><div xml:base='y/'><a href='z'>l</a></div></t>";
        assert_eq!(
            both(xml, Kind::Text).0.as_deref(),
            Some("<a href=\"http://a.example/x/y/z\">l</a>")
        );
    }
}
