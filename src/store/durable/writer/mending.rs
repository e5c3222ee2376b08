//! When sled fails: it is opened again, or made anew from the journal, and what memory keeps is learned again.

use super::super::opening;
use super::Writer;
use super::group::again;
use crate::model::ItemNumber;
use crate::store::journal::{Op, Record};
use crate::store::naming::Roll;
use crate::store::packing;
use crate::store::sled::{Applier, Generation, words_of};
use crate::store::{Error, disk};
use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A generation that was made anew and is damaged again so soon is not made anew once more.
const HEAL_PAUSE: Duration = Duration::from_secs(60);

/// A dictionary is learned when there are so many items, from so many of them.
const DICTIONARY_ITEMS: u64 = 1000;
const DICTIONARY_SAMPLES: u64 = 500;

impl Writer {
    /// The record is durable, but sled would not take it.
    pub(super) fn recover(&mut self, error: &Error) -> Result<(), Error> {
        if !matches!(error, Error::Full { .. }) {
            return self.heal(&opening::explained(error));
        }
        self.let_go();
        Err(again(error))
    }

    pub(super) fn let_go(&mut self) {
        self.shared.current.store(None);
        self.sled = None;
    }

    /// Opens sled again after a full disk, when there is room.
    pub(super) fn mend(&mut self) -> Result<(), Error> {
        if self.stopped.is_some() {
            return Err(self.stopped());
        }
        if self.sled.is_some() {
            return Ok(());
        }
        if disk::free_bytes(&self.layout.folder)? < self.options.headroom_bytes {
            return Err(Error::Full {
                path: self.layout.folder.clone(),
            });
        }
        let reopened = panic::catch_unwind(AssertUnwindSafe(|| {
            self.site().reopen(&self.journal, self.number, self.flushed)
        }));
        match reopened {
            Ok(Ok((generation, applier))) => self.install(self.number, generation, applier),
            Ok(Err(error @ Error::Full { .. })) => Err(error),
            Ok(Err(error)) => self.heal(&opening::explained(&error)),
            Err(panic) => self.heal(&words_of(&*panic)),
        }
    }

    pub(super) fn site(&self) -> opening::Site<'_> {
        opening::Site {
            layout: &self.layout,
            options: &self.options,
            title: &self.title,
            packing: &self.packing,
        }
    }

    /// Makes sled anew from the journal.
    pub(super) fn heal(&mut self, why: &str) -> Result<(), Error> {
        if self.healed_at.is_some_and(|at| at.elapsed() < HEAL_PAUSE) {
            self.stop(format!("the sled store is damaged again: {why}"));
            self.let_go();
            return Err(self.stopped());
        }
        self.healed_at = Some(Instant::now());
        let words = opening::made_anew(why);
        tracing::error!(store.path = %self.layout.folder.display(), "{words}");
        self.shared.say(words);
        self.let_go();
        self.make_anew()
    }

    pub(super) fn make_anew(&mut self) -> Result<(), Error> {
        let next = self.shared.next_generation();
        let (generation, applier, findings) = self.site().rebuild(&self.journal, next)?;
        for finding in findings {
            tracing::error!(store.path = %self.layout.folder.display(), "{}", finding.words);
            self.shared.say(finding.words);
        }
        self.layout.put_aside(self.number)?;
        self.install(next, generation, applier)
    }

    pub(super) fn install(
        &mut self,
        number: u64,
        generation: Arc<Generation>,
        applier: Applier,
    ) -> Result<(), Error> {
        self.layout.write_current(number)?;
        self.number = number;
        self.sled = Some((generation, applier));
        self.flush()?;
        self.learn()
    }

    /// A generation made beside catches up and counts from now on.
    pub(super) fn switch(
        &mut self,
        number: u64,
        mut applier: Applier,
        generation: Arc<Generation>,
    ) -> Result<(), Error> {
        let after = applier.meta().sequence;
        let reader = self.journal.reader();
        reader.replay(after, u64::MAX, |sequence, record| {
            applier.apply(sequence, &record)
        })?;
        applier.finish()?;
        generation.flush()?;
        let old = self.layout.sled(self.number);
        self.install(number, generation, applier)?;
        disk::remove(&old)
    }

    /// Learns from sled what is kept in memory, and lets readers have it.
    pub(super) fn learn(&mut self) -> Result<(), Error> {
        let Some((generation, _)) = &self.sled else {
            return Err(self.stopped());
        };
        let mut roll = Roll::default();
        generation.each_source(|enrolled| {
            roll.put(enrolled);
            Ok(())
        })?;
        let mut holders: HashMap<ItemNumber, u32> = HashMap::new();
        generation.each_list(|source, list| {
            if roll.is_active(source) {
                for number in list.0 {
                    *holders.entry(number).or_default() += 1;
                }
            }
            Ok(())
        })?;
        let mut turns = self.shared.turns();
        turns.set_polled(roll.polled());
        generation.each_state(|source, state| {
            turns.set_state(source, &state);
            Ok(())
        })?;
        drop(turns);
        self.shared
            .current
            .store(Some(Arc::new((self.number, Arc::clone(generation)))));
        self.shared.set_roll(&roll);
        self.roll = roll;
        self.holders = holders;
        self.publish_figures();
        Ok(())
    }

    /// Once there are enough items, what they share becomes the dictionary of all later ones.
    pub(super) fn learn_dictionary(&mut self) {
        let Some((generation, applier)) = &self.sled else {
            return;
        };
        let meta = applier.meta();
        let is_early = meta.tally.items < DICTIONARY_ITEMS || self.is_snapshotting;
        if is_early || self.has_sought_dictionary || self.packing.dictionary().is_some() {
            return;
        }
        self.has_sought_dictionary = true;
        let step = usize::try_from(meta.allocated / DICTIONARY_SAMPLES).unwrap_or(usize::MAX);
        let numbers = (1..=meta.allocated).step_by(step.max(1)).map(ItemNumber);
        let blobs = numbers.filter_map(|number| generation.blob(number).ok().flatten());
        let samples: Vec<Vec<u8>> = blobs.filter_map(|(_, blob)| self.packing.sample(&blob)).collect();
        let Some(dictionary) = packing::learn(&samples) else {
            return;
        };
        let record = Record {
            ops: vec![Op::Dictionary(dictionary.clone())],
            ..Record::default()
        };
        let kept = self
            .layout
            .write_dictionary(&dictionary)
            .and_then(|()| self.persist(&record));
        if let Err(error) = kept {
            tracing::warn!(error = opening::explained(&error), "no dictionary could be kept");
        }
    }
}
