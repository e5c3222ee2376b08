//! Names to addresses: the system's resolver, on threads of its own.
//!
//! A lookup cannot be broken off. Where a name server does not answer, it holds its thread long after its poll has given
//! up; on the threads that parse and render it would hold those up too. So each has a thread of its own, no more than
//! [`AT_ONCE`] at a time, and those who wait for one leave nothing behind when they give up.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use tokio::sync::{Semaphore, oneshot};

/// Lookups under way at once: enough that some dead name servers do not hold up the names of the living.
const AT_ONCE: usize = 32;

/// Looks names up.
#[derive(Clone, Debug)]
pub(super) struct Lookups {
    places: Arc<Semaphore>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self::at_once(AT_ONCE)
    }
}

impl Lookups {
    fn at_once(count: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(count)),
        }
    }

    /// The addresses of a name.
    pub(super) async fn of(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let name = name.to_owned();
        let found = self.run(move || (name.as_str(), 0).to_socket_addrs()).await?;
        Ok(found.map(|address| address.ip()).collect())
    }

    async fn run<T: Send + 'static>(
        &self,
        lookup: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let (answer, answered) = oneshot::channel();
        thread::Builder::new().name("lookup".to_owned()).spawn(move || {
            let found = lookup();
            // First the place, then the answer: whoever has the answer finds a place again.
            drop(place);
            drop(answer.send(found));
        })?;
        answered.await.map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::task::Poll;

    #[tokio::test]
    async fn addresses_need_no_name_server() {
        let found = Lookups::default().of("127.0.0.1").await.unwrap();
        assert_eq!(found, ["127.0.0.1".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn lookups_that_hang_hold_up_neither_the_runtimes_threads_nor_leave_a_queue_behind() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        runtime.block_on(async {
            let lookups = Lookups::at_once(2);
            let (release, hung) = mpsc::channel::<()>();
            let hung = Arc::new(std::sync::Mutex::new(hung));
            for _ in 0..2 {
                let hung = Arc::clone(&hung);
                let given_up = lookups.run(move || {
                    let _ = hung.lock().unwrap().recv();
                    Ok(())
                });
                tokio::pin!(given_up);
                assert!(futures_util::poll!(&mut given_up).is_pending());
            }
            for _ in 0..50 {
                let waiting = lookups.run(|| Ok(()));
                tokio::pin!(waiting);
                assert_eq!(futures_util::poll!(&mut waiting).map(drop), Poll::Pending);
            }
            let parsed = tokio::task::spawn_blocking(|| "parsed").await;
            assert_eq!(parsed.unwrap(), "parsed", "the only thread of the pool is free");
            drop(release);
            assert!(lookups.run(|| Ok(())).await.is_ok());
            while lookups.places.available_permits() < 2 {
                tokio::task::yield_now().await;
            }
        });
    }
}
