//! Words of any script. A character of a script that has no spaces between words is a word of its own.

use unicode_normalization::char::is_combining_mark;

/// A script that writes its words without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan.
pub const fn is_spaceless(letter: char) -> bool {
    // The two commonest answers first.
    if matches!(letter, '\0'..'\u{0E00}') {
        return false;
    }
    matches!(letter,
        '\u{4E00}'..='\u{9FFF}'
        | '\u{0E00}'..='\u{0EFF}' // Thai, Lao
        | '\u{0F00}'..='\u{109F}' // Tibetan, Burmese
        | '\u{1780}'..='\u{17FF}' // Khmer
        | '\u{2E80}'..='\u{2FDF}' // radicals
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30FF}' // kana
        | '\u{3100}'..='\u{312F}' // bopomofo
        | '\u{31A0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}' // half-width kana
        | '\u{1B000}'..='\u{1B16F}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// Part of a word in a script with spaces: a letter, digit or combining mark.
pub fn is_spaced_word(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric() || letter == '_';
    }
    !is_spaceless(letter) && (letter.is_alphanumeric() || is_combining_mark(letter))
}

/// Between `before` and `after` a word may begin or end: not both belong to one word of a script with spaces.
pub fn is_boundary(before: Option<char>, after: Option<char>) -> bool {
    !(before.is_some_and(is_spaced_word) && after.is_some_and(is_spaced_word))
}

/// The words of `text` in order: each character of a spaceless script, each run of letters and digits of others.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut place = 0;
    std::iter::from_fn(move || {
        let mut begin = None;
        // Nearly all of a text is one of two kinds: a byte of ASCII, or a character of a spaceless script.
        while let Some(&byte) = text.as_bytes().get(place) {
            let (is_part, is_whole, bytes) = if byte.is_ascii() {
                (byte.is_ascii_alphanumeric() || byte == b'_', false, 1)
            } else {
                let letter = text.get(place..)?.chars().next()?;
                let is_whole = is_spaceless(letter);
                (is_whole || is_spaced_word(letter), is_whole, letter.len_utf8())
            };
            match begin {
                // A word ends where anything else follows.
                Some(begin) if !is_part || is_whole => return text.get(begin..place),
                None if is_whole => {
                    let from = place;
                    place += bytes;
                    return text.get(from..place);
                }
                None if is_part => begin = Some(place),
                _ => {}
            }
            place += bytes;
        }
        begin.and_then(|begin| text.get(begin..place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_chinese_character_is_a_word_and_other_words_are_whole() {
        let found: Vec<&str> = words("央行GDP增长5.2%, don't 안녕 하세요 かな").collect();
        assert_eq!(
            found,
            [
                "央",
                "行",
                "GDP",
                "增",
                "长",
                "5",
                "2",
                "don",
                "t",
                "안녕",
                "하세요",
                "か",
                "な"
            ]
        );
        assert_eq!(words(" ，。 ").count(), 0);
    }

    proptest! {
        #[test]
        fn words_are_runs_that_boundaries_end(text in "[a-z_0-9 ，。一-龥é\u{301}가-힣かナก-ฮ-]{0,40}") {
            let is_word = |letter: char| is_spaceless(letter) || is_spaced_word(letter);
            let mut expected: Vec<String> = Vec::new();
            let mut before = None;
            for letter in text.chars() {
                if is_word(letter) {
                    match expected.last_mut() {
                        Some(word) if !is_boundary(before, Some(letter)) => word.push(letter),
                        _ => expected.push(letter.to_string()),
                    }
                }
                before = Some(letter);
            }
            prop_assert_eq!(words(&text).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn words_end_where_scripts_change() {
        assert!(is_boundary(Some('国'), Some('G')));
        assert!(is_boundary(Some(' '), Some('G')));
        assert!(is_boundary(None, Some('G')));
        assert!(!is_boundary(Some('e'), Some('\u{301}')));
        assert!(!is_boundary(Some('5'), Some('G')));
    }
}
