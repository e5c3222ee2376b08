//! `newsriver completions SHELL`: what a shell needs to complete the command line.

use clap_complete::Shell;
use std::io::{self, Write};
use std::process::ExitCode;

/// Writes the completions of `command` to standard output; 1 when they cannot be written.
pub fn run(shell: Shell, mut command: clap::Command) -> ExitCode {
    // Into memory first: the generator panics when its writer fails, and a reader may close its pipe early.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "newsriver", &mut script);
    match io::stdout().write_all(&script) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
