//! The files of the journal: how they are named and how they begin.

use crate::store::{Error, disk};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const MAGIC: [u8; 8] = *b"nrjrnl\x001";

/// Bytes of a file before its first frame.
pub(super) const HEADER: usize = 37;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Records as they came.
    Log,
    /// All live things.
    Snapshot,
}

/// How a file begins: magic (8) · kind (1) · the store's uuid (16) · first record, or the one covered (8) · CRC32 (4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) uuid: u128,
    pub(super) first: u64,
}

impl Header {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(match self.kind {
            Kind::Log => b'L',
            Kind::Snapshot => b'S',
        });
        bytes.extend_from_slice(&self.uuid.to_be_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, crc) = bytes.get(..HEADER)?.split_last_chunk()?;
        if crc32fast::hash(head) != u32::from_be_bytes(*crc) {
            return None;
        }
        let (kind, rest) = head.strip_prefix(&MAGIC)?.split_first()?;
        let (uuid, first) = rest.split_first_chunk()?;
        Some(Self {
            kind: match kind {
                b'L' => Kind::Log,
                b'S' => Kind::Snapshot,
                _ => return None,
            },
            uuid: u128::from_be_bytes(*uuid),
            first: u64::from_be_bytes(first.try_into().ok()?),
        })
    }

    /// A file of this kind and store begins with these bytes.
    pub(super) fn is_at(bytes: &[u8], kind: Kind, uuid: u128) -> bool {
        Self::from_bytes(bytes).is_some_and(|header| header.kind == kind && header.uuid == uuid)
    }
}

/// The store that the journal in `folder` belongs to, by the first file that says so.
pub(super) fn uuid_in(folder: &Path) -> Result<Option<u128>, Error> {
    for name in disk::names(folder)? {
        let bytes = read(&folder.join(name))?.unwrap_or_default();
        if let Some(header) = Header::from_bytes(&bytes) {
            return Ok(Some(header.uuid));
        }
    }
    Ok(None)
}

/// Makes a file with its header, durable but for its name.
pub(super) fn create(path: &Path, header: &Header) -> Result<File, Error> {
    let make = || -> io::Result<File> {
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)?;
        file.write_all(&header.to_bytes())?;
        file.sync_all()?;
        Ok(file)
    };
    make().map_err(|source| disk::error("cannot write", path, source))
}

/// All bytes of a file; `None` when it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(disk::error("cannot read", path, source)),
    }
}

/// The log whose first record is `first`.
pub(super) fn log_path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("log-{first:020}"))
}

/// A part of the snapshot that covers all records up to `covers`.
pub(super) fn snapshot_path(folder: &Path, covers: u64, part: usize) -> PathBuf {
    folder.join(format!("snapshot-{covers:020}-{part:06}"))
}

/// The logs in a folder, by their first records, in order.
pub(super) fn logs(folder: &Path) -> Result<Vec<u64>, Error> {
    let names = disk::names(folder)?;
    let firsts = names
        .iter()
        .filter_map(|name| name.strip_prefix("log-")?.parse().ok());
    Ok(firsts.collect())
}

/// The snapshots in a folder, each with what it covers and how many parts there are, the newest last.
pub(super) fn snapshots(folder: &Path) -> Result<Vec<(u64, usize)>, Error> {
    let mut found: Vec<(u64, usize)> = Vec::new();
    for name in disk::names(folder)? {
        let Some(covers) = covered_by(&name) else { continue };
        match found.last_mut() {
            Some((last, parts)) if *last == covers => *parts += 1,
            _ => found.push((covers, 1)),
        }
    }
    Ok(found)
}

/// Removes the logs that a snapshot covering `covers` stands for, and every other snapshot.
pub(super) fn remove_superseded(folder: &Path, covers: u64) -> Result<(), Error> {
    for first in logs(folder)?.into_iter().filter(|first| *first <= covers) {
        disk::remove(&log_path(folder, first))?;
    }
    for name in disk::names(folder)? {
        if covered_by(&name).is_some_and(|other| other != covers) {
            disk::remove(&folder.join(name))?;
        }
    }
    Ok(())
}

fn covered_by(name: &str) -> Option<u64> {
    let (covers, _) = name.strip_prefix("snapshot-")?.split_once('-')?;
    covers.parse().ok()
}
