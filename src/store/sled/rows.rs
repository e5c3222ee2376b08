//! How things lie in sled: one ordered tree, in which the first byte of a key says the table.
//!
//! | table | key behind that byte | value |
//! | --- | --- | --- |
//! | item | number | version, where its packed text lies |
//! | list, story | channel or story, `surfaced`, number counted down | version, `first_seen`, `is_backlog` |
//! | seen | key | the known link |
//! | state, listed | source | its state; the numbers its document lists |
//! | left | number | since when no active source lists it |
//! | source, stamp, category | source; path; name | enrolled; stamp; the number of its channel |
//! | note | name, chunk | 6 KiB of what it says |
//! | dictionary | chunk | 6 KiB of what items are packed with |
//! | meta | - | [`Meta`] |
//!
//! Numbers are big-endian, so that keys sort as numbers do. Values stay small: sled splits leaves by entries,
//! not by bytes, and writes pages over 128 KiB into files that it never syncs.

use super::texts::Place;
use crate::model::{ItemNumber, Key, SourceId, StoryId, Timestamp};
use crate::store::coding::damaged;
use crate::store::journal::Tally;
use crate::store::{Cursor, Error, Listing, StoreIdentity};
use ::sled::IVec;
use serde::{Deserialize, Serialize};

/// The longest value that we cut to length.
pub(super) const VALUE_BYTES: usize = 6 << 10;

const ITEM: u8 = b'i';
const LIST: u8 = b'l';
const STORY: u8 = b'y';
const NOTE: u8 = b'o';
const SEEN: u8 = b'k';
const STATE: u8 = b's';
const LISTED: u8 = b'd';
const LEFT: u8 = b'a';
const SOURCE: u8 = b'n';
const STAMP: u8 = b't';
const CATEGORY: u8 = b'c';
const DICTIONARY: u8 = b'z';

pub(super) const META: &[u8] = b"m";

/// The channel number of the river; categories count from 1.
const RIVER: u32 = 0;

/// The channel number of the items whose story others tell too: the last below those of sources.
const SHARED: u32 = (1 << 31) - 1;

/// Which list a line is in: what its key begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListOf {
    bytes: [u8; 11],
    length: usize,
}

impl ListOf {
    fn new(table: u8, parts: &[u8]) -> Self {
        let mut bytes = [0; 11];
        bytes[0] = table;
        for (place, byte) in bytes.iter_mut().skip(1).zip(parts) {
            *place = *byte;
        }
        Self {
            bytes,
            length: parts.len() + 1,
        }
    }

    fn channel(number: u32) -> Self {
        Self::new(LIST, &number.to_be_bytes())
    }

    /// All items.
    pub(super) fn river() -> Self {
        Self::channel(RIVER)
    }

    /// Those whose story others tell too.
    pub(super) fn shared() -> Self {
        Self::channel(SHARED)
    }

    /// A category, by the number of its channel.
    pub(super) fn category(number: u32) -> Self {
        Self::channel(number)
    }

    /// A source: its channel number lies apart from those of categories.
    pub(super) fn source(source: SourceId) -> Self {
        Self::channel(source.0 | (1 << 31))
    }

    /// A story.
    pub(super) fn story(story: StoryId) -> Self {
        Self::new(STORY, &septets::<10>(story.0))
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// What sled says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Meta {
    /// The store it belongs to.
    pub(in crate::store) uuid: u128,
    /// What was fixed when the store was made.
    pub(in crate::store) identity: StoreIdentity,
    /// All records up to this one have been applied.
    pub(in crate::store) sequence: u64,
    /// Item numbers given so far.
    pub(in crate::store) allocated: u64,
    /// What there is.
    pub(in crate::store) tally: Tally,
}

/// A table of which all rows are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Item,
    List,
    Seen,
    State,
    Listed,
    Left,
    Source,
    Stamp,
    Category,
    Dictionary,
    Story,
}

impl Table {
    /// The byte that all its keys begin with.
    pub(super) const fn prefix(self) -> u8 {
        match self {
            Self::Item => ITEM,
            Self::List => LIST,
            Self::Seen => SEEN,
            Self::State => STATE,
            Self::Listed => LISTED,
            Self::Left => LEFT,
            Self::Source => SOURCE,
            Self::Stamp => STAMP,
            Self::Category => CATEGORY,
            Self::Dictionary => DICTIONARY,
            Self::Story => STORY,
        }
    }
}

fn key(table: u8, parts: &[&[u8]]) -> IVec {
    let mut buffer = [0; 32];
    let mut length = 1;
    buffer[0] = table;
    for part in parts {
        if let Some(room) = buffer.get_mut(length..length + part.len()) {
            room.copy_from_slice(part);
            length += part.len();
        }
    }
    IVec::from(buffer.get(..length).unwrap_or_default())
}

pub(super) fn item(number: ItemNumber) -> IVec {
    key(ITEM, &[&number.0.to_be_bytes()])
}

pub(super) fn seen(of: Key) -> IVec {
    key(SEEN, &[&of.0.to_be_bytes()])
}

pub(super) fn state(source: SourceId) -> IVec {
    key(STATE, &[&source.0.to_be_bytes()])
}

pub(super) fn listed(source: SourceId) -> IVec {
    key(LISTED, &[&source.0.to_be_bytes()])
}

pub(super) fn left(number: ItemNumber) -> IVec {
    key(LEFT, &[&number.0.to_be_bytes()])
}

pub(super) fn source(source: SourceId) -> IVec {
    key(SOURCE, &[&source.0.to_be_bytes()])
}

pub(super) fn stamp(path: &str) -> Vec<u8> {
    [&[STAMP], path.as_bytes()].concat()
}

pub(super) fn category(name: &str) -> Vec<u8> {
    [&[CATEGORY], name.as_bytes()].concat()
}

pub(super) fn dictionary(chunk: u32) -> IVec {
    key(DICTIONARY, &[&chunk.to_be_bytes()])
}

/// A part of a note. A NUL ends its name, so that names sort as texts do.
pub(super) fn note(name: &str, chunk: u32) -> Vec<u8> {
    [&[NOTE], name.as_bytes(), &[0], &chunk.to_be_bytes()].concat()
}

/// What the keys of all parts of a note begin with.
pub(super) fn note_parts(name: &str) -> Vec<u8> {
    [&[NOTE], name.as_bytes(), &[0]].concat()
}

/// What the keys of all notes begin with whose names begin so.
pub(super) fn notes(prefix: &str) -> Vec<u8> {
    [&[NOTE], prefix.as_bytes()].concat()
}

/// The name of the note that a key is a part of.
pub(super) fn note_of(key: &[u8]) -> Result<&str, Error> {
    let name = key.get(1..key.len().saturating_sub(5)).unwrap_or_default();
    std::str::from_utf8(name).map_err(|_| damaged("the name of a note"))
}

/// The place of an item in a list. Read backwards: newest `surfaced` first, then the earlier number.
pub(super) fn list(of: ListOf, place: Cursor) -> IVec {
    let surfaced = place.surfaced.millis().cast_unsigned() ^ (1 << 63);
    let (table, rest) = of.as_bytes().split_first().unwrap_or((&LIST, &[]));
    let parts = [rest, &septets::<10>(surfaced), &septets::<8>(!place.number.0)];
    key(*table, &parts)
}

/// The lowest `7 * N` bits, seven a byte, the highest first: they sort like the number.
///
/// Walking backwards, sled looks for the node before one that begins with `…x` at `…(x-1) FF FF FF FF`, and panics when
/// a key lies between the two. A key of bytes below 80 hexadecimal never does.
fn septets<const N: usize>(number: u64) -> [u8; N] {
    let mut bytes = [0; N];
    for (place, byte) in bytes.iter_mut().rev().enumerate() {
        let septet = u32::try_from(7 * place)
            .ok()
            .and_then(|shift| number.checked_shr(shift));
        *byte = u8::try_from(septet.unwrap_or_default() & 0x7f).unwrap_or_default();
    }
    bytes
}

/// The number of such bytes.
fn of_septets(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 7 | u64::from(*byte))
}

/// The highest number of an item that a list's key can hold: 72 quadrillion.
const MAX_NUMBER: u64 = (1 << 56) - 1;

/// The first and the last place that a list can have.
pub(super) fn list_bounds(of: ListOf) -> (IVec, IVec) {
    let first = Cursor {
        surfaced: Timestamp::from_millis(i64::MIN),
        number: ItemNumber(MAX_NUMBER),
    };
    let last = Cursor {
        surfaced: Timestamp::from_millis(i64::MAX),
        number: ItemNumber(0),
    };
    (list(of, first), list(of, last))
}

/// What a line says besides its key.
pub(super) fn line_bytes(line: &Listing) -> Result<IVec, Error> {
    let waited = line.first_seen.millis().wrapping_sub(line.surfaced.millis());
    let mut buffer = [0; 24];
    let used = postcard::to_slice(&(line.version, waited, line.is_backlog), &mut buffer)
        .map_err(|_| damaged("a line that cannot be written"))?;
    Ok(IVec::from(&*used))
}

/// The line of a row.
pub(super) fn line_of(key: &[u8], value: &[u8]) -> Result<Listing, Error> {
    read_line(key, value).ok_or_else(|| damaged("a line of a list"))
}

fn read_line(key: &[u8], value: &[u8]) -> Option<Listing> {
    // The last 18 bytes are the place, whatever list it is in.
    let place = key.len().checked_sub(18).filter(|begin| *begin > 0)?;
    let (surfaced, number) = key.get(place..)?.split_first_chunk::<10>()?;
    let number: &[u8; 8] = number.try_into().ok()?;
    let surfaced = (of_septets(surfaced) ^ (1 << 63)).cast_signed();
    let number = !of_septets(number) & MAX_NUMBER;
    let (version, waited, is_backlog): (u64, i64, bool) = postcard::from_bytes(value).ok()?;
    Some(Listing {
        number: ItemNumber(number),
        surfaced: Timestamp::from_millis(surfaced),
        first_seen: Timestamp::from_millis(surfaced.wrapping_add(waited)),
        is_backlog,
        version,
    })
}

/// What an item's row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ItemRow {
    pub(super) version: u64,
    pub(super) place: Place,
}

impl ItemRow {
    /// The row of such bytes.
    pub(super) fn read(row: &[u8]) -> Result<Self, Error> {
        of_bytes(row, "the row of an item")
    }
}

/// The number that ends a key.
pub(super) fn number_of(key: &[u8]) -> Result<ItemNumber, Error> {
    let bytes = key.get(1..).and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| damaged("the key of an item"))?;
    Ok(ItemNumber(u64::from_be_bytes(bytes)))
}

/// The source that ends a key.
pub(super) fn source_of(key: &[u8]) -> Result<SourceId, Error> {
    let bytes = key.get(1..).and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| damaged("the key of a source"))?;
    Ok(SourceId(u32::from_be_bytes(bytes)))
}

/// A time as a value.
pub(super) fn time_bytes(time: Timestamp) -> IVec {
    IVec::from(&time.millis().to_be_bytes())
}

/// The time of a value.
pub(super) fn time_of(bytes: &[u8]) -> Result<Timestamp, Error> {
    let bytes = bytes.try_into().map_err(|_| damaged("a time"))?;
    Ok(Timestamp::from_millis(i64::from_be_bytes(bytes)))
}

/// Any other value.
pub(super) fn to_bytes<T: Serialize>(value: &T) -> Result<IVec, Error> {
    let bytes = postcard::to_stdvec(value).map_err(|_| damaged("a value that cannot be written"))?;
    Ok(IVec::from(bytes))
}

/// Any other value, read.
pub(super) fn of_bytes<T: for<'de> Deserialize<'de>>(bytes: &[u8], what: &str) -> Result<T, Error> {
    postcard::from_bytes(bytes).map_err(|_| damaged(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(millis: i64, number: u64) -> Cursor {
        Cursor {
            surfaced: Timestamp::from_millis(millis),
            number: ItemNumber(number),
        }
    }

    #[test]
    fn keys_of_a_list_sort_oldest_first_and_within_an_instant_latest_number_first() {
        let ordered = [
            place(i64::MIN, 5),
            place(-1, 5),
            place(0, 9),
            place(0, 8),
            place(7, 1),
            place(i64::MAX, 0),
        ];
        let of = ListOf::category;
        let keys: Vec<IVec> = ordered.iter().map(|place| list(of(3), *place)).collect();
        assert!(keys.is_sorted());
        let (first, last) = list_bounds(of(3));
        assert!(first < keys[0] && last == keys[5] && last < list_bounds(of(4)).0);
        assert!(keys.iter().all(|key| key.len() == 23));
    }

    /// What sled 0.34.7 must get through: keys that ended in the bytes of an inverted number made it panic on real feeds.
    #[test]
    fn a_list_of_many_lines_is_walked_backwards_to_its_end() {
        let db = sled::Config::new().temporary(true).open().unwrap();
        let mut keys = Vec::new();
        for number in 0..20_000u64 {
            // Many at one instant, some at the very beginning of time.
            let place = place(i64::try_from(number % 97).unwrap() * 60_000, number);
            for of in [
                ListOf::river(),
                ListOf::source(SourceId(u32::try_from(number % 300).unwrap())),
                ListOf::story(StoryId(number / 3)),
            ] {
                keys.push(list(of, place));
            }
        }
        for key in &keys {
            db.insert(key, &[1]).unwrap();
        }
        keys.sort_unstable();
        let walked: Vec<IVec> = db.iter().rev().map(|row| row.unwrap().0).collect();
        assert!(walked.iter().eq(keys.iter().rev()));
        let (first, last) = list_bounds(ListOf::river());
        assert_eq!(db.range(first..=last).rev().count(), 20_000);
    }

    #[test]
    fn a_line_comes_back_from_its_row() {
        let line = Listing {
            number: ItemNumber(77),
            surfaced: Timestamp::from_millis(i64::MIN),
            first_seen: Timestamp::from_millis(5),
            is_backlog: true,
            version: 300,
        };
        let value = line_bytes(&line).unwrap();
        assert_eq!(
            line_of(&list(ListOf::category(9), line.cursor()), &value).unwrap(),
            line
        );
        let in_story = list(ListOf::story(StoryId(u64::MAX)), line.cursor());
        assert_eq!(line_of(&in_story, &value).unwrap(), line);
        assert!(line_of(b"l", &value).is_err());
    }
}
