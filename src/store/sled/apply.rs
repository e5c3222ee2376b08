//! Records into sled. Applying decides nothing, and doing it again changes nothing: after a crash the records
//! behind the noted position are simply applied once more.

use super::Generation;
use super::rows::{self, ItemRow, ListOf, Meta, VALUE_BYTES};
use super::texts::Place;
use crate::model::{ItemNumber, Timestamp};
use crate::store::coding::{self, Numbers, damaged};
use crate::store::journal::{Old, Op, Record};
use crate::store::placing::Placement;
use crate::store::{Channel, Cursor, Error, Note};
use ::sled::{Batch, IVec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Readers wait while a batch is written, and sled keeps what it replaces until the batch ends: so many items at most.
const MAX_ITEMS: usize = 40;
const MAX_ROWS: usize = 500;
const MAX_BYTES: usize = 2 << 20;

/// Writes records into one generation, in batches that are there whole or not at all.
#[derive(Debug)]
pub(in crate::store) struct Applier {
    generation: Arc<Generation>,
    meta: Meta,
    rows: BTreeMap<IVec, Option<IVec>>,
    /// What goes to the end of the texts before the rows are written.
    texts: Vec<u8>,
    items: usize,
}

impl Applier {
    /// Goes on from what the generation says of itself.
    pub(in crate::store) fn new(generation: Arc<Generation>, meta: Meta) -> Self {
        Self {
            generation,
            meta,
            rows: BTreeMap::new(),
            texts: Vec::new(),
            items: 0,
        }
    }

    /// The generation as it is once everything applied is written.
    pub(in crate::store) fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Applies a record. What is not yet written is by [`Applier::finish`].
    pub(in crate::store) fn apply(&mut self, sequence: u64, record: &Record) -> Result<(), Error> {
        let mut blobs = record.blobs.as_slice();
        let mut placed = record.placed.iter();
        for op in &record.ops {
            if let Op::Item {
                number,
                version,
                size,
                old,
            } = op
            {
                let size = usize::try_from(*size).unwrap_or(usize::MAX);
                let (blob, rest) = blobs
                    .split_at_checked(size)
                    .ok_or_else(|| damaged("a record of the journal"))?;
                blobs = rest;
                self.put_item(*number, *version, blob, old.as_ref(), placed.next())?;
            } else {
                self.apply_small(op)?;
            }
            // An item's row and lines are in one batch, so a batch ends between operations only.
            if self.items >= MAX_ITEMS || self.rows.len() >= MAX_ROWS || self.texts.len() >= MAX_BYTES {
                self.write()?;
            }
        }
        self.meta.sequence = sequence;
        Ok(())
    }

    /// Writes what is left, with the position.
    pub(in crate::store) fn finish(&mut self) -> Result<(), Error> {
        self.write()
    }

    fn apply_small(&mut self, op: &Op) -> Result<(), Error> {
        match op {
            Op::Item { .. } | Op::End => {}
            Op::Identity(identity) => self.meta.identity = identity.clone(),
            Op::Allocated(count) => self.meta.allocated = self.meta.allocated.max(*count),
            Op::Gone {
                number,
                surfaced,
                old,
            } => {
                let place = Cursor {
                    surfaced: *surfaced,
                    number: *number,
                };
                self.take_lines(place, old)?;
                self.delete(rows::item(*number));
                self.delete(rows::left(*number));
                self.items += 1;
            }
            Op::Tally(tally) => self.meta.tally = *tally,
            Op::Link(key, link) => {
                let key = crate::model::Key(u128::from_be_bytes(*key));
                self.put(rows::seen(key), IVec::from(link.as_slice()));
            }
            Op::State(source, state) => {
                self.put(rows::state(*source), IVec::from(coding::state_bytes(state)?));
            }
            Op::Listed(source, numbers) => self.put(rows::listed(*source), rows::to_bytes(numbers)?),
            Op::Left(at, numbers) => self.put_left(*at, numbers),
            Op::Held(Numbers(numbers)) => {
                for number in numbers {
                    self.delete(rows::left(*number));
                }
            }
            Op::Source(enrolled) => {
                let key = rows::source(enrolled.registered.id);
                self.put(key, rows::to_bytes(enrolled)?);
            }
            Op::Dictionary(bytes) => self.put_dictionary(bytes),
            Op::Stamp(stamp) => self.put(rows::stamp(&stamp.path).into(), rows::to_bytes(stamp)?),
            Op::Note(note) => self.put_note(note)?,
        }
        Ok(())
    }

    fn put_dictionary(&mut self, bytes: &[u8]) {
        for (chunk, bytes) in (0..).zip(bytes.chunks(VALUE_BYTES)) {
            self.put(rows::dictionary(chunk), IVec::from(bytes));
        }
        self.generation.packing.adopt(bytes.to_vec());
    }

    /// All parts of what was there go, those still in the batch too.
    fn put_note(&mut self, note: &Note) -> Result<(), Error> {
        let begin = IVec::from(rows::note_parts(&note.name));
        let waiting = self.rows.range(begin.clone()..).map(|(key, _)| key);
        let waiting: Vec<IVec> = waiting
            .take_while(|key| key.starts_with(&begin))
            .cloned()
            .collect();
        for key in self.generation.note_keys(&note.name)?.into_iter().chain(waiting) {
            self.delete(key);
        }
        for (chunk, bytes) in (0..).zip(note.bytes.chunks(VALUE_BYTES)) {
            self.put(rows::note(&note.name, chunk).into(), IVec::from(bytes));
        }
        Ok(())
    }

    fn put_left(&mut self, at: Timestamp, Numbers(numbers): &Numbers) {
        for number in numbers {
            self.put(rows::left(*number), rows::time_bytes(at));
        }
    }

    fn put_item(
        &mut self,
        number: ItemNumber,
        version: u64,
        blob: &[u8],
        old: Option<&Old>,
        placed: Option<&Arc<Placement>>,
    ) -> Result<(), Error> {
        let unpacked;
        let place = match placed {
            Some(place) => place.as_ref(),
            None => {
                unpacked = Placement::of(&self.generation.packing.unpack(blob)?);
                &unpacked
            }
        };
        let row = ItemRow {
            version,
            place: Place {
                offset: self.generation.texts.end() + self.texts.len() as u64,
                length: blob.len() as u64,
                checksum: crc32fast::hash(blob),
            },
        };
        self.texts.extend_from_slice(blob);
        self.put(rows::item(number), rows::to_bytes(&row)?);
        let line = place.line(number, version);
        if let Some(old) = old {
            self.take_lines(line.cursor(), old)?;
        }
        let value = rows::line_bytes(&line)?;
        for channel in &place.channels {
            let of = self.list_of(channel)?;
            self.put(rows::list(of, line.cursor()), value.clone());
        }
        self.meta.allocated = self.meta.allocated.max(number.0);
        self.items += 1;
        Ok(())
    }

    fn take_lines(&mut self, place: Cursor, old: &Old) -> Result<(), Error> {
        for channel in &old.left {
            let of = self.list_of(channel)?;
            self.delete(rows::list(of, place));
        }
        Ok(())
    }

    /// The list of a channel; a category has one from its first item on.
    fn list_of(&mut self, channel: &Channel) -> Result<ListOf, Error> {
        if let Some(of) = self.generation.list_of(channel) {
            return Ok(of);
        }
        let Channel::Category(name) = channel else {
            return Ok(ListOf::river());
        };
        let number = self.generation.add_category(name);
        self.put(rows::category(name).into(), rows::to_bytes(&number)?);
        Ok(ListOf::category(number))
    }

    fn put(&mut self, key: IVec, value: IVec) {
        self.rows.insert(key, Some(value));
    }

    fn delete(&mut self, key: IVec) {
        self.rows.insert(key, None);
    }

    fn write(&mut self) -> Result<(), Error> {
        self.generation.texts.append(&self.texts)?;
        self.texts.clear();
        let mut batch = Batch::default();
        for (key, value) in std::mem::take(&mut self.rows) {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        batch.insert(rows::META, rows::to_bytes(&self.meta)?);
        self.items = 0;
        self.generation.write(batch)
    }
}
