//! How values become bytes: the same in the journal and in sled, so that neither has to open what the other wrote.
//!
//! Each kind carries a version or codec byte in front: a later form can stand beside this one.

use super::Error;
use crate::model::{Item, ItemNumber, KnownLink, SourceState};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::RefCell;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
const STATE: u8 = 1;

/// Fast, and on texts of a few kilobytes within a few per cent of the slow levels.
const LEVEL: i32 = 3;

/// What an item can be at most, unpacked: a damaged length asks for no more memory than this.
const MAX_ITEM_BYTES: usize = 256 << 20;

/// An item as kept: the codec, then postcard, compressed where that is shorter.
pub(super) fn pack_item(item: &Item) -> Result<Vec<u8>, Error> {
    let plain = postcard::to_stdvec(item).map_err(|_| damaged("an item that cannot be written"))?;
    let packed = compress(&plain).filter(|packed| packed.len() < plain.len());
    let (codec, bytes) = match &packed {
        Some(packed) => (ZSTD, packed),
        None => (PLAIN, &plain),
    };
    let mut blob = Vec::with_capacity(bytes.len() + 1);
    blob.push(codec);
    blob.extend_from_slice(bytes);
    Ok(blob)
}

/// The item of a blob.
pub(super) fn unpack_item(blob: &[u8]) -> Result<Item, Error> {
    let item = match blob.split_first() {
        Some((&PLAIN, plain)) => postcard::from_bytes(plain).ok(),
        Some((&ZSTD, packed)) => {
            decompress(packed, MAX_ITEM_BYTES).and_then(|plain| postcard::from_bytes(&plain).ok())
        }
        _ => None,
    };
    item.ok_or_else(|| damaged("an item"))
}

/// Compressed; `None` when zstd will not, which leaves the bytes as they are.
pub(super) fn compress(plain: &[u8]) -> Option<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> =
            RefCell::new(zstd::bulk::Compressor::new(LEVEL).ok());
    }
    COMPRESSOR.with_borrow_mut(|compressor| compressor.as_mut()?.compress(plain).ok())
}

/// Decompressed, when that is no more than `limit` bytes.
pub(super) fn decompress(packed: &[u8], limit: usize) -> Option<Vec<u8>> {
    thread_local! {
        static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> =
            RefCell::new(zstd::bulk::Decompressor::new().ok());
    }
    DECOMPRESSOR.with_borrow_mut(|decompressor| decompressor.as_mut()?.decompress(packed, limit).ok())
}

/// A known link in 17 to 49 bytes: digests are random, so fixed widths beat variable ones. One byte counts the
/// titles (low half) and the texts (high half), fifteen of each at most.
pub(super) fn link_bytes(link: &KnownLink) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(52);
    bytes.extend_from_slice(&link.digest.to_le_bytes());
    bytes.extend_from_slice(&link.link.to_le_bytes());
    let (titles, texts) = (link.titles.len().min(15), link.texts.len().min(15));
    bytes.push(u8::try_from(titles | texts << 4).unwrap_or_default());
    for digest in link
        .titles
        .iter()
        .take(titles)
        .chain(link.texts.iter().take(texts))
    {
        bytes.extend_from_slice(&digest.to_le_bytes());
    }
    let number = link.item.0.to_le_bytes();
    let used = number
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    bytes.extend(number.iter().take(used));
    bytes
}

/// The link of such bytes.
pub(super) fn link_of(bytes: &[u8]) -> Result<KnownLink, Error> {
    read_link(bytes).ok_or_else(|| damaged("what is known under a key"))
}

fn read_link(bytes: &[u8]) -> Option<KnownLink> {
    let (digest, rest) = bytes.split_first_chunk()?;
    let (link, rest) = rest.split_first_chunk()?;
    let (counts, rest) = rest.split_first()?;
    let (titles, rest) = digests(rest, counts & 15)?;
    let (texts, rest) = digests(rest, counts >> 4)?;
    let mut number = [0; 8];
    number.get_mut(..rest.len())?.copy_from_slice(rest);
    Some(KnownLink {
        item: ItemNumber(u64::from_le_bytes(number)),
        digest: u64::from_le_bytes(*digest),
        link: u64::from_le_bytes(*link),
        titles,
        texts,
    })
}

fn digests(mut bytes: &[u8], count: u8) -> Option<(Vec<u32>, &[u8])> {
    let mut digests = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (digest, after) = bytes.split_first_chunk()?;
        digests.push(u32::from_le_bytes(*digest));
        bytes = after;
    }
    Some((digests, bytes))
}

/// A source's state without what its document listed, which is kept apart.
pub(super) fn state_bytes(state: &SourceState) -> Result<Vec<u8>, Error> {
    postcard::to_extend(state, vec![STATE]).map_err(|_| damaged("a state that cannot be written"))
}

/// The state of such bytes.
pub(super) fn state_of(bytes: &[u8]) -> Result<SourceState, Error> {
    let state = match bytes.split_first() {
        Some((&STATE, bytes)) => postcard::from_bytes(bytes).ok(),
        _ => None,
    };
    state.ok_or_else(|| damaged("the state of a source"))
}

/// Item numbers, written as the steps from one to the next: a list of neighbours takes a byte each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers(pub(super) Vec<ItemNumber>);

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut last = 0;
        serializer.collect_seq(self.0.iter().map(|number| {
            let step = number.0.wrapping_sub(last);
            last = number.0;
            step.cast_signed()
        }))
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let steps = Vec::<i64>::deserialize(deserializer)?;
        let mut last = 0_u64;
        let numbers = steps.into_iter().map(|step| {
            last = last.wrapping_add(step.cast_unsigned());
            ItemNumber(last)
        });
        Ok(Self(numbers.collect()))
    }
}

pub(super) fn damaged(what: &str) -> Error {
    Error::Damaged {
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_comes_back_and_is_short() {
        for (item, titles) in [(0, vec![]), (300, vec![1]), (u64::MAX, vec![1, 2, u32::MAX])] {
            let link = KnownLink {
                item: ItemNumber(item),
                digest: u64::MAX,
                link: 3,
                texts: titles.iter().rev().copied().collect(),
                titles,
            };
            assert_eq!(link_of(&link_bytes(&link)).unwrap(), link);
        }
        assert!(link_of(&[1, 2, 3]).is_err());
    }

    #[test]
    fn neighbouring_numbers_take_a_byte_each() {
        let numbers = Numbers([1_000_003, 1_000_002, 1_000_007].map(ItemNumber).to_vec());
        let bytes = postcard::to_stdvec(&numbers).unwrap();
        assert_eq!(bytes.len(), 6);
        assert_eq!(postcard::from_bytes::<Numbers>(&bytes).unwrap(), numbers);
        let extremes = Numbers([u64::MAX, 0, u64::MAX].map(ItemNumber).to_vec());
        let bytes = postcard::to_stdvec(&extremes).unwrap();
        assert_eq!(postcard::from_bytes::<Numbers>(&bytes).unwrap(), extremes);
    }

    #[test]
    fn an_item_comes_back_and_foreign_bytes_are_refused() {
        let item = Item {
            title: "央行下调存款准备金率".repeat(20),
            ..Item::default()
        };
        let blob = pack_item(&item).unwrap();
        assert!(blob.len() < item.title.len());
        assert_eq!(unpack_item(&blob).unwrap(), item);
        for junk in [&[][..], &[9, 1], &[ZSTD, 1, 2, 3], &[PLAIN, 255, 255]] {
            assert!(unpack_item(junk).is_err());
        }
    }
}
