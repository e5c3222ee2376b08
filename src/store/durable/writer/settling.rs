//! What follows a group: memory keeps up, sled becomes durable in its own time, and at the end all is closed.

use super::super::layout::{Mark, this_boot};
use super::super::opening;
use super::super::plan::Plan;
use super::Writer;
use crate::store::Error;
use crate::store::journal::{Op, Record};
use crate::store::sled::{Applier, Generation, file_bytes_in, fingerprint, is_let_go};
use std::time::Duration;

/// sled is made durable when writing pauses, or after this at the latest.
pub(super) const FLUSH_PAUSE: Duration = Duration::from_millis(200);
const FLUSH_AFTER: Duration = Duration::from_secs(1);

impl Writer {
    /// The group is durable and in sled: what memory knows follows.
    pub(super) fn take_effect(&mut self, plans: Vec<Plan>, record: &Record) {
        let mut turns = self.shared.turns();
        for op in &record.ops {
            if let Op::State(source, state) = op {
                turns.set_state(*source, state);
            }
        }
        for plan in plans {
            for number in plan.gained {
                *self.holders.entry(number).or_default() += 1;
            }
            for number in plan.lost {
                if let Some(count) = self.holders.get_mut(&number) {
                    *count -= 1;
                    if *count == 0 {
                        self.holders.remove(&number);
                    }
                }
            }
            if let Some(source) = plan.released {
                turns.release(source);
            }
            if let Some(roll) = plan.roll {
                turns.set_polled(roll.polled());
                self.shared.set_roll(&roll);
                self.roll = roll;
            }
        }
        drop(turns);
        self.publish_figures();
    }

    pub(super) fn publish_figures(&self) {
        if let Some((_, applier)) = &self.sled {
            let journal = (self.journal.bytes(), self.journal.closed_bytes());
            self.shared.set_figures(applier.meta(), journal);
        }
    }

    pub(super) fn flush_when_due(&mut self, is_idle: bool) {
        let is_due = self.dirty_since.is_some_and(|since| {
            since.elapsed() >= FLUSH_AFTER || (is_idle && since.elapsed() >= FLUSH_PAUSE)
        });
        if is_due && let Err(error) = self.flush() {
            tracing::error!(
                error = opening::explained(&error),
                "sled could not be made durable"
            );
            match error {
                Error::Full { .. } => self.let_go(),
                error => {
                    self.stop(opening::explained(&error));
                }
            }
        }
    }

    /// Makes sled durable and notes how far it is.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.dirty_since = None;
        let Some((generation, applier)) = &self.sled else {
            return Ok(());
        };
        generation.flush()?;
        self.flushed = applier.meta().sequence;
        self.marks.write(self.mark(generation, applier), false)
    }

    pub(super) fn mark(&self, generation: &Generation, applier: &Applier) -> Mark {
        Mark {
            generation: self.number,
            sequence: applier.meta().sequence,
            items: applier.meta().tally.items,
            file_bytes: generation.file_bytes(),
            fingerprint: 0,
            boot: this_boot(),
            is_clean: false,
        }
    }

    /// Writes everything out, closes sled, and notes that its files are as they should be.
    pub(super) fn close(&mut self) -> Result<(), Error> {
        self.shared.current.store(None);
        let flushed = if self.stopped.is_none() {
            self.flush()
        } else {
            Ok(())
        };
        self.stopped.get_or_insert_with(|| "it was closed".to_owned());
        let Some((generation, applier)) = self.sled.take() else {
            return flushed;
        };
        let mark = self.mark(&generation, &applier);
        drop(applier);
        flushed?;
        // A reader may hold it for a moment yet. One that does not let go costs the clean mark.
        drop(generation);
        let path = self.layout.sled(self.number);
        let is_clean = is_let_go(&path);
        let clean = Mark {
            file_bytes: file_bytes_in(&path),
            fingerprint: fingerprint(&path)?,
            is_clean,
            ..mark
        };
        self.marks.write(clean, true)
    }
}
