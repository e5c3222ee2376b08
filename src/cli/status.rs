//! `newsriver status`: each source with its state, last success, next poll, items a day, and what is wrong in words.

use super::{owner, terminal};
use crate::daemon::control::{Reply, Request};
use crate::daemon::status::Status;
use crate::health::SourceHealth;
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
    let head = [
        "SOURCE",
        "STATE",
        "LAST SUCCESS",
        "NEXT POLL",
        "WHY THEN",
        "A DAY",
        "WORDS",
    ]
    .map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(head)
        .chain(status.sources.iter().map(row))
        .collect();
    let mut widths = [0; 7];
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

fn row(source: &SourceHealth) -> [String; 7] {
    let short = |time: &Option<String>| time.as_deref().map_or_else(|| "-".to_owned(), to_the_second);
    [
        source.name.clone(),
        source.state.clone(),
        short(&source.last_success),
        short(&source.next_poll),
        source.next_why.clone().unwrap_or_else(|| "-".to_owned()),
        source
            .items_a_day
            .map_or_else(|| "-".to_owned(), |figure| format!("{figure:.1}")),
        source.sentence(),
    ]
}

/// `2026-11-22 08:30:00Z`: the fraction says nothing to a person.
fn to_the_second(time: &str) -> String {
    let whole = time.split('.').next().unwrap_or(time).trim_end_matches('Z');
    format!("{}Z", whole.replace('T', " "))
}

fn align(row: &[String; 7], widths: &[usize; 7]) -> String {
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
        let source = |name: &str, words: &str| SourceHealth {
            name: name.to_owned(),
            state: "well".to_owned(),
            last_success: Some("2026-11-22T08:30:00.250Z".to_owned()),
            next_poll: Some("2026-11-22T09:12:00Z".to_owned()),
            next_why: Some("in 42m: the pace, at about 2.5 items a day".to_owned()),
            items_a_day: Some(2.5),
            words: words.to_owned(),
            ..SourceHealth::default()
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
SOURCE   STATE  LAST SUCCESS          NEXT POLL             WHY THEN                                    A DAY  WORDS
财经     well   2026-11-22 08:30:00Z  2026-11-22 09:12:00Z  in 42m: the pace, at about 2.5 items a day  2.5    3 entries
example  well   2026-11-22 08:30:00Z  2026-11-22 09:12:00Z  in 42m: the pace, at about 2.5 items a day  2.5    nothing new
6 items in 1.0 MiB; ok";
        assert_eq!(table(&status).join("\n"), expected);
    }
}
