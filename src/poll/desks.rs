//! Where documents are worked on: a few threads that do what burns time, one piece after the other, and the seats in
//! front of them.
//!
//! The threads that wait on sockets must not be held up by parsing and sanitizing, and the runtime's own pool would
//! spread that over many threads, each of which keeps the memory of the largest document it has met. A document has a
//! seat from its unpacking to its commit; all others wait packed, so that memory does not grow with the sources. Large
//! documents have seats and desks of their own, and leave one to small ones, however many of them there are.

use std::any::Any;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// Documents beyond this size are large: nearly all feeds are smaller.
const LARGE_BYTES: usize = 512 * 1024;

/// Small documents under way for each that is worked on: the others wait for the disk.
const SEATS_A_DESK: usize = 6;

type Work = Box<dyn FnOnce() + Send>;

/// All desks of a process. Their threads end when this is dropped and all handed to them is done.
#[derive(Debug)]
pub struct Desks {
    work: Sender<Work>,
    seats: Semaphore,
    large: Semaphore,
}

/// What a piece of work said when it panicked.
#[derive(Debug)]
pub(super) struct Panicked(pub(super) String);

/// A place at the desks, given back when dropped.
pub(super) type Seat<'a> = SemaphorePermit<'a>;

impl Desks {
    /// So many desks; more than there are processors would only cost memory.
    pub fn new(count: usize) -> io::Result<Self> {
        let count = count.max(1);
        let (work, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for number in 1..=count {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(format!("desk-{number}"))
                .spawn(move || sit(&queue))?;
        }
        Ok(Self {
            work,
            seats: Semaphore::new(count * SEATS_A_DESK),
            large: Semaphore::new((count - 1).max(1)),
        })
    }

    /// A seat for a document that is packed yet. Only a closed semaphore refuses, and these are never closed.
    pub(super) async fn seat(&self) -> Option<Seat<'_>> {
        self.seats.acquire().await.ok()
    }

    /// The seat for a document of this size: a large one gives a small one's back and waits among its like.
    pub(super) async fn seat_of<'a>(
        &'a self,
        document_bytes: usize,
        seat: Option<Seat<'a>>,
    ) -> Option<Seat<'a>> {
        if document_bytes <= LARGE_BYTES {
            return seat;
        }
        drop(seat);
        self.large.acquire().await.ok()
    }

    /// Does what burns time at the next desk that comes free. Whoever asks has a seat, so no more pieces wait than there
    /// are seats, and large ones leave a desk.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (reply, answer) = oneshot::channel();
        let work = move || {
            let done = panic::catch_unwind(AssertUnwindSafe(work));
            drop(reply.send(done.map_err(|panic| Panicked(words_of(&*panic)))));
        };
        let gone = || Panicked("its desk is gone".to_owned());
        self.work.send(Box::new(work)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn sit(queue: &Mutex<Receiver<Work>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a word".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_and_a_panic_costs_no_desk() {
        let desks = Desks::new(1).unwrap();
        assert_eq!(desks.run(|| 3).await.unwrap(), 3);
        let panicked = desks.run(|| -> u32 { panic!("odd {}", 7) }).await.unwrap_err();
        assert_eq!(panicked.0, "odd 7");
        assert_eq!(desks.run(|| 4).await.unwrap(), 4);
    }

    #[tokio::test]
    async fn large_documents_leave_a_desk_to_small_ones() {
        let desks = Arc::new(Desks::new(2).unwrap());
        let (finish, wait) = mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let mut large = tokio::task::JoinSet::new();
        // More than there are seats.
        for _ in 0..20 {
            let (desks, wait) = (Arc::clone(&desks), Arc::clone(&wait));
            large.spawn(async move {
                let seat = desks.seat_of(LARGE_BYTES + 1, desks.seat().await).await;
                let work = move || wait.lock().unwrap().recv().unwrap();
                desks.run(work).await.unwrap();
                drop(seat);
            });
        }
        tokio::task::yield_now().await;
        for _ in 0..20 {
            let seat = desks.seat_of(1000, desks.seat().await).await;
            assert_eq!(desks.run(|| 7).await.unwrap(), 7);
            drop(seat);
        }
        (0..20).for_each(|_| finish.send(()).unwrap());
        while let Some(done) = large.join_next().await {
            done.unwrap();
        }
    }
}
