//! A good citizen: what hosts ask for is heeded, and nobody is asked more than he would be by a friend.

use super::wire::{ONE, Wire, feed, hours, item, minutes, status};
use crate::fetching::origin::{Origin, answer};
use crate::fetching::{fetcher, request};
use crate::support::Newsroom;
use newsriver::demo::Answer;
use newsriver::fetch::Error;
use newsriver::model::{Outcome, SourceState};
use newsriver::store::Channel;
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

const SECOND: Duration = Duration::from_secs(1);

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
    wire.later(SECOND * 2);
    assert_eq!(wire.claimed().await.len(), 1, "another address is");
    assert_eq!(wire.poll().await.new, 1);
}

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
