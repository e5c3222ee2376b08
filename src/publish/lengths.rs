//! How long the texts of items are, remembered: what the archive is cut by.

use crate::model::{Item, ItemNumber};
use crate::store::{Error, Listing, Store};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Lengths remembered at once, of some 40 bytes each. When there are more, all are forgotten and learned again.
const REMEMBERED: usize = 100_000;

/// Items read at once: texts of a few MiB may be among them, and only their lengths are wanted.
const PAGE: usize = 16;

/// Lengths of texts in bytes, by item and version.
#[derive(Debug, Default)]
pub(crate) struct Lengths {
    known: Mutex<HashMap<ItemNumber, (u64, usize)>>,
}

impl Lengths {
    /// The length of each line's item, in the order of the lines; 0 for what was purged in between.
    pub(crate) async fn of(&self, store: &dyn Store, lines: &[Listing]) -> Result<Vec<usize>, Error> {
        let missing: Vec<&Listing> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let is_known = |line: &&Listing| {
                let found = known.get(&line.number);
                found.is_some_and(|(version, _)| *version == line.version)
            };
            lines.iter().filter(|line| !is_known(line)).collect()
        };
        let mut learned = HashMap::with_capacity(missing.len());
        for page in missing.chunks(PAGE) {
            let numbers: Vec<ItemNumber> = page.iter().map(|line| line.number).collect();
            for (line, item) in page.iter().zip(store.items(&numbers).await?) {
                let length = item.map_or(0, |stored| length(&stored.item));
                learned.insert(line.number, (line.version, length));
            }
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let lengths = lines
            .iter()
            .map(|line| {
                let found = learned.get(&line.number).or_else(|| known.get(&line.number));
                found.map_or(0, |(_, length)| *length)
            })
            .collect();
        if known.len() + learned.len() > REMEMBERED {
            known.clear();
        }
        known.extend(learned);
        Ok(lengths)
    }
}

/// Bytes of an item's texts as they are stored, whatever is published of them.
fn length(item: &Item) -> usize {
    let texts = [&item.summary, &item.content];
    texts.into_iter().flatten().map(String::len).sum()
}
