//! Each source's health, in words and numbers.

use super::engine::{Engine, Setup};
use crate::model::{Source, SourceState, Timestamp};
use serde::{Deserialize, Serialize};

/// Said of a source as long as it is so.
const INSECURE: &str = "its certificate is NOT checked (insecure_tls)";

/// One source's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// `well`, `failing`, `gone`, `waiting` (never asked yet) or `off`.
    pub state: String,
    /// RFC 3339.
    pub last_polled: Option<String>,
    /// RFC 3339.
    pub last_success: Option<String>,
    /// RFC 3339.
    pub next_poll: Option<String>,
    /// Items it has brought, a day since its first success.
    pub items_a_day: Option<f64>,
    /// Items it has brought in all.
    pub items: u64,
    /// Failures in a row.
    pub failures: u32,
    /// How the last poll ended, in words.
    pub words: String,
    /// What was odd in its newest document.
    pub quirks: Vec<String>,
}

/// One source's health as it stands.
pub(super) fn one(source: &Source, state: &SourceState, now: Timestamp) -> SourceStatus {
    let condition = match state {
        _ if !source.enabled => "off",
        state if state.is_gone => "gone",
        state if state.failures > 0 => "failing",
        state if state.last_polled.is_none() => "waiting",
        _ => "well",
    };
    let days = state
        .first_success
        .map(|first| now.since(first).as_secs_f64() / 86_400.0);
    let written = |time: Option<Timestamp>| time.map(Timestamp::to_rfc3339);
    SourceStatus {
        name: source.name.clone(),
        url: crate::fetch::shown(&source.url),
        state: condition.to_owned(),
        last_polled: written(state.last_polled),
        last_success: written(state.last_success),
        next_poll: written(
            Some(state.next_due).filter(|due| source.enabled && !state.is_gone && due.millis() > 0),
        ),
        // Under a day there is no daily figure to speak of.
        items_a_day: days
            .filter(|days| *days >= 1.0)
            .map(|days| (state.items_total as f64 / days * 10.0).round() / 10.0),
        items: state.items_total,
        failures: state.failures,
        words: super::workers::one_line(&state.last_words),
        quirks: source
            .is_insecure()
            .then(|| INSECURE.to_owned())
            .into_iter()
            .chain(
                state
                    .quirks
                    .iter()
                    .map(|quirk| super::workers::one_line(&quirk.0)),
            )
            .collect(),
    }
}

/// All sources' health, for those who hold only the engine.
pub(super) async fn all(engine: &Engine, setup: &Setup) -> Result<Vec<SourceStatus>, crate::store::Error> {
    let now = engine.clock.now();
    let mut sources = Vec::with_capacity(setup.sources.len());
    for source in &setup.sources {
        let state = engine.store.state(source.id).await?;
        sources.push(one(source, &state, now));
    }
    Ok(sources)
}
