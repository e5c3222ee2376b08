//! Requests that become durable together, and the one answer they all get.

use super::super::opening;
use super::super::plan::{Plan, Touched};
use super::Reply;
use crate::store::Error;
use crate::store::journal::{Op, Record};
use tokio::sync::OwnedSemaphorePermit;

/// One group at most.
const GROUP_REQUESTS: usize = 64;
const GROUP_BYTES: usize = 4 << 20;

/// The same refusal for each of a group.
pub(super) fn again(error: &Error) -> Error {
    match error {
        Error::Full { path } => Error::Full { path: path.clone() },
        error => Error::Stopped {
            why: opening::explained(error),
        },
    }
}

/// What is told to whoever asked.
pub(super) type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// Requests that become durable together.
#[derive(Default)]
pub(super) struct Group {
    pub(super) record: Record,
    pub(super) plans: Vec<Plan>,
    pub(super) answers: Vec<Answer>,
    pub(super) permits: Vec<OwnedSemaphorePermit>,
    pub(super) touched: Touched,
    pub(super) allocated: u64,
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.answers.len() >= GROUP_REQUESTS || self.record.size() >= GROUP_BYTES
    }

    pub(super) fn add(&mut self, mut plan: Plan, answer: Answer) {
        self.record.append(std::mem::take(&mut plan.record));
        self.allocated = plan.allocated;
        self.plans.push(plan);
        self.answers.push(answer);
    }

    /// Adds what rests on nothing: stamps, notes.
    pub(super) fn add_small(&mut self, ops: impl Iterator<Item = Op>, reply: Reply<()>) {
        self.record.ops.extend(ops);
        self.answers
            .push(Box::new(move |result| drop(reply.send(result))));
    }
}
