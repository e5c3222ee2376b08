//! What any backend of [`Store`] owes, as tests: a backend is done when [`hold`] passes.

mod keeping;

use super::{
    Changes, Channel, Cursor, Edit, Error, Keep, LinkChange, Note, SourceClaim, Stamp, Store, Target,
};
use crate::model::{
    Carrier, Item, ItemNumber, Key, KnownLink, Label, Reason, SourceId, SourceState, Timestamp, Validators,
};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);
const KEEP_ALL: Keep = Keep {
    retention: Duration::from_secs(1000),
    max_size_bytes: u64::MAX,
};

/// Runs every test of the contract, each on a store of its own from `make`.
pub(crate) async fn hold<Make, Made>(make: Make)
where
    Make: Fn() -> Made,
    Made: Future<Output = Arc<dyn Store>>,
{
    an_item_is_found_by_number_key_and_list(&*make().await).await;
    lists_are_newest_first_and_page_without_gaps(&*make().await).await;
    an_edit_keeps_the_place_and_moves_between_categories(&*make().await).await;
    a_commit_on_stale_ground_writes_nothing(&*make().await).await;
    sources_are_claimed_by_one_and_in_order(&*make().await).await;
    a_state_is_remembered_with_what_its_document_listed(&*make().await).await;
    keeping::items_age_from_when_the_last_source_dropped_them(&*make().await).await;
    keeping::a_closed_month_leaves_whole(&*make().await).await;
    keeping::a_purged_item_stays_known(&*make().await).await;
    keeping::a_source_left_out_lets_its_items_age(&*make().await).await;
    keeping::outgrowing_the_bound_sends_the_oldest_away(&*make().await).await;
    stamps_are_kept_one_a_path(&*make().await).await;
    notes_are_kept_one_a_name(&*make().await).await;
    odd_input_harms_nothing(&*make().await).await;
    a_long_text_comes_back_whole(&*make().await).await;
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

pub(crate) fn item(name: &str, surfaced: i64, category: &str) -> Item {
    Item {
        id: format!("tag:example.org,2026:{name}"),
        title: name.to_owned(),
        surfaced: at(surfaced),
        first_seen: at(surfaced),
        updated: at(surfaced),
        labels: vec![Label {
            category: category.to_owned(),
            confidence: 1.0,
            reason: Reason::new("the source says so"),
        }],
        carriers: vec![Carrier {
            source: SourceId(1),
            ..Carrier::default()
        }],
        content: Some(format!("<p>The text of {name}.</p>")),
        ..Item::default()
    }
}

fn link(item: u64, digest: u64) -> KnownLink {
    KnownLink {
        item: ItemNumber(item),
        digest,
        link: 7,
        titles: vec![1, 2],
        texts: vec![3],
    }
}

fn claims(names: &[&str]) -> Vec<SourceClaim> {
    names
        .iter()
        .map(|name| SourceClaim {
            was: None,
            identity: format!("name:{name}"),
            name: (*name).to_owned(),
            is_written: true,
            enabled: true,
        })
        .collect()
}

async fn numbers(store: &dyn Store, channel: Channel) -> Vec<u64> {
    let lines = store.list(&channel, None, usize::MAX).await.unwrap();
    lines.iter().map(|line| line.number.0).collect()
}

pub(crate) async fn add(store: &dyn Store, items: Vec<Item>) -> Vec<ItemNumber> {
    let changes = Changes {
        source: SourceId(1),
        at: at(1),
        new_items: items,
        ..Changes::default()
    };
    store.commit(changes).await.unwrap().numbers
}

async fn an_item_is_found_by_number_key_and_list(store: &dyn Store) {
    let one = item("one", 10, "news");
    let changes = Changes {
        source: SourceId(1),
        at: at(11),
        new_items: vec![one.clone()],
        links: vec![LinkChange {
            key: Key(5),
            target: Target::New(0),
            link: link(999, 3),
        }],
        rests_on: vec![(Key(5), None)],
        ..Changes::default()
    };
    let receipt = store.commit(changes).await.unwrap();
    assert_eq!(receipt.numbers, [ItemNumber(1)]);
    let news = Channel::Category("news".to_owned());
    let touched = [Channel::River, news.clone(), Channel::Source(SourceId(1))];
    assert_eq!(receipt.touched, touched);
    let known = store.known(&[Key(4), Key(5)]).await.unwrap();
    assert_eq!(known, [None, Some(link(1, 3))]);
    let stored = store.items(&[ItemNumber(1), ItemNumber(2)]).await.unwrap();
    assert_eq!(*stored[0].as_ref().unwrap().item, one);
    assert_eq!(stored[1], None);
    for channel in touched {
        assert_eq!(numbers(store, channel).await, [1]);
    }
    assert!(numbers(store, Channel::Source(SourceId(2))).await.is_empty());
    assert_eq!(store.figures().await.unwrap().items, 1);
}

async fn lists_are_newest_first_and_page_without_gaps(store: &dyn Store) {
    let times = [30, -5, 20, 20, 10, 20];
    let items = times
        .iter()
        .enumerate()
        .map(|(index, time)| item(&index.to_string(), *time, "news"))
        .collect();
    add(store, items).await;
    let expected = [1, 3, 4, 6, 5, 2];
    assert_eq!(numbers(store, Channel::River).await, expected);
    let mut paged = Vec::new();
    let mut before: Option<Cursor> = None;
    loop {
        let page = store.list(&Channel::River, before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.cursor());
        paged.extend(page.iter().map(|line| line.number.0));
    }
    assert_eq!(paged, expected);
    // A place with the number 0 is the one before all items of its instant.
    for (instant, expected) in [
        (i64::MAX, &expected[..]),
        (20_000, &expected[1..]),
        (19_999, &expected[4..]),
        (i64::MIN, &[]),
    ] {
        let place = Cursor {
            surfaced: Timestamp::from_millis(instant),
            number: ItemNumber(0),
        };
        let lines = store.list(&Channel::River, Some(place), 9).await.unwrap();
        let found: Vec<u64> = lines.iter().map(|line| line.number.0).collect();
        assert_eq!(found, expected, "from {instant}");
    }
    // And the other way, from each line and from between them.
    let lines = store.list(&Channel::River, None, 9).await.unwrap();
    for (place, line) in lines.iter().enumerate() {
        let mut newer = store.newer(&Channel::River, line.cursor(), 9).await.unwrap();
        assert_eq!(newer.first(), place.checked_sub(1).map(|before| &lines[before]));
        newer.reverse();
        assert_eq!(newer, lines[..place]);
        let nearest = store.newer(&Channel::River, line.cursor(), 1).await.unwrap();
        assert_eq!(nearest.len(), place.min(1));
        let before_its_instant = Cursor {
            number: ItemNumber(0),
            ..line.cursor()
        };
        let newer = store.newer(&Channel::River, before_its_instant, 9).await.unwrap();
        assert!(newer.iter().all(|newer| newer.surfaced > line.surfaced));
    }
    let nowhere = Channel::Category("nothing".to_owned());
    let newer = store.newer(&nowhere, lines[5].cursor(), 9).await.unwrap();
    assert_eq!(newer, []);
    let first = store.list(&Channel::River, None, 1).await.unwrap()[0];
    assert_eq!((first.surfaced, first.first_seen), (at(30), at(30)));
    assert!(!first.is_backlog);
}

async fn an_edit_keeps_the_place_and_moves_between_categories(store: &dyn Store) {
    add(store, vec![item("one", 10, "news"), item("two", 20, "news")]).await;
    let mut edited = item("one, corrected", 99, "sport");
    edited.is_backlog = true;
    let edit = |version, item: &Item| Changes {
        source: SourceId(1),
        edits: vec![Edit {
            number: ItemNumber(1),
            version,
            item: item.clone(),
        }],
        ..Changes::default()
    };
    let receipt = store.commit(edit(1, &edited)).await.unwrap();
    assert_eq!(receipt.touched.len(), 4);
    assert_eq!(numbers(store, Channel::River).await, [2, 1]);
    assert_eq!(numbers(store, Channel::Category("news".to_owned())).await, [2]);
    assert_eq!(numbers(store, Channel::Category("sport".to_owned())).await, [1]);
    let line = store.list(&Channel::River, None, 2).await.unwrap()[1];
    assert_eq!((line.version, line.surfaced, line.is_backlog), (2, at(10), true));
    let stored = store.items(&[ItemNumber(1)]).await.unwrap();
    let stored = stored[0].as_ref().unwrap();
    assert_eq!((stored.version, stored.item.surfaced), (2, at(10)));
    assert_eq!(stored.item.title, "one, corrected");
    let again = store.commit(edit(2, &edited)).await.unwrap();
    assert_eq!(again.touched, [], "the same text is no edit");
    assert_eq!(
        store.items(&[ItemNumber(1)]).await.unwrap()[0]
            .as_ref()
            .unwrap()
            .version,
        2
    );
}

async fn a_commit_on_stale_ground_writes_nothing(store: &dyn Store) {
    add(store, vec![item("one", 10, "news")]).await;
    let on_keys = Changes {
        new_items: vec![item("two", 20, "news")],
        rests_on: vec![(Key(1), Some(link(1, 1)))],
        ..Changes::default()
    };
    assert!(matches!(store.commit(on_keys).await, Err(Error::Conflict)));
    let on_version = Changes {
        new_items: vec![item("two", 20, "news")],
        edits: vec![Edit {
            number: ItemNumber(1),
            version: 7,
            item: item("one", 10, "news"),
        }],
        ..Changes::default()
    };
    assert!(matches!(store.commit(on_version).await, Err(Error::Conflict)));
    assert_eq!(numbers(store, Channel::River).await, [1]);
    let numbers = add(store, vec![item("two", 20, "news")]).await;
    assert_eq!(numbers, [ItemNumber(2)], "a refused commit uses up no number");
}

async fn sources_are_claimed_by_one_and_in_order(store: &dyn Store) {
    let mut wanted = claims(&["a", "b", "c"]);
    wanted[2].enabled = false;
    let registered = store.register(wanted, at(0)).await.unwrap();
    let ids: Vec<u32> = registered.iter().map(|source| source.id.0).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert!(registered.iter().all(|source| source.is_active));
    let due = |source, seconds| Changes {
        source: SourceId(source),
        state: Some(SourceState {
            next_due: at(seconds),
            ..SourceState::default()
        }),
        ..Changes::default()
    };
    store.commit(due(1, 50)).await.unwrap();
    store.commit(due(2, 40)).await.unwrap();
    assert_eq!(store.claim(at(45), LEASE, 9).await.unwrap(), [SourceId(2)]);
    assert_eq!(store.claim(at(60), LEASE, 9).await.unwrap(), [SourceId(1)]);
    assert_eq!(store.claim(at(60), LEASE, 9).await.unwrap(), []);
    store.commit(due(1, 55)).await.unwrap();
    assert_eq!(store.claim(at(60), LEASE, 9).await.unwrap(), [SourceId(1)]);
    assert_eq!(store.claim(at(130), LEASE, 1).await.unwrap(), [SourceId(2)]);
    assert_eq!(store.sources().await.unwrap(), registered);
}

async fn a_state_is_remembered_with_what_its_document_listed(store: &dyn Store) {
    assert_eq!(*store.state(SourceId(9)).await.unwrap(), SourceState::default());
    add(store, vec![item("one", 10, "news")]).await;
    let mut state = SourceState {
        validators: Validators {
            etag: Some(b"W/\"\xff\"".to_vec()),
            last_modified: None,
        },
        last_words: "读了一条".to_owned(),
        listed: vec![ItemNumber(77)],
        ..SourceState::default()
    };
    let changes = Changes {
        source: SourceId(1),
        state: Some(state.clone()),
        listed: Some(vec![Target::New(0), Target::Known(ItemNumber(1)), Target::New(0)]),
        new_items: vec![item("two", 20, "news")],
        ..Changes::default()
    };
    store.commit(changes).await.unwrap();
    state.listed = vec![ItemNumber(2), ItemNumber(1)];
    assert_eq!(*store.state(SourceId(1)).await.unwrap(), state);
    state.failures = 3;
    let unread = Changes {
        source: SourceId(1),
        state: Some(state.clone()),
        ..Changes::default()
    };
    store.commit(unread).await.unwrap();
    assert_eq!(*store.state(SourceId(1)).await.unwrap(), state);
}

async fn notes_are_kept_one_a_name(store: &dyn Store) {
    let note = |name: &str, bytes: Vec<u8>| Note {
        name: name.to_owned(),
        bytes,
    };
    let long = || {
        (0..20_000_u32)
            .map(|place| place.to_le_bytes()[0])
            .collect::<Vec<u8>>()
    };
    let said = vec![
        note("b/2", long()),
        note("b/1", vec![1]),
        note("b", vec![9]),
        note("c/1", vec![2]),
    ];
    store.note(said).await.unwrap();
    assert_eq!(
        store.notes("b/").await.unwrap(),
        [note("b/1", vec![1]), note("b/2", long())]
    );
    store
        .note(vec![note("b/2", vec![3]), note("b/1", Vec::new())])
        .await
        .unwrap();
    assert_eq!(store.notes("b/").await.unwrap(), [note("b/2", vec![3])]);
    let names: Vec<String> = store
        .notes("")
        .await
        .unwrap()
        .into_iter()
        .map(|note| note.name)
        .collect();
    assert_eq!(names, ["b", "b/2", "c/1"]);
    // Within one batch, too, the later word holds.
    store
        .note(vec![note("b", long()), note("b", vec![5])])
        .await
        .unwrap();
    assert_eq!(store.notes("b").await.unwrap()[0], note("b", vec![5]));
}

async fn stamps_are_kept_one_a_path(store: &dyn Store) {
    let stamp = |path: &str, digest, since| Stamp {
        path: path.to_owned(),
        digest,
        since: at(since),
    };
    store
        .stamp(vec![stamp("/b", 1, 1), stamp("/a", 2, 2)])
        .await
        .unwrap();
    store.stamp(vec![stamp("/b", u128::MAX, 3)]).await.unwrap();
    let expected = [stamp("/a", 2, 2), stamp("/b", u128::MAX, 3)];
    assert_eq!(store.stamps().await.unwrap(), expected);
}

async fn odd_input_harms_nothing(store: &dyn Store) {
    let changes = Changes {
        links: vec![LinkChange {
            key: Key(1),
            target: Target::New(5),
            link: link(0, 0),
        }],
        listed: Some(vec![Target::New(9), Target::Known(ItemNumber(u64::MAX))]),
        ..Changes::default()
    };
    store.commit(changes).await.unwrap();
    assert_eq!(store.known(&[Key(1)]).await.unwrap(), [None]);
    assert_eq!(store.items(&[]).await.unwrap(), []);
    assert_eq!(store.list(&Channel::River, None, 0).await.unwrap(), []);
    let odd = Item {
        surfaced: Timestamp::from_millis(i64::MIN),
        ..item("", 0, "")
    };
    add(store, vec![odd]).await;
    assert_eq!(numbers(store, Channel::Category(String::new())).await, [1]);
}

async fn a_long_text_comes_back_whole(store: &dyn Store) {
    let mut random = fastrand::Rng::with_seed(4);
    let text: String = std::iter::repeat_with(|| random.alphanumeric())
        .take(100_000)
        .collect();
    let mut long = item("long", 10, "news");
    long.content = Some(text);
    add(store, vec![long.clone()]).await;
    let stored = store.items(&[ItemNumber(1)]).await.unwrap();
    assert_eq!(*stored[0].as_ref().unwrap().item, long);
    let mut shorter = long.clone();
    shorter.content = Some("short".to_owned());
    let changes = Changes {
        edits: vec![Edit {
            number: ItemNumber(1),
            version: 1,
            item: shorter.clone(),
        }],
        ..Changes::default()
    };
    store.commit(changes).await.unwrap();
    let stored = store.items(&[ItemNumber(1)]).await.unwrap();
    assert_eq!(*stored[0].as_ref().unwrap().item, shorter);
}
