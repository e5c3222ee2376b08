//! The page of one story: its first item with what we may show of it, its timeline, and what stands beside it.

use super::words::Words;
use super::{clock, days_of, foot_line, local, page, relative};
use crate::model::{Category, StoryId, Timestamp};
use crate::publish::channel::{Subject, story_path};
use crate::publish::entry::{CarriedBy, Entry};
use crate::publish::view::View;
use maud::{Markup, PreEscaped, html};
use std::sync::Arc;

/// What a moment of the timeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The first word.
    First,
    /// A text of its own on what goes on.
    FollowUp,
    /// The text of another moment.
    Reprint,
}

struct Moment<'a> {
    time: Timestamp,
    kind: Kind,
    entry: &'a Entry,
    carrier: Option<&'a CarriedBy>,
}

/// What is shown beside a story.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// The category of its first item.
    pub(crate) category: Option<Category>,
    /// What stands before it there.
    pub(crate) previous: Option<Arc<Entry>>,
    /// What stands after it there.
    pub(crate) next: Option<Arc<Entry>>,
    /// What speaks of the same.
    pub(crate) related: Vec<Arc<Entry>>,
    /// Titles and paths of the hottest stories.
    pub(crate) hot: Vec<(String, String)>,
}

/// The page of a story with these entries, the first one first; there is at least one.
pub(crate) fn write(story: StoryId, entries: &[Arc<Entry>], beside: &Beside, view: &View) -> Vec<u8> {
    let words = Words::of(&view.language);
    let moments = timeline(entries);
    let own = story_path(story);
    let lead = entries.first();
    let title = lead.map(|lead| lead.title.as_str()).unwrap_or_default();
    let origin = lead.and_then(|lead| lead.link.as_deref());
    let head = html! {
        // The text is the origin's: that is its address.
        link rel="canonical" href=(origin.map_or_else(|| view.address(&own), str::to_owned));
        @if !view.lists_stories { meta name="robots" content="noindex"; }
    };
    let body = html! {
        div.columns {
            div.main {
                @if let Some(lead) = lead { (first(lead, view, words)) }
                section.timeline {
                    h2 { (words.timeline) }
                    ol {
                        @for (date, moments) in days_of(&moments, |moment| moment.time, view) {
                            @for (place, moment) in moments.into_iter().enumerate() {
                                (told(moment, &date, place == 0, view, words))
                            }
                        }
                    }
                }
                (neighbours(beside, view, words))
            }
            (aside(&own, beside, view, words))
        }
    };
    let title = format!("{title} · {}", view.title);
    page(view, words, None, &title, &head, &body)
}

/// The items before and after it in its category.
fn neighbours(beside: &Beside, view: &View, words: &Words) -> Markup {
    let both = [
        (words.previous, "prev", &beside.previous),
        (words.next, "next", &beside.next),
    ];
    html! {
        @if both.iter().any(|(_, _, entry)| entry.is_some()) {
            section.neighbours {
                @if let Some(category) = &beside.category {
                    h2 {
                        a href=(relative(view, &Subject::Category(category.name.clone()).folder())) {
                            bdi { (category.title) }
                        }
                    }
                }
                @for (name, rel, entry) in both {
                    @if let Some(entry) = entry {
                        p { span.kind { (name) } " " (title_of(entry, Some(rel), view)) }
                    }
                }
            }
        }
    }
}

/// What speaks of the same, and the hottest stories.
fn aside(own: &str, beside: &Beside, view: &View, words: &Words) -> Markup {
    let hot: Vec<_> = beside.hot.iter().filter(|(_, path)| path != own).collect();
    html! {
        @if !beside.related.is_empty() || !hot.is_empty() {
            aside {
                @if !beside.related.is_empty() {
                    section.beside {
                        h2 { (words.related) }
                        ul {
                            @for entry in &beside.related {
                                li { (title_of(entry, None, view)) " " span.origin { bdi { (entry.credit.title) } } }
                            }
                        }
                    }
                }
                @if !hot.is_empty() {
                    section.beside {
                        h2 { a href=(relative(view, &Subject::Hot(None).folder())) { (words.hot) } }
                        ol {
                            @for (title, path) in hot {
                                li { a href=(relative(view, path)) dir="auto" { (title) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// An entry's title, which leads to the page of its story where it has one, else to its origin.
fn title_of(entry: &Entry, rel: Option<&str>, view: &View) -> Markup {
    let language = language_of(entry, view);
    html! {
        @match (entry.story_path(), &entry.link) {
            (Some(path), _) => { a href=(relative(view, &path)) rel=[rel] lang=[language] dir="auto" { (entry.title) } }
            (None, Some(link)) => { a href=(link) rel="external" lang=[language] dir="auto" { (entry.title) } }
            (None, None) => { span lang=[language] dir="auto" { (entry.title) } }
        }
    }
}

/// The language of an entry, where that is another than the page's.
fn language_of<'a>(entry: &'a Entry, view: &View) -> Option<&'a str> {
    entry
        .language
        .as_deref()
        .filter(|language| *language != view.language)
}

/// The item that began it.
fn first(lead: &Entry, view: &View, words: &Words) -> Markup {
    let language = language_of(lead, view);
    let text = lead.content.as_deref().or(lead.summary.as_deref());
    html! {
        header.title {
            p.kind { (words.story) }
            h1 lang=[language] dir="auto" { (lead.title) }
            p.meta {
                span.origin { bdi { (lead.credit.title) } }
                @if let Some(outlet) = &lead.outlet { span { (words.text_of) " " bdi { (outlet) } } }
                (clock(lead.published, "", view))
                @for label in &lead.labels {
                    a.label href=(relative(view, &Subject::Category(label.name.clone()).folder())) { bdi { (label.title) } }
                }
                @if let Some(link) = &lead.link { a href=(link) rel="external" { (words.at_origin) } }
            }
        }
        @if let Some(text) = text {
            // Sanitized on its way in.
            div.text lang=[language] dir="auto" { (PreEscaped(text)) }
        }
    }
}

fn told(moment: &Moment<'_>, date: &str, is_first_of_day: bool, view: &View, words: &Words) -> Markup {
    let entry = moment.entry;
    let language = language_of(entry, view);
    let kind = match moment.kind {
        Kind::First => words.first_word,
        Kind::FollowUp => words.follow_up,
        Kind::Reprint => words.reprint,
    };
    // The credit is that of the source that leads.
    let leads = |carrier: &CarriedBy| {
        entry
            .carriers
            .first()
            .is_some_and(|lead| lead.name == carrier.name)
    };
    let is_credited = moment.carrier.is_none_or(leads);
    let link = moment
        .carrier
        .and_then(|carrier| carrier.link.as_deref())
        .or(entry.link.as_deref());
    html! {
        li {
            p.when {
                @if is_first_of_day { span.date { (local(moment.time, view).format("%F")) } " " }
                (clock(moment.time, date, view))
            }
            h3 lang=[language] dir="auto" {
                @match link {
                    Some(link) => { a href=(link) rel="external" { (entry.title) } }
                    None => { (entry.title) }
                }
            }
            p.meta {
                (foot_line(moment.carrier, &entry.credit.title, is_credited, view))
                span.label { (kind) }
            }
        }
    }
}

/// Every moment, the oldest first: each entry where its first source brought it, then the sources that carried it.
fn timeline(entries: &[Arc<Entry>]) -> Vec<Moment<'_>> {
    let mut moments = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let original = entry.carriers.iter().min_by_key(|carrier| carrier.since);
        moments.push(Moment {
            time: entry.published,
            kind: if place == 0 { Kind::First } else { Kind::FollowUp },
            entry,
            carrier: original,
        });
        let others = entry
            .carriers
            .iter()
            .filter(|carrier| original.is_none_or(|original| carrier.name != original.name));
        moments.extend(others.map(|carrier| Moment {
            // A reprint is younger than what it repeats, whatever the clocks say.
            time: carrier.since.max(entry.published),
            kind: Kind::Reprint,
            entry,
            carrier: Some(carrier),
        }));
    }
    moments.sort_by_key(|moment| moment.time);
    moments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::tests::view;

    fn entry(title: &str, at: i64, carriers: &[(&str, i64)]) -> Arc<Entry> {
        Arc::new(Entry {
            title: title.to_owned(),
            published: Timestamp::from_seconds(at),
            carriers: carriers
                .iter()
                .map(|(name, since)| CarriedBy {
                    name: (*name).to_owned(),
                    link: Some(format!("https://{name}.example/{at}")),
                    since: Timestamp::from_seconds(*since),
                })
                .collect(),
            content: Some(format!("<p>All of {title}</p>")),
            ..Entry::default()
        })
    }

    #[test]
    fn the_timeline_goes_from_the_first_word_on() {
        // The one that leads came later.
        let entries = [
            entry("first", 100, &[("late", 5000), ("early", 100)]),
            entry("sequel", 3000, &[("early", 3000)]),
        ];
        let told: Vec<_> = timeline(&entries)
            .iter()
            .map(|moment| {
                (
                    moment.kind,
                    moment.carrier.unwrap().name.as_str(),
                    moment.time.seconds(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (Kind::First, "early", 100),
                (Kind::FollowUp, "early", 3000),
                (Kind::Reprint, "late", 5000)
            ]
        );
    }

    #[test]
    fn the_page_tells_first_word_reprint_and_sequel_and_asks_not_to_be_listed() {
        let entries = [
            entry("first", 100, &[("alpha", 100), ("beta", 400)]),
            entry("sequel", 90_000, &[("beta", 90_000)]),
        ];
        let hot = ["/story/9", "/story/a"].map(|path| (format!("Told at {path}"), path.to_owned()));
        let shared = Entry {
            story: Some(StoryId(11)),
            is_shared: true,
            ..Entry::clone(&entry("with a page", 50, &[]))
        };
        let beside = Beside {
            category: view().category("finance").cloned(),
            previous: Some(Arc::new(shared)),
            next: Some(Arc::new(Entry {
                link: Some("https://alpha.example/next".to_owned()),
                ..Entry::clone(&entry("without", 150, &[]))
            })),
            related: vec![entry("of the same", 60, &[])],
            hot: hot.to_vec(),
        };
        let page = String::from_utf8(write(StoryId(9), &entries, &beside, &view())).unwrap();
        for part in [
            "<h1 dir=\"auto\">first</h1>",
            "<p>All of first</p>",
            "Reprint",
            "Follow-up",
            "First report",
            "noindex",
            "href=\"/story/b\" rel=\"prev\"",
            "href=\"https://alpha.example/next\" rel=\"external\"",
            "href=\"/finance/\"",
            "of the same",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(page.contains("https://beta.example/100") && page.contains("1970-01-02"));
        assert!(page.contains("Told at /story/a") && !page.contains("Told at /story/9"));
        let mut chinese = view();
        chinese.language = "zh".to_owned();
        let page = String::from_utf8(write(StoryId(9), &entries, &beside, &chinese)).unwrap();
        for part in ["上一篇", "下一篇", "相关报道", "热榜", "报道经过"] {
            assert!(page.contains(part), "{part} in {page}");
        }
        let mut open = view();
        open.lists_stories = true;
        assert!(
            !String::from_utf8(write(StoryId(9), &entries, &Beside::default(), &open))
                .unwrap()
                .contains("noindex")
        );
    }
}
