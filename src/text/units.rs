//! The units in which texts are compared: each character of a spaceless script, each whole word of the others.
//!
//! Case, width, script variants, punctuation and blanks are gone; what is left of a unit is a digest. One reading of
//! a text serves all comparisons.

use super::fold::fold;
use super::tokens::{is_spaceless, words};
use xxhash_rust::xxh3::xxh3_64;

/// No more units of one text are looked at: a book is compared by its beginning.
const MAX_UNITS: usize = 20_000;

/// What stands for any number where numbers must not matter.
const ANY_NUMBER: u32 = 0x9E37_79B9;

/// What kind of thing a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A character of a script without spaces.
    Character,
    /// A word.
    Word,
    /// A word of digits alone.
    Number,
}

/// One unit of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Digest of its folded letters.
    pub digest: u32,
    /// The same without the plural `s` of a word.
    pub stem: u32,
    /// What it is.
    pub kind: Kind,
    /// Another unit stood right before it, with neither blank nor punctuation between.
    pub is_joined: bool,
}

/// A text as units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// In their order.
    pub all: Vec<Unit>,
    /// Digests of the different numbers (`7.2376` is one, and `1,234` is `1234`), sorted.
    pub numbers: Vec<u32>,
}

impl Units {
    /// Reads plain text.
    pub fn of(text: &str) -> Self {
        Self::of_folded(&fold(text))
    }

    /// Reads plain text that is folded already.
    pub fn of_folded(folded: &str) -> Self {
        let mut all: Vec<Unit> = Vec::with_capacity(folded.len() / 3);
        let mut end_before = usize::MAX;
        let begin = folded.as_ptr().addr();
        for word in words(folded).take(MAX_UNITS) {
            let at = word.as_ptr().addr() - begin;
            all.push(unit(word, at == end_before));
            end_before = at + word.len();
        }
        let read = folded.get(..end_before).unwrap_or(folded);
        Self {
            all,
            numbers: numbers(read),
        }
    }

    /// Most of it is in a script without spaces.
    pub fn is_spaceless(&self) -> bool {
        let characters = self
            .all
            .iter()
            .filter(|unit| unit.kind == Kind::Character)
            .count();
        characters * 2 > self.all.len()
    }

    /// The digests in their order.
    pub fn digests(&self) -> impl Iterator<Item = u32> {
        self.all.iter().map(|unit| unit.digest)
    }

    /// The digests with one sign for any run of numbers: what a daily report shares with yesterday's.
    pub fn without_numbers(&self) -> Vec<u32> {
        let mut digests = Vec::with_capacity(self.all.len());
        let mut after_number = false;
        for unit in &self.all {
            let is_number = unit.kind == Kind::Number;
            if !is_number {
                digests.push(unit.digest);
            } else if !after_number {
                digests.push(ANY_NUMBER);
            }
            after_number = is_number;
        }
        digests
    }
}

fn unit(word: &str, is_joined: bool) -> Unit {
    let mut letters = word.chars();
    if let (Some(letter), None) = (letters.next(), letters.next())
        && is_spaceless(letter)
    {
        let digest = mix(u32::from(letter));
        return Unit {
            digest,
            stem: digest,
            kind: Kind::Character,
            is_joined,
        };
    }
    let digest = short(word);
    let kind = if word.bytes().all(|byte| byte.is_ascii_digit()) {
        Kind::Number
    } else {
        Kind::Word
    };
    let singular = word
        .strip_suffix('s')
        .filter(|singular| singular.len() > 2 && !singular.ends_with('s'));
    Unit {
        digest,
        stem: singular.map_or(digest, short),
        kind,
        is_joined,
    }
}

/// A digest of letters in 32 bits.
fn short(letters: &str) -> u32 {
    let digest = xxh3_64(letters.as_bytes());
    u32::try_from(digest & u64::from(u32::MAX)).unwrap_or_default()
}

/// A digest of two digests in this order.
pub const fn combine(first: u32, second: u32) -> u32 {
    mix(first.rotate_left(9).wrapping_mul(0x9E37_79B1) ^ second)
}

/// Spreads 32 bits over 32 bits, one to one.
pub(super) const fn mix(mut bits: u32) -> u32 {
    bits ^= bits >> 16;
    bits = bits.wrapping_mul(0x7FEB_352D);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x846C_A68B);
    bits ^ (bits >> 16)
}

/// The different numbers of a folded text.
fn numbers(folded: &str) -> Vec<u32> {
    let bytes = folded.as_bytes();
    let digit_at = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_digit);
    let mut found = Vec::new();
    let mut number = String::new();
    let mut place = 0;
    while place < bytes.len() {
        if !digit_at(place) {
            place += 1;
            continue;
        }
        number.clear();
        while let Some(&byte) = bytes.get(place) {
            match byte {
                b'0'..=b'9' => number.push(char::from(byte)),
                b'.' if digit_at(place + 1) => number.push('.'),
                // A thousands separator.
                b',' if (1..=3).all(|ahead| digit_at(place + ahead)) && !digit_at(place + 4) => {}
                _ => break,
            }
            place += 1;
        }
        found.push(short(&number));
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        Units::of(text).all.len()
    }

    #[test]
    fn spelling_punctuation_and_blanks_do_not_matter() {
        let digests = |text: &str| Units::of(text).digests().collect::<Vec<_>>();
        assert_eq!(digests("央行：宣布 GDP增长"), digests("央行宣布「ＧＤＰ」增長"));
        assert_eq!(digests("Rates rise, again!"), digests("RATES  rise (again)"));
        assert_ne!(digests("Rates rise"), digests("Rate rises"));
        assert_eq!(count("央行 GDP，3.5%"), 5);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn numbers_are_whole_and_each_counts_once() {
        let numbers = |text: &str| Units::of(text).numbers;
        assert_eq!(numbers("1,234 fell to 7.2376 and 7.2376").len(), 2);
        assert_eq!(numbers("１２３４"), numbers("1,234"));
        assert_ne!(numbers("7.2376"), numbers("7 2376"));
        assert_eq!(numbers("6:12, 1,2").len(), 4);
        assert!(numbers("none").is_empty());
    }

    #[test]
    fn a_daily_report_is_the_same_without_its_numbers() {
        let masked = |text: &str| Units::of(text).without_numbers();
        assert_eq!(masked("High of 97 on 3.5"), masked("High of 56 on 12"));
        assert_eq!(Units::of("rates").all[0].stem, Units::of("rate").all[0].stem);
    }

    #[test]
    fn what_stands_apart_is_told() {
        let joined: Vec<bool> = Units::of("央行，宣 布GDP")
            .all
            .iter()
            .map(|unit| unit.is_joined)
            .collect();
        assert_eq!(joined, [false, true, false, false, true]);
    }
}
