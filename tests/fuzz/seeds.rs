//! What inputs are made of: the fixtures, a folder of more, and changes to both.

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Larger files teach nothing more.
const MOST_BYTES: usize = 48 * 1024;

/// The bytes of every fixture that is a feed, and of the files in `NEWSRIVER_FUZZ_CORPUS`.
pub(crate) static DOCUMENTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut paths = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feeds"),
        &mut paths,
    );
    if let Some(folder) = std::env::var_os("NEWSRIVER_FUZZ_CORPUS") {
        files(Path::new(&folder), &mut paths);
    }
    paths.sort();
    let documents: Vec<Vec<u8>> = paths
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .filter(|bytes| bytes.len() <= MOST_BYTES)
        .collect();
    assert!(!documents.is_empty());
    documents
});

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// A change to bytes.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// These bytes are put in at a place.
    Insert(prop::sample::Index, Vec<u8>),
    /// A stretch from a place on goes.
    Remove(prop::sample::Index, usize),
    /// A stretch is written again, many times, where it ends.
    Repeat(prop::sample::Index, usize, usize),
    /// A stretch is moved to another place.
    Move(prop::sample::Index, usize, prop::sample::Index),
    /// One byte is another.
    Flip(prop::sample::Index, u8),
    /// The document ends here.
    Cut(prop::sample::Index),
}

/// Changes, with `pieces` as what is put in most.
pub(crate) fn changes(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<Change>> {
    let piece = prop_oneof![
        4 => prop::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..8),
        1 => "\\PC{1,6}".prop_map(String::into_bytes),
    ];
    let place = || any::<prop::sample::Index>();
    let change = prop_oneof![
        4 => (place(), piece).prop_map(|(at, piece)| Change::Insert(at, piece)),
        2 => (place(), 1_usize..200).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (place(), 1_usize..60, 1_usize..300).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        2 => (place(), 1_usize..300, place()).prop_map(|(at, length, to)| Change::Move(at, length, to)),
        2 => (place(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        1 => place().prop_map(Change::Cut),
    ];
    prop::collection::vec(change, 0..12)
}

/// The bytes with the changes made, one after the other.
pub(crate) fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() || bytes.len() > 4 * MOST_BYTES {
            break;
        }
        let stretch = |at: &prop::sample::Index, length: usize| {
            let start = at.index(bytes.len());
            start..(start + length).min(bytes.len())
        };
        match change {
            Change::Insert(at, piece) => {
                let start = at.index(bytes.len());
                bytes.splice(start..start, piece.iter().copied());
            }
            Change::Remove(at, length) => drop(bytes.drain(stretch(at, *length))),
            Change::Repeat(at, length, times) => {
                let range = stretch(at, *length);
                let again = bytes[range.clone()].repeat(*times);
                bytes.splice(range.end..range.end, again);
            }
            Change::Move(at, length, to) => {
                let moved: Vec<u8> = bytes.drain(stretch(at, *length)).collect();
                let start = to.index(bytes.len() + 1);
                bytes.splice(start..start, moved);
            }
            Change::Flip(at, byte) => {
                let start = at.index(bytes.len());
                bytes[start] = *byte;
            }
            Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}

/// A document of the seeds, changed.
pub(crate) fn documents(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    (any::<prop::sample::Index>(), changes(pieces)).prop_map(|(seed, changes)| {
        let seed = seed.get(&DOCUMENTS).clone();
        changed(seed, &changes)
    })
}
