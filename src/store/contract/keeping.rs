//! What leaves, when, and what stays known of it.

use super::*;

async fn listing(store: &dyn Store, source: u32, seconds: i64, numbers: &[u64]) {
    let changes = Changes {
        source: SourceId(source),
        at: at(seconds),
        listed: Some(
            numbers
                .iter()
                .map(|number| Target::Known(ItemNumber(*number)))
                .collect(),
        ),
        ..Changes::default()
    };
    store.commit(changes).await.unwrap();
}

pub(super) async fn items_age_from_when_the_last_source_dropped_them(store: &dyn Store) {
    store.register(claims(&["a", "b"]), at(0)).await.unwrap();
    let names = ["one", "two", "three"];
    add(store, names.iter().map(|name| item(name, 10, "news")).collect()).await;
    listing(store, 1, 10, &[1, 2]).await;
    listing(store, 2, 20, &[2]).await;
    listing(store, 1, 100, &[]).await;
    listing(store, 2, 200, &[]).await;
    let before = store.housekeep(KEEP_ALL, at(1000)).await.unwrap();
    assert_eq!(before.purged, 0);
    let third = store.housekeep(KEEP_ALL, at(1001)).await.unwrap();
    assert_eq!(third.purged, 1, "an item nobody ever listed ages from its commit");
    let first = store.housekeep(KEEP_ALL, at(1199)).await.unwrap();
    assert_eq!(first.purged, 1);
    assert_eq!(numbers(store, Channel::River).await, [2]);
    listing(store, 1, 1199, &[2]).await;
    let relisted = store.housekeep(KEEP_ALL, at(9999)).await.unwrap();
    assert_eq!(relisted.purged, 0, "a listed item does not age");
}

pub(super) async fn a_closed_month_leaves_whole(store: &dyn Store) {
    const MONTH: i64 = 31 * 86_400;
    store.register(claims(&["a", "b"]), at(0)).await.unwrap();
    let surfaced = [10, 20, 30, MONTH + 10];
    add(
        store,
        surfaced
            .map(|time| item(&time.to_string(), time, "news"))
            .to_vec(),
    )
    .await;
    listing(store, 1, 50, &[1, 2, 3]).await;
    listing(store, 2, 50, &[4]).await;
    listing(store, 1, MONTH + 100, &[2, 3]).await;
    let one = store.housekeep(KEEP_ALL, at(MONTH + 1100)).await.unwrap();
    assert_eq!(one.purged, 1, "nothing else of its month ages");
    listing(store, 1, MONTH + 1200, &[3]).await;
    listing(store, 1, MONTH + 1500, &[]).await;
    let none = store.housekeep(KEEP_ALL, at(MONTH + 2200)).await.unwrap();
    assert_eq!(none.purged, 0, "one of its month may not leave yet");
    let both = store.housekeep(KEEP_ALL, at(MONTH + 2500)).await.unwrap();
    assert_eq!(both.purged, 2);
    assert_eq!(numbers(store, Channel::River).await, [4]);
}

pub(super) async fn a_purged_item_stays_known(store: &dyn Store) {
    let changes = Changes {
        at: at(1),
        new_items: vec![item("one", 10, "news")],
        links: vec![LinkChange {
            key: Key(5),
            target: Target::New(0),
            link: link(0, 3),
        }],
        ..Changes::default()
    };
    store.commit(changes).await.unwrap();
    let kept = store.housekeep(KEEP_ALL, at(2000)).await.unwrap();
    assert_eq!(kept.purged, 1);
    assert!(kept.touched.contains(&Channel::Category("news".to_owned())));
    assert_eq!(store.known(&[Key(5)]).await.unwrap(), [Some(link(1, 3))]);
    assert_eq!(store.items(&[ItemNumber(1)]).await.unwrap(), [None]);
    assert!(numbers(store, Channel::River).await.is_empty());
    let figures = store.figures().await.unwrap();
    assert_eq!((figures.items, figures.tombstones), (0, 1));
    assert_eq!(add(store, vec![item("two", 20, "news")]).await, [ItemNumber(2)]);
}

pub(super) async fn a_source_left_out_lets_its_items_age(store: &dyn Store) {
    store.register(claims(&["a", "b"]), at(0)).await.unwrap();
    add(store, vec![item("one", 10, "news")]).await;
    listing(store, 2, 10, &[1]).await;
    store.register(claims(&["a"]), at(500)).await.unwrap();
    assert_eq!(store.housekeep(KEEP_ALL, at(1499)).await.unwrap().purged, 0);
    store.register(claims(&["b"]), at(1499)).await.unwrap();
    assert_eq!(store.housekeep(KEEP_ALL, at(1600)).await.unwrap().purged, 0);
    store.register(vec![], at(1700)).await.unwrap();
    assert_eq!(store.claim(at(1700), LEASE, 9).await.unwrap(), []);
    assert_eq!(store.housekeep(KEEP_ALL, at(2700)).await.unwrap().purged, 1);
    let names: Vec<String> = store
        .sources()
        .await
        .unwrap()
        .into_iter()
        .map(|source| source.name)
        .collect();
    assert_eq!(names, ["a", "b"]);
}

pub(super) async fn outgrowing_the_bound_sends_the_oldest_away(store: &dyn Store) {
    add(
        store,
        (0..20)
            .map(|age| item(&age.to_string(), 100 - age, "news"))
            .collect(),
    )
    .await;
    let nothing = Keep {
        retention: Duration::from_secs(1_000_000),
        max_size_bytes: 0,
    };
    let kept = store.housekeep(nothing, at(200)).await.unwrap();
    assert_eq!(kept.purged, 20);
    assert!(numbers(store, Channel::River).await.is_empty());
}
