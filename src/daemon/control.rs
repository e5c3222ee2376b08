//! The socket that commands ask: a JSON request a line, JSON lines back.
//!
//! A running daemon owns the store and listens on `control.sock` (mode 0600) in `$RUNTIME_DIRECTORY`, else in the
//! store folder. Every command that needs the store asks it first, and answers the same request itself, by
//! [`answer`], when nobody listens.

use super::engine::Engine;
use super::{against, explain, filed, moved, reload, status, words};
use crate::config::Config;
use crate::model::{Outcome, PollRecord, in_words};
use crate::poll as polling;
use anyhow::Context;
use futures_util::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What may be asked on one connection: a `feeds.toml` of 100,000 sources fits. Only the daemon's own user can ask.
const REQUEST_BYTES_AT_MOST: u64 = 64 << 20;

/// From this likeness on one name may have been meant by another (Jaro-Winkler, 1: the same).
const ALIKE: f64 = 0.7;

/// So many names are told where none is like the one that was asked for.
const MOST_NAMED: usize = 10;

/// What a command may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    /// Poll these sources now; all of them when none is named. One `polled` line each.
    Poll {
        /// Their names.
        sources: Vec<String>,
    },
    /// The state of everything, in one line.
    Status,
    /// How an item, or a source, came to be as it is, in one line.
    Why {
        /// An id, a link, or a source's name.
        item: String,
    },
    /// Takes an item out of its story, or a copy away from an item, in one line.
    Split {
        /// An id or a link.
        item: String,
    },
    /// Makes one story of those of two items, in one line.
    Merge {
        /// An id or a link.
        one: String,
        /// An id or a link.
        other: String,
    },
    /// Every word of the admin so far as a labelled pair, a line each.
    Pairs,
    /// Whether what is stored fits together, in one line; with `repair`, what can be put right is.
    Verify {
        /// Put it right.
        repair: bool,
    },
    /// Where a source has moved, in one line; `failed` in words when it has not.
    Move {
        /// Its name.
        source: String,
    },
    /// Files an item under a category; without one, what was said of it is taken back. Where it is now, in one line.
    Label {
        /// An id or a link.
        item: String,
        /// The name of a category.
        category: Option<String>,
    },
    /// Writes the published tree as files.
    Export {
        /// An absolute path.
        folder: PathBuf,
    },
    /// What this `feeds.toml` would change among the stored items, a line a difference.
    Against {
        /// Where it stands, absolute.
        path: PathBuf,
        /// What it says.
        text: String,
    },
    /// Reads `feeds.toml` again.
    Reload,
    /// Lets old items go and keeps the store in its bounds now, as each hour, in one line.
    Housekeep,
}

impl Request {
    /// Nothing is changed by it.
    pub fn only_reads(&self) -> bool {
        matches!(self, Self::Status | Self::Why { .. })
    }
}

/// One line of an answer. The last is always `Done` or `Failed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Reply {
    /// One poll.
    Polled(PolledLine),
    /// How far it is.
    Progress {
        /// So many are done.
        done: usize,
        /// Of so many.
        of: usize,
    },
    /// What was asked for.
    Answer {
        /// As the request says.
        value: Value,
    },
    /// The end; `well` false: the answer is no (exit 1).
    Done {
        /// Whether all went well.
        well: bool,
    },
    /// The end: it could not be done, in words.
    Failed {
        /// Why, and what to do.
        why: String,
    },
}

/// One poll as a line of `newsriver poll` says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolledLine {
    /// The source's name.
    pub name: String,
    /// `modified`, `not-modified`, `unchanged`, `gone`, `refused`, `failed`; `skipped` when it was not asked.
    pub outcome: String,
    /// Items not seen before.
    pub new: usize,
    /// Items changed.
    pub updated: usize,
    /// Milliseconds.
    pub ms: u64,
    /// Why.
    pub words: String,
    /// It counts as a failure.
    pub is_failure: bool,
}

impl From<PollRecord> for PolledLine {
    fn from(record: PollRecord) -> Self {
        let is_skip = !record.was_asked && record.outcome == Outcome::Refused;
        Self {
            name: record.name,
            outcome: if is_skip {
                "skipped".to_owned()
            } else {
                record.outcome.word().to_owned()
            },
            new: record.new,
            updated: record.updated,
            ms: record.took.as_millis() as u64,
            words: crate::health::one_line(record.reason.as_str()),
            is_failure: !is_skip && !record.outcome.is_success(),
        }
    }
}

/// Where the socket of this configuration lies.
pub fn socket_path(store: &Path) -> PathBuf {
    match std::env::var_os("RUNTIME_DIRECTORY") {
        // systemd may name several, separated by colons: the first is ours.
        Some(folders) => {
            let folders = folders.to_string_lossy().into_owned();
            PathBuf::from(folders.split(':').next().unwrap_or_default()).join("control.sock")
        }
        None => store.join("control.sock"),
    }
}

/// Somebody listens there.
pub fn is_served(store: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket_path(store)).is_ok()
}

/// Asks the daemon that owns this store. `None`: nobody listens.
pub async fn ask(store: &Path, request: &Request) -> anyhow::Result<Option<mpsc::Receiver<Reply>>> {
    let path = socket_path(store);
    let Ok(stream) = UnixStream::connect(&path).await else {
        return Ok(None);
    };
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    write
        .write_all(&line)
        .await
        .with_context(|| format!("cannot ask the daemon at {}", path.display()))?;
    let (sender, receiver) = mpsc::channel(64);
    tokio::spawn(async move {
        // The write half lives as long as the answer: its end tells the daemon that nobody waits any more.
        let _write = write;
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let reply = serde_json::from_str(&line).unwrap_or_else(|error| Reply::Failed {
                why: format!("the daemon answered nonsense: {error}"),
            });
            if sender.send(reply).await.is_err() {
                break;
            }
        }
    });
    Ok(Some(receiver))
}

/// Listens until `stop`.
pub(super) fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    // We hold the store's lock: a socket left here belongs to nobody.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)
        .with_context(|| format!("cannot listen on the control socket {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("cannot close the control socket {} to others", path.display()))?;
    Ok(listener)
}

/// Answers whoever connects, until `stop`.
pub(super) async fn serve(listener: UnixListener, engine: Arc<Engine>, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (engine, stop) = (Arc::clone(&engine), stop.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = converse(stream, engine) => {}
                    }
                });
            }
            // Out of file descriptors, most likely: they come free again.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
        }
    }
}

async fn converse(stream: UnixStream, engine: Arc<Engine>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(tokio::io::AsyncReadExt::take(read, REQUEST_BYTES_AT_MOST)).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let (sender, mut replies) = mpsc::channel(64);
        match serde_json::from_str::<Request>(&line) {
            Ok(request) => {
                let engine = Arc::clone(&engine);
                tokio::spawn(async move { answer(&engine, request, &sender).await });
            }
            Err(error) => {
                let mib = REQUEST_BYTES_AT_MOST >> 20;
                let why = if u64::try_from(line.len()).unwrap_or(u64::MAX) >= REQUEST_BYTES_AT_MOST {
                    format!("the request is longer than the {mib} MiB that a daemon reads")
                } else {
                    format!("not a request: {error}")
                };
                let _ = sender.send(Reply::Failed { why }).await;
                drop(sender);
            }
        }
        while let Some(reply) = replies.recv().await {
            let Ok(mut line) = serde_json::to_vec(&reply) else {
                return;
            };
            line.push(b'\n');
            if write.write_all(&line).await.is_err() {
                return;
            }
        }
    }
}

/// Does what is asked with this engine, reply by reply.
pub async fn answer(engine: &Arc<Engine>, request: Request, replies: &mpsc::Sender<Reply>) {
    let done = match request {
        Request::Poll { sources } => poll(engine, &sources, replies).await,
        Request::Status => one(replies, status::status(engine).await).await,
        Request::Why { item } => one(replies, explain::why(engine, &item).await).await,
        Request::Split { item } => one(replies, words::split(engine, &item).await).await,
        Request::Merge { one: first, other } => {
            one(replies, words::merge(engine, &first, &other).await).await
        }
        Request::Verify { repair } => verify(engine, repair, replies).await,
        Request::Pairs => pairs(engine, replies).await,
        Request::Move { source } => one(replies, moved::moved(engine, &source).await).await,
        Request::Label { item, category } => one(replies, filed::label(engine, &item, category).await).await,
        Request::Export { folder } => one(replies, export(engine, &folder, replies).await).await,
        Request::Against { path, text } => compare(engine, &path, &text, replies).await,
        Request::Housekeep => one(replies, housekeep(engine).await).await,
        Request::Reload => match reload::reload(engine).await {
            Ok(()) => Ok(true),
            Err(words) => Err(anyhow::anyhow!(words)),
        },
    };
    let last = match done {
        Ok(well) => Reply::Done { well },
        Err(error) => Reply::Failed {
            why: in_words(error.as_ref()),
        },
    };
    let _ = replies.send(last).await;
}

async fn one(replies: &mpsc::Sender<Reply>, value: anyhow::Result<Value>) -> anyhow::Result<bool> {
    let _ = replies.send(Reply::Answer { value: value? }).await;
    Ok(true)
}

async fn verify(engine: &Engine, repair: bool, replies: &mpsc::Sender<Reply>) -> anyhow::Result<bool> {
    // Who does not keep up needs no more of these.
    let progress = |done, of| drop(replies.try_send(Reply::Progress { done, of }));
    let now = engine.clock.now();
    let found =
        polling::verify::verify(engine.store.as_ref(), &engine.recall, repair, now, &progress).await?;
    engine.touched.add(found.touched);
    let (identities, stories) = found.repaired;
    let value = json!({
        "items": found.items,
        "lines": found.lines,
        "count": found.count,
        "faults": found.faults,
        "identities_repaired": identities,
        "stories_repaired": stories,
        "left": found.left,
    });
    let _ = replies.send(Reply::Answer { value }).await;
    Ok(if repair { found.left == 0 } else { found.count == 0 })
}

async fn pairs(engine: &Engine, replies: &mpsc::Sender<Reply>) -> anyhow::Result<bool> {
    for value in words::pairs(engine).await? {
        let _ = replies.send(Reply::Answer { value }).await;
    }
    Ok(true)
}

async fn compare(
    engine: &Engine,
    path: &Path,
    text: &str,
    replies: &mpsc::Sender<Reply>,
) -> anyhow::Result<bool> {
    let (sender, mut differences) = mpsc::channel(against::WAITING);
    let tell = async {
        let mut is_equal = true;
        while let Some(difference) = differences.recv().await {
            is_equal = false;
            let value = serde_json::to_value(difference)?;
            if replies.send(Reply::Answer { value }).await.is_err() {
                break;
            }
        }
        // Nobody listens any more, or nothing more comes: here the comparing learns of it.
        drop(differences);
        anyhow::Ok(is_equal)
    };
    let (compared, is_equal) = tokio::join!(against::compare_text(engine, path, text, sender), tell);
    compared?;
    is_equal
}

async fn poll(engine: &Arc<Engine>, names: &[String], replies: &mpsc::Sender<Reply>) -> anyhow::Result<bool> {
    let setup = engine.setup();
    engine.rest_hosts().await?;
    let mut chosen = Vec::new();
    for name in names {
        let source = setup
            .named(name)
            .with_context(|| no_such_source(&setup.config, name))?;
        chosen.push(Arc::clone(source));
    }
    let is_named = !names.is_empty();
    if !is_named {
        chosen.extend(setup.sources.iter().filter(|source| source.enabled).cloned());
    }
    let (mut done, of) = (0, chosen.len());
    let _ = replies.send(Reply::Progress { done, of }).await;
    let polls = chosen.into_iter().map(|source| {
        let engine = Arc::clone(engine);
        // A task each: parsing one document must not hold up the sockets of the others.
        async move { tokio::spawn(async move { engine.poll_by_hand(&source, is_named).await }).await }
    });
    let mut polls = stream::iter(polls).buffer_unordered(super::workers::polls_at_once(&setup.config.fetch));
    let mut well = true;
    while let Some(ended) = polls.next().await {
        let line = PolledLine::from(ended.context("a poll ended in a panic")?);
        well &= !line.is_failure;
        done += 1;
        if replies.send(Reply::Polled(line)).await.is_err() {
            break;
        }
        // Who does not keep up needs no more of these.
        let _ = replies.try_send(Reply::Progress { done, of });
    }
    Ok(well)
}

pub(super) fn no_such_source(config: &Config, name: &str) -> String {
    let names = config.sources.iter().map(|source| source.name.as_str());
    format!("there is no source named {name}; {}", instead(name, names))
}

/// What somebody who wrote a name that is none may want: the one most like it, else some of those that there are.
pub(super) fn instead<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let likeness = |other: &&str| strsim::jaro_winkler(other, name);
    let nearest = names
        .iter()
        .filter(|other| likeness(other) >= ALIKE)
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    match (nearest, names.len()) {
        (Some(nearest), _) => format!("the nearest is {nearest}"),
        (None, 0) => "feeds.toml has none".to_owned(),
        (None, count) if count > MOST_NAMED => {
            let some = names.iter().take(MOST_NAMED).copied().collect::<Vec<_>>();
            format!("there are {count}: {}, and so on", some.join(", "))
        }
        (None, _) => format!("there is {}", names.join(", ")),
    }
}

async fn housekeep(engine: &Engine) -> anyhow::Result<Value> {
    let kept = super::jobs::keep_house(engine).await?;
    Ok(json!({ "purged": kept.purged, "compacted": kept.compacted }))
}

async fn export(engine: &Arc<Engine>, folder: &Path, replies: &mpsc::Sender<Reply>) -> anyhow::Result<Value> {
    super::refresh::publish_waiting(engine).await;
    // Who does not keep up needs no more of these.
    let progress = |done, of| drop(replies.try_send(Reply::Progress { done, of }));
    let written = engine.publisher().await?.export(folder, &progress).await?;
    Ok(
        json!({ "folder": folder, "written": written.written, "unchanged": written.unchanged, "removed": written.removed }),
    )
}
