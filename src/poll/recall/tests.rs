use super::*;
use crate::model::Timestamp;

fn article(source: u32, text: &str) -> Article {
    let time = Timestamp::from_seconds(1_000_000);
    Read::new(
        ItemNumber::default(),
        source,
        time,
        &format!("Title of source {source}"),
        text,
    )
    .article
}

const TEXT: &str =
    "The harbour authority said on Monday that the new breakwater will be finished two years late";

#[tokio::test]
async fn a_younger_ticket_waits_for_an_older_one_that_brings_the_same() {
    let recall = Recall::new(None);
    let older = recall.enter([article(1, TEXT)].into());
    let younger = recall.enter([article(2, TEXT)].into());
    older.turn().await;
    let waits = tokio::spawn(async move { younger.turn().await });
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert!(!waits.is_finished());
    let now = Timestamp::from_seconds(1_000_000);
    older.learn(vec![(article(1, TEXT), ItemNumber(7), StoryId(3))], now);
    waits.await.unwrap();
    let third = recall.enter([].into());
    assert_eq!(
        third.candidates(&[article(3, TEXT)], now)[0].likely,
        [ItemNumber(7)]
    );
}

#[tokio::test]
async fn other_articles_wait_for_nobody() {
    let recall = Recall::new(None);
    let _older = recall.enter([article(1, TEXT)].into());
    let other = article(
        2,
        "A painter from the north won the yearly prize for her pictures of winter seas",
    );
    recall.enter([other].into()).turn().await;
    recall.enter([article(1, TEXT)].into()).turn().await;
}

#[test]
fn names_of_stories_grow_with_time_and_are_never_given_twice() {
    let recall = Recall::new(None);
    let ticket = recall.enter([].into());
    let read = |text: &str| Read::new(ItemNumber::default(), 1, Timestamp::from_seconds(5), text, text);
    let now = Timestamp::from_seconds(5);
    let first = ticket.place(read("harbour breakwater late"), now).0.story;
    let second = ticket.place(read("painter wins prize"), now).0.story;
    let third = ticket
        .place(read("bridge opens tomorrow"), Timestamp::from_seconds(6))
        .0
        .story;
    assert!(first < second && second < third);
    assert_eq!(third.0, 6_000 * 1024);
}
