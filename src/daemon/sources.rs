//! The states of all sources, as the store has them now.

use super::engine::{Engine, Setup};
use crate::health::{self, SourceHealth};
use crate::store::Error;

/// States are read in slices: however many there are, others who wait for the thread come in between.
const SLICE: usize = 64;

/// Each source's health, in the file's order.
pub(super) async fn all(engine: &Engine, setup: &Setup) -> Result<Vec<SourceHealth>, Error> {
    let now = engine.clock.now();
    let mut sources = Vec::with_capacity(setup.sources.len());
    for (index, source) in setup.sources.iter().enumerate() {
        if index % SLICE == SLICE - 1 {
            tokio::task::yield_now().await;
        }
        let state = engine.store.state(source.id).await?;
        sources.push(SourceHealth::of(source, &state, now));
    }
    Ok(sources)
}

/// How many sources bring nothing as things are.
pub(super) async fn in_trouble(engine: &Engine, setup: &Setup) -> Result<usize, Error> {
    let now = engine.clock.now();
    let mut count = 0;
    for (index, source) in setup.sources.iter().enumerate() {
        if index % SLICE == SLICE - 1 {
            tokio::task::yield_now().await;
        }
        let state = engine.store.state(source.id).await?;
        count += usize::from(health::is_in_trouble(source, &state, now));
    }
    Ok(count)
}
