//! `newsriver move SOURCE`: writes the new address of a moved source into `feeds.toml`.
//!
//! Whoever owns the store says where the source has moved; the file is written here, with the rights of the admin
//! who asked for it. A running daemon notices and takes it.

use super::{owner, terminal};
use crate::config::edit;
use crate::daemon::control::{Reply, Request};
use crate::daemon::moved::Moved;
use crate::model::in_words;
use std::path::Path;
use std::process::ExitCode;

/// Writes the address. Exit code 1 when the source has not moved, or the file cannot be changed.
pub(super) fn run(config: &Path, source: String) -> ExitCode {
    let mut moved = None;
    let code = owner::ask(config, Request::Move { source }, |reply| {
        if let Reply::Answer { value } = reply {
            moved = serde_json::from_value::<Moved>(value).ok();
        }
    });
    let Some(moved) = moved else {
        return code;
    };
    match edit::move_source(config, &moved.from, &moved.to) {
        Ok(()) => {
            terminal::line(format_args!("{}: {} is now {}", moved.name, moved.from, moved.to));
            ExitCode::SUCCESS
        }
        Err(error) => {
            terminal::complain(in_words(&error));
            ExitCode::FAILURE
        }
    }
}
