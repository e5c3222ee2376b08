//! The one thread that writes. Requests are taken in groups: planned, appended to the journal as one record,
//! synced, applied to sled, and only then answered.

use super::layout::{Layout, Mark, Marks, Title, this_boot};
use super::opening::{self, Opened};
use super::plan::{self, Ground, Plan, Touched};
use super::prepare::Prepared;
use super::{Options, Shared, upkeep};
use crate::model::{ItemNumber, Timestamp};
use crate::store::journal::{Journal, Op, Reader, Record, Snapshot, SnapshotWriter};
use crate::store::naming::Roll;
use crate::store::packing::{self, Packing};
use crate::store::sled::{Applier, Generation, Meta, file_bytes_in, fingerprint, words_of};
use crate::store::{Channel, Error, Receipt, Registered, SourceClaim, Stamp, disk};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// One group at most.
const GROUP_REQUESTS: usize = 64;
const GROUP_BYTES: usize = 4 << 20;

/// sled is made durable when writing pauses, or after this at the latest.
const FLUSH_PAUSE: Duration = Duration::from_millis(200);
const FLUSH_AFTER: Duration = Duration::from_secs(1);

/// A generation that was made anew and is damaged again so soon is not made anew once more.
const HEAL_PAUSE: Duration = Duration::from_secs(60);

/// How long closing waits for readers.
const CLOSE_ATTEMPTS: usize = 100;
const CLOSE_PAUSE: Duration = Duration::from_millis(20);

/// A dictionary is learned when there are so many items, from so many of them.
const DICTIONARY_ITEMS: u64 = 1000;
const DICTIONARY_SAMPLES: u64 = 500;

pub(super) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// What the writer is asked.
pub(super) enum Work {
    Commit(Box<Prepared>, Reply<Receipt>),
    Stamp(Vec<Stamp>, Reply<()>),
    Register(Vec<SourceClaim>, Timestamp, Reply<Vec<Registered>>),
    /// Lets items go: those of these numbers, or those of them that nobody has listed since a deadline.
    Purge(
        Vec<ItemNumber>,
        Option<Timestamp>,
        Reply<(usize, BTreeSet<Channel>)>,
    ),
    /// Reading met damage in this generation.
    Heal(u64, String, Reply<()>),
    BeginSnapshot(Reply<(SnapshotWriter, Meta)>),
    Adopt(Snapshot, Reply<()>),
    /// A reader of the journal as it stands.
    Read(Reply<Reader>),
    /// Ends the active log, and answers a reader of all records so far and the newest one's number.
    Roll(Reply<(Reader, u64)>),
    /// Lets a generation count that was made beside, once it has caught up.
    Switch(u64, Box<Applier>, Arc<Generation>, Reply<()>),
    Close(Reply<()>),
}

/// A request with its place in the queue.
pub(super) struct Request {
    pub(super) work: Work,
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    options: Options,
    layout: Layout,
    title: Title,
    packing: Arc<Packing>,
    /// A snapshot is being written: what it holds must be readable with what it says before.
    is_snapshotting: bool,
    has_sought_dictionary: bool,
    journal: Journal,
    /// `None`: sled met a full disk and is opened again when there is room.
    sled: Option<(Arc<Generation>, Applier)>,
    number: u64,
    marks: Marks,
    roll: Roll,
    holders: HashMap<ItemNumber, u32>,
    dirty_since: Option<Instant>,
    /// All records up to this one are durable in sled.
    flushed: u64,
    healed_at: Option<Instant>,
    stopped: Option<String>,
    /// Released when the writer has ended.
    _lock: File,
}

impl Writer {
    pub(super) fn new(opened: Opened, options: Options, shared: Arc<Shared>) -> Result<Self, Error> {
        let mut writer = Self {
            shared,
            options,
            layout: opened.layout,
            title: opened.title,
            packing: opened.packing,
            is_snapshotting: false,
            has_sought_dictionary: false,
            journal: opened.journal,
            sled: Some((opened.generation, opened.applier)),
            number: opened.number,
            marks: opened.marks,
            roll: Roll::default(),
            holders: HashMap::new(),
            dirty_since: None,
            flushed: 0,
            healed_at: None,
            stopped: None,
            _lock: opened.lock,
        };
        writer.flush()?;
        writer.learn()?;
        Ok(writer)
    }

    /// Works until asked to close, or until nobody can ask any more.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        let mut waiting = None;
        loop {
            let request = match waiting.take() {
                Some(request) => Some(request),
                None => match self.next(requests) {
                    Ok(request) => Some(request),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                },
            };
            if let Some(Request {
                work: Work::Close(reply),
                ..
            }) = request
            {
                drop(reply.send(self.close()));
                return;
            }
            if let Some(request) = request {
                waiting = self.serve(request, requests);
            }
            self.flush_when_due(waiting.is_none());
        }
        if let Err(error) = self.close() {
            tracing::error!(
                error = opening::explained(&error),
                "the store was not closed cleanly"
            );
        }
    }

    fn next(&self, requests: &Receiver<Request>) -> Result<Request, RecvTimeoutError> {
        if self.dirty_since.is_some() {
            requests.recv_timeout(FLUSH_PAUSE)
        } else {
            requests.recv().map_err(|_| RecvTimeoutError::Disconnected)
        }
    }

    /// Serves a request and those that can go with it; answers one that cannot.
    fn serve(&mut self, request: Request, requests: &Receiver<Request>) -> Option<Request> {
        let mut group = Group::default();
        let mut next = Some(request);
        while let Some(request) = next.take() {
            let Request { work, _permit } = request;
            let refused = match work {
                Work::Commit(prepared, reply) => self.add_commit(&mut group, prepared, reply),
                Work::Stamp(stamps, reply) => {
                    group.add_stamps(stamps, reply);
                    None
                }
                work if group.is_empty() && !matches!(work, Work::Close(_)) => {
                    self.serve_alone(work);
                    return None;
                }
                work => Some(work),
            };
            if let Some(work) = refused {
                self.write_group(group);
                return Some(Request { work, _permit });
            }
            group.permits.extend(_permit);
            if group.is_full() {
                break;
            }
            next = requests.try_recv().ok();
        }
        self.write_group(group);
        None
    }

    /// Plans a commit into the group; gives it back when it must wait for the next one.
    fn add_commit(
        &mut self,
        group: &mut Group,
        prepared: Box<Prepared>,
        reply: Reply<Receipt>,
    ) -> Option<Work> {
        let planned = self.planned(|ground| {
            plan::commit(
                &prepared,
                &Ground {
                    allocated: ground.allocated.max(group.allocated),
                    ..*ground
                },
            )
        });
        match planned {
            // What it rests on may be what an earlier one of this group is about to change.
            Err(Error::Conflict) if group.touched.meets(&prepared, &Plan::default()) => {
                Some(Work::Commit(prepared, reply))
            }
            Err(error) => {
                drop(reply.send(Err(error)));
                None
            }
            Ok((plan, _)) if group.touched.meets(&prepared, &plan) => Some(Work::Commit(prepared, reply)),
            Ok((plan, receipt)) => {
                group.touched.add(&prepared, &plan);
                group.add(
                    plan,
                    Box::new(move |result| drop(reply.send(result.map(|()| receipt)))),
                );
                None
            }
        }
    }

    fn serve_alone(&mut self, work: Work) {
        match work {
            // These go in groups, and the last ends the loop.
            Work::Commit(..) | Work::Stamp(..) | Work::Close(_) => {}
            Work::Register(claims, now, reply) => {
                let planned = self.planned(|ground| plan::register(&claims, now, ground));
                self.write_alone(planned, reply);
            }
            Work::Purge(numbers, deadline, reply) => {
                let planned = self.planned(|ground| {
                    let (plan, purged, touched) = plan::purge(&numbers, deadline, ground)?;
                    Ok((plan, (purged, touched)))
                });
                self.write_alone(planned, reply);
            }
            Work::Heal(number, why, reply) => {
                let healed = if number == self.number {
                    self.heal(&why)
                } else {
                    Ok(())
                };
                drop(reply.send(healed));
            }
            Work::BeginSnapshot(reply) => drop(reply.send(self.begin_snapshot())),
            Work::Adopt(snapshot, reply) => {
                self.is_snapshotting = false;
                let adopted = self.flush().and_then(|()| self.journal.adopt(snapshot));
                self.publish_figures();
                drop(reply.send(adopted));
            }
            Work::Read(reply) => drop(reply.send(Ok(self.journal.reader()))),
            Work::Roll(reply) => {
                let rolled = self.journal.roll();
                drop(reply.send(rolled.map(|()| (self.journal.reader(), self.journal.last()))));
            }
            Work::Switch(number, applier, generation, reply) => {
                drop(reply.send(self.switch(number, *applier, generation)));
            }
        }
    }

    /// Plans over what is there now. Damage met in sled is mended once.
    fn planned<T>(&mut self, plan: impl Fn(&Ground) -> Result<T, Error>) -> Result<T, Error> {
        self.mend()?;
        for attempt in 0..2 {
            let Some((generation, applier)) = &self.sled else {
                break;
            };
            let ground = Ground {
                generation,
                roll: &self.roll,
                holders: &self.holders,
                allocated: applier.meta().allocated,
            };
            let planned = panic::catch_unwind(AssertUnwindSafe(|| plan(&ground)));
            let why = match planned {
                Ok(Err(error)) if super::is_damage(&error) => opening::explained(&error),
                Ok(result) => return result,
                Err(panic) => words_of(&*panic),
            };
            if attempt == 0 {
                self.heal(&why)?;
            }
        }
        Err(self.stopped())
    }

    fn write_alone<T: Send + 'static>(&mut self, planned: Result<(Plan, T), Error>, reply: Reply<T>) {
        match planned {
            Err(error) => drop(reply.send(Err(error))),
            Ok((plan, answer)) => {
                let mut group = Group::default();
                group.add(
                    plan,
                    Box::new(move |result| drop(reply.send(result.map(|()| answer)))),
                );
                self.write_group(group);
            }
        }
    }

    /// Makes a group durable, applies it, answers it.
    fn write_group(&mut self, mut group: Group) {
        if group.is_empty() {
            return;
        }
        if let Some((_, applier)) = &self.sled {
            let tally = applier.meta().tally;
            let after = group
                .plans
                .iter()
                .fold(tally, |tally, plan| plan.gain.apply(tally));
            group
                .record
                .ops
                .extend((after != tally).then_some(Op::Tally(after)));
        }
        match self.persist(&group.record) {
            Ok(()) => {
                self.take_effect(group.plans, &group.record);
                for answer in group.answers {
                    answer(Ok(()));
                }
                self.learn_dictionary();
            }
            Err(error) => {
                tracing::error!(
                    error = opening::explained(&error),
                    "the store acknowledges nothing"
                );
                for answer in group.answers {
                    answer(Err(again(&error)));
                }
            }
        }
    }

    fn persist(&mut self, record: &Record) -> Result<(), Error> {
        if record.ops.is_empty() {
            return Ok(());
        }
        self.mend()?;
        if disk::free_bytes(&self.layout.folder)? < self.options.headroom_bytes {
            return Err(Error::Full {
                path: self.layout.folder.clone(),
            });
        }
        let appended = self.journal.append(record).and_then(|sequence| {
            self.journal.sync()?;
            Ok(sequence)
        });
        let sequence = appended.inspect_err(|error| {
            if let Error::Stopped { why } = error {
                self.stopped = Some(why.clone());
            }
        })?;
        self.dirty_since.get_or_insert_with(Instant::now);
        let applied = panic::catch_unwind(AssertUnwindSafe(|| match &mut self.sled {
            Some((_, applier)) => {
                applier.apply(sequence, record)?;
                applier.finish()
            }
            None => Ok(()),
        }));
        match applied {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => self.recover(&error),
            Err(panic) => self.heal(&words_of(&*panic)),
        }
    }

    /// The record is durable, but sled would not take it.
    fn recover(&mut self, error: &Error) -> Result<(), Error> {
        if !matches!(error, Error::Full { .. }) {
            return self.heal(&opening::explained(error));
        }
        self.let_go();
        Err(again(error))
    }

    fn let_go(&mut self) {
        self.shared.current.store(None);
        self.sled = None;
    }

    /// Opens sled again after a full disk, when there is room.
    fn mend(&mut self) -> Result<(), Error> {
        if self.stopped.is_some() {
            return Err(self.stopped());
        }
        if self.sled.is_some() {
            return Ok(());
        }
        if disk::free_bytes(&self.layout.folder)? < self.options.headroom_bytes {
            return Err(Error::Full {
                path: self.layout.folder.clone(),
            });
        }
        let reopened = panic::catch_unwind(AssertUnwindSafe(|| {
            self.site().reopen(&self.journal, self.number, self.flushed)
        }));
        match reopened {
            Ok(Ok((generation, applier))) => self.install(self.number, generation, applier),
            Ok(Err(error @ Error::Full { .. })) => Err(error),
            Ok(Err(error)) => self.heal(&opening::explained(&error)),
            Err(panic) => self.heal(&words_of(&*panic)),
        }
    }

    fn site(&self) -> opening::Site<'_> {
        opening::Site {
            layout: &self.layout,
            options: &self.options,
            title: &self.title,
            packing: &self.packing,
        }
    }

    /// Makes sled anew from the journal.
    fn heal(&mut self, why: &str) -> Result<(), Error> {
        if self.healed_at.is_some_and(|at| at.elapsed() < HEAL_PAUSE) {
            self.stopped = Some(format!("the sled store is damaged again: {why}"));
            self.let_go();
            return Err(self.stopped());
        }
        self.healed_at = Some(Instant::now());
        let words = opening::made_anew(why);
        tracing::error!(store.path = %self.layout.folder.display(), "{words}");
        self.shared.say(words);
        self.let_go();
        self.make_anew()
    }

    fn make_anew(&mut self) -> Result<(), Error> {
        let next = self.shared.next_generation();
        let (generation, applier, findings) = self.site().rebuild(&self.journal, next)?;
        for finding in findings {
            tracing::error!(store.path = %self.layout.folder.display(), "{}", finding.words);
            self.shared.say(finding.words);
        }
        self.layout.put_aside(self.number)?;
        self.install(next, generation, applier)
    }

    fn install(&mut self, number: u64, generation: Arc<Generation>, applier: Applier) -> Result<(), Error> {
        self.layout.write_current(number)?;
        self.number = number;
        self.sled = Some((generation, applier));
        self.flush()?;
        self.learn()
    }

    /// A generation made beside catches up and counts from now on.
    fn switch(
        &mut self,
        number: u64,
        mut applier: Applier,
        generation: Arc<Generation>,
    ) -> Result<(), Error> {
        let after = applier.meta().sequence;
        let reader = self.journal.reader();
        reader.replay(after, u64::MAX, |sequence, record| {
            applier.apply(sequence, &record)
        })?;
        applier.finish()?;
        generation.flush()?;
        let old = self.layout.sled(self.number);
        self.install(number, generation, applier)?;
        disk::remove(&old)
    }

    fn begin_snapshot(&mut self) -> Result<(SnapshotWriter, Meta), Error> {
        self.mend()?;
        match &mut self.sled {
            Some((_, applier)) => {
                self.is_snapshotting = true;
                upkeep::begin_snapshot(&mut self.journal, applier)
            }
            None => Err(self.stopped()),
        }
    }

    /// Learns from sled what is kept in memory, and lets readers have it.
    fn learn(&mut self) -> Result<(), Error> {
        let Some((generation, _)) = &self.sled else {
            return Err(self.stopped());
        };
        let mut roll = Roll::default();
        generation.each_source(|enrolled| {
            roll.put(enrolled);
            Ok(())
        })?;
        let mut holders: HashMap<ItemNumber, u32> = HashMap::new();
        generation.each_list(|source, list| {
            if roll.is_active(source) {
                for number in list.0 {
                    *holders.entry(number).or_default() += 1;
                }
            }
            Ok(())
        })?;
        let mut turns = self.shared.turns();
        turns.set_polled(roll.polled());
        generation.each_state(|source, state| {
            turns.set_state(source, &state);
            Ok(())
        })?;
        drop(turns);
        self.shared
            .current
            .store(Some(Arc::new((self.number, Arc::clone(generation)))));
        self.shared.set_roll(&roll);
        self.roll = roll;
        self.holders = holders;
        self.publish_figures();
        Ok(())
    }

    /// The group is durable and in sled: what memory knows follows.
    fn take_effect(&mut self, plans: Vec<Plan>, record: &Record) {
        let mut turns = self.shared.turns();
        for op in &record.ops {
            if let Op::State(source, state) = op {
                turns.set_state(*source, state);
            }
        }
        for plan in plans {
            for number in plan.gained {
                *self.holders.entry(number).or_default() += 1;
            }
            for number in plan.lost {
                if let Some(count) = self.holders.get_mut(&number) {
                    *count -= 1;
                    if *count == 0 {
                        self.holders.remove(&number);
                    }
                }
            }
            if let Some(source) = plan.released {
                turns.release(source);
            }
            if let Some(roll) = plan.roll {
                turns.set_polled(roll.polled());
                self.shared.set_roll(&roll);
                self.roll = roll;
            }
        }
        drop(turns);
        self.publish_figures();
    }

    /// Once there are enough items, what they share becomes the dictionary of all later ones.
    fn learn_dictionary(&mut self) {
        let Some((generation, applier)) = &self.sled else {
            return;
        };
        let meta = applier.meta();
        let is_early = meta.tally.items < DICTIONARY_ITEMS || self.is_snapshotting;
        if is_early || self.has_sought_dictionary || self.packing.dictionary().is_some() {
            return;
        }
        self.has_sought_dictionary = true;
        let step = usize::try_from(meta.allocated / DICTIONARY_SAMPLES).unwrap_or(usize::MAX);
        let numbers = (1..=meta.allocated).step_by(step.max(1)).map(ItemNumber);
        let blobs = numbers.filter_map(|number| generation.blob(number).ok().flatten());
        let samples: Vec<Vec<u8>> = blobs.filter_map(|(_, blob)| self.packing.sample(&blob)).collect();
        let Some(dictionary) = packing::learn(&samples) else {
            return;
        };
        let record = Record {
            ops: vec![Op::Dictionary(dictionary.clone())],
            ..Record::default()
        };
        let kept = self
            .layout
            .write_dictionary(&dictionary)
            .and_then(|()| self.persist(&record));
        if let Err(error) = kept {
            tracing::warn!(error = opening::explained(&error), "no dictionary could be kept");
        }
    }

    fn publish_figures(&self) {
        if let Some((_, applier)) = &self.sled {
            let journal = (self.journal.bytes(), self.journal.closed_bytes());
            self.shared.set_figures(applier.meta(), journal);
        }
    }

    fn flush_when_due(&mut self, is_idle: bool) {
        let is_due = self.dirty_since.is_some_and(|since| {
            since.elapsed() >= FLUSH_AFTER || (is_idle && since.elapsed() >= FLUSH_PAUSE)
        });
        if is_due && let Err(error) = self.flush() {
            tracing::error!(
                error = opening::explained(&error),
                "sled could not be made durable"
            );
            match error {
                Error::Full { .. } => self.let_go(),
                error => {
                    self.stopped = Some(opening::explained(&error));
                }
            }
        }
    }

    /// Makes sled durable and notes how far it is.
    fn flush(&mut self) -> Result<(), Error> {
        self.dirty_since = None;
        let Some((generation, applier)) = &self.sled else {
            return Ok(());
        };
        generation.flush()?;
        self.flushed = applier.meta().sequence;
        self.marks.write(self.mark(generation, applier), false)
    }

    fn mark(&self, generation: &Generation, applier: &Applier) -> Mark {
        Mark {
            generation: self.number,
            sequence: applier.meta().sequence,
            items: applier.meta().tally.items,
            file_bytes: generation.file_bytes(),
            fingerprint: 0,
            boot: this_boot(),
            is_clean: false,
        }
    }

    /// Writes everything out, closes sled, and notes that its files are as they should be.
    fn close(&mut self) -> Result<(), Error> {
        self.shared.current.store(None);
        let flushed = if self.stopped.is_none() {
            self.flush()
        } else {
            Ok(())
        };
        self.stopped.get_or_insert_with(|| "it was closed".to_owned());
        let Some((generation, applier)) = self.sled.take() else {
            return flushed;
        };
        let mark = self.mark(&generation, &applier);
        drop(applier);
        flushed?;
        // A reader may be about to let go of it. One that does not costs the clean mark.
        for _ in 0..CLOSE_ATTEMPTS {
            if Arc::strong_count(&generation) == 1 {
                break;
            }
            thread::sleep(CLOSE_PAUSE);
        }
        let is_alone = Arc::into_inner(generation).is_some();
        let path = self.layout.sled(self.number);
        let clean = Mark {
            file_bytes: file_bytes_in(&path),
            fingerprint: fingerprint(&path)?,
            is_clean: is_alone,
            ..mark
        };
        self.marks.write(clean, true)
    }

    fn stopped(&self) -> Error {
        Error::Stopped {
            why: self
                .stopped
                .clone()
                .unwrap_or_else(|| "sled is not open".to_owned()),
        }
    }
}

/// The same refusal for each of a group.
fn again(error: &Error) -> Error {
    match error {
        Error::Full { path } => Error::Full { path: path.clone() },
        error => Error::Stopped {
            why: opening::explained(error),
        },
    }
}

type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// Requests that become durable together.
#[derive(Default)]
struct Group {
    record: Record,
    plans: Vec<Plan>,
    answers: Vec<Answer>,
    permits: Vec<OwnedSemaphorePermit>,
    touched: Touched,
    allocated: u64,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    fn is_full(&self) -> bool {
        self.answers.len() >= GROUP_REQUESTS || self.record.size() >= GROUP_BYTES
    }

    fn add(&mut self, mut plan: Plan, answer: Answer) {
        self.record.append(std::mem::take(&mut plan.record));
        self.allocated = plan.allocated;
        self.plans.push(plan);
        self.answers.push(answer);
    }

    fn add_stamps(&mut self, stamps: Vec<Stamp>, reply: Reply<()>) {
        self.record.ops.extend(stamps.into_iter().map(Op::Stamp));
        self.answers
            .push(Box::new(move |result| drop(reply.send(result))));
    }
}
