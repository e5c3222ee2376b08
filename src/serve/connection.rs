//! One reader's connection, HTTP/1.1 or HTTP/2 without TLS, and what it may hold.
//!
//! Each connection is looked at every few seconds: one on which nothing was asked and nothing could be written
//! since then is counted as quiet, and closed when it was quiet too long. That one rule ends half requests,
//! idle connections and readers who stop reading, in both versions of HTTP, and costs a request nothing but
//! two counters.

use super::Heartbeat;
use super::router::Router;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// What readers may hold of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; more wait in the kernel's queue.
    pub connections: usize,
    /// How often each connection is looked at.
    pub look_every: Duration,
    /// Closed after so long without a request: idle, or in the middle of one.
    pub idle: Duration,
    /// Closed after so long without a byte taken of an answer.
    pub stuck: Duration,
    /// Closed after so long without a new request, however slowly an answer is taken.
    pub longest: Duration,
    /// At the end, answers under way may take so long.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            look_every: Duration::from_secs(5),
            idle: Duration::from_secs(20),
            stuck: Duration::from_secs(40),
            longest: Duration::from_secs(600),
            drain: Duration::from_secs(3),
        }
    }
}

/// Bytes of a request's head, and of what is buffered of an answer.
const HEAD_BYTES: usize = 64 << 10;

/// The connections there are.
pub(super) struct Connections {
    limits: Limits,
    router: Arc<Router>,
    shutdown: CancellationToken,
    http: auto::Builder<TokioExecutor>,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(super) fn new(limits: Limits, router: Arc<Router>, shutdown: CancellationToken) -> Self {
        let mut http = auto::Builder::new(TokioExecutor::new());
        // hyper's own timer for heads is one allocation a request; ours is the look below.
        http.http1().header_read_timeout(None).max_buf_size(HEAD_BYTES);
        http.http2()
            .max_header_list_size(HEAD_BYTES as u32)
            .max_concurrent_streams(128)
            .max_send_buf_size(HEAD_BYTES);
        Self {
            limits,
            router,
            shutdown,
            http,
            tasks: JoinSet::new(),
        }
    }

    /// Serves this connection on a task of its own.
    pub(super) fn serve(&mut self, stream: TcpStream, permit: Option<OwnedSemaphorePermit>) {
        let connection = Connection {
            limits: self.limits,
            router: Arc::clone(&self.router),
            shutdown: self.shutdown.clone(),
            http: self.http.clone(),
        };
        self.tasks.spawn(async move {
            connection.run(stream).await;
            drop(permit);
        });
    }

    /// Comes back when a connection has ended; never while there is none.
    pub(super) async fn reaped(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets answers under way finish, within the limit, and ends the rest.
    pub(super) async fn drain(mut self, heartbeat: &Heartbeat) {
        let mut beat = tokio::time::interval(Duration::from_millis(500));
        let mut end = pin!(tokio::time::sleep(self.limits.drain));
        while !self.tasks.is_empty() {
            tokio::select! {
                _ = self.tasks.join_next() => {}
                _ = beat.tick() => heartbeat(),
                () = &mut end => break,
            }
        }
    }
}

struct Connection {
    limits: Limits,
    router: Arc<Router>,
    shutdown: CancellationToken,
    http: auto::Builder<TokioExecutor>,
}

impl Connection {
    async fn run(self, stream: TcpStream) {
        // Answers are written whole: waiting for more to send would only delay them. A socket that refuses is
        // about to fail anyway.
        let _ = stream.set_nodelay(true);
        let activity = Arc::new(Activity::default());
        let metered = Metered {
            stream,
            activity: Arc::clone(&activity),
        };
        let service = service_fn(|request| {
            let (router, under_way) = (Arc::clone(&self.router), Activity::begin(&activity));
            async move {
                let answer = router.answer(&request).await;
                drop(under_way);
                Ok::<_, Infallible>(answer)
            }
        });
        let mut serving = pin!(self.http.serve_connection(TokioIo::new(metered), service));
        let mut watch = Watch::new(self.limits);
        let mut look = tokio::time::interval(self.limits.look_every);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_ending = false;
        loop {
            tokio::select! {
                biased;
                // What goes wrong with one reader is the reader's: hyper has answered 400 where it could.
                _ = serving.as_mut() => return,
                _ = look.tick() => {
                    if watch.is_over(&activity) {
                        return;
                    }
                }
                () = self.shutdown.cancelled(), if !is_ending => {
                    is_ending = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// What happened on a connection so far.
#[derive(Debug, Default)]
struct Activity {
    /// Requests begun.
    begun: AtomicU64,
    /// Requests being answered.
    under_way: AtomicU64,
    /// Bytes that the socket took.
    written: AtomicU64,
    /// The socket takes no more at the moment.
    is_full: AtomicBool,
}

impl Activity {
    fn begin(activity: &Arc<Self>) -> UnderWay {
        activity.begun.fetch_add(1, Relaxed);
        activity.under_way.fetch_add(1, Relaxed);
        UnderWay(Arc::clone(activity))
    }
}

/// A request that is being answered.
struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Relaxed);
    }
}

/// For how long a connection has been quiet, in looks.
#[derive(Debug)]
struct Watch {
    idle: u64,
    stuck: u64,
    longest: u64,
    begun: u64,
    written: u64,
    quiet: u64,
    unasked: u64,
}

impl Watch {
    fn new(limits: Limits) -> Self {
        let looks = |limit: Duration| {
            let every = limits.look_every.as_millis().max(1);
            u64::try_from(limit.as_millis().div_ceil(every)).unwrap_or(u64::MAX)
        };
        Self {
            idle: looks(limits.idle),
            stuck: looks(limits.stuck),
            longest: looks(limits.longest),
            begun: 0,
            written: 0,
            quiet: 0,
            unasked: 0,
        }
    }

    /// One look; true when the connection has been quiet for too long.
    fn is_over(&mut self, activity: &Activity) -> bool {
        let (begun, written) = (activity.begun.load(Relaxed), activity.written.load(Relaxed));
        self.unasked = if begun == self.begun { self.unasked + 1 } else { 0 };
        self.quiet = if begun == self.begun && written == self.written {
            self.quiet + 1
        } else {
            0
        };
        (self.begun, self.written) = (begun, written);
        let is_busy = activity.is_full.load(Relaxed) || activity.under_way.load(Relaxed) > 0;
        let bound = if is_busy { self.stuck } else { self.idle };
        // The first look comes with the connection itself.
        self.quiet > bound || self.unasked > self.longest
    }
}

/// A stream that counts what it takes.
struct Metered {
    stream: TcpStream,
    activity: Arc<Activity>,
}

impl Metered {
    fn counted(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &result {
            let bytes = u64::try_from(*bytes).unwrap_or(0);
            self.activity.written.fetch_add(bytes, Relaxed);
        }
        self.activity.is_full.store(result.is_pending(), Relaxed);
        result
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.counted(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.counted(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            look_every: Duration::from_secs(5),
            idle: Duration::from_secs(20),
            stuck: Duration::from_secs(40),
            longest: Duration::from_secs(100),
            ..Limits::default()
        }
    }

    /// How many looks it takes until the connection is over, `between` being called before each.
    fn looks(activity: &Activity, between: impl Fn()) -> usize {
        let mut watch = Watch::new(limits());
        (0..1000)
            .position(|_| {
                between();
                watch.is_over(activity)
            })
            .unwrap()
    }

    #[test]
    fn a_connection_without_requests_ends_after_the_idle_time() {
        let activity = Activity::default();
        assert_eq!(looks(&activity, || ()), 4);
    }

    #[test]
    fn a_reader_who_takes_nothing_ends_after_the_stuck_time() {
        let activity = Activity::default();
        activity.is_full.store(true, Relaxed);
        assert_eq!(looks(&activity, || ()), 8);
    }

    #[test]
    fn a_reader_who_takes_a_byte_at_a_time_ends_in_the_end() {
        let activity = Activity::default();
        activity.is_full.store(true, Relaxed);
        let sip = || {
            activity.written.fetch_add(1, Relaxed);
        };
        assert_eq!(looks(&activity, sip), 20);
    }

    #[test]
    fn one_that_keeps_asking_stays() {
        let activity = Arc::new(Activity::default());
        let mut watch = Watch::new(limits());
        for _ in 0..1000 {
            drop(Activity::begin(&activity));
            assert!(!watch.is_over(&activity));
        }
    }
}
