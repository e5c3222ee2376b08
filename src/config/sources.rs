//! `[[source]]`: what concerns several sources, or a source and the rest of the file.

use super::access;
use super::check::{clamped, content_level, pace_warnings};
use super::checked::{Fetch, Publish};
use super::findings::Findings;
use super::names::{self, Taken};
use super::quantity::duration_words;
use super::section::Section;
use super::text::shown;
use crate::model::{Source, SourceId, SourceKind};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// What holds where a source does not say otherwise.
#[derive(Debug)]
pub(crate) struct Defaults<'a> {
    pub(crate) site: &'a Section,
    pub(crate) fetch: &'a Fetch,
    pub(crate) publish: &'a Publish,
    /// Relative paths start from here.
    pub(crate) folder: &'a Path,
}

/// The sources; what is wrong between them goes to the findings.
pub(crate) fn check(
    findings: &mut Findings<'_>,
    sections: &[Section],
    categories: &[String],
    defaults: &Defaults<'_>,
) -> Vec<Source> {
    let mut taken = written_names(findings, sections);
    let mut addresses: HashMap<&str, usize> = HashMap::with_capacity(sections.len());
    let declared: HashSet<&str> = categories.iter().map(String::as_str).collect();
    let mut sources = Vec::with_capacity(sections.len());
    for section in sections {
        for (span, category) in section.texts("category") {
            if !declared.contains(category.as_str()) {
                undeclared(findings, span.clone(), category, categories);
            }
        }
        let Some((url, span)) = section.address("url").zip(section.span_of("url")) else {
            continue;
        };
        let line = findings.line_of(&span);
        if let Some(first) = addresses.insert(url.as_str(), line) {
            addresses.insert(url.as_str(), first);
            findings.error(
                span,
                format!("this address is that of the source in line {first} already"),
                "remove one of the two; a source can have several categories",
            );
            continue;
        }
        if url.scheme() == "file" && !defaults.fetch.allow_files {
            findings.error(
                span,
                "files are not polled unless it is allowed",
                "write allow_files = true under [fetch], if this file is there to be published",
            );
            continue;
        }
        sources.push(source(findings, section, url, &mut taken, defaults));
    }
    sources
}

/// Takes the written names before any is made, so that a made one yields.
fn written_names(findings: &mut Findings<'_>, sections: &[Section]) -> Taken {
    let mut taken = Taken::default();
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for section in sections {
        let Some((name, span)) = section.written_text("name").zip(section.span_of("name")) else {
            continue;
        };
        if taken.take(name) {
            lines.insert(name, findings.line_of(&span));
        } else {
            let first = lines.get(name).copied().unwrap_or_default();
            findings.error(
                span,
                format!(
                    "the name \"{}\" is that of the source in line {first} already",
                    shown(name)
                ),
                "give one of the two another name",
            );
        }
    }
    taken
}

/// Tells of a category that no table declares.
pub(crate) fn undeclared(
    findings: &mut Findings<'_>,
    span: Range<usize>,
    category: &str,
    declared: &[String],
) {
    let near = if findings.is_full() {
        None
    } else {
        names::nearest(category, declared.iter().map(String::as_str))
    };
    let remedy = near.map_or_else(
        || format!("declare it: [[category]] with name = \"{}\"", shown(category)),
        |near| format!("did you mean \"{near}\"? otherwise declare it with [[category]]"),
    );
    findings.error(
        span,
        format!("the category \"{}\" is not declared", shown(category)),
        remedy,
    );
}

/// What makes a source itself: its written name, else its address.
pub(crate) fn identity(section: &Section) -> Option<String> {
    match section.written_text("name") {
        Some(name) => Some(format!("name:{name}")),
        None => section.address("url").map(|url| format!("url:{url}")),
    }
}

fn source(
    findings: &mut Findings<'_>,
    section: &Section,
    url: &Url,
    taken: &mut Taken,
    defaults: &Defaults<'_>,
) -> Source {
    let fetch = defaults.fetch;
    let min_interval = section
        .written_duration("min_interval")
        .unwrap_or(fetch.min_interval);
    let bounds = (min_interval, fetch.max_interval);
    if let Some(span) = section
        .span_of("min_interval")
        .filter(|_| min_interval > fetch.max_interval)
    {
        findings.error(
            span,
            format!(
                "`min_interval` ({}) is longer than `max_interval` of `[fetch]` ({})",
                duration_words(min_interval),
                duration_words(fetch.max_interval)
            ),
            "write a shorter `min_interval` here or a longer `max_interval` there",
        );
    }
    let interval = section.written_duration("interval").unwrap_or(fetch.interval);
    pace_warnings(findings, section, interval, bounds);
    let kind = kind(findings, section);
    let (name, identity) = match section.written_text("name") {
        Some(name) => (name.to_owned(), format!("name:{name}")),
        None => (taken.make(names::from_address(url)), format!("url:{url}")),
    };
    Source {
        id: SourceId::default(),
        name,
        identity,
        url: url.to_string(),
        kind,
        categories: distinct(section.texts("category")),
        enabled: section.switch("enabled"),
        interval: clamped(interval, bounds),
        min_interval,
        max_interval: fetch.max_interval,
        schedule: section.written_text("schedule").map(str::to_owned),
        timezone: section.zone("timezone"),
        site_timezone: defaults.site.zone("timezone"),
        timeout: section.written_duration("timeout").unwrap_or(fetch.timeout),
        content: section
            .written_text("content")
            .map_or(defaults.publish.content, content_level),
        priority: section.count("priority"),
        weight: u32::try_from(section.count("weight")).unwrap_or(1),
        language: section.written_text("language").map(str::to_owned),
        allow_private_networks: section
            .written_switch("allow_private_networks")
            .unwrap_or(fetch.allow_private_networks),
        rewrite: section.rewrite().cloned().map(Arc::new),
        access: access::read(findings, section, url, defaults.folder).map(Arc::new),
    }
}

/// What of a source concerns its items: a ranking has none.
const OF_ITEMS: [&str; 6] = ["category", "content", "language", "priority", "drop", "keep"];

fn kind(findings: &mut Findings<'_>, section: &Section) -> SourceKind {
    if section.text("kind") != "ranking" {
        return SourceKind::Feed;
    }
    for key in OF_ITEMS {
        if let Some(span) = section.span_of(key) {
            findings.warning(
                span,
                format!("`{key}` says nothing of a ranking: it publishes no items"),
                "remove it, or leave out kind = \"ranking\" where its entries are to be published",
            );
        }
    }
    SourceKind::Ranking
}

/// The names in their order, each once.
fn distinct(names: &[(Range<usize>, String)]) -> Vec<String> {
    let mut seen = HashSet::new();
    names
        .iter()
        .filter(|(_, name)| seen.insert(name.as_str()))
        .map(|(_, name)| name.clone())
        .collect()
}
