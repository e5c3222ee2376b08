//! Manners: how often a source is asked, and where its redirects may lead.

use super::wire::{ONE, Wire, feed, hours, item};
use crate::fetching::origin::{Origin, answer};
use crate::fetching::{fetcher, request};
use crate::support::Newsroom;
use newsriver::fetch::Error;
use newsriver::model::{Outcome, SourceState};
use std::time::Duration;

#[tokio::test]
async fn redirects_go_in_no_circle_nowhere_else_and_not_on_for_ever() {
    let origin = Origin::start(|path| {
        let location = match path {
            "/self" => "/self".to_owned(),
            "/loop" => "/pool".to_owned(),
            "/pool" => "/loop".to_owned(),
            "/file" => "file:///etc/passwd".to_owned(),
            "/data" => "data:text/xml,<rss/>".to_owned(),
            "/ftp" => "ftp://127.0.0.1/".to_owned(),
            "/script" => "javascript:alert(1)".to_owned(),
            "/nobody" => "//".to_owned(),
            "/port" => "http://127.0.0.1:99999/".to_owned(),
            longer => format!("{longer}x"),
        };
        answer("302 Found", &[&format!("Location: {location}")], b"")
    })
    .await;
    let fetcher = fetcher();
    for path in ["/self", "/loop"] {
        let error = fetcher.get(&request(&origin.url(path))).await.unwrap_err();
        assert!(matches!(error, Error::RedirectLoop { .. }), "{path} {error}");
    }
    assert_eq!(origin.heads().len(), 3);
    for path in ["/file", "/data", "/ftp", "/script", "/nobody", "/port"] {
        let error = fetcher.get(&request(&origin.url(path))).await.unwrap_err();
        assert!(matches!(error, Error::BadRedirect { .. }), "{path} {error}");
    }
    let asked = origin.heads().len();
    let error = fetcher.get(&request(&origin.url("/x"))).await.unwrap_err();
    assert!(matches!(error, Error::TooManyRedirects { .. }), "{error}");
    assert_eq!(origin.heads().len() - asked, 11);
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn what_the_answer_says_of_its_freshness_is_kept_on_200_and_304() {
    let hour = "Sun, 22 Nov 2026 09:30:00 GMT";
    let now = ("Date", "Sun, 22 Nov 2026 08:30:00 GMT");
    for (headers, wait) in [
        (vec![("Cache-Control", "max-age=3600")], hours(1)),
        (
            vec![
                ("Cache-Control", "max-age=3600"),
                ("Expires", "Sun, 22 Nov 2026 20:30:00 GMT"),
                now,
            ],
            hours(1),
        ),
        (vec![("Cache-Control", "max-age=7200"), ("Age", "3600")], hours(1)),
        (vec![("Expires", hour), now], hours(1)),
        (vec![("Cache-Control", "max-age=31536000, immutable")], hours(24)),
    ] {
        let wire = Wire::new(ONE).await;
        let with_etag: Vec<_> = headers.iter().copied().chain([("ETag", "\"1\"")]).collect();
        wire.serve("/feed", &feed(&[item(1)]), &with_etag);
        for want in [Outcome::Modified, Outcome::NotModified] {
            assert_eq!(wire.poll().await.outcome, want);
            let gap = wire.state(0).await.next_due.since(wire.now());
            assert!(gap >= wait && gap <= wait + wait / 10, "{headers:?}: {gap:?}");
        }
    }
}

#[tokio::test]
async fn junk_about_freshness_changes_nothing() {
    for header in [
        ("Expires", "0"),
        ("Expires", "\"Sun, 22 Nov 2026 20:30:00 GMT\""),
        ("Cache-Control", "max-age=-1"),
        ("Cache-Control", "max-age=99999999999999999999"),
        ("Age", "99999999999999999999"),
    ] {
        let wire = Wire::new(ONE).await;
        wire.serve("/feed", &feed(&[item(1)]), &[header]);
        wire.poll().await;
        let gap = wire.state(0).await.next_due.since(wire.now());
        assert!(gap >= SECOND && gap <= SECOND * 11, "{header:?}: {gap:?}");
    }
}

/// How long until the next poll of a source whose channel says this besides.
async fn gap_after(says: &str) -> (Duration, SourceState) {
    let wire = Wire::new(ONE).await;
    let document = feed(&[item(1)])
        .replace("<item>", &format!("{says}<item>"))
        .replace(
            "<rss version=\"2.0\">",
            "<rss version=\"2.0\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">",
        );
    wire.serve("/feed", &document, &[]);
    let record = wire.poll().await;
    assert_eq!(record.new, 1, "{}", record.reason);
    let state = wire.state(0).await;
    (state.next_due.since(wire.now()), state)
}

#[tokio::test]
async fn the_longest_of_all_hints_in_the_document_is_the_earliest_next_poll() {
    for (says, wait) in [
        ("<ttl>120</ttl>", hours(2)),
        (
            "<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>",
            hours(4),
        ),
        (
            "<ttl>600</ttl><sy:updatePeriod>hourly</sy:updatePeriod>",
            hours(10),
        ),
        ("<ttl>99999</ttl>", hours(24)),
    ] {
        let (gap, state) = gap_after(says).await;
        assert!(
            gap >= wait && gap <= wait + wait / 10,
            "{says}: {gap:?} {}",
            state.next_why
        );
    }
    for junk in [
        "<ttl>-5</ttl>",
        "<ttl>1000000000000000000000000000000</ttl>",
        "<ttl>soon</ttl>",
        "<ttl/>",
    ] {
        let (gap, _) = gap_after(junk).await;
        assert!(gap <= SECOND * 11, "{junk}: {gap:?}");
    }
}

#[tokio::test]
async fn hours_and_days_that_the_feed_wants_skipped_are_silent() {
    // It is Sunday, 08:30.
    for (says, until) in [
        (
            "<skipHours><hour>8</hour><hour>9</hour></skipHours>",
            "2026-11-22T10:00",
        ),
        ("<skipDays><day>Sunday</day></skipDays>", "2026-11-23T00:0"),
        (
            "<skipHours><hour>0</hour><hour>24</hour><hour>8</hour></skipHours>",
            "2026-11-22T09:00",
        ),
    ] {
        let (_, state) = gap_after(says).await;
        assert!(
            state.next_due.to_rfc3339().starts_with(until),
            "{says}: {}",
            state.next_due
        );
    }
    let all: String = (1..=24).map(|hour| format!("<hour>{hour}</hour>")).collect();
    let days = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    let week: String = days.iter().map(|day| format!("<day>{day}</day>")).collect();
    for never in [
        format!("<skipHours>{all}</skipHours>"),
        format!("<skipDays>{week}</skipDays>"),
    ] {
        let (gap, _) = gap_after(&never).await;
        assert!(gap <= SECOND * 11, "{never}: {gap:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_coincidence_asks_a_source_twice_within_min_interval() {
    let wire = Wire::with_fetch(ONE, "max_interval = \"1h\"\n").await;
    wire.serve("/feed", &feed(&[item(1)]), &[]);
    let polls = (0..6).map(|number| {
        let engine = wire.engine().clone();
        let source = engine.setup().sources[0].clone();
        tokio::spawn(async move {
            match number % 3 {
                0 => engine.poll(&source).await,
                1 => engine.poll_by_hand(&source, true).await,
                _ => {
                    engine.plan_polls().await.unwrap();
                    engine.poll(&source).await
                }
            }
        })
    });
    for poll in polls.collect::<Vec<_>>() {
        poll.await.unwrap();
    }
    assert_eq!(wire.count("/feed"), 1);
    let wire = wire.restarted().await;
    assert!(wire.claimed().await.is_empty());
    assert_eq!(wire.poll_now().await.outcome, Outcome::Refused);
    assert_eq!(wire.count("/feed"), 1);
    wire.later(SECOND * 2);
    wire.poll_now().await;
    assert_eq!(wire.count("/feed"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_was_killed_asks_nothing_before_its_time() {
    let tables = "[[source]]\nname = \"calm\"\nurl = \"{origin}/calm\"\nschedule = \"0 0 1 1 *\"\n\
         [[source]]\nname = \"slow\"\nurl = \"{origin}/slow\"\ninterval = \"1h\"\n\
         [[source]]\nname = \"brisk\"\nurl = \"{origin}/brisk\"\ninterval = \"1s\"\n";
    let newsroom = Newsroom::new(tables);
    for path in ["/slow", "/brisk"] {
        newsroom.origin.serve(
            path,
            feed(&[item(1)]),
            &[("ETag", "\"1\""), ("Cache-Control", "max-age=1")],
        );
    }
    for round in 1..=2 {
        let mut daemon = newsroom.run().await;
        let before = newsroom.origin.counts("/brisk").requests;
        daemon
            .until("/healthz", |_| {
                newsroom.origin.counts("/brisk").requests > before + 1
            })
            .await;
        daemon
            .until("/healthz", |_| newsroom.origin.counts("/slow").requests > 0)
            .await;
        daemon.child.kill().unwrap();
        daemon.child.wait().unwrap();
        assert_eq!(newsroom.origin.counts("/slow").requests, 1, "round {round}");
        assert_eq!(newsroom.origin.counts("/calm").requests, 0);
    }
    let brisk = newsroom.origin.visits_of("/brisk");
    let unconditional = brisk
        .iter()
        .filter(|visit| visit.header("if-none-match").is_none());
    assert_eq!(
        unconditional.count(),
        1,
        "the restart begins with a conditional request"
    );
}

#[tokio::test]
async fn each_source_is_asked_first_within_its_first_interval_and_few_at_once() {
    let many: String = (0..60)
        .map(|number| format!("[[source]]\nname = \"s{number}\"\nurl = \"{{origin}}/{number}\"\n"))
        .collect();
    let wire = Wire::new(&many).await;
    let mut dues = Vec::new();
    for number in 0..60 {
        dues.push(wire.state(number).await.next_due.since(wire.now()));
    }
    dues.sort();
    assert!(dues[59] <= SECOND * 10 && dues[59] > SECOND, "{dues:?}");
    assert!(dues[30] > dues[0] + SECOND / 2, "{dues:?}");
    let restarted = wire.restarted().await;
    let mut again = Vec::new();
    for number in 0..60 {
        again.push(restarted.state(number).await.next_due.since(restarted.now()));
    }
    again.sort();
    assert_eq!(again, dues, "a restart plans nothing anew");
}
