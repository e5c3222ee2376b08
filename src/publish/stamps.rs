//! Since when each document's present bytes exist: the memory behind `Last-Modified`.
//!
//! A stamp is in the store before the document is served, so `kill -9` and restart leave every validator as it
//! was. Unchanged bytes keep their stamp; changed ones get the present, and always a later second than the
//! bytes before them, so that a reader who has only a date never keeps an old document.

use super::document::Draft;
use crate::model::Timestamp;
use crate::store::{Error, Stamp, Store};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What is known of the documents' ages.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    known: Mutex<HashMap<String, (u128, Timestamp)>>,
}

impl Stamps {
    /// Those that the store remembers.
    pub(crate) async fn load(store: &dyn Store) -> Result<Self, Error> {
        let known = store.stamps().await?.into_iter();
        Ok(Self {
            known: Mutex::new(
                known
                    .map(|stamp| (stamp.path, (stamp.digest, stamp.since)))
                    .collect(),
            ),
        })
    }

    /// Since when each draft's bytes exist, in their order; what is new about that is in the store afterwards.
    pub(crate) async fn settle(
        &self,
        drafts: &[Draft],
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Vec<Timestamp>, Error> {
        let mut fresh = Vec::new();
        let mut ages = Vec::with_capacity(drafts.len());
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            for draft in drafts {
                let since = match known.get(&draft.path) {
                    Some((digest, since)) if *digest == draft.digest => *since,
                    earlier => {
                        let since = after(earlier.map(|(_, since)| *since), now);
                        fresh.push(Stamp {
                            path: draft.path.clone(),
                            digest: draft.digest,
                            since,
                        });
                        since
                    }
                };
                ages.push(since);
            }
        }
        if !fresh.is_empty() {
            store.stamp(fresh.clone()).await?;
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.extend(
                fresh
                    .into_iter()
                    .map(|stamp| (stamp.path, (stamp.digest, stamp.since))),
            );
        }
        Ok(ages)
    }

    /// Was there ever a document at this path?
    pub(crate) fn knows(&self, path: &str) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains_key(path)
    }

    /// The first segments of all paths below the root that were ever published, and the second ones below
    /// `/source/`: `(categories, sources)`, percent-encoded.
    pub(crate) fn folders(&self) -> (Vec<String>, Vec<String>) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut categories, mut sources) = (Vec::new(), Vec::new());
        for path in known.keys() {
            let mut segments = path.split('/').skip(1);
            match (segments.next(), segments.next(), segments.next()) {
                (Some("source"), Some(name), Some(_)) => sources.push(name.to_owned()),
                (Some(name), Some(_), None) => categories.push(name.to_owned()),
                _ => {}
            }
        }
        for names in [&mut categories, &mut sources] {
            names.sort_unstable();
            names.dedup();
        }
        (categories, sources)
    }
}

/// The present, in whole seconds, as `Last-Modified` has them; a second after what was there before when that
/// is no earlier. A clock that had run far ahead is not followed.
fn after(earlier: Option<Timestamp>, now: Timestamp) -> Timestamp {
    const AHEAD: Duration = Duration::from_secs(60);
    let now = Timestamp::from_seconds(now.seconds());
    match earlier {
        Some(earlier) if earlier >= now && earlier < now.plus(AHEAD) => earlier.plus(Duration::from_secs(1)),
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_bytes_are_always_younger_to_the_second() {
        let at = Timestamp::from_millis;
        assert_eq!(after(None, at(5_700)), at(5_000));
        assert_eq!(after(Some(at(4_000)), at(5_700)), at(5_000));
        assert_eq!(after(Some(at(5_000)), at(5_700)), at(6_000));
        assert_eq!(after(Some(at(9_000_000)), at(5_700)), at(5_000));
    }
}
