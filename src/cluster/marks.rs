//! What is remembered of the texts of the newest articles, so that those that can be no copy need not be read again.
//!
//! Some four bits a shingle: each sets one of them. What both texts have is at most what finds its bit set, so that an
//! article is left out only where the exact check would refuse it.

use super::article::{Article, MIN_SHINGLES};
use super::reprint;
use std::collections::VecDeque;

/// So many of the newest articles are marked: some four MiB of them.
const MARKED: usize = 16_384;

/// Bits for each shingle of a text, at least.
const BITS: usize = 4;

/// Words of the longest mark: one KiB.
const MOST_WORDS: usize = 128;

/// The marks of the newest articles, the oldest of them first.
#[derive(Debug, Default)]
pub(super) struct Marks(VecDeque<Mark>);

#[derive(Debug, Default)]
struct Mark {
    /// A power of two of words.
    bits: Box<[u64]>,
    /// None: it is no mark.
    shingles: usize,
}

impl Marks {
    /// Marks the newest article. Of all that are in the window there are now so many.
    pub(super) fn add(&mut self, article: &Article, articles: usize) {
        if self.0.len() >= MARKED.min(articles) {
            self.0.pop_front();
        }
        let shingles = article.text.len();
        let words = (shingles * BITS).div_ceil(64).next_power_of_two();
        let mut mark = Mark {
            bits: vec![0; words.min(MOST_WORDS)].into_boxed_slice(),
            shingles,
        };
        for digest in article.text.as_slice() {
            let (word, bit) = mark.place(*digest);
            if let Some(word) = mark.bits.get_mut(word) {
                *word |= bit;
            }
        }
        self.0.push_back(mark);
    }

    /// The texts of the articles that so many have followed are no longer what they were: nothing can be told of them.
    pub(super) fn take_off(&mut self, followed_by: impl Iterator<Item = usize>) {
        for followed_by in followed_by {
            let newest_first = self.0.len().checked_sub(followed_by + 1);
            if let Some(mark) = newest_first.and_then(|place| self.0.get_mut(place)) {
                *mark = Mark::default();
            }
        }
    }

    /// How many articles have one, at most.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The exact check of `article` and the one that so many have followed could find them one by their texts, as far
    /// as can be told.
    pub(super) fn may_be_one(&self, article: &Article, followed_by: usize) -> bool {
        let newest_first = self.0.len().checked_sub(followed_by + 1);
        let Some(mark) = newest_first.and_then(|place| self.0.get(place)) else {
            return true;
        };
        if !article.has_text() || mark.shingles < MIN_SHINGLES {
            return true;
        }
        let is_marked = |digest: &&u32| {
            let (word, bit) = mark.place(**digest);
            mark.bits.get(word).is_some_and(|word| word & bit != 0)
        };
        let both = article.text.as_slice().iter().filter(is_marked).count();
        reprint::may_be_one_text(article.text.len(), mark.shingles, both)
    }
}

impl Mark {
    /// The word and the bit of a digest.
    fn place(&self, digest: u32) -> (usize, u64) {
        let last = u32::try_from(self.bits.len().saturating_sub(1)).unwrap_or_default();
        let word = usize::try_from((digest >> 6) & last).unwrap_or_default();
        (word, 1 << (digest & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::super::reprint::compare;
    use super::super::{Article, Read};
    use super::*;
    use crate::model::{ItemNumber, Timestamp};
    use proptest::prelude::*;

    fn article(source: u32, words: &[u16]) -> Article {
        let text: Vec<String> = words.iter().map(|word| format!("w{word}")).collect();
        let text = text.join(" ");
        Read::new(
            ItemNumber(1),
            source,
            Timestamp::from_seconds(5),
            "One title of some words",
            &text,
        )
        .article
    }

    #[test]
    fn strangers_are_left_out_and_what_is_not_marked_is_not() {
        let words = |from: u16| (from..from + 300).collect::<Vec<_>>();
        let (one, copy, stranger) = (
            article(1, &words(0)),
            article(2, &words(20)),
            article(3, &words(1000)),
        );
        let mut marks = Marks::default();
        marks.add(&one, 1);
        marks.add(&stranger, 2);
        assert!(marks.may_be_one(&copy, 1) && !marks.may_be_one(&copy, 0));
        assert!(marks.may_be_one(&copy, 2), "it came before all that are marked");
        marks.take_off([0, 2].into_iter());
        assert!(marks.may_be_one(&copy, 0) && !marks.may_be_one(&stranger, 1));
    }

    #[test]
    fn the_newest_alone_are_marked() {
        let mut marks = Marks::default();
        for place in 0..5 {
            // Two of them have left the window.
            marks.add(
                &article(1, &[place, 1, 2, 3, 4, 5, 6, 7]),
                usize::from(place).min(2) + 1,
            );
        }
        assert_eq!(marks.0.len(), 3);
    }

    proptest! {
        #[test]
        fn what_the_exact_check_finds_is_never_left_out(
            one in prop::collection::vec(0_u16..40, 0..60),
            other in prop::collection::vec(0_u16..40, 0..60),
            both in prop::collection::vec(0_u16..40, 0..60),
        ) {
            let (one, other) = (article(1, &[one, both.clone()].concat()), article(2, &[both, other].concat()));
            let mut marks = Marks::default();
            marks.add(&one, 1);
            prop_assert!(marks.may_be_one(&other, 0) || compare(&other, &one, false).is_none());
        }
    }
}
