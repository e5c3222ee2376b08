//! The state of everything, as `newsriver status` shows it: each source with its health in words.

use super::engine::Engine;
use super::learning::LearnedStatus;
use super::sections::UnknownSection;
use super::{sections, sources};
use crate::health::SourceHealth;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What `status` answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Items kept.
    pub items: u64,
    /// Items that left but stay known.
    pub tombstones: u64,
    /// Bytes of the store folder.
    pub bytes_on_disk: u64,
    /// `ok`, `degraded` or `failing`.
    pub health: String,
    /// What is wrong with newsriver itself, and what opening the store had to do.
    pub notes: Vec<String>,
    /// What was learned about categories.
    #[serde(default)]
    pub learned: LearnedStatus,
    /// Sections of mixed sources that no category has.
    #[serde(default)]
    pub sections: Vec<UnknownSection>,
    /// Each source, in the file's order.
    pub sources: Vec<SourceHealth>,
}

/// Asks the store.
pub(super) async fn status(engine: &Engine) -> anyhow::Result<Value> {
    let setup = engine.setup();
    let figures = engine.store.figures().await?;
    let sources = sources::all(engine, &setup).await?;
    let failing = sources::in_trouble(engine, &setup).await?;
    let health = super::health::health(engine, failing, sources.len());
    let (health, reasons) = super::health::in_words(&health);
    let mut notes = reasons.to_vec();
    notes.extend(super::health::details(engine));
    notes.extend(figures.opening);
    let status = Status {
        items: figures.items,
        tombstones: figures.tombstones,
        bytes_on_disk: figures.bytes_on_disk,
        health: health.to_owned(),
        notes,
        learned: engine.learned.status(),
        sections: sections::known(engine),
        sources,
    };
    Ok(serde_json::to_value(status)?)
}
