//! What owns the store while it is open: the configuration in force, the poller, the publisher.
//!
//! The daemon runs one for its whole life; a command that finds no daemon opens one for as long as it needs it.

mod plan;
mod setup;

pub use setup::Setup;
use setup::{build, register, view};
pub(super) use setup::{categorizer, names, renamed};

use super::holds::Holds;
use super::learning::Learned;
use super::sorting;
use super::touched::Touched;
use crate::clock::Clock;
use crate::config::Config;
use crate::fetch::{self, Transport, Web};
use crate::model::{Outcome, PollRecord, Reason, Source, SourceId, in_words};
use crate::poll::{self, Recall};
use crate::publish::{Publisher, View};
use crate::store::{self, Channel, Store};
use anyhow::Context;
use arc_swap::ArcSwap;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OnceCell};
use tokio_util::sync::CancellationToken;

/// Makes the way into the network that a configuration asks for.
pub(super) type Network = Box<dyn Fn(&Config) -> Arc<dyn Transport> + Send + Sync>;

/// The store and everything that works on it.
pub struct Engine {
    /// What survives.
    pub store: Arc<dyn Store>,
    network: Network,
    publisher: OnceCell<Arc<Publisher>>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The channels that changed; only the daemon publishes them.
    pub touched: Touched,
    /// What was learned from the items, and how it stands.
    pub learned: Learned,
    /// Rung when the stored items are to be sorted anew.
    pub relabel: Notify,
    setup: ArcSwap<Setup>,
    /// What is remembered of words and stories.
    pub(super) recall: Arc<Recall>,
    under_way: Mutex<HashSet<SourceId>>,
    holds: Holds,
    trouble: Mutex<Troubles>,
    /// One reload at a time, from the reading of the file on: the last one to begin has read the newest file.
    pub(super) reloading: tokio::sync::Mutex<()>,
    /// The store takes no writes any more: only another opening helps.
    pub(super) broken: CancellationToken,
}

/// What is wrong now with newsriver itself, for `/healthz` and `status`.
#[derive(Clone, Debug, Default)]
pub struct Troubles {
    /// The changed `feeds.toml` was refused.
    pub config: Option<String>,
    /// The store refused a write.
    pub store: Option<String>,
}

impl Engine {
    /// Opens the store and builds everything from `config`.
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<Self>> {
        let options = store::Options::new(&config.store.path, authority(&config), clock.now());
        // sled opens files and may rebuild itself: not for the threads that wait on sockets.
        let store = tokio::task::spawn_blocking(move || store::open(options)).await??;
        // Made anew with each configuration: it keeps what it has read of certificates.
        let network: Network = Box::new(|config| Arc::new(Web::new(config.fetch.per_host)));
        let recall = Recall::new(Some(config.store.path.join("recall")));
        Self::over(store, network, recall, config, clock).await
    }

    /// Builds everything from `config` over a store that is open and a way into the network.
    pub(super) async fn over(
        store: Arc<dyn Store>,
        network: Network,
        recall: Arc<Recall>,
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Arc<Self>> {
        let learned = Learned::default();
        let setup = build(config, &store, &network, &clock, &recall, &learned, None).await?;
        poll::forget_votes(store.as_ref(), &setup.sources, clock.now()).await?;
        learned.take_up(&setup.config.store.path, &setup.names());
        let engine = Arc::new(Self {
            store,
            network,
            publisher: OnceCell::new(),
            clock,
            touched: Touched::default(),
            learned,
            relabel: Notify::new(),
            setup: ArcSwap::from_pointee(setup),
            recall,
            under_way: Mutex::default(),
            holds: Holds::default(),
            trouble: Mutex::default(),
            reloading: tokio::sync::Mutex::default(),
            broken: CancellationToken::new(),
        });
        sorting::begin(&engine).await?;
        Ok(engine)
    }

    /// Writes everything out. Nothing may be asked afterwards.
    pub async fn close(&self) -> Result<(), store::Error> {
        self.recall.save();
        self.store.close().await
    }

    /// The configuration in force.
    pub fn setup(&self) -> Arc<Setup> {
        self.setup.load_full()
    }

    /// What makes and holds the documents: made at the first use, so that a command that only polls renders nothing.
    pub async fn publisher(&self) -> anyhow::Result<&Arc<Publisher>> {
        self.publisher
            .get_or_try_init(|| async {
                let view = view(&self.setup(), &self.store).await?;
                let publisher =
                    Publisher::new(Arc::clone(&self.store), view, Arc::clone(&self.clock)).await?;
                Ok(Arc::new(publisher))
            })
            .await
    }

    /// What of the configuration in force readers can see.
    pub(super) async fn view(&self) -> anyhow::Result<View> {
        view(&self.setup(), &self.store).await
    }

    /// Makes the documents of these channels anew, if anybody has asked for documents at all.
    pub async fn publish(&self, channels: &[Channel]) -> anyhow::Result<()> {
        match self.publisher.get() {
            Some(publisher) => Ok(publisher.refresh(channels).await.map(|_| ())?),
            None => Ok(()),
        }
    }

    /// Puts another configuration in force: the new whole is built beside the old, with a time for each new source, then
    /// swapped. A failure leaves the old in force.
    pub async fn reload(&self, config: Config) -> anyhow::Result<()> {
        let before = self.setup();
        match self.make_ready(config, &before).await {
            Ok((setup, polled)) => {
                let forgotten = poll::forget_votes(self.store.as_ref(), &setup.sources, self.clock.now());
                if let Err(error) = forgotten.await {
                    // They say nothing any more all the same, and the next start forgets them.
                    tracing::warn!(
                        "votes of what is no ranking any more are not forgotten: {}",
                        in_words(&error)
                    );
                }
                let is_sorted_alike = setup.sorting() == before.sorting();
                self.setup.store(Arc::new(setup));
                if !is_sorted_alike {
                    self.relabel.notify_one();
                }
                self.plan_late(polled).await;
                Ok(())
            }
            Err(error) => {
                // The store knows the new sources already: it learns again which are in force.
                if let Err(error) = register(&before.config, &self.store, &self.clock).await {
                    tracing::error!("the store could not take back the sources: {}", in_words(&error));
                }
                Err(error)
            }
        }
    }

    async fn make_ready(
        &self,
        config: Config,
        before: &Setup,
    ) -> anyhow::Result<(Setup, Vec<plan::Touched>)> {
        let setup = build(
            config,
            &self.store,
            &self.network,
            &self.clock,
            &self.recall,
            &self.learned,
            Some(before),
        )
        .await?;
        let polled = self.plan(&setup, Some(before)).await?;
        let view = view(&setup, &self.store).await?;
        if let Some(publisher) = self.publisher.get() {
            publisher
                .reload(view)
                .await
                .context("cannot make the documents of the new configuration")?;
        }
        Ok((setup, polled))
    }

    /// Where the file was read again during a poll, what was planned was planned by the old one.
    async fn follow_the_file(&self, before: &Arc<Setup>, source: &Source) {
        let setup = self.setup();
        if Arc::ptr_eq(before, &setup) {
            return;
        }
        if setup.sorting() != before.sorting() {
            // What it brought was sorted by the old one, perhaps behind the back of those who sort anew.
            sorting::disturb(self);
            self.relabel.notify_one();
        }
        if let Some(now_so) = setup.source(source.id) {
            let planned = self.plan_in_turn(now_so, Some(source), self.clock.now(), 1);
            if let Err(error) = planned.await {
                tracing::warn!(source.name = %source.name, "not planned anew: {}", in_words(&error));
            }
        }
    }

    /// Ends the daemon where the store takes no writes any more.
    async fn end_if_stopped(&self) {
        if let Ok(figures) = self.store.figures().await
            && figures.stopped.is_some()
        {
            self.broken.cancel();
        }
    }

    /// What is wrong now.
    pub fn troubles(&self) -> Troubles {
        self.trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes what is wrong, or that it is well again.
    pub fn set_trouble(&self, change: impl FnOnce(&mut Troubles)) {
        change(&mut self.trouble.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Polls one source, unless that is being done already, and has its channels published.
    pub async fn poll(&self, source: &Source) -> PollRecord {
        let Some(_turn) = Turn::take(&self.under_way, source.id) else {
            return self.skipped(source, Reason::new("it is being polled already"));
        };
        // Claimed while a poll by hand was under way, or before a reload made the minimum longer.
        match self.store.state(source.id).await {
            Ok(state) => {
                if let Some(allowed) = poll::asked_too_soon(source, &state, self.clock.now()) {
                    return self.skipped(
                        source,
                        Reason::new(format!(
                            "it was asked less than min_interval ago; not before {allowed}"
                        )),
                    );
                }
            }
            Err(error) => return self.skipped(source, Reason::new(in_words(&error))),
        }
        if let Err(still) = self.holds.begin(source) {
            return self.skipped(source, held(still));
        }
        let setup = self.setup();
        match setup.poller.poll(source).await {
            Ok(polled) => {
                self.holds.end(source.id);
                self.set_trouble(|troubles| troubles.store = None);
                self.touched.add(polled.touched);
                self.follow_the_file(&setup, source).await;
                polled.record
            }
            Err(error) => {
                let words = in_words(&error);
                self.set_trouble(|troubles| troubles.store = Some(words.clone()));
                self.end_if_stopped().await;
                let outcome = Outcome::Failed;
                PollRecord {
                    outcome,
                    was_asked: true,
                    ..self.skipped(source, Reason::new(format!("not stored: {words}")))
                }
            }
        }
    }

    /// Polls a source whose time has come; `None` where it has not: it was polled by hand while it waited.
    pub(super) async fn poll_due(&self, source: &Source) -> Option<PollRecord> {
        match self.store.state(source.id).await {
            Ok(state) if state.is_gone || state.next_due > self.clock.now() => None,
            _ => Some(self.poll(source).await),
        }
    }

    /// The host that a poll of this source will wait for: the one that answered last, since what stands in the file may
    /// only lead there.
    pub(super) async fn host_of(&self, source: &Source) -> String {
        let state = self.store.state(source.id).await.ok();
        let answered = state.and_then(|state| state.validators_url.clone());
        fetch::host(answered.as_deref().unwrap_or(&source.url)).unwrap_or_default()
    }

    /// Polls one source out of its turn, if that is allowed (DESIGN 1, `poll`).
    pub async fn poll_by_hand(&self, source: &Source, is_named: bool) -> PollRecord {
        let state = match self.store.state(source.id).await {
            Ok(state) => state,
            Err(error) => return self.skipped(source, Reason::new(in_words(&error))),
        };
        match poll::may_ask(source, &state, self.clock.now(), is_named) {
            Ok(()) => self.poll(source).await,
            Err(reason) => self.skipped(source, reason),
        }
    }

    fn skipped(&self, source: &Source, reason: Reason) -> PollRecord {
        PollRecord {
            source: source.id,
            name: source.name.clone(),
            at: self.clock.now(),
            outcome: Outcome::Refused,
            new: 0,
            updated: 0,
            took: Duration::ZERO,
            was_asked: false,
            reason,
        }
    }
}

/// Why a source whose answer is not stored is left alone.
fn held(still: Duration) -> Reason {
    let seconds = still.as_secs().saturating_add(1);
    Reason::new(format!(
        "what it answered last could not be stored; it is not asked again for {seconds} s"
    ))
}

/// One source's turn: no two polls of it run at once.
struct Turn<'a> {
    under_way: &'a Mutex<HashSet<SourceId>>,
    id: SourceId,
}

impl<'a> Turn<'a> {
    fn take(under_way: &'a Mutex<HashSet<SourceId>>, id: SourceId) -> Option<Self> {
        let is_free = under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id);
        is_free.then_some(Self { under_way, id })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

/// The host of `site.url`: what our `tag:` ids begin with, fixed when the store is first opened.
pub(super) fn authority(config: &Config) -> String {
    config
        .site
        .url
        .host_str()
        .unwrap_or("newsriver.invalid")
        .to_owned()
}
