//! The characters that XML 1.0 allows (2.2, `Char`): whatever is published has no others.

use std::borrow::Cow;

/// `text` without the characters that no XML 1.0 document may hold, not even as a reference: controls other
/// than tab and line ends, U+FFFE and U+FFFF. Nothing is copied when there are none, which is nearly always.
pub fn legal(text: &str) -> Cow<'_, str> {
    match first_illegal(text.as_bytes()) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.chars().filter(|&character| is_legal(character)).collect()),
    }
}

/// The same for text that is owned: given back as it is when nothing has to go.
pub fn legal_owned(mut text: String) -> String {
    if first_illegal(text.as_bytes()).is_some() {
        text.retain(is_legal);
    }
    text
}

/// XML 1.0 allows this character.
pub const fn is_legal(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => false,
        _ => true,
    }
}

/// Bytes that are looked at together.
const STRETCH: usize = 128;

/// Where something may be wrong: seen on bytes, because text is long and nearly always right.
pub fn first_illegal(bytes: &[u8]) -> Option<usize> {
    let control = |&byte: &u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    let noncharacter = |place: usize| matches!(bytes.get(place..place + 3), Some([0xEF, 0xBF, 0xBE | 0xBF]));
    // Whole stretches at once: nearly all of them are right.
    let mut stretches = bytes.chunks(STRETCH).zip((0..).step_by(STRETCH));
    let found =
        stretches.find(|(stretch, _)| stretch.iter().fold(false, |found, byte| found | control(byte)));
    found
        .and_then(|(stretch, begin)| Some(begin + stretch.iter().position(control)?))
        .or_else(|| memchr::memchr_iter(0xEF, bytes).find(|&place| noncharacter(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(
            legal("a\tb\r\n央行\u{FFFD}\u{1F600}\u{7F}"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn characters_that_xml_forbids_vanish_and_their_neighbours_stay() {
        assert_eq!(legal("a\0b\u{1B}[1m\u{FFFE}央\u{FFFF}"), "ab[1m央");
        assert_eq!(legal_owned("\u{8}x\u{FFFF}".into()), "x");
    }
}
