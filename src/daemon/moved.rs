//! Where a source has moved for good, for `newsriver move`; and which source of the store a new address in `feeds.toml`
//! belongs to.

use super::engine::Engine;
use crate::config::Config;
use crate::poll::moves;
use crate::store::{self, Store};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A move that is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The source's name.
    pub name: String,
    /// The configured address.
    pub from: String,
    /// Where it is asked now.
    pub to: String,
}

/// Where the source of this name has moved; an error in words when it has not.
pub(super) async fn moved(engine: &Engine, name: &str) -> anyhow::Result<Value> {
    let setup = engine.setup();
    let source = setup
        .named(name)
        .with_context(|| super::control::no_such_source(&setup.config, name))?;
    let state = engine.store.state(source.id).await?;
    let Some(to) = moves::moved_to(source, &state) else {
        match state.moving.as_ref().filter(|_| state.url == source.url) {
            Some(moving) => anyhow::bail!(
                "{name} seems to move to {}, but {} polls in a row are not enough to believe it",
                moving.to,
                moving.polls
            ),
            None => anyhow::bail!("{name} has not moved; it is asked at {}", source.url),
        }
    };
    let moved = Moved {
        name: source.name.clone(),
        from: source.url.clone(),
        to: to.to_owned(),
    };
    Ok(serde_json::to_value(moved)?)
}

/// The former identities of sources without a written name that stand in `config` under the address they moved to: by
/// their new identity. So neither `newsriver move` nor the admin's own edit makes another source of them.
pub(super) async fn former_identities(
    config: &Config,
    store: &Arc<dyn Store>,
) -> Result<HashMap<String, String>, store::Error> {
    let registered = store.sources().await?;
    let known: HashSet<&str> = registered.iter().map(|known| known.identity.as_str()).collect();
    let named: HashSet<&str> = config
        .sources
        .iter()
        .map(|source| source.identity.as_str())
        .collect();
    let mut former = HashMap::new();
    if named.is_subset(&known) {
        return Ok(former);
    }
    for source in &registered {
        let Some(url) = source
            .identity
            .strip_prefix("url:")
            .filter(|_| !named.contains(source.identity.as_str()))
        else {
            continue;
        };
        let state = store.state(source.id).await?;
        if let Some(to) = state.moved_to.as_ref().filter(|_| state.url == url) {
            former.insert(format!("url:{to}"), source.identity.clone());
        }
    }
    Ok(former)
}
