//! What the journal says: puts and removals of single things, already decided.
//!
//! Applying a record needs no decision, asks nothing of what is there, and may be done twice, or over what a
//! crash left half done. All live things written as such puts are a
//! snapshot; a snapshot read while newer records are written comes right when those are applied behind it.

use crate::model::{ItemNumber, Key, SourceId, SourceState, Timestamp};
use crate::store::coding::{self, Numbers};
use crate::store::naming::Enrolled;
use crate::store::packing;
use crate::store::placing::Placement;
use crate::store::{Channel, Error, Note, Stamp, StoreIdentity};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const VERSION: u8 = 1;

/// What the operations of one record can be at most, unpacked.
const MAX_OPS_BYTES: usize = 1 << 30;

/// One thing that is so from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) enum Op {
    /// What was fixed when the store was made.
    Identity(StoreIdentity),
    /// So many item numbers have been given.
    Allocated(u64),
    /// An item, new or changed; its packed bytes are the next `size` of the record's blobs.
    Item {
        /// Which.
        number: ItemNumber,
        /// Of this version.
        version: u64,
        /// Bytes.
        size: u32,
        /// What it replaces.
        old: Option<Old>,
    },
    /// An item left; its keys stay known.
    Gone {
        /// Which.
        number: ItemNumber,
        /// Where it stood in its lists.
        surfaced: Timestamp,
        /// As it was, leaving all of its lists.
        old: Old,
    },
    /// So many items there are, with so many packed bytes and so many lines in lists.
    Tally(Tally),
    /// What a key names, by `coding::link_bytes`.
    Link([u8; 16], Vec<u8>),
    /// A source's state, `listed` apart.
    State(SourceId, Box<SourceState>),
    /// What a source's newest document lists.
    Listed(SourceId, Numbers),
    /// No active source lists these any more, since then.
    Left(Timestamp, Numbers),
    /// Some active source lists these again.
    Held(Numbers),
    /// A source's number and name.
    Source(Enrolled),
    /// A document's stamp.
    Stamp(Stamp),
    /// What items are packed with; before the first that is.
    Dictionary(Vec<u8>),
    /// The last word of a snapshot: it is whole.
    End,
    /// A note; one without bytes is there no more.
    Note(Note),
}

/// What an operation takes away, said in full: it is taken away whatever a crash left half done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Old {
    /// Its version.
    pub(in crate::store) version: u64,
    /// Its packed bytes.
    pub(in crate::store) length: u64,
    /// The lists it leaves.
    pub(in crate::store) left: Vec<Channel>,
}

/// Counts of what there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Tally {
    /// Items.
    pub(in crate::store) items: u64,
    /// Their packed bytes.
    pub(in crate::store) live_bytes: u64,
    /// Their lines in lists.
    pub(in crate::store) lines: u64,
}

/// Operations that become durable together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::store) struct Record {
    /// In the order in which they are applied.
    pub(in crate::store) ops: Vec<Op>,
    /// The packed items, in the order of the `Op::Item`s.
    pub(in crate::store) blobs: Vec<u8>,
    /// Where those items stand, if whoever made the record knows: spares unpacking them. Not written.
    pub(in crate::store) placed: Vec<Arc<Placement>>,
}

impl Record {
    /// Adds an item.
    pub(in crate::store) fn push_item(
        &mut self,
        number: ItemNumber,
        version: u64,
        blob: &[u8],
        old: Option<Old>,
    ) {
        let size = u32::try_from(blob.len()).unwrap_or(u32::MAX);
        self.ops.push(Op::Item {
            number,
            version,
            size,
            old,
        });
        self.blobs.extend_from_slice(blob);
    }

    /// Adds a link.
    pub(in crate::store) fn push_link(&mut self, key: Key, link: Vec<u8>) {
        self.ops.push(Op::Link(key.0.to_be_bytes(), link));
    }

    /// Puts another record behind this one.
    pub(in crate::store) fn append(&mut self, mut other: Self) {
        self.ops.append(&mut other.ops);
        self.blobs.append(&mut other.blobs);
        self.placed.append(&mut other.placed);
    }

    /// Roughly what it takes in the journal.
    pub(in crate::store) fn size(&self) -> usize {
        self.blobs.len() + self.ops.len() * 64
    }

    /// As it lies in a frame: version, length of the operations, operations (zstd), blobs (packed already).
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let unwritable = || coding::damaged("a record that cannot be written");
        let plain = postcard::to_stdvec(&self.ops).map_err(|_| unwritable())?;
        let ops = packing::compress(&plain).ok_or_else(unwritable)?;
        let length = u32::try_from(ops.len()).map_err(|_| unwritable())?;
        u32::try_from(self.blobs.len()).map_err(|_| unwritable())?;
        let mut bytes = Vec::with_capacity(5 + ops.len() + self.blobs.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&ops);
        bytes.extend_from_slice(&self.blobs);
        Ok(bytes)
    }

    /// The record of such bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        read(bytes).ok_or_else(|| coding::damaged("a record of the journal"))
    }
}

fn read(bytes: &[u8]) -> Option<Record> {
    let (version, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (ops, blobs) = rest.split_at_checked(length)?;
    if *version != VERSION {
        return None;
    }
    let plain = packing::decompress(ops, MAX_OPS_BYTES)?;
    Some(Record {
        ops: postcard::from_bytes(&plain).ok()?,
        blobs: blobs.to_vec(),
        placed: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_from_its_bytes() {
        let mut record = Record::default();
        let old = Old {
            version: 1,
            length: 9,
            left: vec![Channel::River],
        };
        record.push_item(ItemNumber(4), 2, b"blob", Some(old));
        record.push_link(Key(9), vec![1, 2]);
        record
            .ops
            .push(Op::Left(Timestamp(5), Numbers(vec![ItemNumber(1)])));
        let bytes = record.to_bytes().unwrap();
        assert_eq!(Record::from_bytes(&bytes).unwrap(), record);
        for cut in 0..bytes.len() - 4 {
            assert!(Record::from_bytes(&bytes[..cut]).is_err());
        }
    }
}
