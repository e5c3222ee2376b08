//! Which story an item belongs to: clusters that grow as items arrive, and close three days after their last.
//!
//! A story is named by its first item. An item joins the open story it is likest to, when it is like enough, and
//! begins one of its own otherwise. Now and then stories that have grown alike become one: the younger goes into the
//! older, and only while the younger is younger than [`SETTLED`], so that from then on a story's name is for good.
//!
//! A daily report (weather, market closings) is not a sequel of yesterday's: what is the same but for its numbers,
//! hours later, is a story of its own.

use super::article::Read;
use super::index::Index;
use super::reprint::apart;
use super::sum::Sum;
use super::terms::{Frequencies, terms};
use super::vector::{Lookup, Vector};
use crate::model::{ItemNumber, Reason, Timestamp};
use crate::text::sketch::{Shingles, common, resemblance, share};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// How long after its last item a story is open.
const OPEN: Duration = Duration::from_secs(72 * 3600);

/// From this age on a story is never merged into another: its name is for good.
pub const SETTLED: Duration = Duration::from_secs(72 * 3600);

/// Stories open at once; beyond, the ones that have been silent longest are closed.
const MAX_OPEN: usize = 50_000;

/// How like a story an item must be, from 0 to 1: with a text, a title of characters, a title of words.
const LIKE_WITH_TEXT: f32 = 0.20;
const LIKE_CHARACTERS: f32 = 0.29;
const LIKE_WORDS: f32 = 0.17;

/// The share of the likest member, against the story's mean, for titles of characters: they are so short that the
/// mean of several is like none of them.
const BY_MEMBER: f32 = 0.7;

/// Members of a story that are remembered one by one.
const MEMBERS: usize = 12;

/// How like two stories must be to become one, where they have texts and where they have titles of words. Titles of
/// characters are too short for it.
const MERGE_WITH_TEXT: f32 = 0.40;
const MERGE_WORDS: f32 = 0.25;

/// Stories are compared with each other after so many items.
const MERGE_EVERY: u32 = 25;

/// Silent stories are closed after so many items.
const CLOSE_EVERY: u32 = 500;

/// Terms kept of a story.
const STORY_TERMS: usize = 150;

/// Stories compared in full with an item.
const MAX_COMPARED: usize = 24;

/// A report that comes again after so long is another day's…
const ANOTHER_DAY: Duration = Duration::from_secs(18 * 3600);

/// …when so much of it is the same but for its numbers…
const SAME_FORM: f32 = 0.3;

/// …and less than this of the numbers.
const SAME_NUMBERS: f32 = 0.75;

/// Numbers remembered of a member.
const MAX_NUMBERS: usize = 32;

/// The open stories, and what they are found by.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stories {
    frequencies: Frequencies,
    index: Index,
    open: BTreeMap<ItemNumber, Open>,
    /// Those that have grown since they were last compared with others.
    grown: Vec<ItemNumber>,
    /// What became part of which, and when.
    merged: BTreeMap<ItemNumber, (ItemNumber, Timestamp)>,
    /// How many items were placed.
    items: u32,
    /// Those that the admin wants apart, the older first. Kept as words, and told again at each start.
    #[serde(skip)]
    apart: BTreeSet<(ItemNumber, ItemNumber)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Open {
    sum: Sum,
    norm: f32,
    first: Timestamp,
    last: Timestamp,
    script: Script,
    members: VecDeque<Member>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Member {
    time: Timestamp,
    /// Sketch of its words without numbers.
    form: Vec<u32>,
    numbers: Vec<u32>,
    /// Its terms, where it is a title of characters.
    title: Option<Vector>,
}

/// What an item, or a story's first, is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Script {
    /// It has a text.
    Text,
    /// A title of characters alone.
    Characters,
    /// A title of words alone.
    #[default]
    Words,
}

/// Where an item was placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The story, named by its first item.
    pub story: ItemNumber,
    /// Why.
    pub reason: Reason,
    /// It was there before: this item is a sequel.
    pub is_sequel: bool,
    /// Stories that became part of another meanwhile: which, and of which.
    pub merged: Vec<(ItemNumber, ItemNumber)>,
}

impl Stories {
    /// Places an item that repeats none. Items come in the order of their arrival.
    pub fn place(&mut self, read: &Read) -> Placed {
        let now = read.article.time;
        let merged = self.tidy(now);
        let terms = terms(&read.title, &read.text);
        self.frequencies.add(&terms);
        let vector = self.frequencies.weigh(&terms);
        let script = Script::of(read);
        let member = Member::new(read, script, &vector);
        let found = self.likest(&vector, script, &member);
        let (story, reason) = match found {
            Some((story, like)) => {
                let words = format!("its words are {:.0} % like those of the story", like * 100.0);
                (story, Reason::new(words))
            }
            None => (read.article.number, Reason::new("no open story is like it")),
        };
        self.join(story, script, &vector, member);
        Placed {
            story,
            reason,
            is_sequel: found.is_some(),
            merged,
        }
    }

    /// Takes in again an item that was placed before a restart.
    pub fn restore(&mut self, read: &Read, story: ItemNumber) {
        self.items = self.items.wrapping_add(1);
        if self.items.is_multiple_of(CLOSE_EVERY) {
            self.close(read.article.time);
        }
        let terms = terms(&read.title, &read.text);
        self.frequencies.add(&terms);
        let vector = self.frequencies.weigh(&terms);
        let script = Script::of(read);
        self.join(story, script, &vector, Member::new(read, script, &vector));
    }

    /// A copy of an item of this story arrived: the story stays open.
    pub fn touch(&mut self, story: ItemNumber, now: Timestamp) {
        let story = self.current(story);
        if let Some(open) = self.open.get_mut(&story) {
            open.last = open.last.max(now);
        }
    }

    /// The story that this one has become part of; itself when of none.
    pub fn current(&self, story: ItemNumber) -> ItemNumber {
        current(&self.merged, story)
    }

    /// The admin takes an item out of a story: it begins one of its own, of this name, and the two are never merged.
    pub fn split(&mut self, read: &Read, story: ItemNumber, own: ItemNumber) {
        self.restore(read, own);
        self.keep_apart(story, own);
    }

    /// These stories are never merged.
    pub fn keep_apart(&mut self, one: ItemNumber, other: ItemNumber) {
        let (one, other) = (self.current(one), self.current(other));
        if one != other {
            self.apart.insert((one.min(other), one.max(other)));
        }
    }

    /// The admin makes one story of two: the younger goes into the older, however long they have been silent.
    pub fn unite(&mut self, one: ItemNumber, other: ItemNumber, now: Timestamp) {
        let (one, other) = (self.current(one), self.current(other));
        let (older, younger) = (one.min(other), one.max(other));
        self.apart.remove(&(older, younger));
        if older == younger {
            return;
        }
        if let Some(gone) = self.open.remove(&younger) {
            match self.open.get_mut(&older) {
                Some(open) => open.absorb(gone),
                None => drop(self.open.insert(older, gone)),
            }
        }
        self.merged.insert(younger, (older, now));
    }

    fn are_apart(&self, one: ItemNumber, other: ItemNumber) -> bool {
        !self.apart.is_empty()
            && self.apart.iter().any(|&(first, second)| {
                let (first, second) = (self.current(first), self.current(second));
                (first, second) == (one, other) || (first, second) == (other, one)
            })
    }

    /// The name of this story changes no more.
    pub fn is_settled(&self, story: ItemNumber, now: Timestamp) -> bool {
        let open = self.open.get(&self.current(story));
        open.is_none_or(|open| now.since(open.first) > SETTLED)
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// The open story that an item is likest to.
    fn likest(&mut self, vector: &Vector, script: Script, member: &Member) -> Option<(ItemNumber, f32)> {
        let mut best: Option<(ItemNumber, f32)> = None;
        let merged = &self.merged;
        let likely = self
            .index
            .likely(vector, MAX_COMPARED, |story| current(merged, story));
        let vector = Lookup::new(vector);
        for story in likely {
            let Some(open) = self.open.get(&story) else {
                continue;
            };
            let like = open.likeness(&vector, script);
            if like >= script.threshold()
                && best.is_none_or(|(_, before)| like > before)
                && member.time.since(open.last) <= OPEN
                && !open.members.iter().any(|other| other.is_another_day(member))
            {
                best = Some((story, like));
            }
        }
        best
    }

    fn join(&mut self, story: ItemNumber, script: Script, vector: &Vector, member: Member) {
        let time = member.time;
        let open = self.open.entry(story).or_insert_with(|| Open {
            first: time,
            last: time,
            script,
            // Nearly all have one, and room for more is made in fours.
            members: VecDeque::with_capacity(1),
            ..Open::default()
        });
        open.add(vector, time);
        open.members.push_back(member);
        open.forget();
        // One that has just begun is like none: else it would have joined it.
        if open.members.len() > 1 && !self.grown.contains(&story) {
            self.grown.push(story);
        }
        self.index.add(story, vector, time);
    }

    /// Now and then closes what has been silent too long and merges what has grown alike.
    fn tidy(&mut self, now: Timestamp) -> Vec<(ItemNumber, ItemNumber)> {
        self.items = self.items.wrapping_add(1);
        if self.items.is_multiple_of(CLOSE_EVERY) {
            self.close(now);
        }
        if self.items.is_multiple_of(MERGE_EVERY) {
            self.merge(now)
        } else {
            Vec::new()
        }
    }

    fn close(&mut self, now: Timestamp) {
        self.open.retain(|_, open| now.since(open.last) <= OPEN);
        let surplus = self.open.len().saturating_sub(MAX_OPEN);
        if surplus > 0 {
            let mut by_silence: Vec<(Timestamp, ItemNumber)> = self
                .open
                .iter()
                .map(|(&story, open)| (open.last, story))
                .collect();
            by_silence.sort_unstable();
            for (_, story) in by_silence.into_iter().take(surplus) {
                self.open.remove(&story);
            }
        }
        self.merged.retain(|_, (_, at)| now.since(*at) <= SETTLED * 2);
        self.index.forget(now.minus(OPEN));
    }

    fn merge(&mut self, now: Timestamp) -> Vec<(ItemNumber, ItemNumber)> {
        let mut merged = Vec::new();
        for story in std::mem::take(&mut self.grown) {
            let Some(other) = self.twin(story, now) else {
                continue;
            };
            let (older, younger) = (story.min(other), story.max(other));
            let Some(gone) = self.open.remove(&younger) else {
                continue;
            };
            let Some(open) = self.open.get_mut(&older) else {
                continue;
            };
            open.absorb(gone);
            self.grown.push(older);
            self.merged.insert(younger, (older, now));
            merged.push((younger, older));
        }
        merged
    }

    /// The open story that this one has grown like, when they may become one.
    fn twin(&mut self, story: ItemNumber, now: Timestamp) -> Option<ItemNumber> {
        let own = self.open.get(&story)?;
        let threshold = own.script.merge_threshold()?;
        let mut best: Option<(ItemNumber, f32)> = None;
        let (merged, words) = (&self.merged, own.sum.to_vector());
        let found = self
            .index
            .likely(&words, MAX_COMPARED, |story| current(merged, story));
        let sum = Lookup::new(&words);
        for likely in found {
            let Some(other) = self.open.get(&likely).filter(|_| likely != story) else {
                continue;
            };
            let like = other.sum.dot(&sum) / (own.norm * other.norm);
            let younger = if story > likely { own } else { other };
            let is_series = || {
                own.members
                    .iter()
                    .any(|one| other.members.iter().any(|two| one.is_another_day(two)))
            };
            if like >= threshold
                && best.is_none_or(|(_, before)| like > before)
                && now.since(younger.first) <= SETTLED
                && now.since(other.last) <= OPEN
                && !is_series()
                && !self.are_apart(story, likely)
            {
                best = Some((likely, like));
            }
        }
        best.map(|(story, _)| story)
    }
}

/// What a story has become part of.
fn current(merged: &BTreeMap<ItemNumber, (ItemNumber, Timestamp)>, story: ItemNumber) -> ItemNumber {
    let mut current = story;
    // Each step leads to an older story.
    while let Some(&(into, _)) = merged.get(&current) {
        current = into;
    }
    current
}

impl Open {
    fn likeness(&self, vector: &Lookup, script: Script) -> f32 {
        let mean = self.sum.dot(vector) / self.norm;
        if script != Script::Characters {
            return mean;
        }
        let titles = self.members.iter().filter_map(|member| member.title.as_ref());
        let member = titles.map(|title| vector.dot(title)).fold(0.0, f32::max);
        mean * (1.0 - BY_MEMBER) + member * BY_MEMBER
    }

    fn add(&mut self, vector: &Vector, time: Timestamp) {
        let mut sum = Vector::from(std::mem::take(&mut self.sum));
        sum.add(vector);
        sum.keep(STORY_TERMS);
        self.norm = sum.norm().max(f32::MIN_POSITIVE);
        self.sum = Sum::from(sum);
        self.last = self.last.max(time);
    }

    /// Takes in another story.
    fn absorb(&mut self, gone: Self) {
        self.add(&gone.sum.to_vector(), gone.last);
        self.first = self.first.min(gone.first);
        self.members.extend(gone.members);
        self.members.make_contiguous().sort_by_key(|member| member.time);
        self.forget();
    }

    /// Keeps the newest members alone.
    fn forget(&mut self) {
        while self.members.len() > MEMBERS {
            self.members.pop_front();
        }
    }
}

impl Member {
    fn new(read: &Read, script: Script, vector: &Vector) -> Self {
        let words = if script == Script::Text {
            &read.text
        } else {
            &read.title
        };
        Self {
            time: read.article.time,
            form: Shingles::sketch_without_numbers(words),
            numbers: words.numbers.iter().copied().take(MAX_NUMBERS).collect(),
            title: (script == Script::Characters).then(|| vector.clone()),
        }
    }

    /// Both are of one daily report, and of two days.
    fn is_another_day(&self, other: &Self) -> bool {
        let few = self.numbers.len().min(other.numbers.len());
        few > 0
            && apart(self.time, other.time) >= ANOTHER_DAY
            && resemblance(&self.form, &other.form) >= SAME_FORM
            && share(common(&self.numbers, &other.numbers), few) < SAME_NUMBERS
    }
}

impl Script {
    fn of(read: &Read) -> Self {
        if read.article.has_text() {
            Self::Text
        } else if read.title.is_spaceless() {
            Self::Characters
        } else {
            Self::Words
        }
    }

    const fn threshold(self) -> f32 {
        match self {
            Self::Text => LIKE_WITH_TEXT,
            Self::Characters => LIKE_CHARACTERS,
            Self::Words => LIKE_WORDS,
        }
    }

    const fn merge_threshold(self) -> Option<f32> {
        match self {
            Self::Text => Some(MERGE_WITH_TEXT),
            Self::Words => Some(MERGE_WORDS),
            Self::Characters => None,
        }
    }
}
