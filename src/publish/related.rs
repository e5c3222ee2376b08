//! Which of some items speak of what a story speaks of, by their titles and the beginnings of their texts.
//!
//! Rare words count more, by how common they are among the items at hand; nothing is remembered, so that the same
//! items always give the same picks.

use crate::html;
use crate::model::Item;
use crate::text::fold::fold;
use crate::text::tokens::{is_spaceless, words};
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::xxh3_64;

/// The likeness that makes a pick: the part of an item's words, by weight, that the story has too.
const LIKE: f64 = 0.10;

/// Two items that have fewer words in common are alike by chance: two words, or three pairs of characters.
const SHARED: usize = 3;
const WORD: usize = 2;
const PAIR: usize = 1;

/// Among so many items, a word that every fourth of them has says nothing.
const MANY: usize = 20;
const COMMON: usize = 4;

/// A word of fewer letters says nothing: most are articles and the like.
const LETTERS: usize = 4;

/// Characters of a text that are looked at.
const LOOKED_AT: usize = 200;

/// The places of those items that are likest to the story's, the likest first; of one story only the first.
pub(crate) fn related(story: &[&Item], others: &[&Item], most: usize) -> Vec<usize> {
    let own: BTreeSet<u64> = story.iter().flat_map(|item| terms(item).into_keys()).collect();
    let theirs: Vec<Terms> = others.iter().map(|item| terms(item)).collect();
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for term in theirs.iter().flat_map(Terms::keys) {
        *counts.entry(*term).or_default() += 1;
    }
    let weight = |term: &u64, times: f64| {
        let count = counts.get(term).copied().unwrap_or_default().max(1);
        let is_common = others.len() >= MANY && count * COMMON > others.len();
        if is_common {
            0.0
        } else {
            times * part(others.len() + 1, count).ln().powi(2)
        }
    };
    let mut found: Vec<(f64, usize)> = (theirs.iter().enumerate())
        .filter_map(|(place, terms)| {
            let mut all = 0.0;
            let (mut shared, mut says) = (0.0, 0);
            for (term, (times, counts)) in terms {
                let weight = weight(term, *times);
                all += weight;
                if weight > 0.0 && own.contains(term) {
                    shared += weight;
                    says += counts;
                }
            }
            (says >= SHARED && shared >= LIKE * all).then_some((shared / all, place))
        })
        .collect();
    found.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut stories = BTreeSet::new();
    let mut is_first = |place: &usize| {
        let story = others.get(*place).and_then(|item| Some(item.story.as_ref()?.id));
        story.is_none_or(|story| stories.insert(story))
    };
    found
        .into_iter()
        .map(|(_, place)| place)
        .filter(|place| is_first(place))
        .take(most)
        .collect()
}

/// Digests of words, and of pairs of characters that stand side by side; those of the title weigh twice. With each what it
/// counts as something in common.
type Terms = BTreeMap<u64, (f64, usize)>;

fn terms(item: &Item) -> Terms {
    let markup = item.content.as_deref().or(item.summary.as_deref());
    let text = html::excerpt(markup.unwrap_or_default(), LOOKED_AT);
    let mut terms = Terms::new();
    for (text, times) in [(&text, 1.0), (&item.title, 2.0)] {
        let folded = fold(text);
        let mut before: Option<&str> = None;
        for word in words(&folded) {
            if word.starts_with(is_spaceless) {
                let pair = before.filter(|before| before.starts_with(is_spaceless) && touches(before, word));
                terms.extend(pair.map(|before| (digest(&[before, word]), (times, PAIR))));
            } else if word.chars().count() >= LETTERS {
                terms.insert(digest(&[word]), (times, WORD));
            }
            before = Some(word);
        }
    }
    terms
}

/// Nothing stands between two words of one text.
fn touches(before: &str, word: &str) -> bool {
    before.as_ptr().addr() + before.len() == word.as_ptr().addr()
}

fn digest(words: &[&str]) -> u64 {
    xxh3_64(words.concat().as_bytes())
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred items")]
fn part(all: usize, count: usize) -> f64 {
    all as f64 / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{InStory, StoryId};

    fn item(title: &str, story: u64) -> Item {
        Item {
            title: title.to_owned(),
            story: Some(InStory {
                id: StoryId(story),
                ..InStory::default()
            }),
            ..Item::default()
        }
    }

    fn picks(story: &str, others: &[(&str, u64)]) -> Vec<usize> {
        let others: Vec<Item> = others.iter().map(|(title, story)| item(title, *story)).collect();
        let others: Vec<&Item> = others.iter().collect();
        related(&[&item(story, 1)], &others, 3)
    }

    #[test]
    fn what_shares_rare_words_is_picked_and_one_of_a_story() {
        let daily: Vec<String> = (0..30)
            .map(|place| format!("The word of the day in the town: w{place} and v{place}"))
            .collect();
        let mut others = vec![
            ("Dredging the old harbour will cost nine million", 3),
            ("Old harbour dredging delayed by a storm", 3),
            ("A concert in the park of the town", 5),
        ];
        others.extend(
            daily
                .iter()
                .zip(10..)
                .map(|(title, story)| (title.as_str(), story)),
        );
        let picked = picks("The old harbour of the town: dredging begins", &others);
        assert!(
            picked == [0] || picked == [1],
            "one of the two that tell one story: {picked:?}"
        );
        assert_eq!(picks("Nothing of all that", &others), [0_usize; 0]);
    }

    #[test]
    fn chinese_is_read_by_pairs_of_characters() {
        let others = [
            ("市教育局公布明年中考办法", 2),
            ("跨江大桥引桥本月动工", 3),
            ("第三座跨江大桥通过荷载试验", 4),
            ("本周天气以多云为主", 5),
            ("市图书馆延长开放时间", 6),
            ("老港口开始清淤", 7),
        ];
        assert_eq!(picks("第三座跨江大桥合龙", &others), [2, 1]);
    }

    #[test]
    fn no_items_give_no_picks() {
        assert_eq!(picks("The old harbour", &[]), [0_usize; 0]);
    }
}
