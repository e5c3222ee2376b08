//! All that is wrong with a file, in one go, and the checked configuration when nothing is.
//!
//! Values are checked alone in `value`, by the list of their keys; here is what concerns several of them.

use super::checked::{
    Categorize, CategoryConfig, Config, Example, Fetch, Hot, Publish, Server, Site, StoreConfig, Story,
    WebSub,
};
use super::findings::Findings;
use super::gather::gather;
use super::problem::{Problems, Severity, Warning};
use super::quantity::{duration_words, size_words};
use super::section::Section;
use super::settings::{CATEGORIZE, FETCH, FILTER, HOT, PUBLISH, SERVER, SITE, SOURCE, STORE, STORY, WEBSUB};
use super::terms::MatchRule;
use super::text::{Text, shown};
use super::{mend, read, sources};
use crate::model::{Category, ContentLevel};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

/// Checks a text as the file at `path`, from which its relative paths start.
pub fn check_text(path: &Path, text: &str) -> Result<(Config, Vec<Warning>), Problems> {
    let written = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file = path.display().to_string();
    let mended = match mend::mend(written) {
        Ok(mended) => mended,
        Err(fault) => {
            let mut findings = Findings::new(Text::new(written, Vec::new()));
            findings.syntax(fault.span, fault.message, fault.remedy);
            return findings.finish(&file, None);
        }
    };
    let mut findings = Findings::new(Text::new(written, mended.insertions));
    for fault in mended.faults {
        findings.syntax(fault.span, fault.message, fault.remedy);
    }
    let (root, errors) = DeTable::parse_recoverable(&mended.text);
    for error in &errors {
        read::tell(&mut findings, &mended.text, error);
    }
    let config = whole(&mut findings, path, root.get_ref());
    findings.finish(&file, config)
}

fn whole(findings: &mut Findings<'_>, path: &Path, root: &DeTable<'_>) -> Option<Config> {
    let mut tables = gather(findings, root);
    if findings.is_broken() {
        // What seems to be missing may have been written.
    } else if root.is_empty() {
        findings.whole(
            Severity::Error,
            "says nothing",
            "add at least one [[source]] with its url",
        );
    } else if !root.contains_key(SOURCE.name) {
        findings.whole(
            Severity::Warning,
            "names no source, so nothing is polled",
            "add [[source]] with its url",
        );
    }
    let site = tables.take(&SITE);
    let server = tables.take(&SERVER);
    let store = tables.take(&STORE);
    let fetch = fetch(findings, &tables.take(&FETCH));
    let publish = publish(&tables.take(&PUBLISH));
    let story = Story {
        is_indexed: tables.take(&STORY).switch("index"),
    };
    let hot = hot(&tables.take(&HOT));
    let websub = WebSub {
        hubs: (tables.take(&WEBSUB).texts("hubs").iter())
            .map(|(_, hub)| hub.clone())
            .collect(),
    };
    let categorize = tables.take(&CATEGORIZE);
    let categorize = Categorize {
        learned: categorize.switch("learned"),
        floor: categorize.share("floor"),
        is_floor_written: categorize.span_of("floor").is_some(),
    };
    let names = category_names(findings, &tables.categories);
    let sources = sources::check(
        findings,
        &tables.sources,
        &names,
        &sources::Defaults {
            site: &site,
            fetch: &fetch,
            publish: &publish,
            folder: path.parent().unwrap_or(Path::new("")),
        },
    );
    let filter = tables.take(&FILTER).filter();
    let source_filters = tables
        .sources
        .iter()
        .filter_map(|section| {
            let filter = section.filter();
            let identity = sources::identity(section)?;
            (!filter.is_empty()).then_some((identity, filter))
        })
        .collect();
    let examples = examples(findings, &tables.examples, &names, categorize.learned);
    let used = sources
        .iter()
        .flat_map(|source| source.categories.iter().map(String::as_str))
        .chain(examples.iter().map(|example| example.category.as_str()))
        .collect();
    let categories = categories(findings, tables.categories, publish.per_source, &used);
    Some(Config {
        path: path.to_owned(),
        site: Site {
            title: site.text("title").to_owned(),
            url: site
                .address("url")
                .cloned()
                .or_else(|| address_of(server.text("listen")))?,
            language: site.text("language").to_owned(),
            timezone: site.zone("timezone"),
            contact: site.written_text("contact").map(str::to_owned),
        },
        server: Server {
            listen: server.text("listen").to_owned(),
        },
        store: StoreConfig {
            path: store_folder(path, store.written_text("path"), store.text("path")),
            retention: store.duration("retention"),
            max_size_bytes: store.size("max_size"),
        },
        fetch,
        publish,
        story,
        hot,
        websub,
        filter,
        source_filters,
        categorize,
        examples,
        categories,
        sources,
    })
}

/// Where the store of a file lies that cannot be taken as it is, as far as it says so.
pub fn store_of(path: &Path) -> Option<PathBuf> {
    let text = read::file(path).ok()?;
    let mended = mend::mend(text.strip_prefix('\u{feff}').unwrap_or(&text)).ok()?;
    let (root, _) = DeTable::parse_recoverable(&mended.text);
    let written = match root.get_ref().get(STORE.name).map(Spanned::get_ref) {
        Some(DeValue::Table(store)) => store.get("path").map(Spanned::get_ref),
        _ => None,
    };
    let written = match written {
        Some(DeValue::String(written)) => Some(written.as_ref()),
        _ => None,
    };
    let usual = Section::absent(&STORE);
    Some(store_folder(path, written, usual.text("path")))
}

/// The store's folder: as written, relative to the file; else where systemd keeps the state of this service; else the
/// usual one beside the file.
fn store_folder(file: &Path, written: Option<&str>, usual: &str) -> PathBuf {
    match (written, std::env::var_os("STATE_DIRECTORY")) {
        // systemd may name several, separated by colons: the first is ours.
        (None, Some(folders)) if !folders.is_empty() => {
            let folders = folders.to_string_lossy();
            Path::new(folders.split(':').next().unwrap_or_default()).join("store")
        }
        _ => file
            .parent()
            .unwrap_or(Path::new(""))
            .join(written.unwrap_or(usual)),
    }
}

/// The address at which a site that names none is reached from its own machine.
fn address_of(listen: &str) -> Option<Url> {
    // Listening on all addresses is not an address that anyone can ask.
    let host = listen
        .replace("0.0.0.0:", "127.0.0.1:")
        .replace("[::]:", "[::1]:");
    Url::parse(&format!("http://{host}/")).ok()
}

fn fetch(findings: &mut Findings<'_>, section: &Section) -> Fetch {
    let fetch = Fetch {
        concurrency: section.count("concurrency"),
        per_host: section.count("per_host"),
        max_body_bytes: section.size("max_body"),
        memory_bytes: section.size("memory"),
        timeout: section.duration("timeout"),
        interval: section.duration("interval"),
        min_interval: section.duration("min_interval"),
        max_interval: section.duration("max_interval"),
        allow_private_networks: section.switch("allow_private_networks"),
        allow_files: section.switch("allow_files"),
    };
    let span_of_one = |one: &str, other: &str| {
        section
            .span_of(one)
            .or_else(|| section.span_of(other))
            .unwrap_or_default()
    };
    if fetch.min_interval > fetch.max_interval {
        findings.error(
            span_of_one("min_interval", "max_interval"),
            format!(
                "`min_interval` ({}) is longer than `max_interval` ({})",
                duration_words(fetch.min_interval),
                duration_words(fetch.max_interval)
            ),
            "write a shorter `min_interval` or a longer `max_interval`",
        );
    }
    if fetch.max_body_bytes > fetch.memory_bytes {
        findings.error(
            span_of_one("max_body", "memory"),
            format!(
                "`max_body` ({}) is more than `memory` ({})",
                size_words(fetch.max_body_bytes),
                size_words(fetch.memory_bytes)
            ),
            "a document of the full size could never be read: write less for `max_body` or more for `memory`",
        );
    }
    let fetch_bounds = (fetch.min_interval, fetch.max_interval);
    pace_warnings(findings, section, fetch.interval, fetch_bounds);
    Fetch {
        interval: clamped(fetch.interval, fetch_bounds),
        ..fetch
    }
}

/// Warns of a pace that is rude, or that does not come true.
pub(crate) fn pace_warnings(
    findings: &mut Findings<'_>,
    section: &Section,
    interval: Duration,
    (least, most): (Duration, Duration),
) {
    if let Some(span) = section
        .span_of("min_interval")
        .filter(|_| least < Duration::from_secs(60))
    {
        findings.warning(
            span,
            "a `min_interval` below a minute is for tests and for hosts of one's own",
            "write \"1m\" or more for hosts of others",
        );
    }
    if let Some(span) = section
        .span_of("interval")
        .filter(|_| interval < least || interval > most)
    {
        let bound = if interval < least { least } else { most };
        findings.warning(
            span,
            format!(
                "this `interval` lies outside of `min_interval` and `max_interval`: {} holds instead",
                duration_words(bound)
            ),
            "bring the three in order",
        );
    }
}

/// The interval within its bounds; the lower one wins where they cross.
pub(crate) fn clamped(interval: Duration, (least, most): (Duration, Duration)) -> Duration {
    interval.min(most).max(least)
}

fn publish(section: &Section) -> Publish {
    Publish {
        items: section.count("items"),
        window: section.duration("window"),
        per_source: section.count("per_source"),
        content: content_level(section.text("content")),
        collapses_duplicates: section.text("duplicates") == "collapse",
    }
}

/// The level that a word of `content` means.
pub(crate) fn content_level(word: &str) -> ContentLevel {
    match word {
        "summary" => ContentLevel::Summary,
        "title" => ContentLevel::Title,
        _ => ContentLevel::Full,
    }
}

fn hot(section: &Section) -> Hot {
    Hot {
        items: section.count("items"),
        half_life: section.duration("half_life"),
        publishers: section.count("publishers"),
        per_source: section.count("per_source"),
    }
}

/// The declared names. Names and aliases that are taken twice go to the findings.
fn category_names(findings: &mut Findings<'_>, sections: &[Section]) -> Vec<String> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut declared = Vec::with_capacity(sections.len());
    for section in sections {
        let Some((name, span)) = section.written_text("name").zip(section.span_of("name")) else {
            continue;
        };
        declared.push(name.to_owned());
        if let Some(line) = first.get(name) {
            findings.error(
                span,
                format!(
                    "the category \"{}\" is declared already, in line {line}",
                    shown(name)
                ),
                "give one of the two another name, or make them one",
            );
        } else {
            first.insert(name, findings.line_of(&span));
        }
    }
    for section in sections {
        for (span, alias) in section.texts("aliases") {
            if let Some(line) = first.get(alias.as_str()) {
                findings.error(
                    span.clone(),
                    format!("\"{}\" is a name or alias already, in line {line}", shown(alias)),
                    "an old name leads to one category, and is not the name of another",
                );
            } else {
                first.insert(alias, findings.line_of(span));
            }
        }
    }
    declared
}

fn categories(
    findings: &mut Findings<'_>,
    sections: Vec<Section>,
    per_source: usize,
    used: &HashSet<&str>,
) -> Vec<CategoryConfig> {
    let mut categories = Vec::with_capacity(sections.len());
    for section in sections {
        let Some(name) = section.written_text("name").map(str::to_owned) else {
            continue;
        };
        let texts = |key| {
            section
                .texts(key)
                .iter()
                .map(|(_, text)| text.clone())
                .collect::<Vec<_>>()
        };
        let category = Category {
            title: section.written_text("title").unwrap_or(&name).to_owned(),
            description: section.written_text("description").map(str::to_owned),
            aliases: texts("aliases"),
            per_source: section.written_count("per_source").unwrap_or(per_source),
            name,
        };
        let sections = texts("sections");
        let span = section.span.clone();
        let rule = section.written_rule("match").unwrap_or_default();
        if rule == MatchRule::default() && sections.is_empty() && !used.contains(category.name.as_str()) {
            findings.warning(
                span,
                format!("nothing leads to the category \"{}\"", shown(&category.name)),
                "name it as the `category` of a source, or give it `match` or `sections`",
            );
        }
        categories.push(CategoryConfig {
            category,
            rule,
            sections,
            filter: section.filter(),
        });
    }
    categories
}

/// The labelled lines. One of a category that is not declared goes to the findings.
fn examples(
    findings: &mut Findings<'_>,
    sections: &[Section],
    categories: &[String],
    is_learned: bool,
) -> Vec<Example> {
    if let Some(first) = sections.first().filter(|_| !is_learned) {
        findings.warning(
            first.span.clone(),
            "examples teach nothing while `learned` of `[categorize]` is false",
            "write learned = true, or take the examples out",
        );
    }
    let declared: HashSet<&str> = categories.iter().map(String::as_str).collect();
    let example = |section: &Section| {
        let (category, span) = section
            .written_text("category")
            .zip(section.span_of("category"))?;
        if !declared.contains(category) {
            sources::undeclared(findings, span, category, categories);
        }
        Some(Example {
            category: category.to_owned(),
            title: section.written_text("title")?.to_owned(),
            text: section.written_text("text").map(str::to_owned),
        })
    };
    sections.iter().filter_map(example).collect()
}
