//! `newsriver split`, `merge` and `pairs`: the admin's word against the machine's.

use super::{owner, terminal};
use crate::daemon::control::{Reply, Request};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

/// Takes an item out of its story, or a source's copy away from an item.
pub(super) fn split(config: &Path, item: String) -> ExitCode {
    owner::ask(config, Request::Split { item }, tell)
}

/// Makes one story of those of two items.
pub(super) fn merge(config: &Path, one: String, other: String) -> ExitCode {
    owner::ask(config, Request::Merge { one, other }, tell)
}

/// Prints every word given so far as a labelled pair, an object a line.
pub(super) fn pairs(config: &Path) -> ExitCode {
    owner::ask(config, Request::Pairs, |reply| {
        if let Reply::Answer { value } = reply {
            terminal::line(value);
        }
    })
}

fn tell(reply: Reply) {
    if let Reply::Answer { value } = reply
        && let Some(words) = value.get("words").and_then(Value::as_str)
    {
        terminal::line(words);
    }
}
