//! The page of one story: its first item with what we may show of it, and its timeline.

use super::words::Words;
use super::{clock, days_of, foot_line, local, page, relative};
use crate::model::{StoryId, Timestamp};
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

/// The page of a story with these entries, the first one first; there is at least one. `hot` are titles and paths of
/// the stories to show beside it.
pub(crate) fn write(
    story: StoryId,
    entries: &[Arc<Entry>],
    hot: &[(String, String)],
    view: &View,
) -> Vec<u8> {
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
        @if hot.iter().any(|(_, path)| *path != own) {
            section.beside {
                h2 { a href=(relative(view, &Subject::Hot(None).folder())) { (words.hot) } }
                ol {
                    @for (title, path) in hot.iter().filter(|(_, path)| *path != own) {
                        li { a href=(relative(view, path)) dir="auto" { (title) } }
                    }
                }
            }
        }
    };
    let title = format!("{title} · {}", view.title);
    page(view, words, None, &title, &head, &body)
}

/// The item that began it.
fn first(lead: &Entry, view: &View, words: &Words) -> Markup {
    let language = lead
        .language
        .as_deref()
        .filter(|language| *language != view.language);
    let text = lead.content.as_deref().or(lead.summary.as_deref());
    html! {
        header.title {
            p.kind { (words.story) }
            h1 lang=[language] dir="auto" { (lead.title) }
            p.meta {
                span.origin { bdi { (lead.credit.title) } }
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
    let language = entry
        .language
        .as_deref()
        .filter(|language| *language != view.language);
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
        let page = String::from_utf8(write(StoryId(9), &entries, &hot, &view())).unwrap();
        for part in [
            "<h1 dir=\"auto\">first</h1>",
            "<p>All of first</p>",
            "Reprint",
            "Follow-up",
            "First report",
            "noindex",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(page.contains("https://beta.example/100") && page.contains("1970-01-02"));
        assert!(page.contains("Told at /story/a") && !page.contains("Told at /story/9"));
        let mut open = view();
        open.lists_stories = true;
        assert!(
            !String::from_utf8(write(StoryId(9), &entries, &hot, &open))
                .unwrap()
                .contains("noindex")
        );
    }
}
