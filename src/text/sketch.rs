//! Likeness of texts: shingles, their containment, and sketches that find likely candidates among a million.

use super::units::{Units, mix};

/// Hashes in a sketch.
pub const SKETCH: usize = 32;

/// Units in a shingle of a text in a script without spaces.
const CHARACTERS: usize = 5;

/// Units in a shingle of other texts.
const WORDS: usize = 3;

/// The different shingles of a text, as digests, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shingles(Vec<u32>);

impl Shingles {
    /// Of a text as it is.
    pub fn of(units: &Units) -> Self {
        let digests: Vec<u32> = units.digests().collect();
        Self::cut(&digests, size(units))
    }

    /// The sketch of a text with one sign for all numbers, without the rest of its shingles.
    pub fn sketch_without_numbers(units: &Units) -> Vec<u32> {
        let mut all: Vec<u32> = units.without_numbers().windows(size(units)).map(digest).collect();
        // Few shingles stand twice in a text: the smallest are among the first of so many.
        let most = SKETCH * 2;
        if all.len() > most {
            all.select_nth_unstable(most);
            let smallest = smallest(all.get(..most).unwrap_or_default().to_vec());
            if smallest.len() == SKETCH {
                return smallest;
            }
        }
        smallest(all)
    }

    /// Of digests of units, so many in each.
    pub fn cut(digests: &[u32], size: usize) -> Self {
        let all = digests.windows(size).map(digest).collect();
        let mut all = sorted_by_digest(all, |one: &u32| *one);
        all.dedup();
        Self(all)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The text is shorter than a shingle.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The digests, sorted.
    pub fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// How many both have.
    pub fn common(&self, other: &Self) -> usize {
        common(&self.0, &other.0)
    }

    /// What both have, as a share of the smaller: 1 where one stands in the other; 0 where one has none.
    pub fn containment(&self, other: &Self) -> f32 {
        share(self.common(other), self.len().min(other.len()))
    }

    /// The [`SKETCH`] smallest digests: two texts that share much share some of these.
    pub fn sketch(&self) -> &[u32] {
        self.0.get(..SKETCH).unwrap_or(&self.0)
    }
}

/// Likeness of two sketches as an estimate of what the texts have in common, as a share of all that either has.
pub fn resemblance(left: &[u32], right: &[u32]) -> f32 {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let (mut seen, mut both) = (0, 0);
    // The smallest of the union are a fair sample of it.
    while seen < SKETCH {
        let step = match (left.peek(), right.peek()) {
            (Some(one), Some(other)) => one.cmp(other),
            _ => break,
        };
        if step.is_le() {
            left.next();
        }
        if step.is_ge() {
            right.next();
        }
        both += usize::from(step.is_eq());
        seen += 1;
    }
    let rest = left.count().max(right.count());
    share(both, (seen + rest).min(SKETCH))
}

/// How many digests two sorted lists have in common.
pub fn common(left: &[u32], right: &[u32]) -> usize {
    let (few, many) = if left.len() <= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    if few.len() * 16 < many.len() {
        return few
            .iter()
            .filter(|digest| many.binary_search(digest).is_ok())
            .count();
    }
    let mut both = 0;
    let mut rest = many;
    for digest in few {
        let skip = rest.iter().take_while(|other| *other < digest).count();
        rest = rest.get(skip..).unwrap_or_default();
        both += usize::from(rest.first() == Some(digest));
    }
    both
}

/// `part` of `whole`; 0 of nothing.
pub fn share(part: usize, whole: usize) -> f32 {
    let number = |count: usize| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
    if whole == 0 {
        0.0
    } else {
        number(part) / number(whole)
    }
}

/// The [`SKETCH`] smallest of digests.
fn smallest(mut digests: Vec<u32>) -> Vec<u32> {
    digests.sort_unstable();
    digests.dedup();
    digests.truncate(SKETCH);
    // Kept for each open story.
    digests.shrink_to_fit();
    digests
}

/// Sorts what has digests by them. They are spread evenly: dealt out by their first eight bits they lie nearly in order,
/// which takes half the time for those of a common text. Of many, a bad hand would take the square of their number.
pub fn sorted_by_digest<T: Copy + Default>(mut all: Vec<T>, digest: impl Fn(&T) -> u32) -> Vec<T> {
    if !(32..=4096).contains(&all.len()) {
        all.sort_unstable_by_key(digest);
        return all;
    }
    let hand = |one: &T| usize::try_from(digest(one) >> 24).unwrap_or_default();
    let mut ends = [0_usize; 256];
    for one in &all {
        if let Some(end) = ends.get_mut(hand(one)) {
            *end += 1;
        }
    }
    let mut before = 0;
    for end in &mut ends {
        before += std::mem::replace(end, before);
    }
    let mut dealt = vec![T::default(); all.len()];
    for one in all {
        if let Some(end) = ends.get_mut(hand(&one)) {
            if let Some(place) = dealt.get_mut(*end) {
                *place = one;
            }
            *end += 1;
        }
    }
    for place in 1..dealt.len() {
        let mut place = place;
        while place > 0 && dealt.get(place - 1).map(&digest) > dealt.get(place).map(&digest) {
            dealt.swap(place - 1, place);
            place -= 1;
        }
    }
    dealt
}

/// How many units make a shingle of this text.
fn size(units: &Units) -> usize {
    if units.is_spaceless() { CHARACTERS } else { WORDS }
}

fn digest(shingle: &[u32]) -> u32 {
    let folded = shingle.iter().fold(0_u64, |sum, unit| {
        (sum.rotate_left(23) ^ u64::from(*unit)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    });
    mix(u32::try_from(folded >> 32).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shingles(text: &str) -> Shingles {
        Shingles::of(&Units::of(text))
    }

    #[test]
    fn an_excerpt_stands_in_its_text() {
        let text =
            shingles("The council met on Monday to discuss the new bridge across the river and its cost");
        assert_eq!(
            shingles("met on Monday, to discuss the new bridge").containment(&text),
            1.0
        );
        assert_eq!(
            shingles("a painter from the north won a prize").containment(&text),
            0.0
        );
        assert_eq!(shingles("short text").containment(&text), 0.0);
        let (chinese, traditional) = (
            shingles("中国人民银行今天宣布下调存款准备金率"),
            shingles("中國人民銀行今天宣佈下調存款準備金率"),
        );
        assert_eq!(chinese.containment(&traditional), 1.0);
        assert_eq!(chinese.len(), 14);
    }

    #[test]
    fn a_sketch_alone_is_that_of_the_text() {
        let long: String = (0..300).map(|place| format!("word{place} ")).collect();
        let again = "one two three four five six ".repeat(40);
        for text in ["", "one two", &long, &again] {
            let units = Units::of(text);
            assert_eq!(
                Shingles::sketch_without_numbers(&units),
                Shingles::of(&units).sketch()
            );
        }
    }

    #[test]
    fn sketches_of_like_texts_share_hashes() {
        let text = |from: u32, to: u32| Shingles::cut(&(from..to).map(mix).collect::<Vec<_>>(), 3);
        let (whole, half, other) = (text(0, 400), text(0, 200), text(1000, 1400));
        assert!((resemblance(whole.sketch(), half.sketch()) - 0.5).abs() < 0.25);
        assert_eq!(resemblance(whole.sketch(), whole.sketch()), 1.0);
        assert_eq!(resemblance(whole.sketch(), other.sketch()), 0.0);
        assert_eq!(resemblance(&[], &[]), 0.0);
    }

    proptest! {
        #[test]
        fn digests_are_sorted_however_they_are_spread(
            spread in prop::collection::vec(any::<u32>(), 0..200),
            crowded in prop::collection::vec(0_u32..300, 0..200),
        ) {
            let all = [spread, crowded].concat();
            let mut expected = all.clone();
            expected.sort_unstable();
            prop_assert_eq!(sorted_by_digest(all, |one| *one), expected);
        }

        #[test]
        fn counting_what_is_common_agrees_with_sets(
            left in prop::collection::btree_set(0_u32..200, 0..120),
            right in prop::collection::btree_set(0_u32..200, 0..120),
        ) {
            let expected = left.intersection(&right).count();
            let (left, right): (Vec<u32>, Vec<u32>) = (left.into_iter().collect(), right.into_iter().collect());
            prop_assert_eq!(common(&left, &right), expected);
            prop_assert_eq!(common(&right, &left), expected);
        }
    }
}
