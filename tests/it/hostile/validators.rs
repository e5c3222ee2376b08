//! Conditional requests: validators go back as they came, and nothing is made up.

use super::wire::{ONE, Wire, feed, hours, item, status};
use newsriver::model::Outcome;

#[tokio::test]
async fn validators_go_back_as_they_came_whatever_they_look_like() {
    for (etag, modified) in [
        ("\"a,b\\;%20\"", "Sun, 22 Nov 2026 08:00:00 GMT"),
        ("W/\"x\"", "sunday, 22 november 26"),
        ("unquoted", "not even a date"),
        ("W/unquoted", "0"),
    ] {
        let wire = Wire::new(ONE).await;
        wire.serve(
            "/feed",
            &feed(&[item(1)]),
            &[("ETag", etag), ("Last-Modified", modified)],
        );
        wire.poll().await;
        // This origin takes a comma for the end of a validator; what is asked here is what it was sent.
        assert!(wire.poll().await.outcome.is_success(), "{etag}");
        let visits = wire.visits("/feed");
        assert_eq!(visits[0].header("if-none-match"), None);
        assert_eq!(visits[0].header("if-modified-since"), None);
        assert_eq!(visits[1].header("if-none-match"), Some(etag));
        assert_eq!(visits[1].header("if-modified-since"), Some(modified));
        assert_eq!(wire.titles().await.len(), 1);
    }
}

#[tokio::test]
async fn nothing_is_made_up_for_a_source_without_validators() {
    let wire = Wire::new(ONE).await;
    wire.serve(
        "/feed",
        &feed(&[item(1)]),
        &[("Date", "Sun, 22 Nov 2026 08:30:00 GMT")],
    );
    wire.poll().await;
    assert_eq!(
        wire.poll().await.outcome,
        Outcome::Unchanged,
        "the same bytes are known by their digest"
    );
    for visit in wire.visits("/feed") {
        assert!(visit.header("if-none-match").is_none() && visit.header("if-modified-since").is_none());
    }
}

#[tokio::test]
async fn the_newest_pair_of_validators_is_sent_and_no_half_of_an_old_one() {
    let wire = Wire::new(ONE).await;
    let validators: [&[(&str, &str)]; 4] = [
        &[("ETag", "\"1\""), ("Last-Modified", "one")],
        &[("ETag", "\"2\""), ("Last-Modified", "two")],
        &[("Last-Modified", "three")],
        &[("ETag", "\"4\"")],
    ];
    for (number, headers) in (1..).zip(validators) {
        wire.serve("/feed", &feed(&[item(number)]), headers);
        assert_eq!(wire.poll().await.outcome, Outcome::Modified);
    }
    wire.poll().await;
    let sent: Vec<_> = wire
        .visits("/feed")
        .iter()
        .map(|visit| {
            let field = |name: &str| visit.header(name).unwrap_or("-").to_owned();
            (field("if-none-match"), field("if-modified-since"))
        })
        .collect();
    let want = [
        ("-", "-"),
        ("\"1\"", "one"),
        ("\"2\"", "two"),
        ("-", "three"),
        ("\"4\"", "-"),
    ];
    assert_eq!(
        sent,
        want.map(|(etag, modified)| (etag.to_owned(), modified.to_owned()))
    );
}

#[tokio::test]
async fn a_304_with_a_new_etag_replaces_the_old_and_leaves_the_date() {
    let wire = Wire::new(ONE).await;
    wire.serve(
        "/feed",
        &feed(&[item(1)]),
        &[("ETag", "\"1\""), ("Last-Modified", "one")],
    );
    wire.poll().await;
    wire.answer("/feed", status(304, &[("ETag", "\"2\"")]));
    assert_eq!(wire.poll().await.outcome, Outcome::NotModified);
    wire.answer("/feed", status(304, &[]));
    wire.poll().await;
    wire.poll().await;
    for visit in &wire.visits("/feed")[2..] {
        assert_eq!(visit.header("if-none-match"), Some("\"2\""));
        assert_eq!(visit.header("if-modified-since"), Some("one"));
    }
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_a_failure_and_makes_nothing_up() {
    let wire = Wire::new(ONE).await;
    wire.answer("/feed", status(304, &[("ETag", "\"x\"")]));
    let record = wire.poll().await;
    assert_eq!(record.outcome, Outcome::Failed, "{}", record.reason);
    wire.poll().await;
    assert_eq!(wire.visits("/feed")[1].header("if-none-match"), None);
    wire.serve("/feed", &feed(&[item(1)]), &[]);
    wire.poll().await;
    assert_eq!(wire.titles().await, ["Story 1"]);
}

#[tokio::test]
async fn after_eight_days_of_304_one_request_asks_for_the_whole() {
    let wire = Wire::new(ONE).await;
    wire.serve("/feed", &feed(&[item(1)]), &[("ETag", "\"1\"")]);
    wire.poll().await;
    // From here on the server says 304 to whoever asks conditionally, though it has changed.
    for _ in 0..9 {
        wire.answer("/feed", status(304, &[]));
        wire.later(hours(23));
        assert_eq!(wire.poll().await.outcome, Outcome::NotModified);
    }
    wire.later(hours(23));
    wire.serve("/feed", &feed(&[item(2)]), &[("ETag", "\"2\"")]);
    assert_eq!(wire.poll().await.new, 1);
    wire.answer("/feed", status(304, &[]));
    wire.poll().await;
    let unconditional: Vec<usize> = wire
        .visits("/feed")
        .iter()
        .enumerate()
        .filter(|(_, visit)| visit.header("if-none-match").is_none())
        .map(|(place, _)| place)
        .collect();
    assert_eq!(unconditional, [0, 10]);
    assert_eq!(
        wire.visits("/feed").last().unwrap().header("if-none-match"),
        Some("\"2\"")
    );
}

#[tokio::test]
async fn validators_are_dropped_when_the_address_changes() {
    let wire = Wire::new(ONE).await;
    wire.serve("/feed", &feed(&[item(1)]), &[("ETag", "\"1\"")]);
    wire.serve("/other", &feed(&[item(1)]), &[("ETag", "\"other\"")]);
    wire.poll().await;
    let wire = wire.configured(&ONE.replace("/feed", "/other")).await;
    assert_eq!(wire.poll().await.new, 0);
    assert_eq!(wire.visits("/other")[0].header("if-none-match"), None);
    wire.poll().await;
    assert_eq!(
        wire.visits("/other")[1].header("if-none-match"),
        Some("\"other\"")
    );
}
