//! `newsriver poll`: polls now, once; a line a source and a total.

use super::progress::Progress;
use super::{owner, terminal};
use crate::daemon::control::{PolledLine, Reply, Request};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Polls the named sources, all when none is named. Exit code 1 when any failed.
pub(super) fn run(config: &Path, sources: Vec<String>, json: bool) -> ExitCode {
    let started = Instant::now();
    let mut total = Total::default();
    let mut is_begun = false;
    let bar = Progress::begin();
    let code = owner::ask(config, Request::Poll { sources }, |reply| match reply {
        Reply::Polled(line) => {
            total.count(&line);
            bar.aside(|| terminal::line(if json { as_json(&line) } else { as_text(&line) }));
            bar.say(format!("{} new, {} failed", total.new, total.failed));
        }
        Reply::Progress { done, of } => {
            is_begun = true;
            bar.tell(done, of);
        }
        _ => {}
    });
    drop(bar);
    if !is_begun {
        // There is nothing to add up: it was said why.
        return code;
    }
    let ms = started.elapsed().as_millis();
    let Total {
        polled,
        new,
        updated,
        failed,
    } = total;
    if json {
        let total = json!({ "polled": polled, "new": new, "updated": updated, "failed": failed, "ms": ms });
        terminal::line(json!({ "total": total }));
    } else {
        terminal::line(format_args!(
            "total\t{polled} polled, {failed} failed\t{new}\t{updated}\t{ms}\t"
        ));
    }
    code
}

#[derive(Default)]
struct Total {
    polled: usize,
    new: usize,
    updated: usize,
    failed: usize,
}

impl Total {
    fn count(&mut self, line: &PolledLine) {
        self.polled += 1;
        self.new += line.new;
        self.updated += line.updated;
        self.failed += usize::from(line.is_failure);
    }
}

fn as_text(line: &PolledLine) -> String {
    let PolledLine {
        name, outcome, words, ..
    } = line;
    format!(
        "{name}\t{outcome}\t{}\t{}\t{}\t{words}",
        line.new, line.updated, line.ms
    )
}

fn as_json(line: &PolledLine) -> String {
    let PolledLine {
        name, outcome, words, ..
    } = line;
    let (new, updated, ms) = (line.new, line.updated, line.ms);
    json!({ "name": name, "outcome": outcome, "new": new, "updated": updated, "ms": ms, "words": words })
        .to_string()
}
