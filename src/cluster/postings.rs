//! Which items a hash occurs in: an inverted index that forgets by the day.
//!
//! The newest items lie in a table; when there are enough, or some days are over, they become a run: sorted pairs of
//! hash and item, never changed again. Runs of the same days are merged when they are of a size, so that there are few;
//! a run whose newest item has left the window goes as a whole. Eight bytes a posting, and a lookup is a step into each run.

use crate::model::Timestamp;
use crate::text::sketch::SKETCH;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

/// So many items lie in the table before they become a run.
const RECENT: usize = 4096;

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

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Run {
    /// Spread hash and item, sorted.
    pairs: Vec<(u32, u32)>,
    /// Where the hashes with these first bits begin.
    starts: Vec<u32>,
    /// How many last bits of a hash `starts` leaves out.
    shift: u32,
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
        let spread = spread(hash);
        let head = self.recent.heads.get(&spread);
        let recent = head.map_or(0, |head| usize::try_from(head.count).unwrap_or(usize::MAX));
        let mut count = recent;
        for run in &self.runs {
            if count > most {
                return;
            }
            count = count.saturating_add(run.with(spread).len());
        }
        if (1..=most).contains(&count) {
            self.newest(hash, most, found);
        }
    }

    /// The newest items with this hash, at most so many.
    pub(super) fn newest(&self, hash: u32, most: usize, found: &mut Vec<u32>) {
        found.clear();
        let hash = spread(hash);
        let mut next = self.recent.heads.get(&hash).map(|head| head.newest);
        while let Some(&(item, before)) =
            next.and_then(|place| self.recent.links.get(usize::try_from(place).ok()?))
        {
            if found.len() >= most {
                return;
            }
            found.push(item);
            next = Some(before);
        }
        for run in self.runs.iter().rev() {
            let more = most.saturating_sub(found.len());
            if more == 0 {
                return;
            }
            found.extend(run.with(hash).iter().rev().take(more).map(|&(_, item)| item));
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
        let mut run = Run::new(pairs, recent.oldest, recent.newest);
        while let Some(before) = self.runs.pop_if(|before| {
            before.pairs.len() <= run.pairs.len() * 2 && run.newest.since(before.oldest) <= Self::RUN_SPAN
        }) {
            run = before.merge(run);
        }
        self.runs.push(run);
    }
}

impl Run {
    fn new(pairs: Vec<(u32, u32)>, oldest: Timestamp, newest: Timestamp) -> Self {
        // About sixteen pairs a stretch.
        let bits = (pairs.len() / 16).max(1).ilog2().min(24);
        let shift = 32 - bits;
        let count = 1_usize << bits;
        let mut starts = Vec::with_capacity(count + 1);
        for (place, (hash, _)) in (0..).zip(&pairs) {
            let stretch = first_bits(*hash, shift);
            while starts.len() <= stretch {
                starts.push(place);
            }
        }
        starts.resize(count + 1, u32::try_from(pairs.len()).unwrap_or(u32::MAX));
        Self {
            pairs,
            starts,
            shift,
            oldest,
            newest,
        }
    }

    fn with(&self, hash: u32) -> &[(u32, u32)] {
        let stretch = first_bits(hash, self.shift);
        let bound = |place: usize| {
            self.starts
                .get(place)
                .and_then(|&bound| usize::try_from(bound).ok())
        };
        let (Some(begin), Some(end)) = (bound(stretch), bound(stretch + 1)) else {
            return &[];
        };
        let pairs = self.pairs.get(begin..end).unwrap_or_default();
        let from = pairs.partition_point(|&(other, _)| other < hash);
        let pairs = pairs.get(from..).unwrap_or_default();
        let until = pairs.partition_point(|&(other, _)| other == hash);
        pairs.get(..until).unwrap_or_default()
    }

    fn merge(self, newer: Self) -> Self {
        let mut pairs = Vec::with_capacity(self.pairs.len() + newer.pairs.len());
        let (mut left, mut right) = (
            self.pairs.into_iter().peekable(),
            newer.pairs.into_iter().peekable(),
        );
        while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
            let next = if one <= other { left.next() } else { right.next() };
            pairs.extend(next);
        }
        pairs.extend(left);
        pairs.extend(right);
        Self::new(
            pairs,
            self.oldest.min(newer.oldest),
            self.newest.max(newer.newest),
        )
    }
}

fn first_bits(hash: u32, shift: u32) -> usize {
    usize::try_from(hash.checked_shr(shift).unwrap_or(0)).unwrap_or(0)
}

/// The smallest hashes of a text all begin with noughts: spread over all numbers, one to one.
const fn spread(hash: u32) -> u32 {
    hash.wrapping_mul(0x9E37_79B1)
}

const _: () = assert!(SKETCH * RECENT < 1 << 24);
