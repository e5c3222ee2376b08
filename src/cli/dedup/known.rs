//! What `identify` remembers of the items of the window, packed, forgotten by the day.
//!
//! Nearly every key is read once: then a digest of it and the item's place in the file say all, because what is
//! remembered of the item can be found again from its line. Only what is not so is kept as it is.

use crate::cluster::WINDOW;
use crate::model::{ItemNumber, Key, KnownLink, Timestamp};
use std::collections::{HashMap, VecDeque};

const DAY: i64 = 86_400;

/// Links by key, as the store keeps them, for as long as the window lasts.
#[derive(Default)]
pub(super) struct KnownLinks {
    /// One table a day, the newest last.
    days: VecDeque<Day>,
}

/// What was remembered on one day.
#[derive(Default)]
struct Day {
    number: i64,
    /// The item whose line, read alone, makes just this link, by a digest of the key. Two keys of one digest are rare,
    /// and told apart by that line.
    fresh: HashMap<u64, ItemNumber>,
    /// Other links, packed.
    others: HashMap<Key, Box<[u8]>>,
}

/// What is remembered under a key.
pub(super) enum Found {
    /// What the item's line makes of it.
    Fresh(ItemNumber),
    /// This.
    Link(KnownLink),
}

impl KnownLinks {
    /// What is known under a key.
    pub(super) fn find(&self, key: Key) -> Option<Found> {
        self.days.iter().rev().find_map(|day| {
            // What was packed here can be unpacked; and a later word goes before the first.
            let other = day
                .others
                .get(&key)
                .and_then(|packed| postcard::from_bytes(packed).ok());
            let fresh = || day.fresh.get(&digest(key)).copied().map(Found::Fresh);
            other.map(Found::Link).or_else(fresh)
        })
    }

    /// Remembers links as those of an item; `is_fresh`: its line alone makes them.
    pub(super) fn remember(
        &mut self,
        links: Vec<(Key, KnownLink)>,
        item: ItemNumber,
        is_fresh: bool,
        now: Timestamp,
    ) {
        let number = now.seconds().div_euclid(DAY);
        if self.days.back().is_none_or(|newest| newest.number < number) {
            // The day before grows no more.
            if let Some(before) = self.days.back_mut() {
                before.fresh.shrink_to_fit();
                before.others.shrink_to_fit();
            }
            self.days.push_back(Day {
                number,
                ..Day::default()
            });
            let days = i64::try_from(WINDOW.as_secs()).unwrap_or(i64::MAX) / DAY;
            while self
                .days
                .pop_front_if(|oldest| number - oldest.number > days)
                .is_some()
            {}
        }
        let Some(newest) = self.days.back_mut() else {
            return;
        };
        for (key, link) in links {
            let is_free = !newest.fresh.contains_key(&digest(key)) && !newest.others.contains_key(&key);
            if is_fresh && is_free {
                newest.fresh.insert(digest(key), item);
            } else if let Ok(packed) = postcard::to_stdvec(&KnownLink { item, ..link }) {
                newest.others.insert(key, packed.into_boxed_slice());
            }
        }
    }
}

/// Keys are digests already.
fn digest(key: Key) -> u64 {
    u64::try_from(key.0 >> 64).unwrap_or_default()
}
