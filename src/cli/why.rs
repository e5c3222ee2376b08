//! `newsriver why ITEM`: how an item came to be here, in words.

use super::{owner, terminal};
use crate::daemon::control::{Reply, Request};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

/// Prints the explanation. Exit code 1 when nothing is known of it.
pub(super) fn run(config: &Path, item: String, json: bool) -> ExitCode {
    owner::ask(config, Request::Why { item }, |reply| {
        if let Reply::Answer { value } = reply {
            if json {
                terminal::line(value);
            } else {
                tell(&value).into_iter().for_each(terminal::line);
            }
        }
    })
}

fn tell(value: &Value) -> Vec<String> {
    if let Some(item) = value.get("item") {
        return tell_item(item);
    }
    if let Some(words) = value.pointer("/gone/words") {
        return vec![text(words)];
    }
    let mut lines = Vec::new();
    if let Some(source) = value.get("source") {
        lines.push(format!("{}  {}", field(source, "name"), field(source, "url")));
        lines.push(format!(
            "  {}: {}",
            field(source, "state"),
            field(source, "words")
        ));
        for (words, key) in [
            ("last success", "last_success"),
            ("next poll", "next_poll"),
            ("because", "next_why"),
            ("rhythm", "rhythm"),
            ("moved to", "moved_to"),
        ] {
            if key != "moved_to" || source.get(key).is_some_and(Value::is_string) {
                lines.push(format!("  {words}: {}", field(source, key)));
            }
        }
        for quirk in source
            .get("quirks")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            lines.push(format!("  quirk: {}", text(quirk)));
        }
    }
    for item in value
        .get("newest")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        lines.push(String::new());
        lines.extend(tell_item(item));
    }
    lines
}

fn tell_item(item: &Value) -> Vec<String> {
    let mut lines = vec![field(item, "title")];
    for (words, key) in [
        ("id", "id"),
        ("link", "link"),
        ("credited to", "origin"),
        ("published", "published"),
        ("first seen", "first_seen"),
        ("ordered by", "surfaced"),
        ("an item of its own because", "why"),
    ] {
        lines.push(format!("  {words}: {}", field(item, key)));
    }
    if let Some(story) = item.get("story").filter(|story| !story.is_null()) {
        lines.push(format!(
            "  in the story {}: {}",
            field(story, "id"),
            field(story, "why")
        ));
    }
    for carrier in item
        .get("carried_by")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let (source, seen, why) = (
            field(carrier, "source"),
            field(carrier, "first_seen"),
            field(carrier, "why"),
        );
        lines.push(format!("  carried by {source} since {seen}: {why}"));
    }
    for label in item
        .get("categories")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        lines.push(format!(
            "  in {}: {}",
            field(label, "category"),
            field(label, "why")
        ));
    }
    lines
}

fn field(value: &Value, key: &str) -> String {
    value.get(key).map(text).unwrap_or_else(|| "-".to_owned())
}

fn text(value: &Value) -> String {
    let words = match value {
        Value::String(words) => words.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    // What comes from a source must not steer the terminal.
    words
        .chars()
        .filter(|character| !character.is_control())
        .collect()
}
