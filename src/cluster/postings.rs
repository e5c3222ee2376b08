//! Which items a hash occurs in: an inverted index that forgets by the day.
//!
//! The newest items lie in a table; when there are enough, or some days are over, they become a run: sorted pairs of
//! hash and item, never changed again. Runs of the same days are merged when they are of a size, so that there are few;
//! a run whose newest item has left the window goes as a whole. Six bytes a posting, and a lookup is a step into each run.

use crate::model::Timestamp;
use crate::text::sketch::SKETCH;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

/// So many items lie in the table before they become a run.
const RECENT: usize = 4096;

/// More runs than this are looked into twice: once to count, once to take.
const FEW_RUNS: usize = 16;

/// Hashes of items, in the order in which the items arrived. A run spans so many `DAYS` at most: few runs are quickly
/// looked through, and what is forgotten goes by runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Postings<const DAYS: u64> {
    recent: Recent,
    runs: Vec<Run>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Recent {
    /// The newest place in `links` for each hash, and how many there are.
    heads: HashMap<u32, Head, Spread>,
    /// Item, and the place before it of the same hash.
    links: Vec<(u32, u32)>,
    items: usize,
    oldest: Timestamp,
    newest: Timestamp,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Head {
    newest: u32,
    count: u32,
}

/// Hashes are spread already.
type Spread = std::hash::BuildHasherDefault<Once>;

/// One multiplication, for keys that are digests.
#[derive(Debug, Default)]
pub(super) struct Once(u64);

impl std::hash::Hasher for Once {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte) ^ self.0.rotate_left(8));
        }
    }

    fn write_u32(&mut self, digest: u32) {
        self.write_u64(u64::from(digest));
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
}

/// Pairs of spread hash and item, sorted. A hash is kept as the stretch that its first bits name, and the rest of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Run {
    /// Where the hashes with these first bits begin.
    starts: Vec<u32>,
    /// How many last bits of a hash `starts` leaves out: at most 16.
    shift: u32,
    /// The last bits of each hash.
    lasts: Vec<u16>,
    items: Vec<u32>,
    oldest: Timestamp,
    newest: Timestamp,
}

impl<const DAYS: u64> Postings<DAYS> {
    const RUN_SPAN: Duration = Duration::from_secs(DAYS * 86_400);

    /// Adds an item: a number greater than all before, and hashes that differ.
    pub(super) fn add(&mut self, item: u32, hashes: &[u32], time: Timestamp) {
        let recent = &mut self.recent;
        if recent.items > 0 && (recent.items >= RECENT || time.since(recent.oldest) > Self::RUN_SPAN) {
            self.settle();
        }
        let recent = &mut self.recent;
        if recent.items == 0 {
            recent.oldest = time;
        }
        recent.items += 1;
        recent.newest = recent.newest.max(time);
        for hash in hashes {
            let place = u32::try_from(recent.links.len()).unwrap_or(u32::MAX);
            let head = recent.heads.entry(spread(*hash)).or_insert(Head {
                newest: u32::MAX,
                count: 0,
            });
            recent.links.push((item, head.newest));
            *head = Head {
                newest: place,
                count: head.count.saturating_add(1),
            };
        }
    }

    /// The items with this hash, the newest first, when they are at most so many; none of a hash of more.
    pub(super) fn rare(&self, hash: u32, most: usize, found: &mut Vec<u32>) {
        found.clear();
        let hash = spread(hash);
        let head = self.recent.heads.get(&hash);
        let recent = head.map_or(0, |head| usize::try_from(head.count).unwrap_or(usize::MAX));
        let mut count = recent;
        let mut stretches = [&[][..]; FEW_RUNS];
        for (place, run) in self.runs.iter().enumerate() {
            if count > most {
                return;
            }
            let with = run.with(hash);
            count = count.saturating_add(with.len());
            if let Some(stretch) = stretches.get_mut(place) {
                *stretch = with;
            }
        }
        if !(1..=most).contains(&count) {
            return;
        }
        self.recent.newest(hash, most, found);
        for (place, run) in self.runs.iter().enumerate().rev() {
            let with = stretches.get(place).copied();
            found.extend(with.unwrap_or_else(|| run.with(hash)).iter().rev());
        }
    }

    /// The newest items with this hash, at most so many.
    pub(super) fn newest(&self, hash: u32, most: usize, found: &mut Vec<u32>) {
        found.clear();
        let hash = spread(hash);
        self.recent.newest(hash, most, found);
        for run in self.runs.iter().rev() {
            let more = most.saturating_sub(found.len());
            if more == 0 {
                return;
            }
            found.extend(run.with(hash).iter().rev().take(more));
        }
    }

    /// Forgets runs that hold nothing newer than `oldest`.
    pub(super) fn forget(&mut self, oldest: Timestamp) {
        self.runs.retain(|run| run.newest >= oldest);
    }

    fn settle(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        let mut pairs = Vec::with_capacity(recent.links.len());
        for (&hash, head) in &recent.heads {
            let mut next = Some(head.newest);
            while let Some(&(item, before)) =
                next.and_then(|place| recent.links.get(usize::try_from(place).ok()?))
            {
                pairs.push((hash, item));
                next = Some(before);
            }
        }
        pairs.sort_unstable();
        let mut run = Run::new(pairs.len(), pairs.into_iter(), recent.oldest, recent.newest);
        while let Some(before) = self.runs.pop_if(|before| {
            before.len() <= run.len() * 2 && run.newest.since(before.oldest) <= Self::RUN_SPAN
        }) {
            run = before.merge(&run);
        }
        self.runs.push(run);
    }
}

impl Recent {
    /// The newest items with this spread hash, the newest first, at most so many.
    fn newest(&self, hash: u32, most: usize, found: &mut Vec<u32>) {
        let mut next = self.heads.get(&hash).map(|head| head.newest);
        while let Some(&(item, before)) = next.and_then(|place| self.links.get(usize::try_from(place).ok()?))
        {
            if found.len() >= most {
                return;
            }
            found.push(item);
            next = Some(before);
        }
    }
}

impl Run {
    /// Of sorted pairs, so many.
    fn new(
        count: usize,
        pairs: impl Iterator<Item = (u32, u32)>,
        oldest: Timestamp,
        newest: Timestamp,
    ) -> Self {
        // About sixteen pairs a stretch, and no more last bits than there is room for.
        let bits = (count / 16).max(1).ilog2().clamp(16, 24);
        let shift = 32 - bits;
        let stretches = 1_usize << bits;
        let mut starts = Vec::with_capacity(stretches + 1);
        let (mut lasts, mut items) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (place, (hash, item)) in (0..).zip(pairs) {
            let stretch = first_bits(hash, shift);
            while starts.len() <= stretch {
                starts.push(place);
            }
            lasts.push(last_bits(hash, shift));
            items.push(item);
        }
        starts.resize(stretches + 1, u32::try_from(items.len()).unwrap_or(u32::MAX));
        Self {
            starts,
            shift,
            lasts,
            items,
            oldest,
            newest,
        }
    }

    fn len(&self) -> usize {
        self.items.len()
    }

    /// The items with this hash, in order.
    fn with(&self, hash: u32) -> &[u32] {
        let stretch = self.stretch(first_bits(hash, self.shift));
        let lasts = self.lasts.get(stretch.clone()).unwrap_or_default();
        let items = self.items.get(stretch).unwrap_or_default();
        let last = last_bits(hash, self.shift);
        let begin = lasts.partition_point(|&other| other < last);
        let same = lasts.get(begin..).unwrap_or_default();
        let end = begin + same.partition_point(|&other| other == last);
        items.get(begin..end).unwrap_or_default()
    }

    /// Where the hashes with these first bits lie.
    fn stretch(&self, first: usize) -> Range<usize> {
        let bound = |place: usize| {
            let bound = self.starts.get(place).copied().unwrap_or_default();
            usize::try_from(bound).unwrap_or_default()
        };
        bound(first)..bound(first + 1)
    }

    /// All of it, in order.
    fn pairs(&self) -> impl Iterator<Item = (u32, u32)> {
        let firsts = (0_u32..).take(self.starts.len().saturating_sub(1));
        firsts.flat_map(move |first| {
            let begin = first.checked_shl(self.shift).unwrap_or(0);
            let stretch = self.stretch(usize::try_from(first).unwrap_or_default());
            let lasts = self.lasts.get(stretch.clone()).unwrap_or_default();
            let items = self.items.get(stretch).unwrap_or_default();
            lasts
                .iter()
                .map(move |&last| begin | u32::from(last))
                .zip(items.iter().copied())
        })
    }

    fn merge(&self, newer: &Self) -> Self {
        let (mut left, mut right) = (self.pairs().peekable(), newer.pairs().peekable());
        let pairs = std::iter::from_fn(|| match (left.peek(), right.peek()) {
            (Some(one), Some(other)) if other < one => right.next(),
            (Some(_), _) => left.next(),
            (None, _) => right.next(),
        });
        Self::new(
            self.len() + newer.len(),
            pairs,
            self.oldest.min(newer.oldest),
            self.newest.max(newer.newest),
        )
    }
}

fn last_bits(hash: u32, shift: u32) -> u16 {
    let mask = 1_u32.checked_shl(shift).map_or(u32::MAX, |bit| bit - 1);
    u16::try_from(hash & mask).unwrap_or(u16::MAX)
}

fn first_bits(hash: u32, shift: u32) -> usize {
    usize::try_from(hash.checked_shr(shift).unwrap_or(0)).unwrap_or(0)
}

/// The smallest hashes of a text all begin with noughts: spread over all numbers, one to one.
const fn spread(hash: u32) -> u32 {
    hash.wrapping_mul(0x9E37_79B1)
}

const _: () = assert!(SKETCH * RECENT < 1 << 24);
