//! `newsriver status`: each source with its state, last success, next poll, items a day, and what is wrong in words.

use super::{owner, terminal};
use crate::daemon::control::{Reply, Request};
use crate::daemon::sources::SourceStatus;
use crate::daemon::status::Status;
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;
use unicode_width::UnicodeWidthStr;

/// Prints the table, or one object.
pub(super) fn run(config: &Path, json: bool) -> ExitCode {
    owner::ask(config, Request::Status, |reply| {
        if let Reply::Answer { value } = reply {
            if json { terminal::line(value) } else { print(value) }
        }
    })
}

fn print(value: Value) {
    match serde_json::from_value::<Status>(value) {
        Ok(status) => table(&status).into_iter().for_each(terminal::line),
        Err(error) => terminal::complain(format_args!(
            "the daemon is of another version and answers otherwise: {error}"
        )),
    }
}

fn table(status: &Status) -> Vec<String> {
    let head = ["SOURCE", "STATE", "LAST SUCCESS", "NEXT POLL", "A DAY", "WORDS"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head)
        .chain(status.sources.iter().map(row))
        .collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut lines: Vec<_> = rows.iter().map(|row| align(row, &widths)).collect();
    let mib = status.bytes_on_disk as f64 / f64::from(1 << 20);
    lines.push(format!(
        "{} items in {mib:.1} MiB; {}",
        status.items, status.health
    ));
    lines.extend(status.notes.iter().map(|note| format!("note: {note}")));
    lines
}

fn row(source: &SourceStatus) -> [String; 6] {
    let short = |time: &Option<String>| time.as_deref().map_or_else(|| "-".to_owned(), to_the_second);
    let mut words = source.words.clone();
    if source.failures > 1 {
        words.push_str(&format!(" ({} times in a row)", source.failures));
    }
    if let Some(quirk) = source.quirks.first() {
        words.push_str(&format!("; {quirk}"));
    }
    [
        source.name.clone(),
        source.state.clone(),
        short(&source.last_success),
        short(&source.next_poll),
        source
            .items_a_day
            .map_or_else(|| "-".to_owned(), |figure| format!("{figure:.1}")),
        words,
    ]
}

/// `2026-11-22 08:30:00Z`: the fraction says nothing to a person.
fn to_the_second(time: &str) -> String {
    let whole = time.split('.').next().unwrap_or(time).trim_end_matches('Z');
    format!("{}Z", whole.replace('T', " "))
}

fn align(row: &[String; 6], widths: &[usize; 6]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        line.push_str(cell);
        line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_whatever_the_script() {
        let source = |name: &str, words: &str| SourceStatus {
            name: name.to_owned(),
            url: "https://example.org/".to_owned(),
            state: "well".to_owned(),
            last_polled: None,
            last_success: Some("2026-11-22T08:30:00.250Z".to_owned()),
            next_poll: None,
            items_a_day: Some(2.5),
            items: 3,
            failures: 0,
            words: words.to_owned(),
            quirks: Vec::new(),
        };
        let status = Status {
            items: 6,
            tombstones: 0,
            bytes_on_disk: 1 << 20,
            health: "ok".to_owned(),
            notes: Vec::new(),
            sources: vec![source("财经", "3 entries"), source("example", "nothing new")],
        };
        let expected = "\
SOURCE   STATE  LAST SUCCESS          NEXT POLL  A DAY  WORDS
财经     well   2026-11-22 08:30:00Z  -          2.5    3 entries
example  well   2026-11-22 08:30:00Z  -          2.5    nothing new
6 items in 1.0 MiB; ok";
        assert_eq!(table(&status).join("\n"), expected);
    }
}
