//! When each source is asked next, where that was not decided by its last poll: at the start, when `feeds.toml` was read
//! again, and when the clock was turned back. What is decided is `schedule`'s; here it is asked of all, and kept.

use super::{Engine, Setup, Turn};
use crate::model::{Source, Timestamp};
use crate::poll;
use crate::schedule;
use crate::store::{self, Changes};
use futures_util::stream::{self, StreamExt};
use std::sync::Arc;

/// Commits under way at once, so that they share their writes to the disk.
const SIDE_BY_SIDE: usize = 256;

/// A source as it is to be, and as the file had it until now.
pub(super) type Touched = (Arc<Source>, Option<Arc<Source>>);

impl Engine {
    /// Gives every source that was never asked its first time (at once for a few, spread for thousands, and as its
    /// `schedule` says where it has one), and another one to those for which the clock is not what it was. Hosts that
    /// asked for silence keep it.
    pub async fn plan_polls(&self) -> Result<(), store::Error> {
        self.plan(&self.setup(), None).await.map(drop)
    }

    /// The same, and for those that the file has otherwise than `before`. Answers those that are being polled: what is
    /// kept of a poll must not be overwritten.
    pub(super) async fn plan(
        &self,
        setup: &Setup,
        before: Option<&Setup>,
    ) -> Result<Vec<Touched>, store::Error> {
        self.rest_hosts_of(setup).await?;
        let now = self.clock.now();
        let mut touched: Vec<Touched> = Vec::new();
        for source in setup.sources.iter().filter(|source| source.enabled) {
            let state = self.store.state(source.id).await?;
            let was = before.and_then(|before| before.source(source.id)).cloned();
            if schedule::replan(source, was.as_deref(), &state, now, 1, 0).is_some() {
                touched.push((Arc::clone(source), was));
            }
        }
        let total = touched.len();
        let mut plans = stream::iter(touched)
            .map(|touched| async move {
                let planned = self.plan_one(&touched, now, total).await?;
                Ok((!planned).then_some(touched))
            })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut polled = Vec::new();
        while let Some(planned) = plans.next().await {
            polled.extend(planned?);
        }
        Ok(polled)
    }

    /// Those that were being polled when the file was read again. One that still is sees that at its end.
    pub(super) async fn plan_late(&self, polled: Vec<Touched>) {
        let (now, total) = (self.clock.now(), polled.len());
        for touched in polled {
            if let Err(error) = self.plan_one(&touched, now, total).await {
                tracing::warn!(source.name = %touched.0.name, "not planned anew: {}", crate::model::in_words(&error));
            }
        }
    }

    /// False: it is being polled.
    async fn plan_one(
        &self,
        (source, was): &Touched,
        now: Timestamp,
        total: usize,
    ) -> Result<bool, store::Error> {
        let Some(_turn) = Turn::take(&self.under_way, source.id) else {
            return Ok(false);
        };
        self.plan_in_turn(source, was.as_deref(), now, total).await?;
        Ok(true)
    }

    /// Plans a source whose turn the caller has.
    pub(super) async fn plan_in_turn(
        &self,
        source: &Source,
        was: Option<&Source>,
        now: Timestamp,
        total: usize,
    ) -> Result<(), store::Error> {
        let state = self.store.state(source.id).await?;
        let Some(state) = schedule::replan(source, was, &state, now, total, fastrand::u64(..)) else {
            return Ok(());
        };
        let changes = Changes {
            source: source.id,
            at: now,
            state: Some(state),
            ..Changes::default()
        };
        self.store.commit(changes).await.map(drop)
    }

    /// Lets the hosts rest that asked for it before a restart or a reload.
    pub async fn rest_hosts(&self) -> Result<(), store::Error> {
        self.rest_hosts_of(&self.setup()).await
    }

    async fn rest_hosts_of(&self, setup: &Setup) -> Result<(), store::Error> {
        let now = self.clock.now();
        for source in &setup.sources {
            let state = self.store.state(source.id).await?;
            if let Some(until) = state.not_before.filter(|until| *until > now) {
                let fetcher = &setup.poller.fetcher;
                fetcher.rest(poll::moves::address(source, &state), until);
                // Which of the hosts on its way asked for it is not kept: the last one may have as well.
                if let Some(answered) = &state.validators_url {
                    fetcher.rest(answered, until);
                }
            }
        }
        Ok(())
    }
}
