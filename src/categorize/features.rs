//! What the learned classifier sees of an item: short runs of characters and words, each a number.
//!
//! A piece in a script without spaces gives single characters and pairs of neighbours, signs and digits
//! included, and its longer Latin words; any other gives its words and the parts of two to five letters of each.
//! Where a title begins and ends is seen as well. Nothing is cut into dictionary words: that costs accuracy on
//! short titles, and time.

use crate::text::fold::fold;
use crate::text::tokens::{is_spaced_word, is_spaceless};
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What a feature is made of; mixed into its key.
#[derive(Clone, Copy)]
enum Kind {
    Gram = 1,
    Word,
    Part,
    Opening,
    Closing,
}

/// A single character says less than a pair, and is there more often.
const SINGLE_WEIGHT: f32 = 0.8;

/// The same for the ends of a title.
const EDGE_WEIGHT: f32 = 0.7;

/// Latin words below this length say nothing in a Chinese title that their letters do not.
const SHORTEST_GUEST: usize = 3;

/// Parts of a word have so many characters, its two ends counted.
const PART_SIZES: Range<usize> = 2..6;

/// Of a longer word only so many characters are cut into parts.
const LONGEST_WORD: usize = 40;

/// A piece with at least one such character in so many is read as text without spaces.
const SPACELESS_ONE_IN: usize = 10;

/// One place where a feature stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occurrence {
    pub(super) key: u32,
    weight: f32,
    /// In bytes of the wording's text.
    pub(super) start: u32,
    pub(super) end: u32,
}

/// An item's text in the form for matching, with all features in it.
#[derive(Debug, Default)]
pub(super) struct Wording {
    /// Folded: the title, a line end, the text.
    pub(super) text: String,
    pub(super) occurrences: Vec<Occurrence>,
}

impl Wording {
    /// Reads a title and the first `text_limit` characters of a text.
    pub(super) fn new(title: &str, text: &str, text_limit: usize) -> Self {
        let mut folded = fold(title.trim());
        let title_end = folded.len();
        let text = fold(first_characters(text.trim(), text_limit));
        folded.push('\n');
        // Many sources repeat the title at the head of the text.
        let is_repeated = title_end > 0 && text.starts_with(folded.get(..title_end).unwrap_or_default());
        folded.push_str(&text);
        let mut wording = Self {
            text: String::new(),
            occurrences: Vec::with_capacity(folded.len()),
        };
        wording.edges(folded.get(..title_end).unwrap_or_default());
        if !is_repeated {
            wording.piece(folded.get(..title_end).unwrap_or_default(), 0);
        }
        wording.piece(folded.get(title_end + 1..).unwrap_or_default(), title_end + 1);
        wording.text = folded;
        wording
    }

    /// Each feature once: its key, ascending, and its value, which grows with the logarithm of its count.
    pub(super) fn counted(&self) -> Vec<(u32, f32)> {
        let mut all: Vec<(u32, f32)> = self.occurrences.iter().map(|one| (one.key, one.weight)).collect();
        all.sort_unstable_by_key(|&(key, _)| key);
        let same = all.chunk_by(|(one, _), (other, _)| one == other);
        same.filter_map(|same| {
            let &(key, weight) = same.first()?;
            Some((key, weight * (1.0 + (same.len() as f32).ln())))
        })
        .collect()
    }

    fn add(&mut self, kind: Kind, bytes: &[u8], weight: f32, place: Range<usize>) {
        let hash = xxh3_64_with_seed(bytes, kind as u64);
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.occurrences.push(Occurrence {
            key: u32::try_from(hash >> 32).unwrap_or_default(),
            weight,
            start: position(place.start),
            end: position(place.end),
        });
    }

    fn edges(&mut self, title: &str) {
        let openings = title.char_indices().take(2);
        let openings: Vec<usize> = openings.map(|(at, letter)| at + letter.len_utf8()).collect();
        for end in openings {
            let opening = title.get(..end).unwrap_or_default();
            self.add(Kind::Opening, opening.as_bytes(), EDGE_WEIGHT, 0..end);
        }
        let closings: Vec<usize> = title.char_indices().rev().take(2).map(|(at, _)| at).collect();
        for start in closings {
            let closing = title.get(start..).unwrap_or_default();
            self.add(Kind::Closing, closing.as_bytes(), EDGE_WEIGHT, start..title.len());
        }
    }

    fn piece(&mut self, piece: &str, offset: usize) {
        let spaceless = piece.chars().filter(|&letter| is_spaceless(letter)).count();
        let is_spaceless_text = spaceless > 0 && spaceless * SPACELESS_ONE_IN >= piece.chars().count();
        if is_spaceless_text {
            self.grams(piece, offset);
        }
        let mut rest = piece;
        let mut at = offset;
        while let Some(from) = rest.find(|letter| is_spaced_word(letter) || is_spaceless(letter)) {
            let tail = rest.get(from..).unwrap_or_default();
            let is_word = tail.starts_with(is_spaced_word);
            let goes_on = |letter: char| {
                if is_word {
                    is_spaced_word(letter)
                } else {
                    is_spaceless(letter)
                }
            };
            let end = tail.find(|letter| !goes_on(letter)).unwrap_or(tail.len());
            let (run, after) = tail.split_at(end);
            at += from;
            if !is_spaceless_text {
                if is_word {
                    self.word(run, at);
                } else {
                    self.grams(run, at);
                }
            } else if is_word && run.chars().nth(SHORTEST_GUEST - 1).is_some() {
                self.add(Kind::Word, run.as_bytes(), 1.0, at..at + run.len());
            }
            at += run.len();
            rest = after;
        }
    }

    /// Single characters and pairs.
    fn grams(&mut self, run: &str, offset: usize) {
        let mut previous: Option<usize> = None;
        for (at, letter) in run.char_indices() {
            let end = at + letter.len_utf8();
            let (single, pair) = (run.get(at..end), previous.and_then(|from| run.get(from..end)));
            if let Some(single) = single {
                let place = offset + at..offset + end;
                self.add(Kind::Gram, single.as_bytes(), SINGLE_WEIGHT, place);
            }
            if let (Some(pair), Some(from)) = (pair, previous) {
                self.add(Kind::Gram, pair.as_bytes(), 1.0, offset + from..offset + end);
            }
            previous = Some(at);
        }
    }

    /// A word of a script with spaces, and its parts; a space stands for each of its ends.
    fn word(&mut self, word: &str, offset: usize) {
        self.add(Kind::Word, word.as_bytes(), 1.0, offset..offset + word.len());
        let cut = first_characters(word, LONGEST_WORD);
        let padded = format!(" {cut} ");
        let mut bounds: Vec<usize> = padded.char_indices().map(|(at, _)| at).collect();
        bounds.push(padded.len());
        for (number, &start) in bounds.iter().enumerate() {
            for size in PART_SIZES {
                let Some(part) = bounds.get(number + size).and_then(|&end| padded.get(start..end)) else {
                    break;
                };
                // The parts speak for the word as a whole: nobody reads parts.
                self.add(Kind::Part, part.as_bytes(), 1.0, offset..offset + word.len());
            }
        }
    }
}

/// The first `limit` characters.
fn first_characters(text: &str, limit: usize) -> &str {
    text.char_indices()
        .nth(limit)
        .and_then(|(at, _)| text.get(..at))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(title: &str, text: &str) -> Vec<String> {
        let wording = Wording::new(title, text, 100);
        let spelling = |one: &Occurrence| wording.text[one.start as usize..one.end as usize].to_owned();
        wording.occurrences.iter().map(spelling).collect()
    }

    #[test]
    fn chinese_gives_characters_pairs_and_the_ends_of_the_title() {
        assert_eq!(
            spelled("央行降", ""),
            ["央", "央行", "降", "行降", "央", "行", "央行", "降", "行降"]
        );
    }

    #[test]
    fn other_scripts_give_words_and_their_parts() {
        let found = spelled("", "Rates up");
        // The word itself, and of " rates " two to five letters from each place.
        assert_eq!(
            found.iter().filter(|word| *word == "rates").count(),
            1 + 6 + 5 + 4 + 3
        );
        assert_eq!(found.iter().filter(|word| *word == "up").count(), 1 + 3 + 2 + 1);
    }

    #[test]
    fn a_latin_word_in_a_chinese_title_is_whole_too() {
        assert!(spelled("苹果iPhone发布", "").contains(&"iphone".to_owned()));
    }

    #[test]
    fn script_width_and_case_do_not_matter() {
        let keys = |title: &str| Wording::new(title, "", 100).counted();
        assert_eq!(keys("臺灣ＧＤＰ"), keys("台湾gdp"));
    }

    #[test]
    fn a_title_repeated_in_the_text_counts_once() {
        let count = |title: &str, text: &str| {
            let counted = Wording::new(title, text, 100).counted();
            counted.iter().map(|&(_, value)| value).sum::<f32>()
        };
        let edges = 4.0 * EDGE_WEIGHT;
        assert!((count("ab cd", "ab cd ef") - edges - count("", "ab cd ef")).abs() < 1e-4);
    }

    #[test]
    fn nothing_gives_nothing_and_long_texts_are_cut() {
        assert!(spelled("", "").is_empty());
        assert_eq!(
            Wording::new("", &"央".repeat(5000), 100).text.chars().count(),
            101
        );
    }
}
