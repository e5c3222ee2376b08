//! Reading from sled. Every scan ends at its first error.

use super::Generation;
use super::rows::{self, ItemRow, ListOf, Table};
use crate::model::{ItemNumber, Key, KnownLink, SourceId, SourceState, Timestamp};
use crate::store::coding::{self, Numbers, damaged};
use crate::store::naming::Enrolled;
use crate::store::{Channel, Cursor, Error, Listing, Note, Stamp, StoredItem};
use ::sled::IVec;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

impl Generation {
    /// What is known under a key.
    pub(in crate::store) fn known(&self, key: Key) -> Result<Option<KnownLink>, Error> {
        let row = self.get(&rows::seen(key))?;
        row.map(|row| coding::link_of(&row)).transpose()
    }

    /// The lines of a list, newest first, from just after `before`.
    pub(in crate::store) fn list(
        &self,
        channel: &Channel,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Listing>, Error> {
        let Some(of) = self.list_of(channel) else {
            return Ok(Vec::new());
        };
        let (first, last) = rows::list_bounds(of);
        let range = match before {
            None => self.db.range(first..=last),
            Some(before) => {
                let end = rows::list(of, before);
                if end <= first {
                    return Ok(Vec::new());
                }
                self.db.range(first..end)
            }
        };
        let mut lines = Vec::new();
        for row in range.rev().take(limit) {
            let (key, value) = row.map_err(|source| self.refused(source))?;
            lines.push(rows::line_of(&key, &value)?);
        }
        Ok(lines)
    }

    /// The lines before a place, the nearest first.
    pub(in crate::store) fn newer(
        &self,
        channel: &Channel,
        than: Cursor,
        limit: usize,
    ) -> Result<Vec<Listing>, Error> {
        let Some(of) = self.list_of(channel) else {
            return Ok(Vec::new());
        };
        let (_, last) = rows::list_bounds(of);
        let place = rows::list(of, than);
        if place >= last {
            return Ok(Vec::new());
        }
        let mut lines = Vec::new();
        for row in self.db.range(place..=last) {
            if lines.len() >= limit {
                break;
            }
            let (key, value) = row.map_err(|source| self.refused(source))?;
            let line = rows::line_of(&key, &value)?;
            if line.cursor() != than {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    /// The oldest lines of the river, oldest first.
    pub(in crate::store) fn oldest(&self, limit: usize) -> Result<Vec<Listing>, Error> {
        let (first, last) = rows::list_bounds(ListOf::river());
        let mut lines = Vec::new();
        for row in self.db.range(first..=last).take(limit) {
            let (key, value) = row.map_err(|source| self.refused(source))?;
            lines.push(rows::line_of(&key, &value)?);
        }
        Ok(lines)
    }

    /// The lines of the river, oldest first, for as long as `visit` wants more.
    pub(in crate::store) fn each_from_oldest(
        &self,
        mut visit: impl FnMut(Listing) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let (first, last) = rows::list_bounds(ListOf::river());
        for row in self.db.range(first..=last) {
            let (key, value) = row.map_err(|source| self.refused(source))?;
            if !visit(rows::line_of(&key, &value)?)? {
                break;
            }
        }
        Ok(())
    }

    /// The version of an item, if it is there.
    pub(in crate::store) fn version(&self, number: ItemNumber) -> Result<Option<u64>, Error> {
        let row = self.get(&rows::item(number))?;
        row.map(|row| Ok(ItemRow::read(&row)?.version)).transpose()
    }

    /// An item.
    pub(in crate::store) fn item(&self, number: ItemNumber) -> Result<Option<StoredItem>, Error> {
        Ok(self.sized_item(number)?.map(|(stored, _)| stored))
    }

    /// An item, and the length of its packed bytes.
    pub(in crate::store) fn sized_item(
        &self,
        number: ItemNumber,
    ) -> Result<Option<(StoredItem, u64)>, Error> {
        let Some((version, blob)) = self.blob(number)? else {
            return Ok(None);
        };
        let stored = StoredItem {
            number,
            version,
            item: Arc::new(self.packing.unpack(&blob)?),
        };
        Ok(Some((stored, blob.len() as u64)))
    }

    /// An item as packed, with its version.
    pub(in crate::store) fn blob(&self, number: ItemNumber) -> Result<Option<(u64, Vec<u8>)>, Error> {
        let Some(row) = self.get(&rows::item(number))? else {
            return Ok(None);
        };
        let row = ItemRow::read(&row)?;
        Ok(Some((row.version, self.texts.read(row.place)?)))
    }

    /// What is remembered of a source, `listed` included.
    pub(in crate::store) fn state(&self, source: SourceId) -> Result<SourceState, Error> {
        let row = self.get(&rows::state(source))?;
        let mut state = match row {
            Some(row) => coding::state_of(&row)?,
            None => SourceState::default(),
        };
        state.listed = self.listed(source)?;
        Ok(state)
    }

    /// What a source's newest document lists.
    pub(in crate::store) fn listed(&self, source: SourceId) -> Result<Vec<ItemNumber>, Error> {
        match self.get(&rows::listed(source))? {
            Some(row) => Ok(rows::of_bytes::<Numbers>(&row, "the list of a source")?.0),
            None => Ok(Vec::new()),
        }
    }

    /// Since when no active source lists an item; `None` when one does.
    pub(in crate::store) fn left(&self, number: ItemNumber) -> Result<Option<Timestamp>, Error> {
        let row = self.get(&rows::left(number))?;
        row.map(|row| rows::time_of(&row)).transpose()
    }

    /// Every stamp, by path.
    pub(in crate::store) fn stamps(&self) -> Result<Vec<Stamp>, Error> {
        let mut stamps = Vec::new();
        self.scan(Table::Stamp, |_, value| {
            stamps.push(rows::of_bytes(value, "a stamp")?);
            Ok(())
        })?;
        Ok(stamps)
    }

    /// Every note whose name begins so, by name.
    pub(in crate::store) fn notes(&self, prefix: &str) -> Result<Vec<Note>, Error> {
        let mut notes: Vec<Note> = Vec::new();
        for row in self.db.scan_prefix(rows::notes(prefix)) {
            let (key, value) = row.map_err(|source| self.refused(source))?;
            let name = rows::note_of(&key)?;
            match notes.last_mut().filter(|note| note.name == name) {
                Some(note) => note.bytes.extend_from_slice(&value),
                None => notes.push(Note {
                    name: name.to_owned(),
                    bytes: value.to_vec(),
                }),
            }
        }
        Ok(notes)
    }

    /// The keys of all rows of a note.
    pub(super) fn note_keys(&self, name: &str) -> Result<Vec<IVec>, Error> {
        let rows = self.db.scan_prefix(rows::note_parts(name)).keys();
        rows.map(|key| key.map_err(|source| self.refused(source)))
            .collect()
    }

    /// Every source ever seen.
    pub(in crate::store) fn each_source(
        &self,
        mut visit: impl FnMut(Enrolled) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.scan(Table::Source, |_, value| {
            visit(rows::of_bytes(value, "a source")?)
        })
    }

    /// Every source's state, without what it lists.
    pub(in crate::store) fn each_state(
        &self,
        mut visit: impl FnMut(SourceId, SourceState) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.scan(Table::State, |key, value| {
            visit(rows::source_of(key)?, coding::state_of(value)?)
        })
    }

    /// What each source lists.
    pub(in crate::store) fn each_list(
        &self,
        mut visit: impl FnMut(SourceId, Numbers) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.scan(Table::Listed, |key, value| {
            visit(
                rows::source_of(key)?,
                rows::of_bytes(value, "the list of a source")?,
            )
        })
    }

    /// Every item that no active source lists, with since when.
    pub(in crate::store) fn each_left(
        &self,
        mut visit: impl FnMut(ItemNumber, Timestamp) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.scan(Table::Left, |key, value| {
            visit(rows::number_of(key)?, rows::time_of(value)?)
        })
    }

    /// Every link as it lies, with its key.
    pub(in crate::store) fn each_link(
        &self,
        mut visit: impl FnMut(Key, &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.scan(Table::Seen, |key, value| {
            let bytes = key.get(1..).and_then(|bytes| bytes.try_into().ok());
            let bytes = bytes.ok_or_else(|| damaged("the key of a link"))?;
            visit(Key(u128::from_be_bytes(bytes)), value)
        })
    }

    /// The numbers of all items, in order.
    pub(in crate::store) fn each_item(
        &self,
        mut visit: impl FnMut(ItemNumber) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.scan(Table::Item, |key, _| visit(rows::number_of(key)?))
    }

    /// Reads every row there is, and answers how many items and how many lines. That a row points behind the last
    /// text is damage.
    pub(in crate::store) fn count(&self) -> Result<(u64, u64), Error> {
        let (mut items, mut lines) = (0, 0);
        for row in self.db.iter() {
            let (key, value) = row.map_err(|source| self.refused(source))?;
            if key.first() == Some(&Table::Item.prefix()) {
                items += 1;
                if ItemRow::read(&value)?.place.end() > self.texts.end() {
                    return Err(damaged("a place that no text is at"));
                }
            }
            let is_line = [Table::List, Table::Story].map(|table| key.first() == Some(&table.prefix()));
            lines += u64::from(is_line.contains(&true));
        }
        Ok((items, lines))
    }

    /// Reads the dictionary, once after opening, if there is one.
    pub(super) fn read_dictionary(&self) -> Result<(), Error> {
        let mut dictionary = Vec::new();
        self.scan(Table::Dictionary, |_, value| {
            dictionary.extend_from_slice(value);
            Ok(())
        })?;
        if !dictionary.is_empty() {
            self.packing.adopt(dictionary);
        }
        Ok(())
    }

    /// Reads the numbers of the categories' channels, once after opening.
    pub(super) fn read_categories(&self) -> Result<(), Error> {
        let mut found = HashMap::new();
        self.scan(Table::Category, |key, value| {
            let name = key.get(1..).unwrap_or_default();
            let name = String::from_utf8(name.to_vec()).map_err(|_| damaged("a category"))?;
            found.insert(name, rows::of_bytes(value, "a category")?);
            Ok(())
        })?;
        *self.categories.write().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }

    fn scan(
        &self,
        table: Table,
        mut visit: impl FnMut(&IVec, &IVec) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for row in self.db.scan_prefix([table.prefix()]) {
            let (key, value) = row.map_err(|source| self.refused(source))?;
            visit(&key, &value)?;
        }
        Ok(())
    }
}
