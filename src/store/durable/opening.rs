//! Opening safely: find out what is there, believe none of it without a check, and mend from the other copy.
//!
//! The journal and sled each hold everything. Where sled is missing, damaged, or behind what it once was, it is
//! made anew from the journal; where the journal lacks what sled has, a snapshot of sled takes its place. Each
//! thing done is said in words.

use super::layout::{Layout, Mark, Marks, Title, this_boot};
use super::{Options, upkeep};
use crate::store::journal::{Finding, Journal};
use crate::store::packing::Packing;
use crate::store::sled::{
    Applier, Generation, Meta, bytes_to_make, file_bytes_in, fingerprint, is_let_go, words_of,
};
use crate::store::{Channel, Error, StoreIdentity, disk};
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;

/// So many of the newest lines and items are read before an opened sled is believed.
const PROBED_LINES: usize = 500;
const PROBED_ITEMS: usize = 50;

/// After an end that was not clean, a sled of this size is read and counted before it is believed: a moment's work.
const COUNTED_BYTES: u64 = 128 << 20;

/// Why a small sled is not even recovered.
const DISTRUSTED: &str = "the last run did not end cleanly, and so small a one is made anew in a moment";

/// An opened store, for the writer to take over.
pub(super) struct Opened {
    pub(super) layout: Layout,
    pub(super) title: Title,
    pub(super) packing: Arc<Packing>,
    pub(super) journal: Journal,
    pub(super) generation: Arc<Generation>,
    pub(super) number: u64,
    pub(super) applier: Applier,
    pub(super) marks: Marks,
    pub(super) words: Vec<String>,
    pub(super) lock: File,
}

/// What opening and making anew need to know.
pub(super) struct Site<'a> {
    pub(super) layout: &'a Layout,
    pub(super) options: &'a Options,
    pub(super) title: &'a Title,
    pub(super) packing: &'a Arc<Packing>,
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
    let packing = Arc::new(Packing::new());
    let dictionary = layout.dictionary();
    let has_file = dictionary.is_some();
    if let Some(dictionary) = dictionary {
        packing.adopt(dictionary);
    }
    let site = Site {
        layout: &layout,
        options,
        title: &title,
        packing: &packing,
    };
    let (journal, findings) = site.open_journal()?;
    let (marks, mark) = Marks::open(&layout)?;
    let mut copies = Copies {
        journal,
        findings,
        words,
    };
    let (generation, number, mut applier) = site.open_sled(&mut copies, mark)?;
    let Copies {
        mut journal,
        findings,
        mut words,
    } = copies;
    words.extend(findings.iter().map(|finding| finding.words.clone()));
    if findings.iter().any(|finding| finding.is_damage) {
        upkeep::renew_journal(&mut journal, &generation, &mut applier)?;
        words.push("the journal was written anew from what sled has".to_owned());
    }
    if let Some(dictionary) = packing.dictionary().filter(|_| !has_file) {
        layout.write_dictionary(dictionary)?;
    }
    if !layout.is_current() {
        layout.write_title(&title)?;
    }
    layout.keep_reserve();
    Ok(Opened {
        layout,
        title,
        packing,
        journal,
        generation,
        number,
        applier,
        marks,
        words,
        lock,
    })
}

/// The journal, and what was met on the way.
struct Copies {
    journal: Journal,
    findings: Vec<Finding>,
    words: Vec<String>,
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
    if let Some(other) = Journal::foreign_in(&layout.journal())? {
        return Err(Error::Damaged {
            what: format!(
                "{} ({other} in its journal folder is not ours)",
                layout.folder.display()
            ),
        });
    }
    disk::remove(&layout.journal())?;
    let mut journal = Journal::create(&layout.journal(), title.uuid, options.segment_bytes)?;
    upkeep::begin(&mut journal, &title.identity)?;
    let sled = layout.sled(1);
    let identity = title.identity.clone();
    let packing = Arc::new(Packing::new());
    let (generation, _) = Generation::create(&sled, options.cache_bytes, packing, title.uuid, identity)?;
    generation.flush()?;
    drop(generation);
    layout.write_current(1)?;
    let (marks, _) = Marks::open(layout)?;
    let mark = Mark {
        generation: 1,
        sequence: 0,
        items: 0,
        file_bytes: 0,
        fingerprint: fingerprint(&sled)?,
        boot: this_boot(),
        is_clean: true,
    };
    marks.write(mark, true)?;
    layout.write_title(&title)?;
    Ok(title)
}

fn both_gone(layout: &Layout) -> Error {
    Error::Damaged {
        what: format!(
            "{} (journal and sled are gone; restore a backup, or remove the folder to begin anew)",
            layout.folder.display()
        ),
    }
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

impl Site<'_> {
    fn open_journal(&self) -> Result<(Journal, Vec<Finding>), Error> {
        let folder = self.layout.journal();
        let segment_bytes = self.options.segment_bytes;
        if folder.is_dir() && !disk::names(&folder)?.is_empty() {
            return Journal::open(&folder, self.title.uuid, segment_bytes);
        }
        if self.layout.generations()?.is_empty() {
            return Err(both_gone(self.layout));
        }
        let mut journal = Journal::create(&folder, self.title.uuid, segment_bytes)?;
        upkeep::begin(&mut journal, &self.title.identity)?;
        let finding = Finding {
            words: "the journal was gone".to_owned(),
            is_damage: true,
        };
        Ok((journal, vec![finding]))
    }

    /// Opens the sled that counts and brings it up to the journal, or makes it anew.
    fn open_sled(
        &self,
        copies: &mut Copies,
        mark: Option<Mark>,
    ) -> Result<(Arc<Generation>, u64, Applier), Error> {
        let number = self.layout.current()?;
        let mark = mark.filter(|mark| mark.generation == number);
        let why = match self.try_attach(copies, mark, number, Trust::Little)? {
            Ok((generation, applier)) => {
                self.remove_others(number)?;
                return Ok((generation, number, applier));
            }
            Err(why) => why,
        };
        let folder = self.layout.folder.display();
        tracing::warn!(store.path = %folder, why, "making the sled store anew from the journal");
        let newest = self.layout.generations()?.last().copied();
        let next = newest.unwrap_or(number).max(number) + 1;
        let (generation, applier, findings) = self.rebuild(&copies.journal, next)?;
        let lost = self.missing(&applier, mark);
        if !findings.is_empty() || lost.is_some() {
            // The journal is not whole either: what there is of sled may still be better.
            if let Ok(attached) = self.try_attach(copies, mark, number, Trust::Much)? {
                drop((generation, applier));
                copies.findings.extend(findings);
                self.remove_others(number)?;
                return Ok((attached.0, number, attached.1));
            }
        }
        let had_items = mark.map_or(!copies.findings.is_empty(), |mark| mark.items > 0);
        if applier.meta().tally.items == 0 && had_items && (mark.is_none() || lost.is_some()) {
            drop((generation, applier));
            disk::remove(&self.layout.sled(next))?;
            return Err(both_gone(self.layout));
        }
        copies.findings.extend(findings);
        copies.findings.extend(lost);
        copies.words.push(made_anew(&why));
        if why != DISTRUSTED {
            self.layout.put_aside(number)?;
        }
        self.layout.write_current(next)?;
        self.remove_others(next)?;
        Ok((generation, next, applier))
    }

    /// Records that were durable in sled and are not in what was made from the journal.
    fn missing(&self, applier: &Applier, mark: Option<Mark>) -> Option<Finding> {
        let reached = applier.meta().sequence;
        let noted = mark.map_or(0, |mark| mark.sequence);
        (noted > reached).then(|| Finding {
            words: format!(
                "the records {} to {noted} are in neither the journal nor sled; what they said is lost",
                reached + 1
            ),
            is_damage: true,
        })
    }

    /// Opens a sled folder. The inner error says in words why not.
    fn try_attach(
        &self,
        copies: &mut Copies,
        mark: Option<Mark>,
        number: u64,
        trust: Trust,
    ) -> Result<Result<(Arc<Generation>, Applier), String>, Error> {
        let attached = panic::catch_unwind(AssertUnwindSafe(|| self.attach(copies, mark, number, trust)));
        match attached {
            Ok(Ok(attached)) => Ok(Ok(attached)),
            Ok(Err(error @ (Error::Full { .. } | Error::Stopped { .. }))) => Err(error),
            Ok(Err(Error::Damaged { what })) => Ok(Err(what)),
            Ok(Err(error)) => Ok(Err(explained(&error))),
            Err(panic) => Ok(Err(words_of(&*panic))),
        }
    }

    /// Opens a sled folder, believes it if it is what it was, and applies what the journal has behind it.
    fn attach(
        &self,
        copies: &mut Copies,
        mark: Option<Mark>,
        number: u64,
        trust: Trust,
    ) -> Result<(Arc<Generation>, Applier), Error> {
        let path = self.layout.sled(number);
        let is_clean = mark.is_some_and(|mark| mark.is_clean);
        if let Some(mark) = mark.filter(|_| trust == Trust::Little) {
            check_files(&path, mark)?;
        }
        let file_bytes = bytes_to_make(&path);
        let packing = Arc::clone(self.packing);
        let (generation, meta) = Generation::open(&path, self.options.cache_bytes, packing, self.title.uuid)?;
        check_meta(&meta, mark, copies.journal.covers())?;
        probe(&generation)?;
        let is_behind = copies.findings.is_empty() && meta.sequence <= copies.journal.last();
        let is_distrusted = !is_clean && file_bytes <= self.options.max_distrusted_bytes;
        if trust == Trust::Little && is_behind && is_distrusted {
            return Err(Error::Damaged {
                what: DISTRUSTED.to_owned(),
            });
        }
        let noted = mark.map_or(0, |mark| mark.sequence);
        let generation = Arc::new(generation);
        let applier = Applier::new(Arc::clone(&generation), meta);
        let (applier, from) = catch_up(copies, applier, noted)?;
        let tally = applier.meta().tally;
        let is_counted = mark.is_none() || trust == Trust::Much || (!is_clean && file_bytes <= COUNTED_BYTES);
        if is_counted && generation.count()? != (tally.items, tally.lines) {
            return Err(damaged("it does not hold what it counts"));
        }
        if !is_clean {
            copies.words.push(format!(
                "the last run did not end cleanly; {} records of the journal were applied again",
                copies.journal.last().saturating_sub(from)
            ));
        }
        Ok((generation, applier))
    }

    /// Opens a generation again that met a full disk: what it took behind `durable` may be there or not, and the
    /// journal has it.
    pub(super) fn reopen(
        &self,
        journal: &Journal,
        number: u64,
        durable: u64,
    ) -> Result<(Arc<Generation>, Applier), Error> {
        let path = self.layout.sled(number);
        if !is_let_go(&path) {
            return Err(Error::Full { path });
        }
        let packing = Arc::clone(self.packing);
        let (generation, meta) = Generation::open(&path, self.options.cache_bytes, packing, self.title.uuid)?;
        let generation = Arc::new(generation);
        let mut applier = Applier::new(Arc::clone(&generation), meta);
        let reader = journal.reader();
        reader.replay(durable, u64::MAX, |sequence, record| {
            applier.apply(sequence, &record)
        })?;
        applier.finish()?;
        Ok((generation, applier))
    }

    /// Makes a generation from the whole journal.
    pub(super) fn rebuild(
        &self,
        journal: &Journal,
        number: u64,
    ) -> Result<(Arc<Generation>, Applier, Vec<Finding>), Error> {
        upkeep::build(
            &self.layout.sled(number),
            self.options.cache_bytes,
            Arc::clone(self.packing),
            self.title,
            &journal.reader(),
            journal.last(),
        )
    }

    /// Removes sled folders that do not count: of broken-off rebuilding.
    fn remove_others(&self, number: u64) -> Result<(), Error> {
        for other in self
            .layout
            .generations()?
            .into_iter()
            .filter(|other| *other != number)
        {
            disk::remove(&self.layout.sled(other))?;
        }
        Ok(())
    }
}

/// Applies what the journal has behind sled's position, and answers from where on.
///
/// Behind what was `noted` as durable a crash may have left anything half done, so all of that is applied again,
/// if the journal has it whole; with gaps it would set newer things back to older ones.
fn catch_up(copies: &mut Copies, mut applier: Applier, noted: u64) -> Result<(Applier, u64), Error> {
    let reached = applier.meta().sequence;
    let last = copies.journal.last();
    if reached > last {
        copies.findings.push(Finding {
            words: format!(
                "the journal had lost records ({} to {reached}) that sled still has",
                last + 1
            ),
            is_damage: true,
        });
        copies.journal.skip_to(reached)?;
        return Ok((applier, reached));
    }
    let reader = copies.journal.reader();
    let durable = noted.max(copies.journal.covers());
    let is_whole = reader.replay(durable, u64::MAX, |_, _| Ok(()))?.is_empty();
    let from = if is_whole { durable.min(reached) } else { reached };
    let findings = reader.replay(from, u64::MAX, |sequence, record| {
        applier.apply(sequence, &record)
    })?;
    applier.finish()?;
    copies.findings.extend(findings);
    Ok((applier, from))
}

/// What is said of a sled that was given up.
pub(super) fn made_anew(why: &str) -> String {
    format!("the sled store was made anew from the journal: {why}")
}

/// How much of a sled's word is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// The journal can replace it: any doubt suffices.
    Little,
    /// The journal is damaged: it need only be consistent.
    Much,
}

fn damaged(what: &str) -> Error {
    Error::Damaged {
        what: format!("the sled store ({what})"),
    }
}

/// A closed sled's files are as they were left; an open one's file has not shrunk, and the machine has not gone
/// down since: sled's own syncing leaves gaps that only a machine that goes down can show.
fn check_files(path: &Path, mark: Mark) -> Result<(), Error> {
    if file_bytes_in(path) < mark.file_bytes {
        return Err(damaged("its file was cut"));
    }
    if mark.is_clean && fingerprint(path)? != mark.fingerprint {
        return Err(damaged("its files are not as they were left"));
    }
    if !mark.is_clean && mark.boot != this_boot() {
        return Err(damaged("the machine went down while it was written"));
    }
    Ok(())
}

/// What sled says of itself is what was noted of it.
fn check_meta(meta: &Meta, mark: Option<Mark>, covers: u64) -> Result<(), Error> {
    let noted = mark.map_or(0, |mark| mark.sequence);
    if meta.sequence < noted {
        return Err(damaged("it has lost its newest part"));
    }
    if mark.is_some_and(|mark| mark.sequence == meta.sequence && mark.items != meta.tally.items) {
        return Err(damaged("it counts other items than were noted"));
    }
    if meta.sequence < covers {
        return Err(damaged("it is older than the journal reaches back"));
    }
    Ok(())
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
