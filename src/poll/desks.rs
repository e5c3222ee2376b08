//! Desks at which documents are worked on: as many as there are processors, more would only cost memory.
//!
//! All but one may be taken by large documents, so that however many of those there are, small ones get on.

use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinError;

/// Documents beyond this size are large: nearly all feeds are smaller.
const LARGE_BYTES: usize = 512 * 1024;

/// All desks of a process.
#[derive(Clone, Debug)]
pub struct Desks {
    all: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Desks {
    /// So many desks.
    pub fn new(count: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(count.max(1))),
            large: Arc::new(Semaphore::new(count.saturating_sub(1).max(1))),
        }
    }

    /// Does what burns time (parsing, deciding, sanitizing) for a document of this size, away from the threads that
    /// wait on sockets.
    pub(super) async fn at_one<T: Send + 'static>(
        &self,
        document_bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // Only a closed semaphore refuses, and these are never closed.
        let among_large = match document_bytes > LARGE_BYTES {
            true => Arc::clone(&self.large).acquire_owned().await.ok(),
            false => None,
        };
        let desk = Arc::clone(&self.all).acquire_owned().await;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop((desk, among_large));
            done
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn large_documents_leave_a_desk_to_small_ones() {
        let desks = Desks::new(2);
        let (finish, wait) = mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let mut large = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let (desks, wait) = (desks.clone(), Arc::clone(&wait));
            large.spawn(async move {
                let work = move || wait.lock().unwrap().recv().unwrap();
                desks.at_one(LARGE_BYTES + 1, work).await.unwrap();
            });
        }
        tokio::task::yield_now().await;
        for _ in 0..10 {
            assert_eq!(desks.at_one(1000, || 7).await.unwrap(), 7);
        }
        (0..3).for_each(|_| finish.send(()).unwrap());
        while let Some(done) = large.join_next().await {
            done.unwrap();
        }
    }
}
