//! The journal: the acknowledgement. Records are appended, synced, and only then is anything answered.
//!
//! A folder of logs, named by the number of their first record, and at most one snapshot, which stands for all
//! records up to the one it covers; `MANIFEST` says which. What the journal says is everything there is: the sled
//! store can be made from it at any time. It promises that a record is there whole or not at all, that a damaged
//! one costs no other, and that it says what it found damaged. What to do about that it leaves to `durable`.

mod frame;
mod manifest;
mod record;
mod segment;
mod snapshot;

pub(super) use record::{Old, Op, Record, Tally};
pub(super) use snapshot::{Snapshot, SnapshotWriter};

use super::{Error, disk};
use frame::{Frames, Piece};
use segment::{Header, Kind};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Something in the journal that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What, in words for the admin.
    pub(super) words: String,
    /// Records that may have been acknowledged are unreadable; a torn tail by itself is what any crash leaves.
    pub(super) is_damage: bool,
}

impl Finding {
    fn damage(words: String) -> Self {
        Self {
            words,
            is_damage: true,
        }
    }
}

/// The journal of one store, open for appending.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    uuid: u128,
    segment_bytes: u64,
    snapshot: Option<Snapshot>,
    closed: Vec<Log>,
    active: Log,
    file: File,
    last: u64,
}

/// One log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Log {
    /// The number of its first record.
    first: u64,
    /// Up to the end of its last whole record.
    bytes: u64,
}

impl Journal {
    /// Makes an empty journal.
    pub(super) fn create(folder: &Path, uuid: u128, segment_bytes: u64) -> Result<Self, Error> {
        disk::make_folder(folder)?;
        let (file, active) = new_log(folder, uuid, 1)?;
        manifest::write(folder, None)?;
        Ok(Self {
            folder: folder.to_owned(),
            uuid,
            segment_bytes,
            snapshot: None,
            closed: Vec::new(),
            active,
            file,
            last: 0,
        })
    }

    /// Opens what is there, cuts a torn tail off, and removes what a broken-off compaction left.
    pub(super) fn open(folder: &Path, uuid: u128, segment_bytes: u64) -> Result<(Self, Vec<Finding>), Error> {
        let (snapshot, mut findings) = manifest::find(folder)?;
        let covers = snapshot.as_ref().map_or(0, |snapshot| snapshot.covers);
        segment::remove_superseded(folder, covers)?;
        let mut closed = Vec::new();
        for first in segment::logs(folder)? {
            let path = segment::log_path(folder, first);
            let bytes = path.metadata().map_or(0, |metadata| metadata.len());
            closed.push(Log { first, bytes });
        }
        let (file, active, last) = match closed.pop() {
            Some(log) => open_active(folder, uuid, log, &mut findings)?,
            None => {
                findings.push(Finding::damage("the journal has no log".to_owned()));
                let (file, log) = new_log(folder, uuid, covers + 1)?;
                (file, log, covers)
            }
        };
        let journal = Self {
            folder: folder.to_owned(),
            uuid,
            segment_bytes,
            snapshot,
            closed,
            active,
            file,
            last: last.max(covers),
        };
        Ok((journal, findings))
    }

    /// The store whose journal lies in `folder`; `None` when none can be told.
    pub(super) fn owner_of(folder: &Path) -> Result<Option<u128>, Error> {
        segment::uuid_in(folder)
    }

    /// The name of something in `folder` that no journal puts there.
    pub(super) fn foreign_in(folder: &Path) -> Result<Option<String>, Error> {
        let ours = ["log-", "snapshot-", "MANIFEST"];
        let mut names = disk::names(folder)?.into_iter();
        Ok(names.find(|name| !ours.iter().any(|prefix| name.starts_with(prefix))))
    }

    /// The number of the newest record.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The record up to which the snapshot stands for all; 0: there is none.
    pub(super) fn covers(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.covers)
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.closed_bytes() + self.active.bytes
    }

    /// Bytes of all files that are not written to any more.
    pub(super) fn closed_bytes(&self) -> u64 {
        let snapshot = self.snapshot.as_ref().map_or(0, |snapshot| snapshot.bytes);
        snapshot + self.closed.iter().map(|log| log.bytes).sum::<u64>()
    }

    /// Appends a record and answers its number. It is not durable before [`Journal::sync`].
    ///
    /// When writing fails, the file is cut back to what it was, and the record is not there.
    pub(super) fn append(&mut self, record: &Record) -> Result<u64, Error> {
        if self.active.bytes >= self.segment_bytes {
            self.roll()?;
        }
        let sequence = self.last + 1;
        let mut bytes = Vec::new();
        frame::write(&mut bytes, sequence, &record.to_bytes()?);
        let path = segment::log_path(&self.folder, self.active.first);
        if let Err(source) = self.file.write_all_at(&bytes, self.active.bytes) {
            self.file
                .set_len(self.active.bytes)
                .map_err(|source| Error::Stopped {
                    why: format!("a half-written record could not be taken back: {source}"),
                })?;
            return Err(disk::error("cannot write to", &path, source));
        }
        self.active.bytes += bytes.len() as u64;
        self.last = sequence;
        Ok(sequence)
    }

    /// Makes all records durable. After a failure nobody knows what is: nothing may be acknowledged any more.
    pub(super) fn sync(&self) -> Result<(), Error> {
        self.file.sync_data().map_err(|source| Error::Stopped {
            why: format!("the journal could not be made durable: {source}"),
        })
    }

    /// Ends the active log, so that all records so far lie in closed files.
    pub(super) fn roll(&mut self) -> Result<(), Error> {
        if self.active.first > self.last {
            return Ok(());
        }
        self.sync()?;
        let (file, log) = new_log(&self.folder, self.uuid, self.last + 1)?;
        self.closed.push(self.active);
        self.active = log;
        self.file = file;
        Ok(())
    }

    /// Lets the next record be `sequence + 1`: when records up to there were lost here but are in sled.
    pub(super) fn skip_to(&mut self, sequence: u64) -> Result<(), Error> {
        if sequence > self.last {
            self.last = sequence;
            self.roll()?;
        }
        Ok(())
    }

    /// Where a snapshot that covers all records so far is to be written. Call [`Journal::roll`] before.
    pub(super) fn snapshot_writer(&self) -> SnapshotWriter {
        SnapshotWriter::new(&self.folder, self.uuid, self.last, self.segment_bytes)
    }

    /// Puts a finished snapshot in the place of all records that it covers.
    pub(super) fn adopt(&mut self, snapshot: Snapshot) -> Result<(), Error> {
        manifest::write(&self.folder, Some(&snapshot))?;
        segment::remove_superseded(&self.folder, snapshot.covers)?;
        self.closed.retain(|log| log.first > snapshot.covers);
        self.snapshot = Some(snapshot);
        Ok(())
    }

    /// A reader of this journal as it stands, for any thread.
    pub(super) fn reader(&self) -> Reader {
        let logs = self.closed.iter().chain([&self.active]);
        Reader {
            folder: self.folder.clone(),
            uuid: self.uuid,
            snapshot: self.snapshot.clone(),
            logs: logs.map(|log| log.first).collect(),
        }
    }
}

/// What is done with a record's number and payload.
type Visit<'a> = dyn FnMut(u64, &[u8]) -> Result<(), Error> + 'a;

/// Reads a journal from any record on. Files that are adopted away meanwhile are an error.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    folder: PathBuf,
    uuid: u128,
    snapshot: Option<Snapshot>,
    logs: Vec<u64>,
}

impl Reader {
    /// Hands every record behind `after` and up to `until` to `visit`, in order, with its number (those of a
    /// snapshot carry the number it covers). Answers what could not be read.
    pub(super) fn replay(
        &self,
        after: u64,
        until: u64,
        mut visit: impl FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        let mut last = after;
        if let Some(snapshot) = self.snapshot.as_ref().filter(|snapshot| after < snapshot.covers) {
            for path in snapshot.paths(&self.folder) {
                self.visit_file(&path, Kind::Snapshot, &mut findings, &mut |_, payload| {
                    visit(snapshot.covers, Record::from_bytes(payload)?)
                })?;
            }
            last = snapshot.covers;
        }
        for (index, first) in self.logs.iter().enumerate() {
            let next = self.logs.get(index + 1).copied();
            if next.is_some_and(|next| next <= last + 1) || *first > until {
                continue;
            }
            let path = segment::log_path(&self.folder, *first);
            let mut gaps = Vec::new();
            self.visit_file(&path, Kind::Log, &mut findings, &mut |sequence, payload| {
                if sequence <= last || sequence > until {
                    return Ok(());
                }
                if sequence > last + 1 {
                    gaps.push(gap(last + 1, sequence - 1));
                }
                last = sequence;
                visit(sequence, Record::from_bytes(payload)?)
            })?;
            findings.append(&mut gaps);
        }
        Ok(findings)
    }

    /// Reads one closed file, checking every checksum, and answers what is damaged. Any `turn` names some file: counting
    /// up visits all of them. The last log is left out: it is being written to, and half a record is no damage there.
    pub(super) fn check(&self, turn: usize) -> Result<Vec<Finding>, Error> {
        let parts = self
            .snapshot
            .iter()
            .flat_map(|snapshot| snapshot.paths(&self.folder));
        let closed = self.logs.len().saturating_sub(1);
        let logs = self
            .logs
            .iter()
            .take(closed)
            .map(|first| segment::log_path(&self.folder, *first));
        let files: Vec<(PathBuf, Kind)> = parts
            .map(|path| (path, Kind::Snapshot))
            .chain(logs.map(|path| (path, Kind::Log)))
            .collect();
        let mut findings = Vec::new();
        if let Some((path, kind)) = turn.checked_rem(files.len()).and_then(|index| files.get(index)) {
            self.visit_file(path, *kind, &mut findings, &mut |_, _| Ok(()))?;
        }
        Ok(findings)
    }

    fn visit_file(
        &self,
        path: &Path,
        kind: Kind,
        findings: &mut Vec<Finding>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let Some(bytes) = segment::read(path)? else {
            findings.push(Finding::damage(format!("{} is missing", path.display())));
            return Ok(());
        };
        if !Header::is_at(&bytes, kind, self.uuid) {
            let words = format!("the head of {} is damaged", path.display());
            findings.push(Finding::damage(words));
        }
        for piece in Frames::new(&bytes, segment::HEADER) {
            match piece {
                Piece::Frame {
                    sequence, payload, ..
                } => visit(sequence, payload)?,
                Piece::Junk(range) => findings.push(Finding::damage(format!(
                    "{} bytes of {} from {} on are damaged",
                    range.len(),
                    path.display(),
                    range.start
                ))),
            }
        }
        Ok(())
    }
}

fn gap(from: u64, to: u64) -> Finding {
    Finding::damage(format!("the journal lacks the records {from} to {to}"))
}

fn new_log(folder: &Path, uuid: u128, first: u64) -> Result<(File, Log), Error> {
    let path = segment::log_path(folder, first);
    let header = Header {
        kind: Kind::Log,
        uuid,
        first,
    };
    let file = segment::create(&path, &header)?;
    disk::sync_folder(folder)?;
    let bytes = segment::HEADER as u64;
    Ok((file, Log { first, bytes }))
}

/// Opens the newest log for appending: finds its last whole record and cuts off what is torn behind it.
fn open_active(
    folder: &Path,
    uuid: u128,
    log: Log,
    findings: &mut Vec<Finding>,
) -> Result<(File, Log, u64), Error> {
    let path = segment::log_path(folder, log.first);
    let bytes = segment::read(&path)?.unwrap_or_default();
    let mut last = log.first.saturating_sub(1);
    if bytes.len() < segment::HEADER {
        // A kill while it was being made.
        let (file, log) = new_log(folder, uuid, log.first)?;
        return Ok((file, log, last));
    }
    let mut end = segment::HEADER;
    for piece in Frames::new(&bytes, segment::HEADER) {
        match piece {
            Piece::Frame {
                sequence, end: after, ..
            } => {
                last = sequence;
                end = after;
            }
            Piece::Junk(range) if range.end < bytes.len() => findings.push(Finding::damage(format!(
                "{} bytes in the middle of {} are damaged",
                range.len(),
                path.display()
            ))),
            Piece::Junk(_) => {}
        }
    }
    if !Header::is_at(&bytes, Kind::Log, uuid) {
        let words = format!("the head of {} is damaged", path.display());
        findings.push(Finding::damage(words));
        return start_behind(folder, uuid, last, &path).map(|(file, log)| (file, log, last));
    }
    let file = File::options()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|source| disk::error("cannot open", &path, source))?;
    if end < bytes.len() {
        findings.push(Finding {
            words: format!(
                "the journal ended in a record that was not whole ({} bytes); it was cut off",
                bytes.len() - end
            ),
            is_damage: false,
        });
        file.set_len(end as u64)
            .and_then(|()| file.sync_all())
            .map_err(|source| disk::error("cannot cut", &path, source))?;
    }
    let log = Log {
        first: log.first,
        bytes: end as u64,
    };
    Ok((file, log, last))
}

/// A log with a damaged head is not written to any more. One without any record gives up its name.
fn start_behind(folder: &Path, uuid: u128, last: u64, damaged: &Path) -> Result<(File, Log), Error> {
    if segment::log_path(folder, last + 1) == damaged {
        disk::remove(damaged)?;
    }
    new_log(folder, uuid, last + 1)
}

#[cfg(test)]
mod tests;
