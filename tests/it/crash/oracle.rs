//! Whatever is done to it, the durable store answers as the one in memory does; also when it was closed and
//! opened in between, and when its sled folder was deleted, so that the journal had to tell it all again.

use super::world::{self, CATEGORIES, KEYS, SOURCES, at, item, look};
use newsriver::model::{ItemNumber, Key, KnownLink, SourceId, SourceState};
use newsriver::store::{
    Changes, Edit, Error, Keep, LinkChange, MemoryStore, Receipt, SourceClaim, Stamp, Store, Target,
};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// One thing done. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Poll(Poll),
    Together(Vec<Poll>),
    Register(u8),
    Claim(i64),
    Stamp(u8),
    Housekeep { days: u8, is_full: bool },
    Reopen,
    LoseSled,
}

#[derive(Clone, Debug)]
struct Poll {
    source: u32,
    new: Vec<(i64, usize, u16)>,
    edits: Vec<(u64, usize, bool)>,
    links: Vec<(u128, u64)>,
    listed: Option<Vec<u64>>,
    has_state: bool,
}

fn poll() -> impl Strategy<Value = Poll> {
    let new = prop::collection::vec(
        (
            -5..50_i64,
            0..CATEGORIES.len(),
            prop_oneof![8 => 0..600_u16, 1 => 6000..20_000_u16],
        ),
        0..4,
    );
    let edits = prop::collection::vec(
        (any::<u64>(), 0..CATEGORIES.len(), prop::bool::weighted(0.9)),
        0..3,
    );
    let links = prop::collection::vec((0..KEYS, any::<u64>()), 0..4);
    let listed = prop::option::of(prop::collection::vec(any::<u64>(), 0..6));
    (1..=SOURCES, new, edits, links, listed, any::<bool>()).prop_map(
        |(source, new, edits, links, listed, has_state)| Poll {
            source,
            new,
            edits,
            links,
            listed,
            has_state,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => poll().prop_map(Step::Poll),
        2 => prop::collection::vec(poll(), 2..6).prop_map(Step::Together),
        2 => any::<u8>().prop_map(Step::Register),
        1 => (0..200_i64).prop_map(Step::Claim),
        1 => any::<u8>().prop_map(Step::Stamp),
        2 => (0..60_u8, prop::bool::weighted(0.1)).prop_map(|(days, is_full)| Step::Housekeep { days, is_full }),
        1 => Just(Step::Reopen),
        1 => Just(Step::LoseSled),
    ]
}

/// What a poll writes, from what a store has.
async fn changes(poll: &Poll, now: i64, store: &dyn Store) -> Changes {
    let figures = store.figures().await.unwrap();
    let count = figures.items + figures.tombstones;
    let source = SourceId(poll.source);
    let new_items: Vec<_> = poll
        .new
        .iter()
        .enumerate()
        .map(|(index, (surfaced, category, bytes))| {
            let title = format!("{now}-{}-{index}", poll.source);
            item(
                &title,
                *surfaced,
                CATEGORIES[*category],
                poll.source,
                usize::from(*bytes),
            )
        })
        .collect();
    let mut edits = Vec::new();
    for (pick, category, is_current) in &poll.edits {
        let number = ItemNumber(pick % (count + 1) + 1);
        let stored = store.items(&[number]).await.unwrap().remove(0);
        if let Some(stored) = stored {
            let title = format!("{} again", stored.item.title);
            edits.push(Edit {
                number,
                version: if *is_current { stored.version } else { 99 },
                item: item(&title, 7, CATEGORIES[*category], poll.source, 50),
            });
        }
    }
    let target = |pick: u64| match usize::try_from(pick % 7).unwrap() {
        index if index < new_items.len() => Target::New(index),
        _ => Target::Known(ItemNumber(pick % (count + 2))),
    };
    let link = |(key, pick): &(u128, u64)| LinkChange {
        key: Key(*key),
        target: target(*pick),
        link: KnownLink {
            item: ItemNumber(0),
            digest: *pick,
            link: pick / 3,
            titles: vec![1; usize::try_from(pick % 4).unwrap()],
            texts: vec![],
        },
    };
    let keys: Vec<Key> = poll.links.iter().map(|(key, _)| Key(*key)).collect();
    let known = store.known(&keys).await.unwrap();
    Changes {
        source,
        at: at(now),
        state: poll.has_state.then(|| SourceState {
            next_due: at(now + 20),
            is_gone: now % 11 == 0,
            last_words: format!("polled at {now}"),
            ..SourceState::default()
        }),
        listed: poll
            .listed
            .as_ref()
            .map(|picks| picks.iter().map(|pick| target(*pick)).collect()),
        links: poll.links.iter().map(link).collect(),
        rests_on: keys.into_iter().zip(known).collect(),
        new_items,
        edits,
    }
}

type Said = Result<Receipt, String>;

fn said(result: Result<Receipt, Error>) -> Said {
    result.map_err(|error| error.to_string())
}

struct Pair {
    memory: MemoryStore,
    durable: Arc<dyn Store>,
    now: i64,
}

impl Pair {
    async fn poll(&mut self, poll: &Poll) {
        let expected = said(
            self.memory
                .commit(changes(poll, self.now, &self.memory).await)
                .await,
        );
        let found = said(
            self.durable
                .commit(changes(poll, self.now, &*self.durable).await)
                .await,
        );
        assert_eq!(found, expected);
    }

    /// Several commits at once make groups. The order is the store's, so each rests on nothing of the others:
    /// the memory store is told in the order in which the durable one numbered.
    async fn poll_together(&mut self, polls: &[Poll]) {
        let mut commits = Vec::new();
        for (index, poll) in polls.iter().enumerate() {
            let lone = Poll {
                edits: Vec::new(),
                links: Vec::new(),
                listed: None,
                ..poll.clone()
            };
            let mut changes = changes(&lone, self.now, &self.memory).await;
            for item in &mut changes.new_items {
                item.title = format!("{} of {index}", item.title);
            }
            if !changes.new_items.is_empty() {
                commits.push(changes);
            }
        }
        let asked = commits.iter().map(|changes| self.durable.commit(changes.clone()));
        let receipts = futures_util::future::join_all(asked).await;
        let mut told: Vec<(Receipt, Changes)> =
            receipts.into_iter().map(Result::unwrap).zip(commits).collect();
        told.sort_by_key(|(receipt, _)| receipt.numbers.clone());
        for (receipt, changes) in told {
            assert_eq!(self.memory.commit(changes).await.unwrap(), receipt);
        }
    }

    async fn register(&mut self, mask: u8) {
        let claims: Vec<SourceClaim> = (0..SOURCES)
            .filter(|bit| mask >> bit & 1 == 1)
            .map(|bit| SourceClaim {
                was: None,
                identity: format!("url:{bit}"),
                name: if bit < 2 {
                    "same".to_owned()
                } else {
                    format!("source-{bit}")
                },
                is_written: false,
                enabled: mask >> (bit + 4) & 1 == 0,
            })
            .collect();
        let expected = self.memory.register(claims.clone(), at(self.now)).await.unwrap();
        let found = self.durable.register(claims, at(self.now)).await.unwrap();
        assert_eq!(found, expected);
    }

    async fn step(&mut self, step: &Step, folder: &Path) {
        match step {
            Step::Poll(poll) => self.poll(poll).await,
            Step::Together(polls) => self.poll_together(polls).await,
            Step::Register(mask) => self.register(*mask).await,
            Step::Claim(later) => {
                // Leases do not outlive a process, so none may still hold when the next one is asked.
                self.now += later;
                let now = at(self.now);
                let lease = Duration::ZERO;
                let expected = self.memory.claim(now, lease, 3).await.unwrap();
                assert_eq!(self.durable.claim(now, lease, 3).await.unwrap(), expected);
            }
            Step::Stamp(digest) => {
                let stamp = Stamp {
                    path: format!("/{}", digest % 5),
                    digest: u128::from(*digest) << 99,
                    since: at(self.now),
                };
                self.memory.stamp(vec![stamp.clone()]).await.unwrap();
                self.durable.stamp(vec![stamp]).await.unwrap();
            }
            Step::Housekeep { days, is_full } => {
                let keep = Keep {
                    retention: Duration::from_secs(u64::from(*days)),
                    max_size_bytes: if *is_full { 0 } else { u64::MAX },
                };
                let expected = self.memory.housekeep(keep, at(self.now)).await.unwrap();
                let mut found = self.durable.housekeep(keep, at(self.now)).await.unwrap();
                found.compacted = false;
                assert_eq!(found, expected);
            }
            Step::Reopen => {
                self.durable.close().await.unwrap();
                self.durable = world::open(folder);
                assert_eq!(
                    self.durable.figures().await.unwrap().opening,
                    Vec::<String>::new()
                );
            }
            Step::LoseSled => {
                self.durable.close().await.unwrap();
                for entry in fs::read_dir(folder).unwrap().flatten() {
                    if entry.file_name().to_string_lossy().starts_with("sled-") {
                        fs::remove_dir_all(entry.path()).unwrap();
                    }
                }
                self.durable = world::open(folder);
                let words = self.durable.figures().await.unwrap().opening;
                assert!(words[0].contains("made anew from the journal"), "{words:?}");
            }
        }
        self.now += 5;
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("NEWSRIVER_CASES").map_or(24, |cases| cases.parse().unwrap()),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_durable_store_says_what_the_one_in_memory_says(steps in prop::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let opened = world::options(folder.path());
            let mut pair = Pair {
                memory: MemoryStore::new(&opened.authority, opened.now),
                durable: world::open(folder.path()),
                now: 1000,
            };
            for step in &steps {
                pair.step(step, folder.path()).await;
            }
            assert_eq!(look(&*pair.durable).await, look(&pair.memory).await);
            pair.step(&Step::LoseSled, folder.path()).await;
            assert_eq!(look(&*pair.durable).await, look(&pair.memory).await);
            pair.durable.close().await.unwrap();
        });
    }
}
