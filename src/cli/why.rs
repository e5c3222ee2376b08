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
    for vote in value
        .get("hot_list")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let means = match vote.get("item").filter(|item| item.is_string()) {
            Some(item) => format!("means {}", text(item)),
            None => "means no stored item yet".to_owned(),
        };
        lines.push(format!(
            "  place {} since {}: {}; {means}",
            field(vote, "place"),
            field(vote, "since"),
            field(vote, "title")
        ));
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
    if item.get("outlet").is_some_and(Value::is_string) {
        lines.push(format!("  its text says it is from: {}", field(item, "outlet")));
    }
    if let Some(story) = item.get("story").filter(|story| !story.is_null()) {
        lines.push(format!(
            "  in the story {}: {}",
            field(story, "id"),
            field(story, "why")
        ));
    }
    if let Some(hot) = item.get("hot") {
        lines.extend(tell_hot(hot));
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
    let list = |key: &str| item.get(key).and_then(Value::as_array).map(Vec::as_slice);
    let (labels, not_in) = (list("categories").unwrap_or_default(), list("not_in"));
    for (words, labels) in [("in", labels), ("not in", not_in.unwrap_or_default())] {
        for label in labels {
            let (category, why) = (field(label, "category"), field(label, "why"));
            lines.push(format!("  {words} {category}: {why}"));
        }
    }
    if labels.is_empty() && not_in.is_some_and(<[Value]>::is_empty) {
        lines.push(
            "  in no category: no source, section or rule puts it into one, and nothing learned does"
                .to_owned(),
        );
    }
    lines
}

fn tell_hot(hot: &Value) -> Vec<String> {
    let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_f64).unwrap_or_default();
    let terms = hot
        .get("terms")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut lines = vec![format!(
        "  hot: {:.3} in all, told by {}",
        number(hot, "score"),
        terms.len()
    )];
    for term in terms {
        let is_copy = term.get("is_copy").and_then(Value::as_bool).unwrap_or_default();
        lines.push(format!(
            "    {}: {} since {}, now {:.3}{}",
            field(term, "publisher"),
            number(term, "share"),
            field(term, "since"),
            number(term, "now"),
            match term.get("place").and_then(Value::as_u64) {
                Some(place) => format!(" (place {place} of its hot list)"),
                None if is_copy => " (another's text)".to_owned(),
                None => String::new(),
            }
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
