//! Bytes from the web, politely and safely.
//!
//! [`Fetcher::get`] fetches one document: conditional where validators are known, over at most ten redirects that are
//! followed by our own policy, each hop in its turn at the host it asks and behind the guard of forbidden addresses,
//! the body cut at its bound and held in memory that all fetches share, the whole within one timeout.
//! [`Transport`] makes the single exchanges, so that all of this is tested without a socket.
//!
//! Left to others: when to ask (`schedule`), and what the bytes mean.

mod address;
pub mod body;
mod budget;
mod cookies;
mod countdown;
mod credentials;
mod error;
mod failure;
mod file;
mod guard;
mod headers;
mod host;
mod lookup;
mod places;
mod receive;
mod redirect;
mod request;
mod transport;
mod web;

pub use address::shown;
pub use body::Encoding;
pub use error::{CertificateFault, Error, Stage};
pub use guard::{check_url, fault_of};
pub use headers::LONGEST_RETRY_AFTER;
pub use redirect::MOST_HOPS;
pub use request::Request;
pub use transport::{Answer, Ask, Route, Transport};
pub use web::{Lookup, Web};

use crate::clock::Clock;
use crate::config;
use crate::model::{Hop, Response, Timestamp, Validators};
use budget::{Budget, Share};
use bytes::Bytes;
use countdown::Countdown;
use credentials::Credentials;
use headers::Said;
use host::Hosts;
use http::HeaderValue;
use places::Places;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;
use url::Url;

/// Packed bodies up to this size are unpacked where they are; larger ones off the async threads.
const SMALL_BODY_BYTES: usize = 16 * 1024;

/// Fetches documents. One for the whole process: hosts' turns and memory are shared by all that use it.
pub struct Fetcher {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    hosts: Arc<Hosts>,
    /// Taken after the turn at the host, so that those who wait for a slow host keep nobody's place.
    places: Arc<Places>,
    room: Arc<Room>,
    user_agent: HeaderValue,
}

/// The host of an address, as turns are counted by it; none where it is no address of the web.
pub fn host(url: &str) -> Option<String> {
    address::parse(url).ok().map(|url| address::host_of(&url))
}

/// What bodies share.
struct Room {
    budget: Budget,
    max_body_bytes: u64,
    allow_files: bool,
    /// As many bodies are unpacked at once as there are processors.
    unpacking: Semaphore,
}

/// A document as it came, with its share of the memory, which it gives back when dropped.
pub struct Fetched {
    /// The last answer.
    pub response: Response,
    share: Share,
    room: Arc<Room>,
}

/// What came of one exchange.
enum Step {
    /// The document.
    Done(Fetched),
    /// A redirect: its status, and where it leads.
    On(u16, Url),
}

impl Fetcher {
    /// A fetcher with the bounds of `config`, naming `site` in its `User-Agent`.
    pub fn new(
        config: &config::Fetch,
        site: Option<&config::Site>,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            transport,
            clock,
            hosts: Hosts::new(config.per_host),
            places: Arc::new(Places::new(config.concurrency)),
            room: Arc::new(Room {
                budget: Budget::new(config.memory_bytes, config.max_body_bytes, config.concurrency * 2),
                max_body_bytes: config.max_body_bytes,
                allow_files: config.allow_files,
                unpacking: Semaphore::new(processors),
            }),
            user_agent: request::user_agent(site),
        }
    }

    /// The same turns, rests and memory over another transport: what outlives a reload.
    #[must_use]
    pub fn over(&self, transport: Arc<dyn Transport>, site: Option<&config::Site>) -> Self {
        Self {
            transport,
            clock: Arc::clone(&self.clock),
            hosts: Arc::clone(&self.hosts),
            places: Arc::clone(&self.places),
            room: Arc::clone(&self.room),
            user_agent: request::user_agent(site),
        }
    }

    /// Fetches one document: a 200 with its body, a 304 to validators that were sent, or a 204. Everything else
    /// is an error that says whose fault it is.
    ///
    /// The time of `request.timeout` does not run while a turn at a host or memory is waited for. A host that
    /// answered with `Retry-After` is not asked before then by anyone.
    pub async fn get(&self, request: &Request) -> Result<Fetched, Error> {
        if let Some(path) = file::path_of(&request.url) {
            return self.read(path?, request).await;
        }
        let mut countdown = Countdown::start(request.timeout);
        let mut url = address::parse(&request.url)?;
        let credentials = match (&request.access, request.home()) {
            (Some(access), Some(home)) => Some(Credentials::read(access, &home, self.clock.now()).await?),
            _ => None,
        };
        let mut hops: Vec<Hop> = Vec::new();
        loop {
            if !request.allow_private_networks {
                check_url(&url)?;
            }
            let host = address::host_of(&url);
            let turn = countdown
                .stopped(self.hosts.turn(&host, || self.clock.now()))
                .await?;
            let place = countdown.stopped(self.places.take()).await;
            let (ask, is_conditional) = request.ask(&url, &self.user_agent, credentials.as_ref());
            let visit = async {
                let answer = countdown.run(self.transport.exchange(&ask)).await;
                let answer = answer.map_err(|_| Error::Timeout {
                    host: host.clone(),
                    limit: countdown.limit(),
                    stage: Stage::Head,
                })??;
                match redirect::target(&url, answer.status, &answer.headers) {
                    Some(next) => Ok(Step::On(answer.status, next?)),
                    None => {
                        let fetched = self.finish(answer, &url, is_conditional, &mut countdown);
                        fetched.await.map(Step::Done)
                    }
                }
            };
            let step = place.hold(visit).await?;
            drop(turn);
            let (status, next) = match step {
                Step::On(status, next) => (status, next),
                Step::Done(mut fetched) => {
                    fetched.response.hops = hops;
                    return Ok(fetched);
                }
            };
            check_hops(&request.url, &url, &hops, &next)?;
            hops.push(Hop {
                status,
                to: next.clone().into(),
            });
            url = next;
        }
    }

    /// A source that is a file of this machine, as if a server had answered.
    async fn read(&self, path: PathBuf, request: &Request) -> Result<Fetched, Error> {
        if !self.room.allow_files {
            return Err(Error::FilesRefused);
        }
        let max_bytes = self.room.max_body_bytes;
        let size = tokio::fs::metadata(&path).await.map_or(0, |found| found.len());
        let share = self.room.budget.claim(size.min(max_bytes)).await;
        let known = request.validators.etag.clone();
        let reading = tokio::task::spawn_blocking(move || file::read(&path, known.as_deref(), max_bytes));
        let found = reading.await.unwrap_or_else(|error| {
            Err(Error::File {
                why: error.to_string(),
            })
        })?;
        let (status, body, etag) = match found {
            file::Found::Unchanged => (304, Vec::new(), None),
            file::Found::Bytes(bytes, mark) => (200, bytes, Some(mark)),
        };
        Ok(Fetched {
            response: Response {
                url: request.url.clone(),
                status,
                validators: Validators {
                    etag,
                    last_modified: None,
                },
                body: body.into(),
                ..Response::default()
            },
            share,
            room: Arc::clone(&self.room),
        })
    }

    /// A request to this [`host`] would get its turn at once: for choosing among many that are due, so that those who
    /// wait for one slow host do not fill the places of all others.
    pub fn is_free(&self, host: &str) -> bool {
        self.hosts.is_free(host)
    }

    /// Lets the host of this address rest until then: what a `Retry-After` said before a restart.
    pub fn rest(&self, url: &str, until: Timestamp) {
        if let Ok(url) = address::parse(url) {
            self.hosts.rest(&address::host_of(&url), until, self.clock.now());
        }
    }

    async fn finish(
        &self,
        answer: Answer,
        url: &Url,
        is_conditional: bool,
        countdown: &mut Countdown,
    ) -> Result<Fetched, Error> {
        let host = address::host_of(url);
        let now = self.clock.now();
        let said = headers::read(&answer.headers, now);
        let status = answer.status;
        if let (429 | 503, Some(until)) = (status, said.retry_after) {
            self.hosts.rest(&host, until, now);
        }
        check_status(&host, status, is_conditional, &said)?;
        let (body, share) = if matches!(status, 204 | 304) {
            (Bytes::new(), Share::nothing())
        } else {
            let bounds = receive::Bounds {
                host: &host,
                max_bytes: self.room.max_body_bytes,
                budget: &self.room.budget,
            };
            receive::whole(answer, &bounds, countdown).await?
        };
        Ok(Fetched {
            response: response(url, status, said, body),
            share,
            room: Arc::clone(&self.room),
        })
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Fetched")
            .field("url", &shown(&self.response.url))
            .field("status", &self.response.status)
            .field("body_bytes", &self.response.body.len())
            .finish_non_exhaustive()
    }
}

impl Fetched {
    /// The document unpacked, as [`body::decode`] does it, within `max_body` and within the shared memory: it waits
    /// for its share where it unpacks to much, and leaves the async threads to others where that takes long.
    pub async fn decode(&mut self) -> Result<Bytes, Error> {
        if let Some(done) = self.decode_at_once().await {
            return done;
        }
        let max = self.room.max_body_bytes;
        let packed = self.response.body.len() as u64;
        let room = Arc::clone(&self.room);
        room.budget
            .grow(&mut self.share, packed.saturating_add(max))
            .await;
        self.unpack(max).await
    }

    /// The same, without waiting for memory: `None` where it would have to.
    pub async fn decode_at_once(&mut self) -> Option<Result<Bytes, Error>> {
        let max = self.room.max_body_bytes;
        if body::packing(&self.response).is_none() {
            return Some(body::decode(&self.response, max));
        }
        let packed = self.response.body.len() as u64;
        let likely = body::likely_size(&self.response).min(max);
        let room = Arc::clone(&self.room);
        if !room
            .budget
            .try_grow(&mut self.share, packed.saturating_add(likely))
        {
            return None;
        }
        match self.unpack(likely).await {
            Err(Error::TooLarge { .. }) if likely < max => None,
            done => Some(done),
        }
    }

    async fn unpack(&self, max_bytes: u64) -> Result<Bytes, Error> {
        if self.response.body.len() <= SMALL_BODY_BYTES && max_bytes <= SMALL_BODY_BYTES as u64 * 16 {
            return body::decode(&self.response, max_bytes);
        }
        // Only a closed semaphore refuses, and this one is never closed.
        let _turn = self.room.unpacking.acquire().await;
        let response = self.response.clone();
        let unpacking = tokio::task::spawn_blocking(move || body::decode(&response, max_bytes));
        unpacking.await.unwrap_or_else(|error| {
            Err(Error::Internal {
                host: shown(&self.response.url),
                why: error.to_string(),
            })
        })
    }
}

fn response(url: &Url, status: u16, said: Said, body: Bytes) -> Response {
    Response {
        url: url.as_str().to_owned(),
        hops: Vec::new(),
        status,
        validators: said.validators,
        content_type: said.content_type,
        content_language: said.content_language,
        content_encoding: said.content_encoding,
        fresh_for: said.fresh_for,
        retry_after: said.retry_after,
        body,
    }
}

/// Where a redirect would lead in a circle, or too far.
fn check_hops(start: &str, from: &Url, hops: &[Hop], next: &Url) -> Result<(), Error> {
    let host = || address::host_of(from);
    let been_there = next == from
        || hops.iter().any(|hop| hop.to == next.as_str())
        || address::parse(start).is_ok_and(|start| start == *next);
    if been_there {
        return Err(Error::RedirectLoop { host: host() });
    }
    if hops.len() >= MOST_HOPS {
        return Err(Error::TooManyRedirects {
            host: host(),
            limit: MOST_HOPS,
        });
    }
    Ok(())
}

fn check_status(host: &str, status: u16, is_conditional: bool, said: &Said) -> Result<(), Error> {
    let host = || host.to_owned();
    match status {
        200 | 203 | 204 => Ok(()),
        304 if is_conditional => Ok(()),
        304 => Err(Error::UnaskedNotModified { host: host() }),
        206 => Err(Error::UnaskedPart { host: host() }),
        410 => Err(Error::Gone { host: host() }),
        _ => Err(Error::Status {
            host: host(),
            status,
            retry_after: said.retry_after,
        }),
    }
}

#[cfg(test)]
mod tests;
