//! `newsriver schema`: the JSON Schema of `feeds.toml`, for editors.

use crate::config;
use std::io::{self, Write};
use std::process::ExitCode;

/// Writes the schema to standard output; 1 when it cannot be written.
pub fn run() -> ExitCode {
    let schema = format!("{:#}\n", config::json_schema());
    match io::stdout().write_all(schema.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
