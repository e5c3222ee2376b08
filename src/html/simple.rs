//! Markup that the sanitizer's parser would give back as it is, written without building its tree.
//!
//! Nearly all that the flattener leaves is of this kind: common elements, well nested, none of which moves another.
//! It is read anew here, by rules that are narrower than the sanitizer's, and whatever they do not know goes the long
//! way. So of flattened markup nothing is let through that the sanitizer would not let through; that both write the
//! same is tested. Other markup must not come here: what the flattener has seen to is not looked at again, that an
//! address can be parsed and that elements are no deeper than its bound.

use super::allowed::{ADDRESSES, EVERYWHERE, Element, Place, find};
use super::entities::Reference;
use super::sanitize::{BYTE_ORDER_MARK, LINK_REL};
use crate::text::legal::first_illegal;

/// What the sanitizer would make of `flat`, which the flattener has written; none where this module cannot tell.
pub(super) fn written(flat: &str) -> Option<String> {
    if first_illegal(flat.as_bytes()).is_some() || memchr::memchr(b'\r', flat.as_bytes()).is_some() {
        return None;
    }
    let mut simple = Simple {
        markup: String::with_capacity(flat.len() + flat.len() / 8),
        open: Vec::new(),
    };
    let mut rest = flat;
    while let Some(place) = memchr::memchr(b'<', rest.as_bytes()) {
        let (text, tag) = rest.split_at(place);
        simple.text(text);
        rest = match tag.strip_prefix("</") {
            Some(end) => simple.end(end)?,
            None => simple.start(tag.get(1..)?)?,
        };
    }
    simple.text(rest);
    // A parser leaves out the byte order mark that its input begins with.
    (simple.open.is_empty() && !simple.markup.starts_with(BYTE_ORDER_MARK)).then_some(simple.markup)
}

struct Simple {
    markup: String,
    open: Vec<&'static Element>,
}

impl Simple {
    /// Characters, as a parser reads and a serializer writes them.
    fn text(&mut self, text: &str) {
        if memchr::memchr2(b'&', b'>', text.as_bytes()).is_none() && !text.contains('\u{A0}') {
            self.markup.push_str(text);
            return;
        }
        let mut rest = text;
        while let Some(place) = rest.find(['&', '>', '\u{A0}']) {
            let (before, after) = rest.split_at(place);
            self.markup.push_str(before);
            let mut bytes = 1;
            match after.as_bytes().first() {
                Some(b'&') => {
                    let reference = Reference::at(after, false);
                    reference.characters().for_each(|letter| self.letter(letter));
                    bytes = reference.bytes;
                }
                Some(b'>') => self.letter('>'),
                _ => {
                    self.letter('\u{A0}');
                    bytes = '\u{A0}'.len_utf8();
                }
            }
            rest = after.get(bytes..).unwrap_or_default();
        }
        self.markup.push_str(rest);
    }

    fn letter(&mut self, letter: char) {
        match letter {
            '&' => self.markup.push_str("&amp;"),
            '<' => self.markup.push_str("&lt;"),
            '>' => self.markup.push_str("&gt;"),
            '\u{A0}' => self.markup.push_str("&nbsp;"),
            // Only a reference can mean it, and the next parser would take it for a line end.
            '\r' => self.markup.push('\n'),
            _ => self.markup.push(letter),
        }
    }

    /// An end tag, from its name on: that of the element opened last. Answers what follows it.
    fn end<'f>(&mut self, tag: &'f str) -> Option<&'f str> {
        let element = self.open.pop()?;
        let rest = tag.strip_prefix(element.name)?.strip_prefix('>')?;
        self.markup.push_str("</");
        self.markup.push_str(element.name);
        self.markup.push('>');
        Some(rest)
    }

    /// A start tag, from its name on. Answers what follows it.
    fn start<'f>(&mut self, tag: &'f str) -> Option<&'f str> {
        let end = tag.bytes().position(|byte| matches!(byte, b' ' | b'>'))?;
        let (name, mut rest) = tag.split_at(end);
        let element = find(name).filter(|element| element.name == name && self.has_place(element))?;
        self.markup.push('<');
        self.markup.push_str(name);
        let mut seen: [Option<&str>; 8] = [None; 8];
        let mut free = seen.iter_mut();
        while let Some(attribute) = rest.strip_prefix(' ') {
            let (name, value) = attribute.split_once("=\"")?;
            let (value, after) = value.split_once('"')?;
            let allowed = element.attributes.iter().chain(EVERYWHERE);
            if !allowed.clone().any(|allowed| *allowed == name) {
                return None;
            }
            *free.next()? = Some(name);
            self.attribute(name, value)?;
            rest = after;
        }
        drop(free);
        let names = seen.iter().flatten();
        if names
            .clone()
            .enumerate()
            .any(|(place, name)| names.clone().skip(place + 1).any(|other| other == name))
        {
            return None;
        }
        if element.name == "a" {
            self.markup.push_str(" rel=\"");
            self.markup.push_str(LINK_REL);
            self.markup.push('"');
        }
        self.markup.push('>');
        if !element.place.is_void() {
            self.open.push(element);
        }
        rest.strip_prefix('>')
    }

    /// An attribute that may stand there, if this is such a value: an address of the web, or any text.
    fn attribute(&mut self, name: &str, value: &str) -> Option<()> {
        let is_address = ADDRESSES.contains(&name);
        let is_of_web = || {
            ["http://", "https://", "mailto:"]
                .iter()
                .any(|scheme| value.starts_with(scheme))
        };
        if (is_address && !is_of_web()) || value.contains(['<', '>', '\u{A0}']) {
            return None;
        }
        self.markup.push(' ');
        self.markup.push_str(name);
        self.markup.push_str("=\"");
        let mut rest = value;
        while let Some(place) = memchr::memchr(b'&', rest.as_bytes()) {
            let (before, after) = rest.split_at(place);
            self.markup.push_str(before);
            let same = ["&amp;", "&quot;", "&lt;", "&gt;"];
            let reference = match same.iter().find(|same| after.starts_with(**same)) {
                Some(same) => {
                    self.markup.push_str(same);
                    same
                }
                None => {
                    let apostrophe = "&#39;";
                    after.strip_prefix(apostrophe)?;
                    self.markup.push('\'');
                    apostrophe
                }
            };
            rest = after.get(reference.len()..)?;
        }
        self.markup.push_str(rest);
        self.markup.push('"');
        Some(())
    }

    /// A parser leaves the element where it stands, and all that is open as it is.
    fn has_place(&self, element: &Element) -> bool {
        let is_within = |is: &dyn Fn(&Element) -> bool| self.open.iter().any(|open| is(open));
        let is_in_paragraph = || is_within(&|open| open.name == "p");
        let parent = self.open.last().map(|open| open.name);
        match element.place {
            Place::Inline => {
                !matches!(element.name, "audio" | "picture" | "ruby" | "video")
                    && !is_within(&|open| open == element)
            }
            Place::Void => matches!(element.name, "br" | "img" | "wbr"),
            Place::VoidBlock => !is_in_paragraph(),
            Place::Block => !matches!(element.name, "details" | "pre" | "summary") && !is_in_paragraph(),
            Place::Heading => !is_in_paragraph() && !is_within(&|open| open.place == Place::Heading),
            Place::Item => matches!(parent, Some("ul" | "ol")) && !is_in_paragraph(),
            Place::Term => parent == Some("dl") && !is_in_paragraph(),
            Place::Gloss
            | Place::Table
            | Place::TablePart
            | Place::TableGroup
            | Place::Row
            | Place::Cell
            | Place::VoidColumn => false,
        }
    }
}
