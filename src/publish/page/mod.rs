//! The web page of a channel: plain HTML, readable on any screen, in light and dark, without script.
//!
//! Times are absolute, in the site's zone: a page changes when an item does, not by the hour. Pictures of the
//! origins are not shown, so that nobody learns who reads. The style sheet lies at an address that names its
//! content, which lets the content security policy forbid everything else.

pub(crate) mod story;
mod words;

use super::archive::Volume;
use super::channel::{Form, Subject};
use super::edition::Edition;
use super::entry::{CarriedBy, Entry};
use super::standing::Standing;
use super::view::View;
use crate::model::Timestamp;
use chrono::{DateTime, SecondsFormat};
use chrono_tz::Tz;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::sync::LazyLock;
use words::Words;

/// The style of all pages.
pub(crate) const STYLE: &str = include_str!("style.css");

/// The icon of the site.
pub(crate) const ICON: &[u8] = include_bytes!("favicon.ico");

/// Where the style lies, prefix apart: another style has another address.
pub(crate) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let digest = xxhash_rust::xxh3::xxh3_64(STYLE.as_bytes());
    format!("/assets/style-{digest:016x}.css")
});

/// The feeds beside a page, the one we advise first.
const FEEDS: [(Form, &str); 3] = [
    (Form::Atom, "Atom"),
    (Form::Rss, "RSS"),
    (Form::Json, "JSON Feed"),
];

/// The page of an edition.
pub(crate) fn write(edition: &Edition) -> Vec<u8> {
    let view = &edition.view;
    let words = Words::of(&view.language);
    let head = html! {
        link rel="canonical" href=(edition.address(Form::Page));
        @for (form, name) in FEEDS {
            link rel="alternate" type=(form.media_type()) title={ (edition.title) " (" (name) ")" }
                href=(relative(view, &edition.subject.path(form)));
        }
        @for (rel, volume) in [("prev", edition.chain.previous), ("next", edition.chain.next)] {
            @if let Some(volume) = volume {
                link rel=(rel) href=(relative(view, &edition.path_of(Some(volume), Form::Page)));
            }
        }
    };
    let title = match edition.chain.volume {
        None => edition.title.clone(),
        Some(volume) => format!("{} · {}", words.month(volume.month), edition.title),
    };
    let body = html! {
        header.title {
            h1 dir="auto" {
                @match (&edition.subject, edition.chain.volume) {
                    (Subject::River, None) => { (words.latest) }
                    (Subject::River, Some(volume)) => { (words.month(volume.month)) }
                    (Subject::Hot(Some(category)), None) => {
                        bdi { (view.category(category).map_or(category, |category| &category.title)) } " · " (edition.name)
                    }
                    (_, None) => { (edition.name) }
                    (_, Some(volume)) => { bdi { (edition.name) } " · " (words.month(volume.month)) }
                }
            }
            @if edition.description != edition.title && edition.chain.volume.is_none() {
                p.description dir="auto" { (edition.description) }
            }
            p.feeds {
                span { (words.subscribe) }
                @for (form, name) in FEEDS {
                    a href=(relative(view, &edition.subject.path(form))) { (name) }
                }
            }
        }
        @if edition.entries.is_empty() {
            p.nothing { (words.nothing) }
        }
        @if matches!(edition.subject, Subject::Hot(_)) {
            section.ranking {
                @for entry in &edition.entries { (article(entry, "", edition, words)) }
            }
        } @else {
            @for day in days(edition) {
                section.day {
                    h2 { time datetime=(day.date) { (day.title) } }
                    @for entry in day.entries { (article(entry, &day.date, edition, words)) }
                }
            }
        }
        (archive(edition, words))
    };
    page(view, words, Some(&edition.subject), &title, &head, &body)
}

/// A short page that says why there is no document.
pub(crate) fn notice(view: &View, status: http::StatusCode) -> Vec<u8> {
    let words = Words::of(&view.language);
    let (title, sentence) = match status {
        http::StatusCode::GONE => words.gone,
        http::StatusCode::NOT_FOUND => words.missing,
        _ => words.malformed,
    };
    let body = html! {
        header.title {
            h1 { (title) }
            p.description { (sentence) }
            p.feeds { a href=(relative(view, "/")) { (words.home) } }
        }
    };
    let head = html! { meta name="robots" content="noindex"; };
    page(
        view,
        words,
        None,
        &format!("{title} · {}", view.title),
        &head,
        &body,
    )
}

fn page(
    view: &View,
    words: &Words,
    subject: Option<&Subject>,
    title: &str,
    head: &Markup,
    body: &Markup,
) -> Vec<u8> {
    let markup = html! {
        (DOCTYPE)
        html lang=(view.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="newsriver";
                title { (title) }
                link rel="stylesheet" href=(relative(view, &STYLE_PATH));
                link rel="icon" href=(relative(view, "/favicon.ico")) sizes="32x32";
                (head)
            }
            body {
                a.skip href="#news" { (words.skip) }
                header.masthead { div.wrap {
                    a.brand href=(relative(view, "/")) { bdi { (view.title) } }
                    (navigation(view, words, subject))
                } }
                main.wrap #news { (body) }
                footer.wrap { (foot(view, words)) }
            }
        }
        (PreEscaped("\n"))
    };
    markup.into_string().into_bytes()
}

fn navigation(view: &View, words: &Words, subject: Option<&Subject>) -> Markup {
    let current = |is_here: bool| is_here.then_some("page");
    // A ranking is found from what it is of.
    let hot = match subject {
        Some(Subject::Category(name) | Subject::Hot(Some(name))) => Subject::Hot(Some(name.clone())),
        _ => Subject::Hot(None),
    };
    html! {
        @if !view.categories.is_empty() {
            nav aria-label=(words.categories) {
                a href=(relative(view, "/")) aria-current=[current(subject == Some(&Subject::River))] { (words.all) }
                @for category in &view.categories {
                    @let here = Subject::Category(category.name.clone());
                    a href=(relative(view, &here.folder())) aria-current=[current(subject == Some(&here))] {
                        bdi { (category.title) }
                    }
                }
                a href=(relative(view, &hot.folder())) aria-current=[current(subject == Some(&hot))] { (words.hot) }
            }
        }
    }
}

/// Where older news is: the months of a channel, and from a month the ones beside it.
fn archive(edition: &Edition, words: &Words) -> Markup {
    let href = |volume| relative(&edition.view, &edition.path_of(volume, Form::Page));
    let months = &edition.chain.months;
    html! {
        @if edition.chain.volume.is_some() {
            nav.archive aria-label=(words.archive) {
                @if let Some(older) = edition.chain.previous {
                    a rel="prev" href=(href(Some(older))) { (words.earlier) " " (words.month(older.month)) }
                }
                @if let Some(newer) = edition.chain.next {
                    a rel="next" href=(href(Some(newer))) { (words.later) " " (words.month(newer.month)) }
                }
                a href=(href(None)) { (words.latest) }
            }
        } @else if !months.is_empty() {
            nav.archive aria-label=(words.archive) {
                span { (words.older) }
                @for month in months {
                    a href=(href(Some(Volume::of(*month)))) { (words.month(*month)) }
                }
            }
        }
    }
}

fn foot(view: &View, words: &Words) -> Markup {
    html! {
        p {
            (words.zone) " " (zone(view).name())
        }
        p {
            a href=(relative(view, "/opml.xml")) { (words.all_feeds) }
            a href=(relative(view, "/sources.opml")) { (words.all_sources) }
        }
    }
}

fn article(entry: &Entry, date: &str, edition: &Edition, words: &Words) -> Markup {
    let view = &edition.view;
    let language = entry
        .language
        .as_deref()
        .filter(|language| *language != view.language);
    let (lead, others) = match entry.carriers.split_first() {
        Some((lead, others)) => (Some(lead), others),
        None => (None, [].as_slice()),
    };
    html! {
        article {
            p.when {
                @if let Some(standing) = entry.standing { (place(standing, words)) }
                (clock(entry.published, date, view))
            }
            h3 lang=[language] dir="auto" {
                @match &entry.link {
                    Some(link) => { a href=(link) rel="external" { (entry.title) } }
                    None => { (entry.title) }
                }
            }
            @if !entry.teaser.is_empty() {
                p.teaser lang=[language] dir="auto" { (entry.teaser) }
            }
            p.meta {
                (origin(entry, lead, view))
                @for label in entry.labels.iter().filter(|label| !is_here(edition, &label.name)) {
                    @let folder = Subject::Category(label.name.clone()).folder();
                    a.label href=(relative(view, &folder)) { bdi { (label.title) } }
                }
                @if let Some(path) = entry.story_path() {
                    a.story href=(relative(view, &path)) { (words.whole_story) }
                }
                @if !others.is_empty() { (also(others, words)) }
            }
        }
    }
}

fn is_here(edition: &Edition, category: &str) -> bool {
    matches!(&edition.subject, Subject::Category(name) | Subject::Hot(Some(name)) if name == category)
}

/// The outlet, as a link to its source's own page where that is one of ours.
fn origin(entry: &Entry, lead: Option<&CarriedBy>, view: &View) -> Markup {
    let title = html! { bdi { (entry.credit.title) } };
    html! {
        @match lead.and_then(|lead| view.source_named(&lead.name)) {
            Some(source) => {
                @let folder = Subject::Source(source.id, source.name.clone()).folder();
                a.origin href=(relative(view, &folder)) { (title) }
            }
            None => { span.origin { (title) } }
        }
    }
}

fn also(others: &[CarriedBy], words: &Words) -> Markup {
    html! {
        span.also {
            (words.also) " "
            @for (place, carrier) in others.iter().enumerate() {
                @if place > 0 { (words.comma) }
                @match &carrier.link {
                    Some(link) => { a href=(link) rel="external" { bdi { (carrier.name) } } }
                    None => { bdi { (carrier.name) } }
                }
            }
        }
    }
}

/// The rank, and what became of it within an hour and a day.
fn place(standing: Standing, words: &Words) -> Markup {
    let moves = [(words.in_an_hour, standing.hour), (words.in_a_day, standing.day)];
    html! {
        span.rank { (standing.rank) }
        @for (when, was) in moves {
            @if let Some(sign) = was.sign(standing.rank, words.new) {
                span.move title=(when) { (when) " " (sign) }
            }
        }
    }
}

/// A source of a story's timeline, with its page with us; the outlet's own name where the entry credits it.
fn foot_line(carrier: Option<&CarriedBy>, credit: &str, is_own: bool, view: &View) -> Markup {
    let source = carrier.and_then(|carrier| view.source_named(&carrier.name));
    let name = carrier
        .filter(|_| !is_own)
        .map_or(credit, |carrier| &carrier.name);
    html! {
        @match source {
            Some(source) => {
                @let folder = Subject::Source(source.id, source.name.clone()).folder();
                a.origin href=(relative(view, &folder)) { bdi { (name) } }
            }
            None => { span.origin { bdi { (name) } } }
        }
    }
}

/// Things by the day, in the site's zone, in their order.
fn days_of<'a, T>(things: &'a [T], time: impl Fn(&T) -> Timestamp, view: &View) -> Vec<(String, Vec<&'a T>)> {
    let mut days: Vec<(String, Vec<&T>)> = Vec::new();
    for thing in things {
        let date = local(time(thing), view).format("%F").to_string();
        match days.last_mut().filter(|(day, _)| *day == date) {
            Some((_, things)) => things.push(thing),
            None => days.push((date, vec![thing])),
        }
    }
    days
}

/// What the ranking is called in a language.
pub(crate) fn hot_title(language: &str) -> &'static str {
    Words::of(language).hot
}

/// The time of day; with the date where that is not the one above.
fn clock(time: Timestamp, date: &str, view: &View) -> Markup {
    let local = local(time, view);
    let is_of_day = local.format("%F").to_string() == date;
    html! {
        time datetime=(local.to_rfc3339_opts(SecondsFormat::Secs, true)) {
            @if !is_of_day { (local.format("%F ")) }
            (local.format("%H:%M"))
        }
    }
}

/// The entries of one day.
struct Day<'a> {
    date: String,
    title: String,
    entries: Vec<&'a Entry>,
}

fn days(edition: &Edition) -> Vec<Day<'_>> {
    let words = Words::of(&edition.view.language);
    let mut days: Vec<Day<'_>> = Vec::new();
    for entry in &edition.entries {
        let time = local(entry.surfaced, &edition.view);
        let date = time.format("%F").to_string();
        match days.last_mut().filter(|day| day.date == date) {
            Some(day) => day.entries.push(entry),
            None => days.push(Day {
                title: words.day(time),
                date,
                entries: vec![entry],
            }),
        }
    }
    days
}

fn zone(view: &View) -> Tz {
    view.timezone.unwrap_or(Tz::UTC)
}

fn local(time: Timestamp, view: &View) -> DateTime<Tz> {
    time.to_utc().with_timezone(&zone(view))
}

/// An address on this site as pages write it: from the root of the host.
fn relative(view: &View, path: &str) -> String {
    format!("{}{path}", view.prefix())
}
