//! One form for all spellings of a word, for matching only: never shown, never published.

use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// `text` in compatibility form (NFKC: half width, no ligatures), lower case, Traditional characters as
/// Simplified ones. Folding what is folded changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    let mut place = 0;
    // Where those characters before `place` begin that were folded one by one.
    let mut begin = 0;
    while let Some(rest) = text.get(place..).filter(|rest| !rest.is_empty()) {
        let plain = push_run(&mut folded, rest);
        place += plain;
        let Some(odd) = rest.get(plain..).filter(|odd| !odd.is_empty()) else {
            break;
        };
        // A plain character before an odd one goes with it: the odd one may be an accent that joins it.
        let before = text.get(begin..place).and_then(|plain| plain.chars().next_back());
        if before.is_some() {
            folded.pop();
        }
        let from = place - before.map_or(0, char::len_utf8);
        place += odd.find(is_plain).unwrap_or(odd.len());
        begin = place;
        push_odd(&mut folded, text.get(from..place).unwrap_or_default());
    }
    folded
}

/// The Simplified form of one character, itself where there is none.
pub fn simplified(letter: char) -> char {
    let table = &*SIMPLIFIED;
    let code = u32::from(letter);
    if let Some(place) = code
        .checked_sub(FIRST)
        .and_then(|place| usize::try_from(place).ok())
        && let Some(&other) = table.direct.get(place)
    {
        return if other == '\0' { letter } else { other };
    }
    match table.far.binary_search_by_key(&letter, |&(from, _)| from) {
        Ok(place) => table.far.get(place).map_or(letter, |&(_, to)| to),
        Err(_) => letter,
    }
}

/// NFKC and lower case of this character do not depend on its neighbours, and [`push_plain`] knows them.
const fn is_plain(letter: char) -> bool {
    matches!(letter,
        '\0'..='\x7F'
        | '\u{2010}' | '\u{2012}'..='\u{2016}' | '\u{2018}'..='\u{201E}'
        | '\u{3000}'..='\u{3029}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{FF01}'..='\u{FF5E}')
}

/// Folds what stands before the first character that needs the whole of Unicode; answers its bytes.
fn push_run(folded: &mut String, text: &str) -> usize {
    let mut rest = text;
    loop {
        let (letters, others) = rest
            .split_at_checked(ascii(rest.as_bytes()))
            .unwrap_or((rest, ""));
        let begin = folded.len();
        folded.push_str(letters);
        if let Some(pushed) = folded.get_mut(begin..) {
            pushed.make_ascii_lowercase();
        }
        rest = others;
        for letter in others.chars() {
            if letter.is_ascii() {
                break;
            }
            if !is_plain(letter) {
                return text.len() - rest.len();
            }
            push_plain(folded, letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
        if rest.is_empty() {
            return text.len();
        }
    }
}

/// How many bytes of ASCII stand at the beginning.
fn ascii(bytes: &[u8]) -> usize {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk::<8>()
        && u64::from_ne_bytes(*eight) & HIGH == 0
    {
        rest = after;
    }
    let last = rest.iter().position(|byte| !byte.is_ascii());
    bytes.len() - rest.len() + last.unwrap_or(rest.len())
}

fn push_plain(folded: &mut String, letter: char) {
    let letter = match letter {
        '\u{3000}' => ' ',
        // Full width forms of ASCII.
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
        _ => letter,
    };
    folded.push(if letter.is_ascii() {
        letter.to_ascii_lowercase()
    } else {
        simplified(letter)
    });
}

fn push_odd(folded: &mut String, run: &str) {
    let lower: String = run
        .nfkc()
        .flat_map(char::to_lowercase)
        .flat_map(one_spelling)
        .collect();
    folded.extend(lower.nfkc().map(simplified));
}

/// Greek has two small letters for one capital, German two spellings of one sound.
fn one_spelling(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'ς' => ('σ', None),
        'ß' => ('s', Some('s')),
        _ => (letter, None),
    };
    std::iter::once(first).chain(second)
}

/// The first character of the direct table: where the CJK ideographs of the basic plane begin.
const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9FFF;

struct Simplified {
    /// By code point from `FIRST`; NUL: no other form.
    direct: Vec<char>,
    /// The rest, sorted.
    far: Vec<(char, char)>,
}

static SIMPLIFIED: LazyLock<Simplified> = LazyLock::new(|| {
    let mut table = Simplified {
        direct: vec!['\0'; usize::try_from(LAST - FIRST + 1).unwrap_or(0)],
        far: Vec::new(),
    };
    let lines = include_str!("simplified.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    for line in lines {
        let mut letters = line.chars();
        while let (Some(from), Some(to)) = (letters.next(), letters.next()) {
            let place = u32::from(from)
                .checked_sub(FIRST)
                .and_then(|place| usize::try_from(place).ok());
            match place.and_then(|place| table.direct.get_mut(place)) {
                Some(slot) => *slot = to,
                None => table.far.push((from, to)),
            }
        }
    }
    table.far.sort_unstable();
    table
});

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_width_and_script_do_not_matter() {
        assert_eq!(fold("Interest Rates"), "interest rates");
        assert_eq!(fold("ＧＤＰ　增长"), "gdp 增长");
        assert_eq!(fold("臺灣證券交易所發行量"), fold("台湾证券交易所发行量"));
        assert_eq!(fold("ﬁnance ℡ ①"), "finance tel 1");
        assert_eq!(fold("STRASSE"), fold("Straße"));
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_eq!(fold("Cafe\u{301}"), fold("CAFÉ"));
        assert_eq!(fold("ｶﾞ"), "ガ");
    }

    #[test]
    fn the_table_of_characters_is_whole() {
        let pairs = include_str!("simplified.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        assert_eq!(pairs.map(|line| line.chars().count()).sum::<usize>(), 2 * 4105);
        assert_eq!(simplified('萬'), '万');
        assert_eq!(simplified('万'), '万');
        assert_eq!(simplified('a'), 'a');
        assert!(SIMPLIFIED.far.iter().all(|&(from, to)| simplified(from) == to));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,30}", chinese in "[一-龥Ａ-ｚa-zÀ-ÿ\u{300}-\u{304}가-힣]{0,30}") {
            for text in [text, chinese] {
                let once = fold(&text);
                prop_assert_eq!(fold(&once), once);
            }
        }

        #[test]
        fn the_quick_way_agrees_with_the_whole_of_unicode(text in "[a-zA-Z一-龥　-〩Ａ-ｚ“”…—é\u{301}ｶﾞ]{0,30}") {
            let whole: String = text.nfkc().flat_map(char::to_lowercase).collect::<String>()
                .nfkc().map(simplified).collect();
            prop_assert_eq!(fold(&text), whole);
        }
    }
}
