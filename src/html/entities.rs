//! Character references: `&amp;`, `&eacute;`, `&#8217;` (HTML standard, 13.2.5.72).

use crate::text::legal::is_legal;
use markup5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use std::borrow::Cow;

/// The longest name has 31 letters; no need to look further.
const MAX_NAME_BYTES: usize = 32;

/// `text` with its character references resolved, all those of HTML. Characters that XML 1.0 forbids vanish when
/// they come from a reference. Nothing is copied when there is no `&`.
pub fn unescape(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = memchr::memchr(b'&', rest.as_bytes()) {
        let (before, after) = rest.split_at(place);
        resolved.push_str(before);
        let reference = Reference::at(after, false);
        reference.characters().for_each(|letter| resolved.push(letter));
        rest = after.get(reference.bytes..).unwrap_or_default();
    }
    resolved.push_str(rest);
    Cow::Owned(resolved)
}

/// The same for the value of an attribute, where `&copy=1` in an address is no copyright sign.
pub(super) fn unescape_attribute(value: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', value.as_bytes()).is_none() {
        return Cow::Borrowed(value);
    }
    let mut resolved = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(place) = memchr::memchr(b'&', rest.as_bytes()) {
        let (before, after) = rest.split_at(place);
        resolved.push_str(before);
        let reference = Reference::at(after, true);
        resolved.extend(reference.characters());
        rest = after.get(reference.bytes..).unwrap_or_default();
    }
    resolved.push_str(rest);
    Cow::Owned(resolved)
}

/// What stands at a `&`: how many bytes, and the characters they mean.
pub(super) struct Reference {
    pub(super) bytes: usize,
    first: Option<char>,
    second: Option<char>,
}

impl Reference {
    /// Reads what begins with the `&` at the start of `text`; a `&` that begins no reference means itself.
    pub(super) fn at(text: &str, is_attribute: bool) -> Self {
        let after = text.get(1..).unwrap_or_default();
        let found = match after.strip_prefix('#') {
            Some(number) => numeric(number),
            None => named(after, is_attribute),
        };
        found.unwrap_or(Self {
            bytes: 1,
            first: Some('&'),
            second: None,
        })
    }

    /// At most two.
    pub(super) fn characters(&self) -> impl Iterator<Item = char> + use<> {
        let legal = |letter: &char| is_legal(*letter);
        self.first.into_iter().chain(self.second).filter(legal)
    }
}

/// What follows `&#`.
fn numeric(text: &str) -> Option<Reference> {
    let (digits, radix, prefix) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 3),
        None => (text, 10, 2),
    };
    let length = digits
        .bytes()
        .position(|byte| !char::from(byte).is_digit(radix))
        .unwrap_or(digits.len());
    if length == 0 {
        return None;
    }
    let semicolon = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    // Too many digits overflow and mean what any impossible number means.
    let code = u32::from_str_radix(digits.get(..length)?, radix).unwrap_or(u32::MAX);
    Some(Reference {
        bytes: prefix + length + semicolon,
        first: Some(character(code)),
        second: None,
    })
}

/// The character of a number: those of windows-1252 for the controls, U+FFFD for what is none.
fn character(code: u32) -> char {
    let control = code
        .checked_sub(0x80)
        .and_then(|place| usize::try_from(place).ok());
    match control.and_then(|place| C1_REPLACEMENTS.get(place)) {
        Some(Some(letter)) => *letter,
        _ => char::from_u32(code)
            .filter(|&letter| letter != '\0')
            .unwrap_or('\u{FFFD}'),
    }
}

/// What follows `&`: a name with its semicolon, or the longest of the old names that need none.
fn named(text: &str, is_attribute: bool) -> Option<Reference> {
    let window = text.as_bytes().get(..MAX_NAME_BYTES).unwrap_or(text.as_bytes());
    let letters = window
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric())
        .unwrap_or(window.len());
    if letters == 0 {
        return None;
    }
    if window.get(letters) == Some(&b';')
        && let Some(reference) = lookup(text, letters + 1)
    {
        return Some(reference);
    }
    let found = (1..=letters).rev().find_map(|length| lookup(text, length))?;
    let next = text.as_bytes().get(found.bytes - 1);
    let is_address = is_attribute && next.is_some_and(|&byte| byte == b'=' || byte.is_ascii_alphanumeric());
    (!is_address).then_some(found)
}

/// The reference whose name is the first `length` bytes of `text`.
fn lookup(text: &str, length: usize) -> Option<Reference> {
    let &(first, second) = NAMED_ENTITIES.get(text.get(..length)?)?;
    // The table also has the beginnings of names, with nothing for them.
    let first = char::from_u32(first).filter(|&letter| letter != '\0')?;
    Some(Reference {
        bytes: length + 1,
        first: Some(first),
        second: char::from_u32(second).filter(|&letter| letter != '\0'),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_bare_ampersands_are_told_apart() {
        for (text, expected) in [
            ("AT&T &amp; Söhne", "AT&T & Söhne"),
            ("&lt;b&gt; &quot;x&quot; &apos;", "<b> \"x\" '"),
            ("&eacute;&Eacute;&nbsp;&hellip;", "éÉ\u{A0}…"),
            ("&#8217;&#x2019;&#X2019", "’’’"),
            ("&#146; &#150;", "’ –"),
            ("&copy 2026 &notit; &notin;", "© 2026 ¬it; ∉"),
            ("&NotEqualTilde;", "≂̸"),
            ("&unknown; & &; &# &#x; &#;", "&unknown; & &; &# &#x; &#;"),
            (
                "&#0;&#xD800;&#x110000;&#99999999999999;",
                "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}",
            ),
            ("a&#1;b&#xFFFF;c", "abc"),
            ("&amp;amp;", "&amp;"),
            ("&", "&"),
            ("&央", "&央"),
        ] {
            assert_eq!(unescape(text), expected, "{text}");
        }
    }

    #[test]
    fn an_address_in_an_attribute_keeps_its_query() {
        assert_eq!(unescape_attribute("?a=1&copy=2&amp;b=3&lt"), "?a=1&copy=2&b=3<");
    }
}
