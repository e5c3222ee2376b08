//! `newsriver check`: all that is wrong with `feeds.toml`, in one go.

use crate::config::{self, Config, Look, Problems, Warning};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

/// Checks the file: what is wrong goes to standard error, and the answer is 1; a good one gets a line on
/// standard output.
pub fn run(path: &Path) -> ExitCode {
    let file = path.display().to_string();
    match config::load(path) {
        Ok((config, warnings)) => {
            tell_warnings(&file, &warnings);
            // A reader that has gone away is no reason to call a good file bad.
            let _ = writeln!(io::stdout(), "{file}: {}", summary(&config, warnings.len()));
            ExitCode::SUCCESS
        }
        Err(problems) => {
            tell_problems(&problems);
            ExitCode::FAILURE
        }
    }
}

/// Draws what is wrong with a file on standard error.
pub fn tell_problems(problems: &Problems) {
    let _ = io::stderr().write_all(problems.draw(look()).as_bytes());
}

/// Draws what is odd in a good file on standard error.
pub fn tell_warnings(file: &str, warnings: &[Warning]) {
    let _ = io::stderr().write_all(config::draw(file, warnings, look()).as_bytes());
}

/// How diagnostics look on this standard error: colours only on a terminal, and not when `NO_COLOR` is set
/// to anything.
fn look() -> Look {
    if !io::stderr().is_terminal() {
        Look::Plain
    } else if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        Look::Drawn
    } else {
        Look::Coloured
    }
}

/// `24 sources in 6 categories, no error, 1 warning`.
fn summary(config: &Config, warnings: usize) -> String {
    let count =
        |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    let sources = count(config.sources.len(), "source", "sources");
    let categories = count(config.categories.len(), "category", "categories");
    let warnings = if warnings == 0 {
        String::new()
    } else {
        format!(", {}", count(warnings, "warning", "warnings"))
    };
    format!("{sources}, {categories}, no error{warnings}")
}
