//! `newsriver verify`: whether what is stored fits together, and with `--repair`, putting right what can be.

use super::progress::Progress;
use super::{owner, terminal};
use crate::daemon::control::{Reply, Request};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

/// Prints each fault and a last line. Exit code 1 when anything is wrong, or stays wrong.
pub(super) fn run(config: &Path, repair: bool) -> ExitCode {
    let bar = Progress::begin();
    owner::ask(config, Request::Verify { repair }, |reply| match reply {
        Reply::Progress { done, of } => bar.tell(done, of),
        Reply::Answer { value } => bar.aside(|| tell(&value, repair)),
        _ => {}
    })
}

fn tell(value: &Value, repair: bool) {
    let count = |key: &str| value.get(key).and_then(Value::as_u64).unwrap_or(0);
    let faults = value
        .get("faults")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for fault in faults.filter_map(Value::as_str) {
        terminal::line(fault);
    }
    let (items, lines) = (count("items"), count("lines"));
    let found = match count("count") {
        0 => "all of it fits together".to_owned(),
        1 => "1 fault".to_owned(),
        faults => format!("{faults} faults"),
    };
    terminal::line(format_args!("{items} items, {lines} lines of lists: {found}"));
    if repair {
        terminal::line(format_args!(
            "put right: the identity of {} items, the story of {}; what is remembered of words was made anew",
            count("identities_repaired"),
            count("stories_repaired")
        ));
    }
    if count("left") > 0 {
        terminal::line(format_args!(
            "{} are beyond repair here: stop newsriver, move the folder sled-N of the store away, and start it; it is made anew from the journal",
            count("left")
        ));
    }
}
