//! Entries and what is known of them, and the verdicts.

use super::*;
use crate::model::{Entry, SourceId};
use proptest::prelude::*;

mod changes;
mod sources;

/// What a store would remember, and the items it would have.
#[derive(Default)]
struct World {
    known: Known,
    items: Vec<KnownText>,
    /// How often each item's `updated` moved.
    told: Vec<usize>,
}

impl World {
    /// One poll: decides and remembers. The verdicts in words: `new`, `taken` (new, its id taken), `=2` (item 2),
    /// `~2` (item 2 changed in noise), `!2` (worth telling), `+2` (another source's item 2), `^0` (entry 0 again).
    fn poll(&mut self, source: u32, entries: &[Entry]) -> Vec<String> {
        let keys: Vec<Keys> = entries
            .iter()
            .map(|entry| keys(SourceId(source), entry))
            .collect();
        let links: HashMap<Key, KnownLink> = keys
            .iter()
            .flat_map(Keys::all)
            .filter_map(|key| Some((key, self.known.links.get(&key)?.clone())))
            .collect();
        let texts = questions(entries, &keys, &links)
            .into_iter()
            .filter_map(|number| Some((number, self.items.get(usize::try_from(number.0).ok()?)?.clone())))
            .collect();
        let decisions = decide(entries, &keys, &Known { links, texts });
        assert_eq!(decisions.len(), entries.len());
        entries
            .iter()
            .zip(decisions)
            .map(|(entry, decision)| self.apply(entry, decision))
            .collect()
    }

    fn apply(&mut self, entry: &Entry, decision: Decision) -> String {
        let text = KnownText {
            title: entry.title.clone().unwrap_or_default(),
            text: crate::html::plain(entry.content.as_deref().unwrap_or_default()),
        };
        let (item, word) = match decision.verdict {
            Verdict::New => {
                self.items.push(text);
                self.told.push(0);
                let word = if decision.own_id_is_taken { "taken" } else { "new" };
                (ItemNumber(self.items.len() as u64 - 1), word.to_owned())
            }
            Verdict::Known(item) => (item, format!("={}", item.0)),
            Verdict::Update { item, is_telling } => {
                let place = item.0 as usize;
                self.items[place] = text;
                self.told[place] += usize::from(is_telling);
                (item, format!("{}{}", if is_telling { '!' } else { '~' }, item.0))
            }
            Verdict::Duplicate(item) => (item, format!("+{}", item.0)),
            Verdict::SameAs(earlier) => (ItemNumber(0), format!("^{earlier}")),
        };
        for (key, mut link) in decision.links {
            assert!(decision.rests_on.contains(&key));
            link.item = item;
            self.known.links.insert(key, link);
        }
        word
    }
}

impl World {
    /// Polls a document again, twice: it brings nothing new and changes nothing.
    fn rests(&mut self, source: u32, entries: &[Entry]) -> Result<(), TestCaseError> {
        let (items, told, links) = (self.items.len(), self.told.clone(), self.known.links.clone());
        for _ in 0..2 {
            let again = self.poll(source, entries);
            prop_assert_eq!(self.items.len(), items, "{:?}", again);
            prop_assert_eq!(&self.told, &told);
            prop_assert!(
                again.iter().all(|word| word.starts_with(['=', '^'])),
                "{:?}",
                again
            );
            prop_assert!(self.known.links == links, "{:?}", again);
        }
        Ok(())
    }
}

fn entry(guid: &str, link: &str, title: &str, content: &str) -> Entry {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Entry {
        guid: some(guid),
        link: some(link),
        title: some(title),
        content: some(content),
        ..Entry::default()
    }
}

/// An entry whose guid, link, title and text all follow from one number.
fn story(number: usize) -> Entry {
    let words = [
        "river", "harbour", "council", "painter", "bridge", "winter", "market", "orchard", "signal", "mill",
    ];
    let text: Vec<&str> = (0..20)
        .map(|place| words[(number * 7 + place * (number + 3)) % words.len()])
        .collect();
    entry(
        &format!("guid-{number}"),
        &format!("https://a.example.org/{number}.html"),
        &format!("Story {number}"),
        &format!("<p>{number} {}</p>", text.join(" ")),
    )
}

fn stories(numbers: std::ops::Range<usize>) -> Vec<Entry> {
    numbers.map(story).collect()
}

#[test]
fn what_is_new_is_known_the_next_time() {
    let mut world = World::default();
    assert_eq!(world.poll(1, &stories(0..3)), ["new", "new", "new"]);
    assert_eq!(world.poll(1, &stories(0..4)), ["=0", "=1", "=2", "new"]);
}

#[test]
fn order_makes_no_difference() {
    let mut world = World::default();
    let mut entries = stories(0..5);
    world.poll(1, &entries);
    entries.reverse();
    assert_eq!(world.poll(1, &entries), ["=4", "=3", "=2", "=1", "=0"]);
}

#[test]
fn one_guid_for_two_stories_at_once_gives_two_items() {
    let mut world = World::default();
    let (first, mut second) = (story(0), story(1));
    second.guid = first.guid.clone();
    assert_eq!(world.poll(1, &[first.clone(), second.clone()]), ["new", "taken"]);
    assert_eq!(world.poll(1, &[second.clone(), first]), ["=1", "=0"]);
    assert_eq!(world.poll(1, &[second]), ["=1"]);
}

#[test]
fn one_guid_for_two_stories_one_after_the_other_gives_two_items() {
    let mut world = World::default();
    world.poll(1, &[story(0)]);
    let mut second = story(1);
    second.guid = story(0).guid;
    assert_eq!(world.poll(1, &[second.clone()]), ["taken"]);
    assert_eq!(world.poll(1, &[second.clone()]), ["=1"]);
    assert_eq!(world.poll(1, &[story(0), second]), ["=0", "=1"]);
    let mut short = entry("guid-0", "https://a.example.org/9.html", "Short", "");
    assert_eq!(world.poll(1, &[short.clone()]), ["taken"]);
    short.title = Some("Short, edited".into());
    assert_eq!(world.poll(1, &[short]), ["!2"]);
}

#[test]
fn guids_that_change_with_each_poll_make_no_items_and_leave_no_trace() {
    let mut world = World::default();
    world.poll(1, &stories(0..3));
    let known = world.known.links.len();
    for poll in 0..5 {
        let mut entries = stories(0..3);
        for entry in &mut entries {
            entry.guid = Some(format!("{poll}-{}", entry.guid.clone().unwrap()));
        }
        assert_eq!(world.poll(1, &entries), ["=0", "=1", "=2"]);
    }
    assert_eq!(world.known.links.len(), known);
}

#[test]
fn a_guid_that_changes_with_an_edit_is_still_the_page_it_stands_for() {
    let mut world = World::default();
    world.poll(
        1,
        &[entry(
            "https://a.example.org/1#0",
            "https://a.example.org/1",
            "Storm nears",
            "A storm nears.",
        )],
    );
    let edited = entry(
        "https://a.example.org/1#1",
        "https://a.example.org/1",
        "Storm is here",
        "The storm is here.",
    );
    assert_eq!(world.poll(1, &[edited]), ["!0"]);
}

#[test]
fn blanks_round_guids_make_no_difference() {
    let mut world = World::default();
    world.poll(1, &[story(0)]);
    let mut blank = story(0);
    blank.guid = Some("\n  guid-0 ".into());
    assert_eq!(world.poll(1, &[blank]), ["=0"]);
}

#[test]
fn entries_without_a_guid_or_with_one_for_all_are_told_apart_by_link() {
    for guid in [
        None,
        Some(String::new()),
        Some("const".to_owned()),
        Some("https://a.example.org/".to_owned()),
    ] {
        let mut world = World::default();
        let mut entries = stories(0..4);
        for entry in &mut entries {
            entry.guid = guid.clone();
        }
        let first = world.poll(1, &entries[..3]);
        assert!(
            first.iter().all(|word| word == "new" || word == "taken"),
            "{guid:?} {first:?}"
        );
        assert_eq!(world.poll(1, &entries)[..3], ["=0", "=1", "=2"], "{guid:?}");
        assert_eq!(world.poll(1, &entries[1..]), ["=1", "=2", "=3"], "{guid:?}");
        for (place, entry) in entries.iter().enumerate() {
            assert_eq!(
                world.poll(1, std::slice::from_ref(entry)),
                [format!("={place}")],
                "{guid:?}"
            );
        }
        entries[2].title = Some("Another title".into());
        assert_eq!(world.poll(1, &entries), ["=0", "=1", "!2", "=3"], "{guid:?}");
    }
}

#[test]
fn notes_without_titles_are_told_apart_by_link_under_one_guid() {
    let mut world = World::default();
    let note = |number: usize| {
        let mut note = story(number);
        note.title = None;
        note.guid = Some("const".into());
        note
    };
    for number in 0..4 {
        let verdict = world.poll(1, &[note(number)]).remove(0);
        assert!(
            ["new", "taken"].contains(&verdict.as_str()),
            "{number}: {verdict}"
        );
    }
    assert_eq!(
        world.poll(1, &[note(3), note(2), note(1), note(0)]),
        ["=3", "=2", "=1", "=0"]
    );
}

#[test]
fn bare_entries_are_told_apart_by_their_words() {
    let mut world = World::default();
    let bare = [
        entry("", "", "One", "text one"),
        entry("", "", "Two", "text two"),
        entry("", "", "", "only text"),
    ];
    assert_eq!(world.poll(1, &bare), ["new", "new", "new"]);
    assert_eq!(world.poll(1, &bare), ["=0", "=1", "=2"]);
    let spaced = entry("", "", "ONE", "<p>text\n one </p>");
    assert_eq!(
        world.poll(1, &[spaced, bare[1].clone(), bare[1].clone()]),
        ["~0", "=1", "^1"]
    );
    assert_eq!(world.poll(2, &bare), ["new", "new", "new"]);
}

#[test]
fn one_guid_and_one_link_for_all_are_no_identity() {
    let mut world = World::default();
    let all = |number: usize| {
        let mut entry = story(number);
        entry.guid = Some("https://a.example.org/".into());
        entry.link = entry.guid.clone();
        entry
    };
    let entries: Vec<Entry> = (0..4).map(all).collect();
    assert_eq!(world.poll(1, &entries), ["new", "taken", "taken", "taken"]);
    assert_eq!(world.poll(1, &entries), ["=0", "=1", "=2", "=3"]);
}

#[test]
fn pictures_signed_anew_for_each_request_make_no_entry_new() {
    let mut world = World::default();
    let signed = |poll: u32| -> Vec<Entry> {
        (0..4)
            .map(|number| {
                let mut entry = story(number);
                entry.guid = None;
                entry.link = Some("https://a.example.org/".into());
                let text = entry.content.take().unwrap_or_default();
                entry.content = Some(format!("<img src=\"/{number}.png?sign={poll}\">{text}"));
                entry
            })
            .collect()
    };
    let first = world.poll(1, &signed(1));
    assert!(first.iter().all(|verdict| !verdict.starts_with('=')), "{first:?}");
    assert_eq!(world.poll(1, &signed(2)), ["=0", "=1", "=2", "=3"]);
}

#[test]
fn episodes_that_all_link_to_one_page_are_told_apart_by_guid() {
    let mut world = World::default();
    let mut entries = stories(0..4);
    for entry in &mut entries {
        entry.link = Some("https://a.example.org/podcast".into());
    }
    assert_eq!(world.poll(1, &entries[..3]), ["new", "new", "new"]);
    assert_eq!(world.poll(1, &entries), ["=0", "=1", "=2", "new"]);
    entries
        .iter_mut()
        .for_each(|entry| entry.title = Some("Episode".into()));
    assert_eq!(world.poll(1, &entries), ["!0", "!1", "!2", "!3"]);
}

#[test]
fn tracking_https_and_fragments_make_no_difference() {
    let mut world = World::default();
    let mut plain = story(0);
    plain.guid = None;
    world.poll(1, &[plain.clone()]);
    for link in [
        "http://a.example.org/0.html?utm_source=rss&utm_medium=feed",
        "https://www.a.example.org/0.html#section",
        "https://a.example.org/0.html?spm=5",
    ] {
        plain.link = Some(link.into());
        assert_eq!(world.poll(1, &[plain.clone()]), ["=0"], "{link}");
    }
}

#[test]
fn a_feed_that_empties_and_fills_again_brings_nothing_new() {
    let mut world = World::default();
    world.poll(1, &stories(0..3));
    assert!(world.poll(1, &[]).is_empty());
    assert_eq!(world.poll(1, &stories(0..3)), ["=0", "=1", "=2"]);
}

#[test]
fn an_entry_listed_twice_is_one() {
    let mut world = World::default();
    let mut again = story(0);
    again.guid = Some("again".into());
    assert_eq!(
        world.poll(1, &[story(0), story(1), story(0), again]),
        ["new", "new", "^0", "^0"]
    );
}

#[test]
fn ten_thousand_entries_with_one_guid_take_little_time() {
    let mut world = World::default();
    let entries: Vec<Entry> = (0..10_000)
        .map(|number| {
            entry(
                "1",
                &format!("https://a.example.org/{number}"),
                &format!("Title {number}"),
                "text",
            )
        })
        .collect();
    let started = std::time::Instant::now();
    assert_eq!(world.poll(1, &entries).len(), 10_000);
    assert!(world.poll(1, &entries).iter().all(|word| word.starts_with('=')));
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn an_entry_beside_the_one_it_repeats_changes_no_item_in_either_order() {
    let mut world = World::default();
    let mut moved = story(0);
    moved.link = Some("https://new.example.org/0".into());
    world.poll(1, &[story(0)]);
    world.poll(1, &[moved.clone()]);
    let mut old = story(0);
    old.guid = None;
    old.content = old.content.map(|content| format!("{content} and more"));
    assert_eq!(world.poll(1, &[old.clone(), moved.clone()]), ["=0", "=0"]);
    assert_eq!(world.poll(1, &[moved, old]), ["=0", "^0"]);
    assert_eq!(world.told, [0]);
}

/// An entry whose guid, link, title and text are among a few, so that documents of such contend for each of them.
fn contender(&(guid, link, title, text): &(usize, usize, usize, usize)) -> Entry {
    let mut entry = story(text);
    entry.guid = (guid > 0).then(|| format!("{guid}"));
    entry.link = (link > 0).then(|| format!("https://a.example.org/{link}"));
    entry.title = (title > 0).then(|| format!("Title {title}"));
    entry
}

#[test]
fn an_item_stays_with_its_unchanged_entry_whoever_else_shares_a_key_with_it() {
    let mut world = World::default();
    let poll = |world: &mut World, document: &[(usize, usize, usize, usize)]| {
        let entries: Vec<Entry> = document.iter().map(contender).collect();
        world.poll(1, &entries)
    };
    assert_eq!(
        poll(&mut world, &[(3, 2, 0, 0), (1, 1, 0, 0), (2, 1, 1, 0)]),
        ["new", "new", "new"]
    );
    assert_eq!(poll(&mut world, &[(0, 1, 2, 0), (3, 1, 1, 0)]), ["new", "!0"]);
    // The first stands at an address that item 0 had once; the second is item 0, to the letter.
    let contending = [(0, 2, 2, 0), (3, 1, 1, 0)];
    assert_eq!(poll(&mut world, &contending), ["new", "=0"]);
    assert_eq!(poll(&mut world, &contending), ["=4", "=0"]);
    assert_eq!(world.told, [1, 0, 0, 0, 0]);
}

proptest! {
    /// Whatever feeds do with guids, links and words: a document polled again brings nothing new and changes nothing;
    /// each of its entries is either an item of its own or the repetition of one.
    #[test]
    fn the_same_document_again_changes_nothing(
        documents in prop::collection::vec(
            prop::collection::vec((0_usize..4, 0_usize..4, 0_usize..4, 0_usize..3), 0..6),
            1..5,
        )
    ) {
        let mut world = World::default();
        for document in &documents {
            let entries: Vec<Entry> = document.iter().map(contender).collect();
            world.poll(1, &entries);
            world.rests(1, &entries)?;
        }
    }
}
