//! All live things as records: what a compaction puts in the place of everything before it.

use super::frame;
use super::record::{Op, Record};
use super::segment::{self, Header, Kind};
use crate::store::{Error, disk};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Records are cut at about this many bytes.
const RECORD_BYTES: usize = 256 << 10;

/// A snapshot that is whole and durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Snapshot {
    /// It stands for all records up to this one.
    pub(in crate::store) covers: u64,
    /// Its files.
    pub(in crate::store) parts: usize,
    /// Their bytes.
    pub(in crate::store) bytes: u64,
}

impl Snapshot {
    pub(super) fn paths(&self, folder: &Path) -> Vec<PathBuf> {
        (0..self.parts)
            .map(|part| segment::snapshot_path(folder, self.covers, part))
            .collect()
    }
}

/// Writes a snapshot beside the journal, which goes on meanwhile.
#[derive(Debug)]
pub(in crate::store) struct SnapshotWriter {
    folder: PathBuf,
    header: Header,
    part_bytes: u64,
    file: Option<(File, PathBuf)>,
    written: u64,
    record: Record,
    snapshot: Snapshot,
    is_finished: bool,
}

/// What was begun and not finished (a full disk) takes no room.
impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        for path in self.snapshot.paths(&self.folder) {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), "half a snapshot cannot be removed: {error}");
            }
        }
    }
}

impl SnapshotWriter {
    pub(super) fn new(folder: &Path, uuid: u128, covers: u64, part_bytes: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            header: Header {
                kind: Kind::Snapshot,
                uuid,
                first: covers,
            },
            part_bytes,
            file: None,
            written: 0,
            record: Record::default(),
            snapshot: Snapshot {
                covers,
                parts: 0,
                bytes: 0,
            },
            is_finished: false,
        }
    }

    /// Adds what `fill` puts into the record at hand.
    pub(in crate::store) fn push(&mut self, fill: impl FnOnce(&mut Record)) -> Result<(), Error> {
        fill(&mut self.record);
        if self.record.size() >= RECORD_BYTES {
            self.write_record()?;
        }
        Ok(())
    }

    /// Makes it whole and durable.
    pub(in crate::store) fn finish(mut self) -> Result<Snapshot, Error> {
        self.record.ops.push(Op::End);
        self.write_record()?;
        self.end_part()?;
        disk::sync_folder(&self.folder)?;
        self.is_finished = true;
        Ok(self.snapshot.clone())
    }

    fn write_record(&mut self) -> Result<(), Error> {
        let record = std::mem::take(&mut self.record);
        let mut bytes = Vec::new();
        frame::write(&mut bytes, self.snapshot.covers, &record.to_bytes()?);
        let (mut file, path) = match self.file.take() {
            Some(open) => open,
            None => self.begin_part()?,
        };
        file.write_all(&bytes)
            .map_err(|source| disk::error("cannot write to", &path, source))?;
        self.written += bytes.len() as u64;
        self.snapshot.bytes += bytes.len() as u64;
        self.file = Some((file, path));
        if self.written >= self.part_bytes {
            self.end_part()?;
        }
        Ok(())
    }

    fn begin_part(&mut self) -> Result<(File, PathBuf), Error> {
        let path = segment::snapshot_path(&self.folder, self.snapshot.covers, self.snapshot.parts);
        let file = segment::create(&path, &self.header)?;
        self.snapshot.parts += 1;
        self.snapshot.bytes += segment::HEADER as u64;
        self.written = 0;
        Ok((file, path))
    }

    fn end_part(&mut self) -> Result<(), Error> {
        if let Some((file, path)) = self.file.take() {
            file.sync_all()
                .map_err(|source| disk::error("cannot make durable", &path, source))?;
        }
        Ok(())
    }
}
