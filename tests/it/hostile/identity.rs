//! Guids, links and orders that change or clash: nothing twice, and nothing lost.

use super::wire::{ONE, Wire, feed, item, minutes};
use newsriver::model::Outcome;

/// An item of these parts; an empty one is left out.
fn made(guid: &str, title: &str, link: &str, text: &str) -> String {
    let part = |name: &str, text: &str| match text {
        "" => String::new(),
        _ => format!("<{name}>{}</{name}>", text.replace('&', "&amp;")),
    };
    let guid = match guid {
        "" => String::new(),
        _ => format!("<guid isPermaLink=\"false\">{guid}</guid>"),
    };
    format!(
        "<item>{guid}{}{}{}</item>",
        part("title", title),
        part("link", link),
        part("description", text)
    )
}

fn link(number: u32) -> String {
    format!("http://wire.example.org/{number}")
}

fn text(number: u32) -> String {
    format!("What there is to say of {number}.")
}

/// Polls these documents one after the other; how many items each brought.
async fn news_of(documents: &[Vec<String>]) -> (Wire, Vec<usize>) {
    let wire = Wire::new(ONE).await;
    let mut news = Vec::new();
    for document in documents {
        wire.serve("/feed", &feed(document), &[]);
        let record = wire.poll().await;
        assert!(record.outcome.is_success(), "{}", record.reason);
        news.push(record.new);
        wire.later(minutes(30));
    }
    (wire, news)
}

#[tokio::test]
async fn one_guid_for_two_stories_at_once_or_later_publishes_both() {
    let first = made(
        "g",
        "The bridge opens",
        &link(1),
        "A ribbon was cut above the river this morning.",
    );
    let second = made(
        "g",
        "The orchestra leaves",
        &link(2),
        "Sixty players boarded the night train to Vienna.",
    );
    let (_, at_once) = news_of(&[
        vec![first.clone(), second.clone()],
        vec![second.clone(), first.clone()],
    ])
    .await;
    assert_eq!(at_once, [2, 0]);
    let (_, later) = news_of(&[vec![first.clone()], vec![second.clone()], vec![second, first]]).await;
    assert_eq!(later, [1, 1, 0]);
}

#[tokio::test]
async fn guids_that_change_with_each_poll_and_blanks_round_them_are_one_entry_with_one_id() {
    let with = |guid: &str| vec![made(guid, "Story 1", &link(1), &text(1))];
    let polls = [
        with("a-1"),
        with("a-2"),
        with(" a-2\n "),
        with("a-3"),
        with("a-1"),
    ];
    // Once with the first document alone, once with all: the id is that of the first.
    let (first, _) = news_of(&polls[..1]).await;
    let (wire, news) = news_of(&polls).await;
    assert_eq!(news, [1, 0, 0, 0, 0]);
    let (first, items) = (first.items().await, wire.items().await);
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].item.id, first[0].item.id);
}

#[tokio::test]
async fn without_a_guid_with_an_empty_one_or_one_for_all_items_are_told_apart_by_link() {
    for guid in ["", " ", "always the same"] {
        let document: Vec<String> = (1..=4)
            .map(|number| made(guid, &format!("Story {number}"), &link(number), &text(number)))
            .collect();
        let (wire, news) = news_of(&[document.clone(), document]).await;
        assert_eq!(news, [4, 0], "{guid:?}");
        assert_eq!(wire.items().await.len(), 4);
    }
}

#[tokio::test]
async fn bare_items_are_told_apart_by_their_text_and_get_a_title_from_it() {
    let bare: Vec<String> = (1..=3)
        .map(|number| made("", "", "", &format!("Note number {number} on the weather.")))
        .collect();
    let (wire, news) = news_of(&[bare.clone(), bare]).await;
    assert_eq!(news, [3, 0]);
    let mut titles = wire.titles().await;
    titles.sort();
    assert_eq!(titles[0], "Note number 1 on the weather.");
}

#[tokio::test]
async fn tracking_parameters_https_and_fragments_make_no_second_entry() {
    let with = |link: &str| vec![made("", "Story 1", link, &text(1))];
    let (wire, news) = news_of(&[
        with("http://wire.example.org/1?id=5"),
        with("http://wire.example.org/1?utm_source=rss&id=5"),
        with("https://wire.example.org/1?id=5#comments"),
        with("https://www.wire.example.org/1?id=5&fbclid=x"),
    ])
    .await;
    assert_eq!(news, [1, 0, 0, 0]);
    assert_eq!(wire.items().await.len(), 1);
}

/// The river's feeds as they would be served now.
async fn published(wire: &Wire) -> Vec<Vec<u8>> {
    let engine = wire.engine();
    let publisher = engine.publisher().await.unwrap();
    engine.publish(&engine.touched.take()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    publisher.export(folder.path(), &|_, _| {}).await.unwrap();
    let read = |name| std::fs::read(folder.path().join(name)).unwrap();
    ["rss.xml", "atom.xml", "feed.json"].map(read).into()
}

#[tokio::test]
async fn order_that_changes_and_items_that_go_and_come_back_change_no_published_byte() {
    let wire = Wire::new(ONE).await;
    let items: Vec<String> = (1..=6).map(item).collect();
    wire.serve("/feed", &feed(&items), &[]);
    wire.poll().await;
    let before = published(&wire).await;
    let reversed: Vec<String> = items.iter().rev().cloned().collect();
    for (way, document) in [
        ("another order", reversed),
        ("half of them", items[..3].to_vec()),
        ("none", Vec::new()),
        ("all again", items.clone()),
    ] {
        wire.later(minutes(60 * 24 * 40));
        wire.serve("/feed", &feed(&document), &[]);
        let record = wire.poll().await;
        assert!(
            record.outcome.is_success() && record.new == 0,
            "{way}: {}",
            record.reason
        );
        assert_eq!(published(&wire).await, before, "{way}");
    }
}

#[tokio::test]
async fn an_edited_title_is_told_once_and_one_that_goes_to_and_fro_is_told_no_more() {
    let titled = |title: &str| vec![made("g", title, &link(1), &text(1))];
    let wire = Wire::new(ONE).await;
    let mut stamps = Vec::new();
    for title in [
        "Bridge opens",
        "Bridge opens at last",
        "Bridge opens",
        "Bridge opens at last",
        "Bridge opens",
    ] {
        wire.serve("/feed", &feed(&titled(title)), &[]);
        assert!(wire.poll().await.outcome.is_success());
        let items = wire.items().await;
        assert_eq!(items.len(), 1);
        let item = &items[0].item;
        stamps.push((item.id.clone(), item.published, item.first_seen, item.updated));
        wire.later(minutes(30));
    }
    let same =
        |left: usize, right: usize| stamps[left].0 == stamps[right].0 && stamps[left].2 == stamps[right].2;
    assert!((1..5).all(|poll| same(0, poll)), "{stamps:?}");
    assert_ne!(stamps[0].3, stamps[1].3, "the edit is told");
    assert!(
        (2..5).all(|poll| stamps[poll].3 == stamps[1].3),
        "the flaps are not: {stamps:?}"
    );
}

#[tokio::test]
async fn a_feed_that_moves_to_another_host_announces_nothing_twice() {
    let wire = Wire::new(ONE).await;
    let items: Vec<String> = (1..=5).map(item).collect();
    wire.serve("/feed", &feed(&items), &[]);
    wire.poll().await;
    let elsewhere: Vec<String> = items
        .iter()
        .map(|item| item.replace("http://wire.example.org/", "https://news.example.net/archive/"))
        .collect();
    wire.serve("/elsewhere", &feed(&elsewhere), &[]);
    let wire = wire.configured(&ONE.replace("/feed", "/elsewhere")).await;
    let record = wire.poll().await;
    assert_eq!(
        (record.outcome, record.new),
        (Outcome::Modified, 0),
        "{}",
        record.reason
    );
}

#[tokio::test]
async fn sources_that_number_their_items_alike_lose_none() {
    let tables: String = ["a", "b", "c"]
        .map(|name| format!("[[source]]\nname = \"{name}\"\nurl = \"{{origin}}/{name}\"\n"))
        .concat();
    let wire = Wire::new(&tables).await;
    for name in ["a", "b", "c"] {
        let items: Vec<String> = (1..=3)
            .map(|number| {
                made(
                    &number.to_string(),
                    &format!("{name} {number}"),
                    &format!("http://{name}.example.org/{number}"),
                    &text(number),
                )
            })
            .collect();
        wire.serve(&format!("/{name}"), &feed(&items), &[]);
    }
    for round in [3, 0] {
        for source in 0..3 {
            assert_eq!(wire.poll_of(source).await.new, round);
        }
    }
    assert_eq!(wire.items().await.len(), 9);
}

#[tokio::test]
async fn ids_and_links_of_a_megabyte_and_odd_characters_cost_no_other_item() {
    let long = "x".repeat(1 << 20);
    let odd = "\u{202e}\u{0300}\u{1f3f3}\u{fe0f}\u{200d}\u{1f308} \u{10ffff}";
    let document = vec![
        made(&long, "Long id", &link(1), &text(1)),
        made(
            "2",
            "Long link",
            &format!("http://wire.example.org/{long}"),
            &text(2),
        ),
        made(odd, odd, &format!("http://wire.example.org/{odd}"), &text(3)),
        item(4),
    ];
    let (wire, news) = news_of(&[document.clone(), document]).await;
    assert_eq!(news, [4, 0]);
    assert!(wire.titles().await.contains(&"Story 4".to_owned()));
    for stored in wire.items().await {
        assert!(stored.item.id.len() <= 8 * 1024, "{}", stored.item.id.len());
        assert!(
            stored
                .item
                .link
                .as_ref()
                .is_none_or(|link| link.len() <= 8 * 1024)
        );
    }
}
