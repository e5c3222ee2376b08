//! `newsriver export DIR`: the published tree as files, for a static host.

use super::progress::Progress;
use super::{owner, terminal};
use crate::daemon::control::{Reply, Request};
use std::path::Path;
use std::process::ExitCode;

/// Writes the files; those that would not change are left untouched.
pub(super) fn run(config: &Path, folder: &Path) -> ExitCode {
    // The daemon may have another working directory.
    let folder = match std::path::absolute(folder) {
        Ok(folder) => folder,
        Err(error) => {
            terminal::complain(format_args!(
                "{} is no path to write to: {error}",
                folder.display()
            ));
            return ExitCode::FAILURE;
        }
    };
    let bar = Progress::begin();
    owner::ask(config, Request::Export { folder }, |reply| match reply {
        Reply::Progress { done, of } => bar.tell(done, of),
        Reply::Answer { value } => {
            let count = |key: &str| value.get(key).and_then(serde_json::Value::as_u64).unwrap_or(0);
            bar.aside(|| {
                terminal::line(format_args!(
                    "{} files written, {} unchanged, {} removed",
                    count("written"),
                    count("unchanged"),
                    count("removed")
                ));
            });
        }
        _ => {}
    })
}
