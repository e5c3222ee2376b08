//! `feeds.toml`, as written and as checked.
//!
//! `settings` has every key once, with its default and what it is for; `check` turns the file into a [`Config`]
//! or into all the [`Problems`] it has, each with its place and remedy. Nothing here touches network or store.

mod access;
mod check;
mod checked;
mod cron;
pub mod edit;
mod fields;
mod findings;
mod gather;
mod mend;
mod names;
mod problem;
mod quantity;
mod read;
mod rewrite;
mod rule;
mod schema;
mod section;
mod settings;
mod sources;
mod terms;
mod text;
mod value;

pub use check::{check_text, store_of};
pub use checked::{
    Categorize, CategoryConfig, Config, Example, Fetch, Hot, Publish, Server, Site, StoreConfig, Story,
    WebSub,
};
pub use cron::cron_pattern;
pub use problem::{Look, Place, Problem, Problems, Severity, Warning, draw};
pub use rule::{WEIGHT_ROUNDING, pattern};
pub use schema::{json_schema, reference};
pub use terms::{Field, Fields, Filter, MatchRule, Term, Wanted};

use std::path::Path;

/// Reads and checks a file: the configuration with what is odd about it, or all that is wrong with it.
/// Relative paths in it start from its folder.
pub fn load(path: &Path) -> Result<(Config, Vec<Warning>), Problems> {
    check_text(path, &read::file(path)?)
}
