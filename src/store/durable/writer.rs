//! The one thread that writes. Requests are taken in groups: planned, appended to the journal as one record,
//! synced, applied to sled, and only then answered.

mod group;
mod mending;
mod settling;

use super::layout::{Layout, Marks, Title};
use super::opening::{self, Opened};
use super::plan::{self, Ground, Plan};
use super::prepare::Prepared;
use super::{Options, Shared, upkeep};
use crate::model::{ItemNumber, Timestamp};
use crate::store::journal::{Journal, Op, Reader, Record, Snapshot, SnapshotWriter};
use crate::store::naming::Roll;
use crate::store::packing::Packing;
use crate::store::sled::{Applier, Generation, Meta, words_of};
use crate::store::{Channel, Error, Note, Receipt, Registered, SourceClaim, Stamp, disk};
use group::{Group, again};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

pub(super) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// What the writer is asked.
pub(super) enum Work {
    Commit(Box<Prepared>, Reply<Receipt>),
    Stamp(Vec<Stamp>, Reply<()>),
    Note(Vec<Note>, Reply<()>),
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
            requests.recv_timeout(settling::FLUSH_PAUSE)
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
                    group.add_small(stamps.into_iter().map(Op::Stamp), reply);
                    None
                }
                Work::Note(notes, reply) => {
                    group.add_small(notes.into_iter().map(Op::Note), reply);
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
            Work::Commit(..) | Work::Stamp(..) | Work::Note(..) | Work::Close(_) => {}
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
                self.stop(why.clone());
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

    /// Nothing is taken any more: what the disk has can only be told by opening anew.
    fn stop(&mut self, why: String) {
        *super::lock(&self.shared.stopped) = Some(why.clone());
        self.stopped = Some(why);
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
