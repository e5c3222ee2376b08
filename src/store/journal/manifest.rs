//! `MANIFEST`: which snapshot stands for the records before the logs. Replaced by renaming, so that a
//! compaction has happened or not.

use super::frame::{Frames, Piece};
use super::record::{Op, Record};
use super::segment;
use super::{Finding, Snapshot};
use crate::store::{Error, disk};
use std::fs;
use std::path::Path;

const NAME: &str = "MANIFEST";
const TITLE: &str = "newsriver journal, format 1";

/// Says that `snapshot`, or none, is the one.
pub(super) fn write(folder: &Path, snapshot: Option<&Snapshot>) -> Result<(), Error> {
    let line = snapshot.map_or("no snapshot".to_owned(), |snapshot| {
        format!(
            "snapshot {} {} {}",
            snapshot.covers, snapshot.parts, snapshot.bytes
        )
    });
    let text = format!("{TITLE}\n{line}\n");
    let crc = crc32fast::hash(text.as_bytes());
    disk::replace(&folder.join(NAME), format!("{text}{crc:08x}\n").as_bytes())
}

/// The snapshot that counts. Where the manifest cannot be read, the newest whole one that lies there.
pub(super) fn find(folder: &Path) -> Result<(Option<Snapshot>, Vec<Finding>), Error> {
    let text = fs::read_to_string(folder.join(NAME)).unwrap_or_default();
    if let Some(snapshot) = parse(&text) {
        return Ok((snapshot, Vec::new()));
    }
    let words = "the manifest of the journal is damaged; it was made anew from the files there are";
    let mut newest = None;
    for (covers, parts) in segment::snapshots(folder)? {
        if is_whole(folder, covers, parts)? {
            let bytes = (0..parts)
                .filter_map(|part| segment::snapshot_path(folder, covers, part).metadata().ok())
                .map(|metadata| metadata.len())
                .sum();
            newest = Some(Snapshot { covers, parts, bytes });
        }
    }
    write(folder, newest.as_ref())?;
    Ok((newest, vec![Finding::damage(words.to_owned())]))
}

/// `None`: not readable; `Some(None)`: there is no snapshot.
#[expect(clippy::option_option, reason = "unreadable and none are two answers")]
fn parse(text: &str) -> Option<Option<Snapshot>> {
    let (signed, crc) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let signed = format!("{signed}\n");
    if u32::from_str_radix(crc, 16).ok()? != crc32fast::hash(signed.as_bytes()) {
        return None;
    }
    let line = signed.strip_prefix(TITLE)?.trim();
    if line == "no snapshot" {
        return Some(None);
    }
    let mut words = line.strip_prefix("snapshot ")?.split(' ');
    Some(Some(Snapshot {
        covers: words.next()?.parse().ok()?,
        parts: words.next()?.parse().ok()?,
        bytes: words.next()?.parse().ok()?,
    }))
}

/// It was written to its end.
fn is_whole(folder: &Path, covers: u64, parts: usize) -> Result<bool, Error> {
    let Some(last) = parts.checked_sub(1) else {
        return Ok(false);
    };
    let bytes = segment::read(&segment::snapshot_path(folder, covers, last))?.unwrap_or_default();
    Ok(Frames::new(&bytes, segment::HEADER).any(|piece| match piece {
        Piece::Frame { payload, .. } => {
            Record::from_bytes(payload).is_ok_and(|record| record.ops.last() == Some(&Op::End))
        }
        Piece::Junk(_) => false,
    }))
}
