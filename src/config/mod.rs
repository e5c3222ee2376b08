//! `feeds.toml`, as written and as checked.
//!
//! `settings` has every key once, with its default and its doc comment; `check` turns the file into a [`Config`]
//! or into all the [`Problem`]s it has, each with its place and remedy. Nothing here touches network or store.

mod checked;

pub use checked::{CategoryConfig, Config, Fetch, MatchRule, Publish, Server, Site, StoreConfig, Term};
