//! Publishing what polls touched: soon, but not once a commit.
//!
//! Polls say which channels changed; one task makes their documents anew. It waits a moment so that polls that
//! end together are published together, and rests in proportion to its own cost, so that a thousand sources
//! polled at once cost a handful of renderings instead of a thousand.

use super::engine::Engine;
use crate::model::in_words;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long after the first change its neighbours may still join.
const GATHER: Duration = Duration::from_millis(50);

/// Never longer between a commit and its documents, bar the rendering itself.
const REST_AT_MOST: Duration = Duration::from_millis(800);

/// How long after a failure what waits is tried again, if nothing changes before.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Publishes until `stop`, then once more.
pub(super) async fn publish(engine: Arc<Engine>, stop: CancellationToken) {
    let mut is_done = true;
    loop {
        tokio::select! {
            () = engine.touched.come() => {}
            () = tokio::time::sleep(TRY_AGAIN), if !is_done => {}
            () = stop.cancelled() => break,
        }
        tokio::time::sleep(GATHER).await;
        let started = Instant::now();
        is_done = publish_waiting(&engine).await;
        let rest = (started.elapsed() * 3).min(REST_AT_MOST);
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = stop.cancelled() => break,
        }
    }
    publish_waiting(&engine).await;
}

/// Publishes what waits now; false: it could not be, and waits on.
pub(super) async fn publish_waiting(engine: &Engine) -> bool {
    let channels = engine.touched.take();
    if channels.is_empty() {
        return true;
    }
    if let Err(error) = engine.publish(&channels).await {
        let words = in_words(error.as_ref());
        tracing::error!("documents could not be made anew; the last ones go on being served: {words}");
        engine.touched.keep(channels);
        return false;
    }
    true
}
