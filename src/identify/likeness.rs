//! Do two texts tell of one article? Only asked where guid and address leave it open.

use crate::text::fold::fold;
use crate::text::tokens::{is_spaceless, words};
use std::hash::BuildHasher;
use xxhash_rust::xxh3::Xxh3DefaultBuilder;

/// Texts longer than this are compared by their beginnings.
const MAX_WORDS: usize = 20_000;

/// Fewer shingles than this prove nothing.
const MIN_SHINGLES: usize = 4;

/// From this share of common shingles on, an article with another title and link is the same one.
const SAME_SHARE: f64 = 0.3;

/// A title and a text, prepared for comparing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wording {
    title: Vec<String>,
    shingles: Vec<u64>,
}

/// What two wordings say about being one article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Their titles agree or their texts share enough.
    Same,
    /// Both texts are long enough to tell, and they tell of other things, as the titles do.
    Other,
    /// The titles differ and the texts are too short to tell.
    Unclear,
}

impl Wording {
    /// `title` and `text` are plain text.
    pub(super) fn new(title: &str, text: &str) -> Self {
        let title = fold(title);
        let text = fold(text);
        let units: Vec<&str> = words(&text).take(MAX_WORDS).collect();
        let spaceless = units.iter().filter(|unit| unit.starts_with(is_spaceless)).count();
        // Five characters of Chinese say about what three words of other languages do.
        let size = if spaceless * 2 > units.len() { 5 } else { 3 };
        let mut shingles: Vec<u64> = units.windows(size).map(hash).collect();
        shingles.sort_unstable();
        shingles.dedup();
        Self {
            title: words(&title).map(str::to_owned).collect(),
            shingles,
        }
    }

    /// Compares two wordings.
    pub(super) fn likeness(&self, other: &Self) -> Likeness {
        if self.has_title_like(other) {
            return Likeness::Same;
        }
        match self.has_like_text(other) {
            Some(true) => Likeness::Same,
            Some(false) => Likeness::Other,
            None => Likeness::Unclear,
        }
    }

    /// The texts, whatever the titles, tell of the same thing; none when one is too short to tell.
    pub(super) fn has_like_text(&self, other: &Self) -> Option<bool> {
        Some(self.share(other)? >= SAME_SHARE)
    }

    /// The titles are equal, or one of at least six words stands in the other.
    fn has_title_like(&self, other: &Self) -> bool {
        let (short, long) = if self.title.len() <= other.title.len() {
            (&self.title, &other.title)
        } else {
            (&other.title, &self.title)
        };
        let is_within =
            || short.len() >= 6 && long.windows(short.len()).any(|window| window == short.as_slice());
        (!short.is_empty() && short == long) || is_within()
    }

    /// Common shingles as a share of those of the smaller text; none when one is too short to tell.
    fn share(&self, other: &Self) -> Option<f64> {
        let (few, many) = if self.shingles.len() <= other.shingles.len() {
            (&self.shingles, &other.shingles)
        } else {
            (&other.shingles, &self.shingles)
        };
        if few.len() < MIN_SHINGLES {
            return None;
        }
        let common = few
            .iter()
            .filter(|shingle| many.binary_search(shingle).is_ok())
            .count();
        let ratio = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        Some(ratio(common) / ratio(few.len()))
    }
}

fn hash(shingle: &[&str]) -> u64 {
    Xxh3DefaultBuilder::new().hash_one(shingle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "The council met on Monday to discuss the new bridge across the river and its cost";
    const OTHER: &str = "A painter from the north won the yearly prize for her pictures of winter seas";

    fn likeness(left: (&str, &str), right: (&str, &str)) -> Likeness {
        Wording::new(left.0, left.1).likeness(&Wording::new(right.0, right.1))
    }

    #[test]
    fn equal_titles_or_common_text_make_one_article() {
        assert_eq!(
            likeness(("New bridge", ""), ("NEW  BRIDGE", OTHER)),
            Likeness::Same
        );
        let edited = "On Tuesday we learned: the council met on Monday to discuss the new bridge, it said";
        assert_eq!(
            likeness(("New bridge", LONG), ("Council meets", edited)),
            Likeness::Same
        );
        let longer = "Council meets to discuss the new bridge, mayor absent";
        assert_eq!(
            likeness(("council meets to discuss the new bridge", ""), (longer, "")),
            Likeness::Same
        );
    }

    #[test]
    fn other_titles_with_other_texts_make_two() {
        assert_eq!(likeness(("New bridge", LONG), ("Prize", OTHER)), Likeness::Other);
        assert_eq!(
            likeness(("New bridge", "short"), ("Prize", OTHER)),
            Likeness::Unclear
        );
        assert_eq!(likeness(("", LONG), ("", OTHER)), Likeness::Other);
    }

    #[test]
    fn chinese_is_compared_by_characters_in_either_script() {
        let left = ("标题甲", "中国人民银行今天宣布下调存款准备金率零点五个百分点");
        let right = ("标题乙", "中國人民銀行今天宣布下調存款準備金率，市場反應平穩");
        assert_eq!(likeness(left, right), Likeness::Same);
        assert_eq!(
            likeness(
                left,
                ("标题丙", "画家凭借冬日海景系列作品获得年度大奖并将在北方巡展")
            ),
            Likeness::Other
        );
    }
}
