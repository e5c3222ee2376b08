//! Character and entity references to characters.
//!
//! Knows the references of XML, those of HTML (feeds use `&nbsp;` without declaring it), and the plain ones a
//! DOCTYPE declares. Nothing grows without bound: a declared entity is plain text of at most 256 bytes, and all
//! of them together add no more to a document than its own length. What is no reference stays as written.

use super::odd::counted;
use super::{Quirks, names};
use crate::text::legal::is_legal;
use memchr::{memchr, memchr_iter};
use std::borrow::Cow;
use std::cell::Cell;

/// The longest name of a reference that is looked at, in bytes.
const MAX_NAME_BYTES: usize = 40;
/// The longest declared entity that is expanded, in bytes.
const MAX_VALUE_BYTES: usize = 256;
/// The most entities of one DOCTYPE that are remembered.
const MAX_DECLARED: usize = 256;

/// The entities a document declares.
#[derive(Debug, Default)]
pub(super) struct Entities {
    declared: Vec<(String, String)>,
    /// How many bytes declared entities may still add.
    budget: Cell<usize>,
    /// References of HTML that the document does not declare.
    undeclared: Cell<usize>,
    /// Ampersands that begin no reference.
    bare: Cell<usize>,
    /// References to characters that XML forbids.
    forbidden: Cell<usize>,
}

impl Entities {
    /// Those of a DOCTYPE's internal subset whose value is plain text. `document_bytes` bounds what they may add.
    pub(super) fn of_doctype(doctype: &str, document_bytes: usize) -> Self {
        let mut declared = Vec::new();
        for declaration in doctype.split("<!ENTITY").skip(1).take(MAX_DECLARED) {
            let Some((name, value)) = declaration
                .trim_start()
                .split_once(|c: char| c.is_ascii_whitespace())
            else {
                continue;
            };
            let value = value.trim_start();
            let Some(quote) = value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else {
                continue;
            };
            let Some((value, _)) = value.get(1..).and_then(|body| body.split_once(quote)) else {
                continue;
            };
            let value = resolve(value, &Self::default()).into_owned();
            if value.len() <= MAX_VALUE_BYTES && memchr(b'&', value.as_bytes()).is_none() {
                declared.push((name.to_owned(), value));
            }
        }
        Self {
            declared,
            budget: Cell::new(document_bytes),
            ..Self::default()
        }
    }

    /// Tells what was wrong with the references met so far.
    pub(super) fn oddities(&self, quirks: &mut Quirks) {
        let (bare, undeclared, forbidden) = (self.bare.get(), self.undeclared.get(), self.forbidden.get());
        if bare > 0 {
            quirks.add(|| format!("{} not escaped", counted(bare, "ampersand")));
        }
        if undeclared > 0 {
            quirks.add(|| {
                format!(
                    "{} not declared (`&nbsp;` is HTML's, not XML's)",
                    counted(undeclared, "entity reference")
                )
            });
        }
        if forbidden > 0 {
            quirks.add(|| {
                format!(
                    "{} to what XML has no character for, left out or replaced",
                    counted(forbidden, "reference")
                )
            });
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.declared.iter().find(|(declared, _)| declared == name)?;
        let left = self.budget.get().checked_sub(value.len())?;
        self.budget.set(left);
        Some(value)
    }
}

/// `raw` with its references resolved once.
pub(super) fn resolve<'a>(raw: &'a str, entities: &Entities) -> Cow<'a, str> {
    let Some(first) = memchr(b'&', raw.as_bytes()) else {
        return Cow::Borrowed(raw);
    };
    let mut resolved = String::with_capacity(raw.len());
    resolved.push_str(raw.get(..first).unwrap_or_default());
    let mut done = first;
    for at in memchr_iter(b'&', raw.as_bytes()) {
        if at < done {
            continue;
        }
        resolved.push_str(raw.get(done..at).unwrap_or_default());
        done = at;
        match push_reference(raw.get(at..).unwrap_or_default(), entities, &mut resolved) {
            Some(length) => done += length,
            None => entities.bare.set(entities.bare.get() + 1),
        }
    }
    resolved.push_str(raw.get(done..).unwrap_or_default());
    Cow::Owned(resolved)
}

/// Writes what the reference at the start of `text` stands for and answers its length in bytes; `None` when it is none.
fn push_reference(text: &str, entities: &Entities, out: &mut String) -> Option<usize> {
    let bytes = text.as_bytes();
    let end = bytes
        .iter()
        .take(MAX_NAME_BYTES)
        .skip(1)
        .position(|byte| !is_name(*byte))?
        + 1;
    let name = text.get(1..end)?;
    if bytes.get(end) != Some(&b';') || name.is_empty() {
        return None;
    }
    match name {
        "lt" => out.push('<'),
        "gt" => out.push('>'),
        "amp" => out.push('&'),
        "quot" => out.push('"'),
        "apos" => out.push('\''),
        _ => match name.strip_prefix('#') {
            Some(number) => {
                let character = numbered(number)?;
                if character.is_none_or(|character| character == char::REPLACEMENT_CHARACTER) {
                    entities.forbidden.set(entities.forbidden.get() + 1);
                }
                out.extend(character);
            }
            None => match entities.value(name) {
                Some(value) => out.push_str(value),
                None => {
                    out.push(names::character(name)?);
                    entities.undeclared.set(entities.undeclared.get() + 1);
                }
            },
        },
    }
    Some(end + 1)
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'#' | b'_' | b'-' | b'.' | b':')
}

/// The character of `&#…;`: `None` when it is no number, `Some(None)` when XML forbids the character.
///
/// 128 to 159 mean the characters of windows-1252, as in HTML: nobody means the control characters there.
fn numbered(number: &str) -> Option<Option<char>> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    let code = match code {
        Ok(code) => code,
        Err(_)
            if number
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'x')
                && !number.is_empty() =>
        {
            return Some(Some(char::REPLACEMENT_CHARACTER));
        }
        Err(_) => return None,
    };
    Some(match char::from_u32(code).map(meant) {
        Some(character) if is_legal(character) => Some(character),
        Some(_) => None,
        None => Some(char::REPLACEMENT_CHARACTER),
    })
}

/// The character, or that of windows-1252 where it is one of the control characters from U+0080 to U+009F.
pub(super) fn meant(character: char) -> char {
    let byte = match u8::try_from(u32::from(character)) {
        Ok(byte @ 0x80..=0x9f) => [byte],
        _ => return character,
    };
    let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
    text.chars().next().unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(raw: &str) -> String {
        resolve(raw, &Entities::default()).into_owned()
    }

    #[test]
    fn references_of_xml_and_html_become_characters_once() {
        assert_eq!(
            resolved("a &lt;b&gt; &amp;amp; &eacute;&nbsp;&#20013;&#x6587;"),
            "a <b> &amp; é\u{a0}中文"
        );
    }

    #[test]
    fn a_bare_ampersand_stays() {
        assert_eq!(
            resolved("AT&T ?a=1&b=2 & &nosuch; &;"),
            "AT&T ?a=1&b=2 & &nosuch; &;"
        );
    }

    #[test]
    fn forbidden_numbers_do_no_harm() {
        assert_eq!(
            resolved("a&#0;b&#xD800;c&#x110000;d&#99999999999;e&#146;"),
            "ab\u{fffd}c\u{fffd}d\u{fffd}e’"
        );
    }

    #[test]
    fn declared_entities_are_expanded_within_their_budget() {
        let doctype = "rss [<!ENTITY house \"newsriver &#38; co\"><!ENTITY bomb \"&house;&house;\">";
        let entities = Entities::of_doctype(doctype, 30);
        assert_eq!(
            resolve("&house;", &entities),
            "&house;",
            "an ampersand inside is not expanded"
        );
        let entities = Entities::of_doctype("rss [<!ENTITY a \"0123456789\">", 15);
        assert_eq!(resolve("&a;&a;", &entities), "0123456789&a;");
    }
}
