//! What `identify` remembers of the items of the window, packed, forgotten by the day.

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

/// The day's number, and what was remembered on it, packed.
type Day = (i64, HashMap<Key, Box<[u8]>>);

impl KnownLinks {
    /// What is known under these keys.
    pub(super) fn find(&self, keys: impl Iterator<Item = Key>) -> HashMap<Key, KnownLink> {
        keys.filter_map(|key| Some((key, self.get(key)?))).collect()
    }

    fn get(&self, key: Key) -> Option<KnownLink> {
        let packed = self.days.iter().rev().find_map(|(_, links)| links.get(&key))?;
        // What was packed here can be unpacked.
        postcard::from_bytes(packed).ok()
    }

    /// Remembers links as those of an item.
    pub(super) fn remember(&mut self, links: Vec<(Key, KnownLink)>, item: ItemNumber, now: Timestamp) {
        let day = now.seconds().div_euclid(DAY);
        if self.days.back().is_none_or(|&(newest, _)| newest < day) {
            self.days.push_back((day, HashMap::new()));
            let days = i64::try_from(WINDOW.as_secs()).unwrap_or(i64::MAX) / DAY;
            while self
                .days
                .pop_front_if(|&mut (oldest, _)| day - oldest > days)
                .is_some()
            {}
        }
        let Some((_, newest)) = self.days.back_mut() else {
            return;
        };
        for (key, link) in links {
            if let Ok(packed) = postcard::to_stdvec(&KnownLink { item, ..link }) {
                newest.insert(key, packed.into_boxed_slice());
            }
        }
    }
}
