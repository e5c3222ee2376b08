//! Refusals and failures: what is said of when to come back is kept, and nothing that was published changes.

use super::wire::{ONE, Wire, feed, hours, item, minutes, status};
use crate::fetching::origin::{Origin, answer};
use crate::fetching::{fetcher, request};
use newsriver::demo::Answer;
use newsriver::fetch::Error;
use newsriver::model::Outcome;
use newsriver::store::Channel;
use std::time::Duration;

#[tokio::test]
async fn retry_after_in_any_form_silences_the_host_and_junk_does_not() {
    for (value, is_obeyed) in [
        ("120", true),
        ("Fri, 31 Dec 2100 23:59:59 GMT", true),
        ("1234567890123456789012345", true),
        ("-5", false),
        ("soon", false),
        ("1e3", false),
        ("", false),
    ] {
        for status in ["429 Too Many", "503 Busy"] {
            let line = format!("Retry-After: {value}");
            let origin = Origin::always(answer(status, &[&line], b"")).await;
            let fetcher = fetcher();
            let first = fetcher.get(&request(&origin.url("/1"))).await.unwrap_err();
            assert_eq!(first.retry_after().is_some(), is_obeyed, "{value:?}");
            let second = fetcher.get(&request(&origin.url("/2"))).await.unwrap_err();
            assert_eq!(matches!(second, Error::HostRests { .. }), is_obeyed, "{value:?}");
            assert_eq!(origin.heads().len(), if is_obeyed { 1 } else { 2 });
        }
    }
}

const TWO: &str = "[[source]]\nname = \"wire\"\nurl = \"{origin}/feed\"\n[[source]]\nname = \"other\"\nurl = \"{origin}/other\"\n";

#[tokio::test]
async fn retry_after_silences_all_sources_at_the_host_over_a_restart_and_then_all_is_as_before() {
    for (code, until) in [(429, "1800"), (503, "Sun, 22 Nov 2026 09:00:00 GMT")] {
        let wire = Wire::new(TWO).await;
        wire.serve("/other", &feed(&[item(2)]), &[]);
        wire.answer("/feed", status(code, &[("Retry-After", until)]));
        assert_eq!(wire.poll().await.outcome, Outcome::Refused);
        assert_eq!(wire.health(0).await.state, "resting");
        let other = wire.poll_of(1).await;
        assert_eq!(other.outcome, Outcome::Refused, "{}", other.reason);
        assert!(
            other.reason.as_str().contains("asked to be left alone"),
            "{}",
            other.reason
        );
        assert_eq!(
            wire.state(1).await.failures,
            0,
            "nothing was sent, so nothing failed"
        );

        let wire = wire.restarted().await;
        wire.later(minutes(28));
        for source in [0, 1] {
            assert_eq!(wire.poll_of(source).await.outcome, Outcome::Refused);
            assert!(wire.state(source).await.next_due > wire.now());
        }
        assert_eq!(wire.count("/feed") + wire.count("/other"), 1);

        wire.later(minutes(2));
        wire.serve("/feed", &feed(&[item(1)]), &[]);
        assert_eq!((wire.poll().await.new, wire.poll_of(1).await.new), (1, 1));
        assert_eq!(wire.health(0).await.state, "well");
    }
}

#[tokio::test]
async fn errors_cost_one_request_a_try_with_gaps_that_double_up_to_the_ceiling() {
    for (code, words, is_temporary) in [
        (429, "wants to be asked less often", true),
        (404, "nothing is there", false),
        (500, "the fault is on its side", true),
        (401, "wants a name and a password", false),
        (301, "without saying where to go", false),
    ] {
        let wire = Wire::with_fetch(ONE, "max_interval = \"10m\"\n").await;
        wire.answer("/feed", status(code, &[]));
        let mut gaps = Vec::new();
        for _ in 0..10 {
            let record = wire.poll().await;
            assert!(record.reason.as_str().contains(words), "{}", record.reason);
            gaps.push(wire.state(0).await.next_due.since(wire.now()));
            wire.later(gaps.last().copied().unwrap());
        }
        assert_eq!(wire.count("/feed"), 10);
        for pair in gaps.windows(2) {
            let ratio = pair[1].as_secs_f64() / pair[0].as_secs_f64();
            assert!((1.5..2.5).contains(&ratio) || pair[1] >= minutes(9), "{gaps:?}");
        }
        assert!(gaps[9] >= minutes(9) && gaps[9] <= minutes(10), "{gaps:?}");
        let health = wire.health(0).await;
        assert_eq!(
            (health.failures, health.is_temporary),
            (10, is_temporary),
            "{code}"
        );
    }
}

#[tokio::test]
async fn the_next_success_restores_the_pace_at_once() {
    let wire = Wire::new(ONE).await;
    wire.serve("/feed", &feed(&[item(1)]), &[]);
    wire.poll().await;
    wire.answer("/feed", status(500, &[]));
    for _ in 0..8 {
        wire.poll().await;
        wire.later(hours(1));
    }
    assert_eq!(wire.state(0).await.failures, 8);
    wire.serve("/feed", &feed(&[item(1), item(2)]), &[]);
    wire.poll().await;
    let state = wire.state(0).await;
    assert_eq!((state.failures, state.backoff_ms), (0, 0));
    assert!(
        state.next_due.since(wire.now()) < minutes(10),
        "{}",
        state.next_why
    );
    assert!(state.next_why.contains("the pace"), "{}", state.next_why);
}

#[tokio::test]
async fn what_is_gone_rests_until_the_admin_touches_it_and_its_items_stay() {
    let wire = Wire::new(ONE).await;
    wire.serve("/feed", &feed(&[item(1)]), &[]);
    wire.poll().await;
    wire.answer("/feed", status(410, &[]));
    assert_eq!(wire.poll().await.outcome, Outcome::Gone);
    wire.later(hours(24 * 400));
    assert!(wire.claimed().await.is_empty());
    let skipped = wire.by_hand(false).await;
    assert!(skipped.reason.as_str().contains("410"), "{}", skipped.reason);
    assert_eq!(wire.count("/feed"), 2);
    assert_eq!(wire.titles().await, ["Story 1"]);
    assert_eq!(wire.health(0).await.state, "gone");
    assert_eq!(wire.health(0).await.next_poll, None);
    let wire = wire.restarted().await;
    assert!(wire.claimed().await.is_empty(), "a restart is no touch");

    wire.serve("/new", &feed(&[item(1), item(2)]), &[]);
    let wire = wire.configured(&ONE.replace("/feed", "/new")).await;
    wire.later(Duration::from_secs(2));
    assert_eq!(wire.claimed().await.len(), 1, "another address is");
    assert_eq!(wire.poll().await.new, 1);
}

#[tokio::test]
async fn a_login_page_in_the_feeds_place_changes_nothing_and_the_feed_goes_on_after() {
    let wire = Wire::new(ONE).await;
    wire.serve("/feed", &feed(&[item(1)]), &[("ETag", "\"feed\"")]);
    wire.poll().await;
    let portal = "<!doctype html><html><head><title>Welcome to our hotel</title></head><body><form>Room</form></body></html>";
    wire.serve("/login", portal, &[("ETag", "\"portal\"")]);
    wire.answer("/feed", Answer::redirect(301, &wire.url("/login")));
    for _ in 0..4 {
        let record = wire.poll().await;
        assert_eq!(
            (record.outcome, record.new),
            (Outcome::Failed, 0),
            "{}",
            record.reason
        );
    }
    let health = wire.health(0).await;
    assert_eq!((health.state.as_str(), health.moved_to), ("failing", None));
    assert!(
        health.words.contains("HTML") || health.words.contains("web page"),
        "{}",
        health.words
    );
    wire.serve("/feed", &feed(&[item(1), item(2)]), &[("ETag", "\"feed 2\"")]);
    assert_eq!(wire.poll().await.new, 1);
    assert_eq!(
        wire.visits("/feed").last().unwrap().header("if-none-match"),
        Some("\"feed\"")
    );
    assert_eq!(wire.titles_of(Channel::River).await, ["Story 2", "Story 1"]);
}

#[tokio::test]
async fn a_host_that_a_redirect_led_to_rests_over_a_restart_as_well() {
    let there = Wire::new(ONE).await;
    let tables = format!(
        "[[source]]\nname = \"wire\"\nurl = \"{{origin}}/feed\"\n[[source]]\nname = \"direct\"\nurl = \"{}\"\n",
        there.url("/direct")
    )
    .replace("127.0.0.1", "localhost");
    let wire = Wire::new(&tables).await;
    let target = there.url("/feed").replace("127.0.0.1", "localhost");
    wire.answer("/feed", status(302, &[("Location", &target)]));
    there.serve("/feed", &feed(&[item(1)]), &[]);
    assert_eq!(wire.poll().await.new, 1);
    there.answer("/feed", status(503, &[("Retry-After", "1800")]));
    assert_eq!(wire.poll().await.outcome, Outcome::Refused);
    let wire = wire.restarted().await;
    let direct = wire.poll_of(1).await;
    assert_eq!(direct.outcome, Outcome::Refused, "{}", direct.reason);
    assert!(!direct.was_asked);
    assert_eq!(there.count("/direct"), 0);
}
