//! Writing the one copy anew from the other: a snapshot of sled for the journal, a generation from the journal.
//!
//! Both run beside the writer. A snapshot read while records go on being written is right once those are
//! applied behind it; a generation made from the journal catches up with them before it counts.

use super::layout::Title;
use crate::store::coding::Numbers;
use crate::store::journal::{Finding, Journal, Op, Reader, Record, Snapshot, SnapshotWriter};
use crate::store::packing::Packing;
use crate::store::sled::{Applier, Generation, Meta};
use crate::store::{Error, StoreIdentity};
use std::path::Path;
use std::sync::Arc;

/// How many numbers one operation carries at most.
const NUMBERS: usize = 1000;

/// The first record of a journal.
pub(super) fn begin(journal: &mut Journal, identity: &StoreIdentity) -> Result<(), Error> {
    let record = Record {
        ops: vec![Op::Identity(identity.clone())],
        ..Record::default()
    };
    journal.append(&record)?;
    journal.sync()
}

/// What the journal says was fixed when the store was made.
pub(super) fn identity_in(journal: &Journal) -> Result<Option<StoreIdentity>, Error> {
    let mut found = None;
    journal.reader().replay(0, u64::MAX, |_, record| {
        found = found.take().or_else(|| {
            record.ops.into_iter().find_map(|op| match op {
                Op::Identity(identity) => Some(identity),
                _ => None,
            })
        });
        Ok(())
    })?;
    Ok(found)
}

/// Makes a generation in `path` from the journal's records up to `until`, durably.
pub(super) fn build(
    path: &Path,
    cache_bytes: u64,
    packing: Arc<Packing>,
    title: &Title,
    reader: &Reader,
    until: u64,
) -> Result<(Arc<Generation>, Applier, Vec<Finding>), Error> {
    let (generation, meta) =
        Generation::create(path, cache_bytes, packing, title.uuid, title.identity.clone())?;
    let generation = Arc::new(generation);
    let mut applier = Applier::new(Arc::clone(&generation), meta);
    let findings = reader.replay(0, until, |sequence, record| applier.apply(sequence, &record))?;
    applier.finish()?;
    generation.flush()?;
    Ok((generation, applier, findings))
}

/// Ends the active log so that a snapshot can stand for everything so far, and answers where to write it.
///
/// A record that changes nothing goes before, so that no two snapshots cover the same. The counts in the snapshot
/// are those of now; each later record says them again.
pub(super) fn begin_snapshot(
    journal: &mut Journal,
    applier: &mut Applier,
) -> Result<(SnapshotWriter, Meta), Error> {
    let record = Record {
        ops: vec![Op::Allocated(applier.meta().allocated)],
        ..Record::default()
    };
    let sequence = journal.append(&record)?;
    journal.sync()?;
    applier.apply(sequence, &record)?;
    applier.finish()?;
    journal.roll()?;
    Ok((journal.snapshot_writer(), applier.meta().clone()))
}

/// A journal in which something is damaged gives way to a snapshot of sled, which has it all.
pub(super) fn renew_journal(
    journal: &mut Journal,
    generation: &Generation,
    applier: &mut Applier,
) -> Result<(), Error> {
    let (writer, meta) = begin_snapshot(journal, applier)?;
    let snapshot = write_snapshot(writer, generation, &meta)?;
    generation.flush()?;
    journal.adopt(snapshot)
}

/// Writes all live things.
pub(super) fn write_snapshot(
    mut writer: SnapshotWriter,
    generation: &Generation,
    meta: &Meta,
) -> Result<Snapshot, Error> {
    writer.push(|record| {
        record.ops.push(Op::Identity(meta.identity.clone()));
        record.ops.push(Op::Allocated(meta.allocated));
        record.ops.push(Op::Tally(meta.tally));
        let dictionary = generation.packing().dictionary();
        record
            .ops
            .extend(dictionary.map(|bytes| Op::Dictionary(bytes.to_vec())));
    })?;
    generation.each_source(|enrolled| writer.push(|record| record.ops.push(Op::Source(enrolled))))?;
    generation.each_state(|source, state| {
        writer.push(|record| record.ops.push(Op::State(source, Box::new(state))))
    })?;
    generation.each_list(|source, list| writer.push(|record| record.ops.push(Op::Listed(source, list))))?;
    for stamp in generation.stamps()? {
        writer.push(|record| record.ops.push(Op::Stamp(stamp)))?;
    }
    for note in generation.notes("")? {
        writer.push(|record| record.ops.push(Op::Note(note)))?;
    }
    generation.each_item(|number| match generation.blob(number)? {
        Some((version, blob)) => writer.push(|record| record.push_item(number, version, &blob, None)),
        None => Ok(()),
    })?;
    write_left(&mut writer, generation)?;
    generation.each_link(|key, link| writer.push(|record| record.push_link(key, link.to_vec())))?;
    writer.finish()
}

/// Items that left together stand together.
fn write_left(writer: &mut SnapshotWriter, generation: &Generation) -> Result<(), Error> {
    let mut run = (crate::model::Timestamp::default(), Vec::new());
    generation.each_left(|number, at| {
        if at != run.0 || run.1.len() >= NUMBERS {
            let numbers = Numbers(std::mem::take(&mut run.1));
            writer.push(|record| record.ops.push(Op::Left(run.0, numbers)))?;
            run.0 = at;
        }
        run.1.push(number);
        Ok(())
    })?;
    writer.push(|record| record.ops.push(Op::Left(run.0, Numbers(run.1))))
}
