//! One table of the file, its values read by the list of its keys.

use super::findings::Findings;
use super::names;
use super::quantity;
use super::settings::{Default, Key, SYNONYMS, TABLES, Table};
use super::terms::{Filter, MatchRule};
use super::text::shown;
use super::value::{self, Value};
use crate::model::{HeaderField, Rewrite};
use chrono_tz::Tz;
use std::ops::Range;
use std::time::Duration;
use toml::de::DeTable;
use url::Url;

/// The good values of one table. What is missing or was wrong answers its default.
#[derive(Debug)]
pub(crate) struct Section {
    table: &'static Table,
    /// Where it is said: its header, or the key that holds it.
    pub(crate) span: Range<usize>,
    values: Vec<Entry>,
    /// Required keys that are not written.
    missing: Vec<&'static Key>,
}

#[derive(Debug)]
struct Entry {
    name: &'static str,
    span: Range<usize>,
    value: Value,
}

impl Section {
    /// A table that is not written.
    pub(crate) fn absent(table: &'static Table) -> Self {
        Self {
            table,
            span: 0..0,
            values: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Reads all values; unknown keys and wrong values go to the findings.
    pub(crate) fn read(
        findings: &mut Findings<'_>,
        table: &'static Table,
        span: Range<usize>,
        content: &DeTable<'_>,
    ) -> Self {
        let mut values = Vec::with_capacity(content.len());
        for (written, value) in content.iter() {
            let name = written.get_ref().as_ref();
            match table.key(name) {
                Some(key) if key.is_served() => {
                    if let Some(read) = value::read(findings, key, value) {
                        values.push(Entry {
                            name: key.name,
                            span: value.span(),
                            value: read,
                        });
                    }
                }
                Some(key) => findings.error(
                    written.span(),
                    format!("`{}` in `{}` is not yet supported", key.name, table.header()),
                    "take it out for now; it comes with a later version",
                ),
                None => {
                    let remedy = if findings.is_full() {
                        String::new()
                    } else {
                        advice(table, name)
                    };
                    findings.error(
                        written.span(),
                        format!("unknown key `{}` in `{}`", shown(name), table.header()),
                        remedy,
                    );
                }
            }
        }
        let missing = table
            .keys
            .iter()
            .filter(|key| key.default == Default::Required && !content.contains_key(key.name))
            .collect();
        Self {
            table,
            span,
            values,
            missing,
        }
    }

    /// Tells of required keys that are not there. `next` is where the next table begins.
    pub(crate) fn tell_missing(&self, findings: &mut Findings<'_>, next: Option<usize>) {
        for key in &self.missing {
            if !findings.is_broken_between(self.span.start, next) {
                let (_, example) = value::wanted(key.kind);
                findings.error(
                    self.span.clone(),
                    format!("this `{}` has no `{}`", self.table.header(), key.name),
                    format!("add {} = {example}", key.name),
                );
            }
        }
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        debug_assert!(
            self.table.key(name).is_some(),
            "{name} is a key of {}",
            self.table.header()
        );
        self.values.iter().find(|entry| entry.name == name)
    }

    /// The default of a key as written in the settings, without quotes.
    fn default(&self, name: &str) -> &'static str {
        match self.table.key(name).map(|key| key.default) {
            Some(Default::Is(text)) => text.trim_matches('"'),
            _ => "",
        }
    }

    /// Where a value stands, when a good one is written.
    pub(crate) fn span_of(&self, name: &str) -> Option<Range<usize>> {
        self.entry(name).map(|entry| entry.span.clone())
    }

    pub(crate) fn written_text(&self, name: &str) -> Option<&str> {
        match &self.entry(name)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.written_text(name).unwrap_or_else(|| self.default(name))
    }

    pub(crate) fn texts(&self, name: &str) -> &[(Range<usize>, String)] {
        match self.entry(name).map(|entry| &entry.value) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    pub(crate) fn written_switch(&self, name: &str) -> Option<bool> {
        match self.entry(name)?.value {
            Value::Switch(switch) => Some(switch),
            _ => None,
        }
    }

    pub(crate) fn switch(&self, name: &str) -> bool {
        self.written_switch(name)
            .unwrap_or_else(|| self.default(name) == "true")
    }

    pub(crate) fn written_count(&self, name: &str) -> Option<usize> {
        match self.entry(name)?.value {
            Value::Count(count) => usize::try_from(count).ok(),
            _ => None,
        }
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        self.written_count(name)
            .unwrap_or_else(|| self.default(name).parse().unwrap_or_default())
    }

    pub(crate) fn share(&self, name: &str) -> f32 {
        match self.entry(name).map(|entry| &entry.value) {
            Some(Value::Share(share)) => *share,
            _ => self.default(name).parse().unwrap_or_default(),
        }
    }

    pub(crate) fn written_duration(&self, name: &str) -> Option<Duration> {
        match self.entry(name)?.value {
            Value::Duration(duration) => Some(duration),
            _ => None,
        }
    }

    pub(crate) fn duration(&self, name: &str) -> Duration {
        self.written_duration(name)
            .unwrap_or_else(|| quantity::duration(self.default(name)).unwrap_or_default())
    }

    pub(crate) fn size(&self, name: &str) -> u64 {
        match self.entry(name).map(|entry| &entry.value) {
            Some(Value::Size(bytes)) => *bytes,
            _ => quantity::size(self.default(name)).unwrap_or_default(),
        }
    }

    pub(crate) fn zone(&self, name: &str) -> Option<Tz> {
        match self.entry(name)?.value {
            Value::Zone(zone) => Some(zone),
            _ => None,
        }
    }

    pub(crate) fn address(&self, name: &str) -> Option<&Url> {
        match &self.entry(name)?.value {
            Value::Address(url) => Some(url),
            _ => None,
        }
    }

    pub(crate) fn fields(&self, name: &str) -> &[HeaderField] {
        match self.entry(name).map(|entry| &entry.value) {
            Some(Value::Fields(fields)) => fields,
            _ => &[],
        }
    }

    pub(crate) fn rewrite(&self) -> Option<&Rewrite> {
        match &self.entry("rewrite")?.value {
            Value::Rewrite(rewrite) => Some(rewrite),
            _ => None,
        }
    }

    /// A rule, when a good one with any term is written.
    pub(crate) fn written_rule(&self, name: &str) -> Option<MatchRule> {
        match &self.entry(name)?.value {
            Value::Rule(rule) => {
                Some(rule.clone()).filter(|rule| !rule.any.is_empty() || !rule.all.is_empty())
            }
            _ => None,
        }
    }

    /// `drop` and `keep`.
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            drop: self.written_rule("drop"),
            keep: self.written_rule("keep"),
        }
    }
}

/// What somebody who wrote an unknown key may have meant: a key of another table, one spelled alike, or
/// another word for one. At worst, what there is.
fn advice(table: &Table, name: &str) -> String {
    let lower = name.to_lowercase();
    if table.key(&lower).is_some_and(Key::is_served) {
        return format!("keys are written in lower case: `{lower}`");
    }
    let homes = homes(&lower);
    if !homes.is_empty() {
        return format!("`{lower}` belongs in {homes}");
    }
    let known = || {
        table
            .keys
            .iter()
            .filter(|key| key.is_served())
            .map(|key| key.name)
    };
    let synonym = SYNONYMS
        .iter()
        .find(|(word, key)| *word == lower && table.key(key).is_some())
        .map(|(_, key)| *key);
    if let Some(meant) = synonym.or_else(|| names::nearest(name, known())) {
        return format!("did you mean `{meant}`?");
    }
    let elsewhere = TABLES
        .iter()
        .flat_map(|table| table.keys)
        .filter(|key| key.is_served())
        .map(|key| key.name);
    if let Some(meant) = names::nearest(name, elsewhere) {
        return format!("did you mean `{meant}`, which belongs in {}?", self::homes(meant));
    }
    format!("it has {}", listed(known()))
}

/// The tables that have a key, as in `` `[site]` or `[[source]]` ``.
pub(crate) fn homes(name: &str) -> String {
    let headers: Vec<String> = TABLES
        .iter()
        .filter(|table| table.key(name).is_some_and(Key::is_served))
        .map(|table| format!("`{}`", table.header()))
        .collect();
    headers.join(" or ")
}

/// `` `a`, `b`, `c` ``.
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
