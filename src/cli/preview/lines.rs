//! A preview in lines for people: the feed, its entries a line each, and whatever was odd.

use super::{Preview, text_of};
use crate::html;
use std::fmt::Write as _;

impl Preview {
    /// The feed in lines for people.
    pub fn to_text(&self) -> String {
        let feed = &self.feed;
        let mut out = String::new();
        let title = feed.title.as_deref().unwrap_or("(no title)");
        let count = feed.entries.len();
        let noun = if count == 1 { "entry" } else { "entries" };
        _ = writeln!(out, "{}\n{}, {count} {noun}", shown(title), feed.format.name());
        for line in [&feed.link, &feed.description].into_iter().flatten() {
            _ = writeln!(out, "{}", shown(line));
        }
        for entry in &feed.entries {
            let date = entry
                .published
                .or(entry.updated)
                .map(|time| time.to_utc().format("%Y-%m-%d %H:%M").to_string());
            let title = entry
                .title
                .clone()
                .unwrap_or_else(|| html::excerpt(text_of(entry), 80));
            _ = writeln!(
                out,
                "\n{:16}  {}",
                date.as_deref().unwrap_or("no date"),
                shown(&title)
            );
            if let Some(link) = &entry.link {
                _ = writeln!(out, "{:16}  {}", "", shown(link));
            }
        }
        if !self.quirks.is_empty() {
            _ = writeln!(out, "\nodd about it:");
        }
        for quirk in &self.quirks {
            _ = writeln!(out, "- {}", shown(&quirk.0));
        }
        out
    }
}

/// Foreign words on a terminal: control characters are spaces.
fn shown(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect()
}
