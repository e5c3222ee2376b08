//! How items become bytes, the same in the journal and in sled: postcard, compressed, behind a byte that says how.
//!
//! Texts of a few kilobytes share much with each other and little within themselves. Once a store has enough of
//! them, it learns a dictionary from them, which takes a third off each; it is learned once and kept for good.

use super::Error;
use super::coding::damaged;
use crate::model::{Item, Later};
use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use zstd::bulk::{Compressor, Decompressor};

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
const WITH_DICTIONARY: u8 = 2;

/// Fast, and on texts of a few kilobytes within a few per cent of the slow levels.
const LEVEL: i32 = 3;

/// What an item can be at most, unpacked: a damaged length asks for no more memory than this.
const MAX_ITEM_BYTES: usize = 256 << 20;

/// Larger ones gain a few per cent and slow down every item.
const DICTIONARY_BYTES: usize = 32 << 10;

/// Of one item so much goes into the learning: a long one should not outweigh the others.
const SAMPLE_BYTES: usize = 4 << 10;

/// What an item is besides its texts, mostly.
const HEAD_BYTES: usize = 1 << 10;

/// How one store packs its items.
#[derive(Debug)]
pub(super) struct Packing {
    /// By which a thread knows whose dictionary its contexts have loaded.
    id: u64,
    dictionary: OnceLock<Vec<u8>>,
}

impl Packing {
    /// Without a dictionary yet.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            dictionary: OnceLock::new(),
        }
    }

    /// The dictionary, once there is one.
    pub(super) fn dictionary(&self) -> Option<&[u8]> {
        self.dictionary.get().map(Vec::as_slice)
    }

    /// Packs with this dictionary from now on. The first one stays.
    pub(super) fn adopt(&self, dictionary: Vec<u8>) {
        self.dictionary.get_or_init(|| dictionary);
    }

    /// An item in bytes.
    pub(super) fn pack(&self, item: &Item) -> Result<Vec<u8>, Error> {
        let later = Later {
            is_shared: item.is_shared,
            outlet: item.outlet.clone(),
        };
        let texts = [&item.content, &item.summary].map(|text| text.as_ref().map_or(0, String::len));
        let room = Vec::with_capacity(texts.iter().sum::<usize>() + HEAD_BYTES);
        let plain = postcard::to_extend(&(item, later, item.is_filed), room)
            .map_err(|_| damaged("an item that cannot be written"))?;
        let (codec, packed) = match self.dictionary() {
            Some(dictionary) => (WITH_DICTIONARY, self.compress(&plain, dictionary)),
            None => (ZSTD, compress(&plain)),
        };
        let packed = packed.filter(|packed| packed.len() < plain.len());
        let (codec, bytes) = packed.map_or((PLAIN, plain), |packed| (codec, packed));
        let mut blob = Vec::with_capacity(bytes.len() + 1);
        blob.push(codec);
        blob.extend_from_slice(&bytes);
        Ok(blob)
    }

    /// The item of such bytes.
    pub(super) fn unpack(&self, blob: &[u8]) -> Result<Item, Error> {
        let plain = self.plain(blob).ok_or_else(|| damaged("an item"))?;
        let (item, rest) = postcard::take_from_bytes(&plain).map_err(|_| damaged("an item"))?;
        // Each of these came later than what stands before it: an item that was written earlier ends there.
        let (later, rest) = after::<Later>(rest)?;
        let (is_filed, _) = after::<bool>(rest)?;
        Ok(Item {
            is_shared: later.is_shared,
            outlet: later.outlet,
            is_filed,
            ..item
        })
    }

    /// What an item gives to the learning of a dictionary.
    pub(super) fn sample(&self, blob: &[u8]) -> Option<Vec<u8>> {
        let mut plain = self.plain(blob)?;
        plain.truncate(SAMPLE_BYTES);
        Some(plain)
    }

    fn plain(&self, blob: &[u8]) -> Option<Vec<u8>> {
        match blob.split_first()? {
            (&PLAIN, plain) => Some(plain.to_vec()),
            (&ZSTD, packed) => decompress(packed, MAX_ITEM_BYTES),
            (&WITH_DICTIONARY, packed) => self.decompress(packed),
            _ => None,
        }
    }

    fn compress(&self, plain: &[u8], dictionary: &[u8]) -> Option<Vec<u8>> {
        thread_local! {
            static LOADED: RefCell<Option<(u64, Compressor<'static>)>> = const { RefCell::new(None) };
        }
        LOADED.with_borrow_mut(|loaded| {
            if loaded.as_ref().is_none_or(|(id, _)| *id != self.id) {
                *loaded = Some((self.id, Compressor::with_dictionary(LEVEL, dictionary).ok()?));
            }
            loaded.as_mut()?.1.compress(plain).ok()
        })
    }

    fn decompress(&self, packed: &[u8]) -> Option<Vec<u8>> {
        thread_local! {
            static LOADED: RefCell<Option<(u64, Decompressor<'static>)>> = const { RefCell::new(None) };
        }
        let dictionary = self.dictionary()?;
        LOADED.with_borrow_mut(|loaded| {
            if loaded.as_ref().is_none_or(|(id, _)| *id != self.id) {
                *loaded = Some((self.id, Decompressor::with_dictionary(dictionary).ok()?));
            }
            loaded.as_mut()?.1.decompress(packed, MAX_ITEM_BYTES).ok()
        })
    }
}

/// A dictionary learned from samples; `None` when they are too few or too alike to teach one.
pub(super) fn learn(samples: &[Vec<u8>]) -> Option<Vec<u8>> {
    zstd::dict::from_samples(samples, DICTIONARY_BYTES).ok()
}

/// Compressed without a dictionary; `None` when zstd will not, which leaves the bytes as they are.
pub(super) fn compress(plain: &[u8]) -> Option<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = RefCell::new(Compressor::new(LEVEL).ok());
    }
    COMPRESSOR.with_borrow_mut(|compressor| compressor.as_mut()?.compress(plain).ok())
}

/// Decompressed without a dictionary, when that is no more than `limit` bytes.
pub(super) fn decompress(packed: &[u8], limit: usize) -> Option<Vec<u8>> {
    thread_local! {
        static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = RefCell::new(Decompressor::new().ok());
    }
    DECOMPRESSOR.with_borrow_mut(|decompressor| decompressor.as_mut()?.decompress(packed, limit).ok())
}

/// What stands next, the default where nothing does, and what stands behind it.
fn after<T: Default + serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), Error> {
    if bytes.is_empty() {
        return Ok((T::default(), bytes));
    }
    postcard::take_from_bytes(bytes).map_err(|_| damaged("an item"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str) -> Item {
        Item {
            title: text.repeat(20),
            ..Item::default()
        }
    }

    #[test]
    fn an_item_of_an_older_store_lacks_what_came_later_and_a_new_one_has_it() {
        let packing = Packing::new();
        let item = Item {
            id: "x".to_owned(),
            is_shared: true,
            outlet: Some("中新网".to_owned()),
            ..Item::default()
        };
        assert_eq!(packing.unpack(&packing.pack(&item).unwrap()).unwrap(), item);
        let old = [&[PLAIN], postcard::to_stdvec(&item).unwrap().as_slice()].concat();
        let read = packing.unpack(&old).unwrap();
        assert_eq!(
            (read.id.as_str(), read.is_shared, read.outlet),
            ("x", false, None)
        );
    }

    #[test]
    fn an_item_comes_back_and_foreign_bytes_are_refused() {
        let packing = Packing::new();
        let item = item("央行下调存款准备金率");
        let blob = packing.pack(&item).unwrap();
        assert!(blob.len() < item.title.len());
        assert_eq!(packing.unpack(&blob).unwrap(), item);
        for junk in [
            &[][..],
            &[9, 1],
            &[ZSTD, 1, 2, 3],
            &[PLAIN, 255, 255],
            &[WITH_DICTIONARY, 1],
        ] {
            assert!(packing.unpack(junk).is_err());
        }
    }

    #[test]
    fn a_dictionary_makes_blobs_shorter_and_leaves_old_ones_readable() {
        let packing = Packing::new();
        let mut random = fastrand::Rng::with_seed(1);
        let words = [
            "market", "粮食", "price", "价格", "<p>", "</p>", "river", "bank", "harvest", "农业",
        ];
        let items: Vec<Item> = (0..300)
            .map(|_| {
                let text = (0..100).map(|_| words[random.usize(0..words.len())]);
                item(&text.collect::<Vec<_>>().join(" "))
            })
            .collect();
        let before: Vec<Vec<u8>> = items.iter().map(|item| packing.pack(item).unwrap()).collect();
        let samples: Vec<Vec<u8>> = before.iter().filter_map(|blob| packing.sample(blob)).collect();
        packing.adopt(learn(&samples).unwrap());
        for (item, before) in items.iter().zip(&before) {
            let after = packing.pack(item).unwrap();
            assert!(after.len() < before.len());
            assert_eq!(packing.unpack(&after).unwrap(), *item);
            assert_eq!(packing.unpack(before).unwrap(), *item);
            assert!(Packing::new().unpack(&after).is_err());
        }
    }
}
