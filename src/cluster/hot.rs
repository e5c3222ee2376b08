//! The ranking: which stories are told by many independent publishers, and lately.
//!
//! A story's heat at a time `t` is the sum over its publishers of `share * 2^-((t - since) / half_life)`. `since` is
//! when the publisher first told it; its share is its weight, and half of that while all it has is a copy of
//! another's text. What a hot list says is its publisher's vote, of a share that its place makes: a publisher counts
//! by what it told or by its highest vote, whichever is more, and never by both. All terms decay alike, so that the
//! order of two stories never changes by waiting: what is kept and compared is the logarithm of the sum at a fixed
//! instant, [`heat`], which is a constant until somebody else tells the story.

use crate::model::{SourceId, StoryId, Timestamp};
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a copy of another's text counts, of what a text of one's own counts.
const COPY: f64 = 0.5;

/// Places of a hot list by which a vote comes to half.
const HALF_PLACES: f64 = 10.0;

/// That a publisher told a story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// The owner of the domain, or whatever else tells publishers apart.
    pub publisher: String,
    /// When we first saw it there.
    pub since: Timestamp,
    /// How much its word counts; 0: not at all.
    pub weight: u32,
    /// It is another's text.
    pub is_copy: bool,
    /// It is a vote: the best place that a hot list gave the story, from 1.
    pub place: Option<u32>,
}

/// What one publisher adds to a story.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Which.
    pub publisher: String,
    /// When it first told the story, or listed it as hot.
    pub since: Timestamp,
    /// Its weight; half of it where all it has is a copy; of a vote the part that its place makes.
    pub share: f64,
    /// All it has is a copy.
    pub is_copy: bool,
    /// It counts by a vote: the place in its hot list.
    pub place: Option<u32>,
}

/// How a ranking is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// After so long a term counts half.
    pub half_life: Duration,
    /// A story is ranked when so many publishers tell it.
    pub publishers: usize,
    /// At most so many stories that one source leads; 0: no limit.
    pub per_source: usize,
    /// At most so many stories.
    pub most: usize,
}

/// A story that may be ranked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub story: StoryId,
    /// The source of the item that stands for it.
    pub lead: SourceId,
    /// Who told it.
    pub tellings: Vec<Telling>,
}

/// A story with its place, which is its index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Which.
    pub story: StoryId,
    /// [`heat`].
    pub heat: f64,
    /// How many publishers tell it.
    pub publishers: usize,
}

/// One term a publisher, by its name: since when it first told the story, at the best it had; or, where that is more,
/// its highest vote.
pub fn terms(tellings: &[Telling], half_life: Duration) -> Vec<Term> {
    let mut terms: BTreeMap<&str, Term> = BTreeMap::new();
    let counting = || tellings.iter().filter(|telling| telling.weight > 0);
    for telling in counting().filter(|telling| telling.place.is_none()) {
        let told = term(telling);
        let term = terms.entry(&telling.publisher).or_insert_with(|| told.clone());
        term.since = term.since.min(told.since);
        term.share = term.share.max(told.share);
        term.is_copy &= told.is_copy;
    }
    for vote in counting().filter(|telling| telling.place.is_some()) {
        let voted = term(vote);
        let term = terms.entry(&vote.publisher).or_insert_with(|| voted.clone());
        if is_more(&voted, term, half_life) {
            *term = voted;
        }
    }
    terms.into_values().collect()
}

fn term(telling: &Telling) -> Term {
    let part = match telling.place {
        Some(place) => (-(f64::from(place.max(1)) - 1.0) / HALF_PLACES).exp2(),
        None if telling.is_copy => COPY,
        None => 1.0,
    };
    Term {
        publisher: telling.publisher.clone(),
        since: telling.since,
        share: f64::from(telling.weight) * part,
        is_copy: telling.is_copy,
        place: telling.place,
    }
}

/// One counts more than the other, at any time: both decay alike. Of two alike the one with the greater share.
fn is_more(one: &Term, other: &Term, half_life: Duration) -> bool {
    let highest = power(one, half_life).max(power(other, half_life)).floor();
    let worth = |term: &Term| amount(term, half_life, highest);
    let by_worth = worth(one).total_cmp(&worth(other));
    by_worth.then(one.share.total_cmp(&other.share)).is_gt()
}

/// The logarithm (base 2) of what the terms add up to at the epoch, growing with each term; none without terms.
pub fn heat(terms: &[Term], half_life: Duration) -> Option<f64> {
    // Numbers are put in relation to a whole power of two, which is exact: a further term can only add.
    let powers = terms.iter().map(|term| power(term, half_life).floor());
    let highest = powers.max_by(f64::total_cmp)?;
    let sum: f64 = terms.iter().map(|term| amount(term, half_life, highest)).sum();
    Some(highest + sum.log2())
}

/// How many half-lives after the epoch a term began.
fn power(term: &Term, half_life: Duration) -> f64 {
    millis(term.since) / 1000.0 / half_life.as_secs_f64().max(1.0)
}

/// What a term comes to so many half-lives after the epoch.
fn amount(term: &Term, half_life: Duration, at: f64) -> f64 {
    term.share * (power(term, half_life) - at).exp2()
}

/// What a heat comes to at a time: the sum of the decayed terms.
pub fn score(heat: f64, now: Timestamp, half_life: Duration) -> f64 {
    (heat - millis(now) / 1000.0 / half_life.as_secs_f64().max(1.0)).exp2()
}

/// The hottest first; of two alike the one that was told last, then the younger story.
pub fn rank(candidates: &[Candidate], rules: Rules) -> Vec<Ranked> {
    let mut found: Vec<(Ranked, Timestamp, SourceId)> = Vec::new();
    for candidate in candidates {
        let terms = terms(&candidate.tellings, rules.half_life);
        if terms.len() < rules.publishers.max(1) {
            continue;
        }
        let last = terms.iter().map(|term| term.since).max().unwrap_or_default();
        if let Some(heat) = heat(&terms, rules.half_life) {
            let ranked = Ranked {
                story: candidate.story,
                heat,
                publishers: terms.len(),
            };
            found.push((ranked, last, candidate.lead));
        }
    }
    found.sort_by(hotter);
    let mut of_source: BTreeMap<SourceId, usize> = BTreeMap::new();
    found
        .into_iter()
        .filter(|(_, _, lead)| {
            let count = of_source.entry(*lead).or_default();
            *count += 1;
            rules.per_source == 0 || *count <= rules.per_source
        })
        .map(|(ranked, ..)| ranked)
        .take(rules.most)
        .collect()
}

fn hotter(one: &(Ranked, Timestamp, SourceId), other: &(Ranked, Timestamp, SourceId)) -> Ordering {
    let by_heat = other.0.heat.total_cmp(&one.0.heat);
    by_heat.then_with(|| Reverse((one.1, one.0.story)).cmp(&Reverse((other.1, other.0.story))))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of ten thousand years are exact"
)]
fn millis(time: Timestamp) -> f64 {
    time.millis() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3600;
    const HALF: Duration = Duration::from_secs(6 * 3600);
    const RULES: Rules = Rules {
        half_life: HALF,
        publishers: 2,
        per_source: 0,
        most: 100,
    };

    fn told(publisher: &str, hours: i64, is_copy: bool) -> Telling {
        Telling {
            publisher: publisher.to_owned(),
            since: Timestamp::from_seconds(1_795_000_000 + hours * HOUR),
            weight: 1,
            is_copy,
            place: None,
        }
    }

    fn vote(publisher: &str, hours: i64, place: u32) -> Telling {
        Telling {
            place: Some(place),
            ..told(publisher, hours, false)
        }
    }

    fn story(id: u64, tellings: Vec<Telling>) -> Candidate {
        Candidate {
            story: StoryId(id),
            lead: SourceId(1),
            tellings,
        }
    }

    fn order(candidates: &[Candidate], rules: Rules) -> Vec<u64> {
        rank(candidates, rules)
            .iter()
            .map(|ranked| ranked.story.0)
            .collect()
    }

    fn heat_of(tellings: &[Telling]) -> f64 {
        heat(&terms(tellings, HALF), HALF).unwrap_or(f64::NEG_INFINITY)
    }

    #[test]
    fn three_publishers_of_the_last_hour_beat_three_of_a_day_ago() {
        let three = |hours| ["a", "b", "c"].map(|name| told(name, hours, false)).to_vec();
        assert_eq!(order(&[story(1, three(0)), story(2, three(24))], RULES), [2, 1]);
        // And five of six hours ago are as good as two and a half of now.
        let five = ["a", "b", "c", "d", "e"]
            .map(|name| told(name, 18, false))
            .to_vec();
        assert_eq!(order(&[story(1, five), story(2, three(24))], RULES), [2, 1]);
    }

    #[test]
    fn one_owner_counts_once_however_many_feeds_it_has() {
        let ten: Vec<Telling> = (0..10).map(|hours| told("owner", hours, false)).collect();
        assert_eq!(terms(&ten, HALF).len(), 1);
        assert_eq!(heat_of(&ten), heat_of(&ten[..1]));
        assert_eq!(order(&[story(1, ten)], RULES), [0_u64; 0]);
    }

    #[test]
    fn a_copy_counts_half_and_a_late_one_its_decayed_share() {
        let now = Timestamp::from_seconds(1_795_000_000);
        let at = |tellings: &[Telling]| score(heat_of(tellings), now, HALF);
        let near = |one: f64, other: f64| (one - other).abs() < 1e-6;
        assert!(near(at(&[told("a", 0, false), told("b", 0, true)]), 1.5));
        assert!(near(at(&[told("a", -6, false), told("b", 0, true)]), 1.0));
        // What is its own later counts whole, from its first word on.
        assert!(near(at(&[told("a", -6, true), told("a", 0, false)]), 0.5));
        assert!(near(
            at(&[Telling {
                weight: 3,
                ..told("a", 0, false)
            }]),
            3.0
        ));
        assert!(
            terms(
                &[Telling {
                    weight: 0,
                    ..told("a", 0, false)
                }],
                HALF
            )
            .is_empty()
        );
    }

    #[test]
    fn a_vote_counts_by_its_place_and_one_owner_once_however_many_lists_it_has() {
        let now = Timestamp::from_seconds(1_795_000_000);
        let near = |tellings: &[Telling], wanted: f64| {
            let at = score(heat_of(tellings), now, HALF);
            assert!((at - wanted).abs() < 1e-6, "{at} {wanted}");
        };
        near(&[vote("a", 0, 1)], 1.0);
        near(&[vote("a", 0, 11)], 0.5);
        near(&[vote("a", -6, 11)], 0.25);
        let ten: Vec<Telling> = (1..=10).map(|place| vote("a", 0, place)).collect();
        near(&ten, 1.0);
        assert_eq!(order(&[story(1, ten.clone())], RULES), [0_u64; 0]);
        // Nor does it count beside what the owner itself tells, but for what the list makes more of it.
        let mut also = vec![told("a", 0, false)];
        also.extend(ten);
        near(&also, 1.0);
        near(&[told("a", -6, false), vote("a", 0, 1)], 1.0);
        near(&[told("a", 0, false), vote("b", 0, 11)], 1.5);
        assert_eq!(
            order(&[story(1, vec![told("a", 0, false), vote("b", 0, 50)])], RULES),
            [1]
        );
    }

    #[test]
    fn one_source_leads_no_more_stories_than_it_may() {
        let pair = |hours| vec![told("a", hours, false), told("b", hours, false)];
        let other = Candidate {
            lead: SourceId(2),
            ..story(9, pair(0))
        };
        let candidates = [story(1, pair(3)), story(2, pair(2)), other];
        let rules = Rules {
            per_source: 1,
            ..RULES
        };
        assert_eq!(order(&candidates, rules), [1, 9]);
        assert_eq!(order(&candidates, Rules { most: 2, ..RULES }), [1, 2]);
    }

    #[test]
    fn of_two_alike_the_younger_is_first() {
        let pair = || vec![told("a", 0, false), told("b", 0, false)];
        assert_eq!(order(&[story(1, pair()), story(2, pair())], RULES), [2, 1]);
    }

    fn any_telling() -> impl Strategy<Value = Telling> {
        let vote = proptest::option::of(1..60_u32);
        (0..8_u8, 0..10_000_i64, 1..4_u32, any::<bool>(), vote).prop_map(
            |(name, minutes, weight, is_copy, place)| Telling {
                publisher: format!("publisher {name}"),
                since: Timestamp::from_seconds(1_795_000_000 + minutes * 60),
                weight,
                is_copy: is_copy && place.is_none(),
                place,
            },
        )
    }

    proptest! {
        #[test]
        fn another_publisher_never_lowers_a_story(
            tellings in proptest::collection::vec(any_telling(), 0..12),
            one in any_telling(),
        ) {
            let new = Telling { publisher: "another".to_owned(), ..one };
            let more = [tellings.as_slice(), &[new]].concat();
            prop_assert!(heat_of(&more) >= heat_of(&tellings));
        }

        #[test]
        fn a_further_word_of_the_same_publisher_never_lowers_it(
            mut tellings in proptest::collection::vec(any_telling(), 1..12),
            one in any_telling(),
        ) {
            tellings.sort_by_key(|telling| telling.since);
            let last = tellings.last().map(|telling| telling.since).unwrap_or_default();
            let later = Telling { since: one.since.max(last), ..one };
            let more = [tellings.as_slice(), &[later]].concat();
            prop_assert!(heat_of(&more) >= heat_of(&tellings));
        }

        #[test]
        fn a_vote_never_lowers_a_story_whoever_gives_it_and_when(
            tellings in proptest::collection::vec(any_telling(), 0..12),
            one in any_telling(),
            place in 1..60_u32,
        ) {
            let new = Telling { place: Some(place), is_copy: false, ..one };
            let more = [tellings.as_slice(), &[new]].concat();
            prop_assert!(heat_of(&more) >= heat_of(&tellings));
        }

        #[test]
        fn the_order_in_which_words_come_in_does_not_matter(
            tellings in proptest::collection::vec(any_telling(), 1..12),
        ) {
            let mut turned = tellings.clone();
            turned.reverse();
            prop_assert_eq!(heat_of(&turned), heat_of(&tellings));
        }

        #[test]
        fn waiting_changes_no_order(
            one in proptest::collection::vec(any_telling(), 1..8),
            other in proptest::collection::vec(any_telling(), 1..8),
            hours in 0..1000_i64,
        ) {
            let at = |tellings: &[Telling], hours: i64| {
                let now = Timestamp::from_seconds(1_795_600_000 + hours * HOUR);
                score(heat_of(tellings), now, HALF)
            };
            let (a, b) = (heat_of(&one), heat_of(&other));
            prop_assume!((a - b).abs() > 1e-6);
            prop_assert_eq!(at(&one, 0) > at(&other, 0), at(&one, hours) > at(&other, hours));
        }
    }
}
