//! Titles alike: equal but for spelling, re-ordered, cut short by width, or with something put before or after.

use crate::text::fold::fold;
use crate::text::sketch::Shingles;
use crate::text::tokens::{self, words};
use crate::text::units::Units;

/// From this weight on a title inside another is no chance: six characters of Chinese, or some three words.
const MIN_WEIGHT: usize = 6;

/// Letters of a script with spaces that say about as much as one character of Chinese.
const LETTERS_A_CHARACTER: usize = 3;

/// Units in a window of a title.
const WINDOW_CHARACTERS: usize = 4;
const WINDOW_WORDS: usize = 2;

/// No more of a title is looked at.
const MAX_LETTERS: usize = 400;

/// A title, prepared for comparing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headline {
    /// Its letters and digits, folded, nothing between.
    letters: String,
    /// The stretches between its punctuation, sorted: the same for a re-ordered title.
    parts: Vec<String>,
    /// How much it says, in characters of Chinese.
    weight: usize,
    /// Digests of its short stretches, sorted: two titles that agree share most of these.
    windows: Vec<u32>,
}

impl Headline {
    /// Reads a title.
    pub fn new(title: &str, units: &Units) -> Self {
        let end = title
            .char_indices()
            .nth(MAX_LETTERS)
            .map_or(title.len(), |(end, _)| end);
        let folded = fold(title.get(..end).unwrap_or(title));
        let mut letters = String::with_capacity(folded.len());
        let mut weight = 0;
        for word in words(&folded) {
            letters.push_str(word);
            let length = word.chars().count();
            weight += if word.starts_with(tokens::is_spaceless) {
                LETTERS_A_CHARACTER
            } else {
                length
            };
        }
        // A blank parts nothing where words stand between blanks.
        let is_spaceless = units.is_spaceless();
        let parts = folded.split(|letter: char| !letter.is_alphanumeric() && (letter != ' ' || is_spaceless));
        let mut parts: Vec<String> = parts
            .map(|part| words(part).collect::<String>())
            .filter(|part| !part.is_empty())
            .collect();
        parts.sort_unstable();
        let size = if is_spaceless {
            WINDOW_CHARACTERS
        } else {
            WINDOW_WORDS
        };
        let digests: Vec<u32> = units.digests().take(MAX_LETTERS).collect();
        let size = size.min(digests.len().max(1));
        Self {
            letters,
            parts,
            weight: weight / LETTERS_A_CHARACTER,
            windows: Shingles::cut(&digests, size).as_slice().to_vec(),
        }
    }

    /// There is no letter in it.
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Its letters and digits, the same for all spellings.
    pub fn letters(&self) -> &str {
        &self.letters
    }

    /// Digests by which titles that agree find each other.
    pub fn windows(&self) -> &[u32] {
        &self.windows
    }

    /// It says enough to mean one thing by itself: `Update` or `早报` does not.
    pub fn tells_enough(&self) -> bool {
        self.weight >= MIN_WEIGHT
    }

    /// They are equal, one has the other's parts in another order, or one that says enough stands in the other.
    pub fn agrees_with(&self, other: &Self) -> bool {
        if self.is_empty() || other.is_empty() {
            return false;
        }
        if self.letters == other.letters {
            return true;
        }
        let (short, long) = if self.letters.len() <= other.letters.len() {
            (self, other)
        } else {
            (other, self)
        };
        if !short.tells_enough() {
            return false;
        }
        long.letters.contains(&short.letters) || short.parts == long.parts
    }
}
