//! `newsriver check --against store`: what a changed `feeds.toml` would move, drop or add among the stored items.

use super::{check, owner, terminal};
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::daemon::against::{self, Difference, Fate};
use crate::daemon::control::{self, Reply, Request};
use crate::model::in_words;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use tokio::sync::mpsc;

/// Checks the file, then compares: exit code 0 when nothing would change, 1 when anything would, or is wrong.
pub(super) fn run(path: &Path, as_json: bool) -> ExitCode {
    let config = match config::load(path) {
        Ok((config, warnings)) => {
            check::tell_warnings(&path.display().to_string(), &warnings);
            config
        }
        Err(problems) => {
            check::tell_problems(&problems);
            return ExitCode::FAILURE;
        }
    };
    terminal::log_as_command();
    let mut summary = Summary::default();
    let see = |difference: Difference| {
        if as_json {
            terminal::line(serde_json::json!(difference));
        } else {
            terminal::line(line(&difference));
        }
        summary.count(&difference);
    };
    let compared = owner::runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(compare(path, &config, see)));
    if let Err(error) = compared {
        terminal::complain(in_words(error.as_ref()));
        return ExitCode::FAILURE;
    }
    if !as_json {
        terminal::line(format_args!("{}: {}", path.display(), summary.words()));
    }
    if summary.0.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A running daemon compares, else this process.
async fn compare(
    path: &Path,
    config: &config::Config,
    mut see: impl FnMut(Difference),
) -> anyhow::Result<()> {
    let request = Request::Against {
        path: std::path::absolute(path)?,
        text: std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
    };
    let Some(mut replies) = control::ask(&config.store.path, &request).await? else {
        let (sender, mut differences) = mpsc::channel(against::WAITING);
        let tell = async {
            while let Some(difference) = differences.recv().await {
                see(difference);
            }
        };
        let (compared, ()) = tokio::join!(against::compare_alone(config, SystemClock.now(), sender), tell);
        return compared;
    };
    while let Some(reply) = replies.recv().await {
        match reply {
            Reply::Answer { value } => see(serde_json::from_value(value)?),
            Reply::Done { .. } => return Ok(()),
            Reply::Failed { why } => anyhow::bail!(why),
            Reply::Polled(_) | Reply::Progress { .. } => {}
        }
    }
    anyhow::bail!("the daemon went away before it had answered")
}

/// `~ TITLE: finance → banks (why)`.
fn line(difference: &Difference) -> String {
    let list = |names: &[String]| match names {
        [] => "no category".to_owned(),
        names => names.join(", "),
    };
    let (from, to) = (list(&difference.from), list(&difference.to));
    let (mark, what) = match difference.fate {
        Fate::Moved => ("~", format!("{from} → {to}")),
        Fate::Added => ("+", to),
        Fate::Removed => ("-", format!("no longer in {from}")),
        Fate::Dropped => ("x", "not any more".to_owned()),
        Fate::LetIn => ("<", "let in, by its title and address".to_owned()),
    };
    let title = &difference.title;
    match difference.why.as_str() {
        "" => format!("{mark} {title}: {what}"),
        why => format!("{mark} {title}: {what} ({why})"),
    }
}

/// How many differences there are of each kind.
#[derive(Default)]
struct Summary(BTreeMap<&'static str, usize>);

impl Summary {
    fn count(&mut self, difference: &Difference) {
        let kind = match difference.fate {
            Fate::Moved => "would move",
            Fate::Added => "would get a category",
            Fate::Removed => "would lose the last one",
            Fate::Dropped => "would not come in any more",
            Fate::LetIn => "would come in",
        };
        *self.0.entry(kind).or_default() += 1;
    }

    fn words(&self) -> String {
        if self.0.is_empty() {
            return "nothing would change among the stored items".to_owned();
        }
        let counts: Vec<String> = self
            .0
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        counts.join(", ")
    }
}
