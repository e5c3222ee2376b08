//! The commands.

pub mod check;
pub mod completions;
pub mod schema;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}

pub mod preview;
