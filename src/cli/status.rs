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
pub(super) fn run(config: &Path, json: bool, categories: bool) -> ExitCode {
    owner::ask(config, Request::Status, |reply| {
        if let Reply::Answer { value } = reply {
            if json {
                terminal::line(value);
            } else {
                print(value, categories);
            }
        }
    })
}

fn print(value: Value, categories: bool) {
    match serde_json::from_value::<Status>(value) {
        Ok(status) if categories => learned(&status).into_iter().for_each(terminal::line),
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
    lines.extend(
        status
            .sections
            .iter()
            .map(|own| format!("section: {}", own.words())),
    );
    lines
}

/// What was learned, a line a category.
fn learned(status: &Status) -> Vec<String> {
    let mut lines = vec![if status.learned.words.is_empty() {
        "nothing was learned yet".to_owned()
    } else {
        status.learned.words.clone()
    }];
    if let Some((seen, of)) = status.learned.sorting {
        lines.push(format!(
            "the stored items are being sorted anew: {seen} of {of} so far"
        ));
    }
    let categories = &status.learned.categories;
    let width = categories
        .iter()
        .map(|category| category.name.width())
        .max()
        .unwrap_or(0)
        .max(8);
    if !categories.is_empty() {
        lines.push(format!(
            "{}  EXAMPLES  FOUND  RIGHT AT THE FLOOR",
            filled("CATEGORY", width)
        ));
    }
    lines.extend(categories.iter().map(|category| {
        let (found, right) = (category.recall * 100.0, category.precision * 100.0);
        let name = filled(&category.name, width);
        format!("{name}  {:>8}  {found:>4.0}%  {right:>17.0}%", category.examples)
    }));
    lines
}

fn filled(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(text.width()))
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
    use crate::daemon::learning::{LearnedCategory, LearnedStatus};
    use crate::daemon::sections::UnknownSection;

    #[test]
    fn what_was_learned_is_told_category_by_category() {
        let status = Status {
            learned: LearnedStatus {
                words: "learned from 120 items".to_owned(),
                sorting: Some((500, 1200)),
                categories: vec![LearnedCategory {
                    name: "财经".to_owned(),
                    examples: 60,
                    recall: 0.5,
                    precision: 0.956,
                }],
            },
            ..Status::default()
        };
        let expected = "\
learned from 120 items
the stored items are being sorted anew: 500 of 1200 so far
CATEGORY  EXAMPLES  FOUND  RIGHT AT THE FLOOR
财经            60    50%                 96%";
        assert_eq!(learned(&status).join("\n"), expected);
        assert_eq!(learned(&Status::default()), ["nothing was learned yet"]);
    }

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
            learned: LearnedStatus::default(),
            sections: vec![UnknownSection {
                section: "Money".to_owned(),
                sources: vec!["example".to_owned()],
                items: 7,
                category: Some("财经".to_owned()),
                toml: Some("sections = [\"Money\"]".to_owned()),
            }],
            sources: vec![source("财经", "3 entries"), source("example", "nothing new")],
        };
        let expected = "\
SOURCE   STATE  LAST SUCCESS          NEXT POLL             WHY THEN                                    A DAY  WORDS
财经     well   2026-11-22 08:30:00Z  2026-11-22 09:12:00Z  in 42m: the pace, at about 2.5 items a day  2.5    3 entries
example  well   2026-11-22 08:30:00Z  2026-11-22 09:12:00Z  in 42m: the pace, at about 2.5 items a day  2.5    nothing new
6 items in 1.0 MiB; ok
section: 7 items of example are in the section Money, which no category has; most likely 财经: write sections = [\"Money\"] under its name in [[category]]";
        assert_eq!(table(&status).join("\n"), expected);
    }
}
