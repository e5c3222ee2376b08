//! Opening safely: find out what is there, believe none of it without a check, and mend from the other copy.
//!
//! The journal and sled each hold everything. Where sled is missing, damaged, or behind what it once was, it is
//! made anew from the journal; where the journal lacks what sled has, a snapshot of sled takes its place. Each
//! thing done is said in words.

use super::layout::{Layout, Mark, Marks, Title};
use super::{Options, upkeep};
use crate::store::journal::{Finding, Journal};
use crate::store::sled::{Applier, Generation};
use crate::store::{Channel, Error, StoreIdentity, disk};
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

/// So many of the newest lines and items are read before an opened sled is believed.
const PROBED_LINES: usize = 500;
const PROBED_ITEMS: usize = 50;

/// An opened store, for the writer to take over.
pub(super) struct Opened {
    pub(super) layout: Layout,
    pub(super) title: Title,
    pub(super) journal: Journal,
    pub(super) generation: Arc<Generation>,
    pub(super) number: u64,
    pub(super) applier: Applier,
    pub(super) marks: Marks,
    pub(super) words: Vec<String>,
    pub(super) lock: File,
}

/// Opens the store in a folder, or makes it.
pub(super) fn open(options: &Options) -> Result<Opened, Error> {
    let layout = Layout {
        folder: options.path.clone(),
    };
    disk::make_folder(&layout.folder)?;
    let lock = layout.lock()?;
    let mut words = Vec::new();
    let title = match layout.title()? {
        Some(title) => title,
        None => find_title(&layout, options, &mut words)?,
    };
    layout.make_room(&mut words)?;
    let (mut journal, mut findings) = open_journal(&layout, options, &title)?;
    let (marks, mark) = Marks::open(&layout)?;
    let (generation, number, mut applier) = open_sled(
        &layout,
        options,
        &title,
        &mut journal,
        mark,
        &mut findings,
        &mut words,
    )?;
    words.extend(findings.iter().map(|finding| finding.words.clone()));
    if findings.iter().any(|finding| finding.is_damage) {
        upkeep::renew_journal(&mut journal, &generation, &mut applier)?;
        words.push("the journal was written anew from what sled has".to_owned());
    }
    layout.keep_reserve();
    Ok(Opened {
        layout,
        title,
        journal,
        generation,
        number,
        applier,
        marks,
        words,
        lock,
    })
}

/// A store without `FORMAT` is a new one, or one whose `FORMAT` was lost.
fn find_title(layout: &Layout, options: &Options, words: &mut Vec<String>) -> Result<Title, Error> {
    let identity = StoreIdentity::new(&options.authority, options.now);
    let owner = Journal::owner_of(&layout.journal())?;
    let has_sled = layout.current()? > 0;
    if let Some(uuid) = owner {
        let (journal, _) = Journal::open(&layout.journal(), uuid, options.segment_bytes)?;
        if journal.last() > 0 {
            words.push("FORMAT was missing or unreadable; it was made anew from the journal".to_owned());
            let identity = upkeep::identity_in(&journal)?.unwrap_or(identity);
            let title = Title { uuid, identity };
            layout.write_title(&title)?;
            return Ok(title);
        }
    } else if has_sled {
        return Err(Error::Damaged {
            what: format!(
                "{} (no FORMAT and no journal, but a sled folder)",
                layout.folder.display()
            ),
        });
    }
    make(layout, options, identity)
}

/// Makes an empty store. What an earlier, broken-off making left is written over.
fn make(layout: &Layout, options: &Options, identity: StoreIdentity) -> Result<Title, Error> {
    let title = Title {
        uuid: fastrand::u128(..),
        identity,
    };
    disk::remove(&layout.journal())?;
    let mut journal = Journal::create(&layout.journal(), title.uuid, options.segment_bytes)?;
    upkeep::begin(&mut journal, &title.identity)?;
    let sled = layout.sled(1);
    let identity = title.identity.clone();
    let (generation, _) = Generation::create(&sled, options.cache_bytes, title.uuid, identity)?;
    generation.flush()?;
    drop(generation);
    layout.write_current(1)?;
    let (marks, _) = Marks::open(layout)?;
    let mark = Mark {
        generation: 1,
        sequence: 0,
        items: 0,
        is_clean: true,
    };
    marks.write(mark, true)?;
    layout.write_title(&title)?;
    Ok(title)
}

fn open_journal(layout: &Layout, options: &Options, title: &Title) -> Result<(Journal, Vec<Finding>), Error> {
    let folder = layout.journal();
    if folder.is_dir() && !disk::names(&folder)?.is_empty() {
        return Journal::open(&folder, title.uuid, options.segment_bytes);
    }
    if layout.generations()?.is_empty() {
        return Err(both_gone(layout));
    }
    let mut journal = Journal::create(&folder, title.uuid, options.segment_bytes)?;
    upkeep::begin(&mut journal, &title.identity)?;
    let finding = Finding {
        words: "the journal was gone".to_owned(),
        is_damage: true,
    };
    Ok((journal, vec![finding]))
}

fn both_gone(layout: &Layout) -> Error {
    Error::Damaged {
        what: format!(
            "{} (journal and sled are gone; restore a backup, or remove the folder to begin anew)",
            layout.folder.display()
        ),
    }
}

/// Opens the sled that counts and brings it up to the journal, or makes it anew.
fn open_sled(
    layout: &Layout,
    options: &Options,
    title: &Title,
    journal: &mut Journal,
    mark: Option<Mark>,
    findings: &mut Vec<Finding>,
    words: &mut Vec<String>,
) -> Result<(Arc<Generation>, u64, Applier), Error> {
    let number = layout.current()?;
    let attached = panic::catch_unwind(AssertUnwindSafe(|| {
        attach(layout, options, title, journal, mark, number)
    }));
    let why = match attached {
        Ok(Ok((generation, applier, mut met))) => {
            remove_others(layout, number)?;
            findings.append(&mut met.findings);
            words.append(&mut met.words);
            return Ok((generation, number, applier));
        }
        Ok(Err(error @ (Error::Full { .. } | Error::Stopped { .. }))) => return Err(error),
        Ok(Err(error)) => explained(&error),
        Err(panic) => crate::store::sled::words_of(&*panic),
    };
    words.push(format!(
        "the sled store could not be used ({why}); it was made anew from the journal"
    ));
    tracing::warn!(store.path = %layout.folder.display(), why, "the sled store is made anew from the journal");
    let next = layout
        .generations()?
        .last()
        .copied()
        .unwrap_or(number)
        .max(number)
        + 1;
    let (generation, applier, mut met) = rebuild(layout, options, title, journal, next)?;
    let mark = mark.filter(|mark| mark.sequence > applier.meta().sequence);
    if applier.meta().items == 0 && mark.is_some_and(|mark| mark.items > 0) {
        drop((generation, applier));
        disk::remove(&layout.sled(next))?;
        return Err(both_gone(layout));
    }
    met.extend(mark.map(|mark| Finding {
        words: format!(
            "the records {} to {} are in neither the journal nor sled; what they said is lost",
            applier.meta().sequence + 1,
            mark.sequence
        ),
        is_damage: true,
    }));
    findings.append(&mut met);
    layout.put_aside(number)?;
    layout.write_current(next)?;
    remove_others(layout, next)?;
    Ok((generation, next, applier))
}

/// An error with its causes.
pub(super) fn explained(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

#[derive(Default)]
struct Met {
    findings: Vec<Finding>,
    words: Vec<String>,
}

fn attach(
    layout: &Layout,
    options: &Options,
    title: &Title,
    journal: &mut Journal,
    mark: Option<Mark>,
    number: u64,
) -> Result<(Arc<Generation>, Applier, Met), Error> {
    let damaged = |what: &str| Error::Damaged {
        what: what.to_owned(),
    };
    let (generation, meta) = Generation::open(&layout.sled(number), options.cache_bytes, title.uuid)?;
    let mark = mark
        .filter(|mark| mark.generation == number)
        .ok_or_else(|| damaged("the note of how far sled was"))?;
    if meta.sequence < mark.sequence || meta.sequence < journal.covers() {
        return Err(damaged("the sled store (it has lost its newest part)"));
    }
    if meta.sequence == mark.sequence && meta.items != mark.items {
        return Err(damaged("the sled store (it counts other items than were noted)"));
    }
    let generation = Arc::new(generation);
    probe(&generation)?;
    let mut met = Met::default();
    if meta.sequence > journal.last() {
        met.findings.push(Finding {
            words: format!(
                "the journal had lost records ({} to {}) that sled still has",
                journal.last() + 1,
                meta.sequence
            ),
            is_damage: true,
        });
        journal.skip_to(meta.sequence)?;
    }
    let after = meta.sequence;
    let mut applier = Applier::new(Arc::clone(&generation), meta);
    let reader = journal.reader();
    met.findings
        .extend(reader.replay(after, u64::MAX, |sequence, record| {
            applier.apply(sequence, &record)
        })?);
    applier.finish()?;
    if !mark.is_clean {
        met.words.push(format!(
            "the last run did not end cleanly; {} records of the journal were applied again",
            journal.last().saturating_sub(after)
        ));
    }
    Ok((generation, applier, met))
}

/// Reads what readers will ask for first: an error found here is mended before anybody asks.
fn probe(generation: &Generation) -> Result<(), Error> {
    let lines = generation.list(&Channel::River, None, PROBED_LINES)?;
    for line in lines.iter().take(PROBED_ITEMS) {
        let stored = generation.item(line.number)?;
        if stored.is_none_or(|stored| stored.version != line.version) {
            return Err(Error::Damaged {
                what: format!("item {}", line.number.0),
            });
        }
    }
    generation.each_source(|_| Ok(()))?;
    generation.each_state(|_, _| Ok(()))?;
    generation.each_list(|_, _| Ok(()))
}

/// Makes a generation from the whole journal.
pub(super) fn rebuild(
    layout: &Layout,
    options: &Options,
    title: &Title,
    journal: &Journal,
    number: u64,
) -> Result<(Arc<Generation>, Applier, Vec<Finding>), Error> {
    upkeep::build(
        &layout.sled(number),
        options.cache_bytes,
        title,
        &journal.reader(),
        journal.last(),
    )
}

/// Removes sled folders that do not count: of broken-off rebuilding.
fn remove_others(layout: &Layout, number: u64) -> Result<(), Error> {
    for other in layout.generations()?.into_iter().filter(|other| *other != number) {
        disk::remove(&layout.sled(other))?;
    }
    Ok(())
}
