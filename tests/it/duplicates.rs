//! Nothing twice and nothing lost: what feeds do to guids, links and order announces no item again, and no two
//! stories become one.

use newsriver::identify::{Keys, Known, KnownText, Verdict, decide, keys, questions};
use newsriver::model::{Entry, ItemNumber, Key, KnownLink, SourceId};
use std::collections::HashMap;

/// The memory a store would keep.
#[derive(Default)]
struct River {
    links: HashMap<Key, KnownLink>,
    titles: Vec<String>,
}

impl River {
    /// One poll of one source: the titles it brought that were not there before.
    fn poll(&mut self, source: u32, entries: &[Entry]) -> Vec<String> {
        let keys: Vec<Keys> = entries
            .iter()
            .map(|entry| keys(SourceId(source), entry))
            .collect();
        let text = |number: ItemNumber| {
            let title = self.titles.get(usize::try_from(number.0).ok()?)?.clone();
            let text = title.clone();
            Some((number, KnownText { title, text }))
        };
        let texts = questions(entries, &keys, &self.links)
            .into_iter()
            .filter_map(text)
            .collect();
        let known = Known {
            links: self.links.clone(),
            texts,
        };
        let mut news = Vec::new();
        for (entry, decision) in entries.iter().zip(decide(entries, &keys, &known)) {
            let item = match decision.verdict {
                Verdict::New => {
                    let title = entry.title.clone().unwrap_or_default();
                    news.push(title.clone());
                    self.titles.push(title);
                    ItemNumber(self.titles.len() as u64 - 1)
                }
                Verdict::Known(item) | Verdict::Update { item, .. } | Verdict::Duplicate(item) => item,
                Verdict::SameAs(_) => continue,
            };
            assert!(!decision.reason.as_str().is_empty());
            for (key, mut link) in decision.links {
                link.item = item;
                self.links.insert(key, link);
            }
        }
        news
    }
}

fn story(number: u32) -> Entry {
    let subjects = [
        "the harbour",
        "a bridge",
        "the orchestra",
        "this winter",
        "two rivers",
    ];
    let subject = subjects.iter().cycle().nth(number as usize).unwrap_or(&"nothing");
    Entry {
        guid: Some(format!("post-{number}")),
        link: Some(format!("https://paper.example.org/2026/{number}.html")),
        title: Some(format!("Report {number} on {subject}")),
        content: Some(format!(
            "<p>Report {number} says what there is to say on {subject}, in full.</p>"
        )),
        ..Entry::default()
    }
}

fn stories(count: u32) -> Vec<Entry> {
    (0..count).map(story).collect()
}

/// The same stories after something was done to each.
fn changed(change: impl Fn(&mut Entry)) -> Vec<Entry> {
    let mut entries = stories(5);
    entries.iter_mut().for_each(change);
    entries
}

#[test]
fn whatever_a_feed_does_to_its_entries_announces_none_again() {
    let mut river = River::default();
    assert_eq!(river.poll(1, &stories(5)).len(), 5);
    let add = |text: &str, more: &str| Some(format!("{text}{more}"));
    let ways: [(&str, Vec<Entry>); 9] = [
        ("nothing", stories(5)),
        ("other order", stories(5).into_iter().rev().collect()),
        (
            "new guids",
            changed(|entry| entry.guid = add(entry.guid.as_deref().unwrap(), "-again")),
        ),
        ("no guids", changed(|entry| entry.guid = None)),
        (
            "blanks",
            changed(|entry| entry.guid = add(" ", entry.guid.as_deref().unwrap())),
        ),
        (
            "tracking",
            changed(|entry| entry.link = add(entry.link.as_deref().unwrap(), "?utm_source=feed&spm=1.2")),
        ),
        (
            "other host",
            changed(|entry| {
                entry.link = entry
                    .link
                    .as_deref()
                    .map(|link| link.replace("https://paper.", "http://news."));
            }),
        ),
        (
            "edited titles",
            changed(|entry| entry.title = add(entry.title.as_deref().unwrap(), " (updated)")),
        ),
        ("nothing again", stories(5)),
    ];
    for (way, entries) in ways {
        assert_eq!(river.poll(1, &entries), Vec::<String>::new(), "{way}");
        assert_eq!(river.poll(1, &[]), Vec::<String>::new(), "empty after {way}");
    }
}

#[test]
fn a_reprint_with_the_same_address_is_one_item_in_both_sources() {
    let mut river = River::default();
    river.poll(1, &stories(5));
    let reprint = changed(|entry| {
        entry.guid = None;
        entry.link = entry
            .link
            .as_deref()
            .map(|link| format!("{link}?utm_medium=planet#top"));
    });
    assert_eq!(river.poll(2, &reprint), Vec::<String>::new());
    assert_eq!(river.poll(2, &reprint), Vec::<String>::new());
    assert_eq!(river.poll(1, &stories(5)), Vec::<String>::new());
}

#[test]
fn sources_that_number_their_entries_alike_lose_none() {
    let mut river = River::default();
    river.poll(1, &stories(5));
    let other = changed(|entry| {
        entry.link = entry
            .link
            .as_deref()
            .map(|link| link.replace("paper.", "journal."));
    });
    assert_eq!(river.poll(2, &other).len(), 5);
}

#[test]
fn one_guid_for_every_entry_loses_none() {
    let mut river = River::default();
    let constant = changed(|entry| entry.guid = Some("paper".into()));
    assert_eq!(river.poll(1, &constant[..3]).len(), 3);
    assert_eq!(river.poll(1, &constant[3..]).len(), 2);
    assert_eq!(river.poll(1, &constant), Vec::<String>::new());
}

#[test]
fn a_guid_used_again_for_another_story_brings_that_story() {
    let mut river = River::default();
    river.poll(1, &[story(0)]);
    let mut reused = story(1);
    reused.guid = story(0).guid;
    assert_eq!(river.poll(1, &[reused]), ["Report 1 on a bridge"]);
}

#[test]
fn what_a_verdict_rests_on_is_named_so_that_two_polls_at_once_make_one_item() {
    let entry = [story(0)];
    let own = [keys(SourceId(2), &entry[0])];
    let decision = decide(&entry, &own, &Known::default()).remove(0);
    assert_eq!(decision.verdict, Verdict::New);
    let address = own[0].address.unwrap();
    assert!(decision.rests_on.contains(&address));
    // Another source's poll wrote this address meanwhile: deciding again finds its item.
    let mut river = River::default();
    river.poll(1, &entry);
    assert_eq!(river.poll(2, &entry), Vec::<String>::new());
}
