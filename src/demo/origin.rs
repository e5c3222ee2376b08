//! The HTTP server on the loopback that plays the sources, or whatever a test tells it to.

use super::answer::{Answer, Fault};
use super::error::Error;
use super::script::Script;
use super::stage;
use crate::clock::{Clock, SystemClock};
use crate::model::Timestamp;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, JoinSet};

/// The newest so many requests are remembered one by one; all are counted.
const LOG_LENGTH: usize = 20_000;
/// So many paths are counted one by one; what comes at others beyond them is not.
const COUNTED_PATHS: usize = 20_000;
/// What makes one play differ from another.
const SEED: u64 = 0x6e65_7773;

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A running origin. It ends, with every connection it has, when this is dropped.
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// One request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// When it was read, by the origin's clock.
    pub at: Timestamp,
    /// `GET`, `HEAD`, …
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark.
    pub query: Option<String>,
    /// Lower-case names, in the order in which they came; what is not UTF-8 is replaced.
    pub headers: Vec<(String, String)>,
}

/// Requests at one path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub requests: u64,
    /// Those answered 304.
    pub not_modified: u64,
}

struct Shared {
    base: String,
    script: Script,
    clock: Arc<dyn Clock>,
    /// Held for moments only, never across an await.
    told: Mutex<Told>,
}

/// What tests have told the origin, and what it has seen.
#[derive(Default)]
struct Told {
    answers: BTreeMap<String, Answer>,
    faults: BTreeMap<String, Fault>,
    counts: BTreeMap<String, Counts>,
    log: VecDeque<Visit>,
}

impl Origin {
    /// Listens on `address` (port 0: a free one) and begins the play now. To be called within a tokio runtime.
    pub fn start(address: SocketAddr) -> Result<Self, Error> {
        Self::start_at(address, Arc::new(SystemClock))
    }

    /// The same with a clock of the caller's, by which texts appear and requests are logged.
    pub fn start_at(address: SocketAddr, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let runtime = Handle::try_current()?;
        let listen = |source| Error::Listen { address, source };
        let listener = std::net::TcpListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let bound = listener.local_addr().map_err(listen)?;
        let listener = TcpListener::from_std(listener).map_err(listen)?;
        let shared = Arc::new(Shared {
            base: format!("http://{bound}"),
            script: Script::new(clock.now(), SEED),
            clock,
            told: Mutex::default(),
        });
        Ok(Self {
            address: bound,
            accepting: runtime.spawn(accept(listener, Arc::clone(&shared))),
            shared,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The absolute address of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.shared.base)
    }

    /// From now on `path` (without query) answers 200 with these bytes and header fields, and 304 to a conditional
    /// request that matches the `ETag` or `Last-Modified` among them. It goes before what the play has there.
    pub fn serve(&self, path: &str, bytes: impl Into<Bytes>, headers: &[(&str, &str)]) {
        self.answer(path, Answer::ok(bytes, headers));
    }

    /// From now on `path` answers this: another status, a redirect.
    pub fn answer(&self, path: &str, answer: Answer) {
        self.told().answers.insert(path.to_owned(), answer);
    }

    /// From now on this goes wrong at `path`, whatever is there; `None`: nothing does.
    pub fn fault(&self, path: &str, fault: Option<Fault>) {
        let mut told = self.told();
        match fault {
            Some(fault) => told.faults.insert(path.to_owned(), fault),
            None => told.faults.remove(path),
        };
    }

    /// The newest requests (20,000 at most), oldest first.
    pub fn visits(&self) -> Vec<Visit> {
        self.told().log.iter().cloned().collect()
    }

    /// The same at one path.
    pub fn visits_of(&self, path: &str) -> Vec<Visit> {
        let told = self.told();
        let found = told.log.iter().filter(|visit| visit.path == path);
        found.cloned().collect()
    }

    /// How often `path` was asked for.
    pub fn counts(&self, path: &str) -> Counts {
        self.told().counts.get(path).copied().unwrap_or_default()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.shared.told()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        // The connections live in the task's own set and go with it.
        self.accepting.abort();
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Origin({})", self.address)
    }
}

impl Visit {
    /// The first field of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn of(request: &Request<Incoming>, at: Timestamp) -> Self {
        let headers = request.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        Self {
            at,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            headers: headers.collect(),
        }
    }
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        // What a panicking test left behind is still whole: every change is one insertion.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request, after what was told to go wrong has gone wrong.
    async fn respond(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let visit = Visit::of(&request, self.clock.now());
        let (fault, visits) = self.note(&visit);
        let mut cut = None;
        match fault {
            Some(Fault::Status(status)) => return Ok(whole(&Answer::with_status(status, "", &[]), false)),
            Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Cut(bytes)) => cut = Some(bytes),
            None => {}
        }
        let answer = self.choose(&visit, &request, visits).await;
        if answer.status == 304
            && let Some(counts) = self.told().counts.get_mut(&visit.path)
        {
            counts.not_modified += 1;
        }
        let response = match cut {
            Some(bytes) => cut_off(&answer, bytes),
            None => whole(&answer, request.method() == Method::HEAD),
        };
        Ok(response)
    }

    /// Remembers a request; answers the fault at its path and how many came there before.
    fn note(&self, visit: &Visit) -> (Option<Fault>, u64) {
        let mut told = self.told();
        if told.log.len() == LOG_LENGTH {
            told.log.pop_front();
        }
        told.log.push_back(visit.clone());
        let fault = told.faults.get(&visit.path).copied();
        if told.counts.len() == COUNTED_PATHS && !told.counts.contains_key(&visit.path) {
            return (fault, 0);
        }
        let counts = told.counts.entry(visit.path.clone()).or_default();
        let before = counts.requests;
        counts.requests += 1;
        (fault, before)
    }

    async fn choose(&self, visit: &Visit, request: &Request<Incoming>, visits: u64) -> Answer {
        let told = self.told().answers.get(&visit.path).cloned();
        if let Some(answer) = told {
            return answer.conditional(request.headers());
        }
        let now = self.clock.now();
        let scene = stage::scene(
            &self.script,
            &visit.path,
            request.headers(),
            visits,
            now,
            &self.base,
        );
        if scene.delay > Duration::ZERO {
            tokio::time::sleep(scene.delay).await;
        }
        scene.answer
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(&shared)));
                }
                // Out of descriptors, mostly: some will be free in a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection to its end. That a visitor hung up is not our concern.
async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| Arc::clone(&shared).respond(request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = served.await;
}

/// The answer with all its bytes; to HEAD, with the length alone.
fn whole(answer: &Answer, is_head: bool) -> Response<Body> {
    let length = answer.body.len();
    let bytes = if is_head {
        Bytes::new()
    } else {
        answer.body.clone()
    };
    let body = Full::new(bytes).map_err(|never| match never {}).boxed_unsync();
    respond_with(answer, (answer.status != 304).then_some(length), body)
}

/// The answer's length and so many of its bytes; then the connection breaks.
fn cut_off(answer: &Answer, bytes: usize) -> Response<Body> {
    let first = answer.body.slice(..bytes.min(answer.body.len()));
    let sent = stream::once(std::future::ready(Ok(Frame::data(first))));
    let broken = stream::once(async {
        // hyper sends what it has when nothing more is ready, and forgets it when an error is.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::from(ErrorKind::ConnectionAborted))
    });
    let body = BodyExt::boxed_unsync(StreamBody::new(sent.chain(broken)));
    respond_with(answer, Some(answer.body.len()), body)
}

fn respond_with(answer: &Answer, length: Option<usize>, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answer.header_map();
    if let Some(length) = length {
        let length = http::HeaderValue::from(length);
        response
            .headers_mut()
            .insert(http::header::CONTENT_LENGTH, length);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    /// What comes back for one request on a connection of its own, as text, until the origin closes it.
    async fn ask(origin: &Origin, path: &str, fields: &str) -> String {
        let mut stream = TcpStream::connect(origin.address()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[tokio::test]
    async fn a_test_serves_what_it_likes_and_reads_who_came() {
        let origin = Origin::start(LOOPBACK).unwrap();
        origin.serve("/mine.xml", "<rss/>", &[("ETag", "\"1\"")]);
        assert!(
            ask(&origin, "/mine.xml?a=b", "")
                .await
                .ends_with("\r\n\r\n<rss/>")
        );
        let again = ask(&origin, "/mine.xml", "If-None-Match: \"1\"\r\n").await;
        assert!(again.starts_with("HTTP/1.1 304"), "{again}");
        let counts = origin.counts("/mine.xml");
        assert_eq!((counts.requests, counts.not_modified), (2, 1));
        let visits = origin.visits_of("/mine.xml");
        assert_eq!(visits.first().unwrap().query.as_deref(), Some("a=b"));
        assert_eq!(visits.last().unwrap().header("If-None-Match"), Some("\"1\""));
    }

    #[tokio::test]
    async fn faults_come_and_go() {
        let origin = Origin::start(LOOPBACK).unwrap();
        origin.serve("/a", "0123456789", &[]);
        origin.fault("/a", Some(Fault::Status(503)));
        assert!(ask(&origin, "/a", "").await.starts_with("HTTP/1.1 503"));
        origin.fault("/a", Some(Fault::Cut(4)));
        let cut = ask(&origin, "/a", "").await;
        assert!(
            cut.contains("content-length: 10") && cut.ends_with("\r\n\r\n0123"),
            "{cut}"
        );
        origin.fault("/a", None);
        assert!(ask(&origin, "/a", "").await.ends_with("0123456789"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_path_never_answers_and_a_late_one_does() {
        let origin = Origin::start(LOOPBACK).unwrap();
        origin.serve("/a", "late", &[]);
        origin.fault("/a", Some(Fault::Delay(Duration::from_secs(60))));
        assert!(ask(&origin, "/a", "").await.ends_with("late"));
        origin.fault("/a", Some(Fault::Hang));
        let waited = tokio::time::timeout(Duration::from_secs(3600), ask(&origin, "/a", "")).await;
        assert!(waited.is_err());
    }

    #[tokio::test]
    async fn the_play_goes_by_the_clock() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_795_336_200)));
        let origin = Origin::start_at(LOOPBACK, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        let before = ask(&origin, "/harbour-post/rss.xml", "").await;
        clock.advance(Duration::from_secs(3));
        let after = ask(&origin, "/harbour-post/rss.xml", "").await;
        assert_eq!(
            before.matches("<item>").count() + 1,
            after.matches("<item>").count()
        );
        assert_eq!(origin.visits().len(), 2);
    }

    #[test]
    fn without_a_runtime_it_says_so() {
        let refused = Origin::start(LOOPBACK).unwrap_err();
        assert!(refused.to_string().contains("tokio runtime"));
    }
}
