//! Answers that are whole as HTTP and yet not what the source means: no item comes of them, none leaves, and the next
//! good answer is taken whole.

use super::world::World;
use crate::fetching::origin::{Do, answer, head};
use crate::support::rss;
use newsriver::model::Outcome;

const LOGIN: &[u8] =
    b"<!doctype html><html><head><title>Sign in</title></head><body><form></form></body></html>";

fn feed(count: usize) -> String {
    let entries: Vec<[String; 3]> = (1..=count)
        .map(|number| {
            let link = format!("http://wire.example.org/{number}");
            [number.to_string(), format!("Report {number}"), link]
        })
        .collect();
    let entries: Vec<_> = entries
        .iter()
        .map(|[guid, title, link]| (guid.as_str(), title.as_str(), link.as_str(), ""))
        .collect();
    rss(&entries)
}

fn good(count: usize) -> Vec<Do> {
    let etag = format!("ETag: \"{count}\"");
    answer("200 OK", &[&etag], feed(count).as_bytes())
}

/// A world whose source has answered well once, with two items.
async fn after_a_good_answer() -> World {
    let world = World::new().await;
    world.on("/feed", good(2));
    assert_eq!(world.poll("wire").await.new, 2);
    world
}

#[tokio::test]
async fn what_is_no_document_changes_nothing_and_the_next_one_is_taken() {
    for (steps, outcome) in [
        (answer("200 OK", &["ETag: \"login\""], LOGIN), Outcome::Failed),
        (answer("200 OK", &["ETag: \"empty\""], b""), Outcome::Failed),
        (vec![Do::Send(head("204 No Content", &[]))], Outcome::NotModified),
        (
            answer("206 Partial Content", &["ETag: \"part\""], feed(1).as_bytes()),
            Outcome::Failed,
        ),
    ] {
        let world = after_a_good_answer().await;
        let before = world.document("/feed.json").await;
        world.on("/feed", steps);
        let record = world.poll("wire").await;
        assert_eq!((record.outcome, record.new), (outcome, 0), "{}", record.reason);
        assert_eq!(world.document("/feed.json").await, before);
        assert_eq!(world.titles().await.len(), 2);
        let etag = world.state("wire").await.validators.etag;
        if outcome == Outcome::Failed {
            assert_eq!(etag.as_deref(), Some(&b"\"2\""[..]));
            assert_eq!(world.status("wire").await["words"], record.reason.as_str());
        }
        world.on("/feed", good(3));
        assert_eq!(world.poll("wire").await.new, 1);
        if outcome == Outcome::Failed {
            let heads = world.origin.heads();
            assert!(heads.last().unwrap().contains("if-none-match: \"2\"\r\n"));
        }
    }
}

#[tokio::test]
async fn a_document_that_is_cut_vouches_for_none_of_its_items() {
    let world = after_a_good_answer().await;
    let whole = feed(4);
    let cut = &whole[..whole.rfind("<item>").unwrap() + 20];
    world.on("/feed", answer("200 OK", &["ETag: \"4\""], cut.as_bytes()));
    assert_eq!(world.poll("wire").await.new, 1, "whole items may be kept");
    assert_eq!(
        world.state("wire").await.validators.etag.as_deref(),
        Some(&b"\"2\""[..])
    );
    // The same cut bytes once more are no "unchanged" either: the mended document has the same ETag.
    assert_eq!(world.poll("wire").await.new, 0);
    assert_eq!(
        world.state("wire").await.validators.etag.as_deref(),
        Some(&b"\"2\""[..])
    );
    world.on("/feed", good(4));
    assert_eq!(world.poll("wire").await.new, 1);
    assert_eq!(world.titles().await.len(), 4);
}

#[tokio::test]
async fn what_a_proxy_has_changed_on_the_way_is_read_like_any_answer() {
    let world = World::new().await;
    let steps = answer("203 Non-Authoritative Information", &[], feed(2).as_bytes());
    world.on("/feed", steps);
    let record = world.poll("wire").await;
    assert_eq!((record.outcome, record.new), (Outcome::Modified, 2));
}

#[tokio::test]
async fn a_feed_is_read_whatever_it_is_called() {
    for kind in [
        "text/html",
        "text/plain; charset=x",
        "image/png",
        "",
        "application/octet-stream",
    ] {
        let world = World::new().await;
        let line = format!("Content-Type: {kind}");
        let headers: &[&str] = if kind.is_empty() { &[] } else { &[&line] };
        world.on("/feed", answer("200 OK", headers, feed(2).as_bytes()));
        assert_eq!(world.poll("wire").await.new, 2, "{kind}");
    }
}

#[tokio::test]
async fn json_feeds_are_read_with_all_their_oddities() {
    let world = World::new().await;
    let text = "\u{feff}{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":null,\"items\":[\
        {\"id\":1,\"title\":\"One\",\"content_text\":\"a\"},{\"id\":\"2\",\"url\":null,\"title\":\"Two\",\"tags\":null},\
        {\"title\":\"Three\",\"content_html\":\"<p>c</p>\",\"url\":\"http://wire.example.org/3\"}]}";
    world.on("/feed", answer("200 OK", &[], text.as_bytes()));
    assert_eq!(world.poll("wire").await.new, 3);
    world.on("/feed", answer("200 OK", &[], "[".repeat(1_000_000).as_bytes()));
    let deep = world.poll("wire").await;
    assert_eq!(deep.outcome, Outcome::Failed, "{}", deep.reason);
    let items = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":{}",
        "[".repeat(1_000_000)
    );
    world.on("/feed", answer("200 OK", &[], items.as_bytes()));
    assert_eq!(world.poll("wire").await.new, 0);
    assert_eq!(world.titles().await.len(), 3);
}

const PAGE: &[u8] = b"<html><head><title>News</title><link rel=stylesheet href=/a.css>\
    <link rel=alternate type='application/rss+xml' href='/real.xml'></head><body><p>News.</p></body></html>";

fn page() -> Vec<Do> {
    answer("200 OK", &["Content-Type: text/html", "ETag: \"page\""], PAGE)
}

/// The paths that the origin was asked for.
fn asked(world: &World) -> Vec<String> {
    let heads = world.origin.heads();
    let paths = heads.iter().filter_map(|head| head.split(' ').nth(1));
    paths.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_feed_that_a_page_names_is_found_used_and_told() {
    let world = World::new().await;
    world.on("/feed", page());
    world.on("/real.xml", good(2));
    assert_eq!(world.poll("wire").await.new, 2);
    world.on("/real.xml", good(3));
    assert_eq!(world.poll("wire").await.new, 1);
    assert_eq!(asked(&world), ["/feed", "/real.xml", "/real.xml"]);
    let heads = world.origin.heads();
    assert!(
        !heads[1].contains("if-none-match"),
        "that of the page is not the feed's"
    );
    assert!(heads[2].contains("if-none-match: \"2\"\r\n"));
    let status = world.status("wire").await;
    assert_eq!(status["moved_to"], world.origin.url("/real.xml"));
    // Where the feed behind the page moves, the page says so.
    world.on("/real.xml", answer("404 Not Found", &[], b""));
    let elsewhere = String::from_utf8(PAGE.to_vec())
        .unwrap()
        .replace("real.xml", "new.xml");
    world.on("/feed", answer("200 OK", &[], elsewhere.as_bytes()));
    world.on("/new.xml", good(4));
    for _ in 0..3 {
        assert_eq!(world.poll("wire").await.outcome, Outcome::Failed);
    }
    assert_eq!(world.poll("wire").await.new, 1);
    assert_eq!(world.poll("wire").await.outcome, Outcome::Unchanged);
    assert_eq!(asked(&world)[6..], ["/feed", "/new.xml", "/new.xml"]);
    assert_eq!(world.titles().await.len(), 4);
}

#[tokio::test]
async fn a_page_that_stands_where_a_feed_was_is_a_problem_whatever_it_names() {
    let world = after_a_good_answer().await;
    world.on("/feed", page());
    world.on("/real.xml", good(9));
    assert_eq!(world.poll("wire").await.outcome, Outcome::Failed);
    assert_eq!(asked(&world), ["/feed", "/feed"]);
    assert_eq!(world.titles().await.len(), 2);
}

#[tokio::test]
async fn a_page_that_names_what_is_no_feed_costs_two_requests_and_is_said() {
    let world = World::new().await;
    world.on("/feed", page());
    world.on("/real.xml", page());
    let record = world.poll("wire").await;
    assert_eq!(record.outcome, Outcome::Failed);
    let words = record.reason.to_string();
    assert!(words.contains("the page names a feed, but"), "{words}");
    assert_eq!(asked(&world), ["/feed", "/real.xml"]);
    // What the feed's host asks for is kept as if it had been asked at first.
    world.on(
        "/real.xml",
        answer("429 Too Many Requests", &["Retry-After: 9000"], b""),
    );
    assert_eq!(world.poll("wire").await.outcome, Outcome::Refused);
    assert!(world.state("wire").await.not_before.is_some());
    world.on("/real.xml", answer("410 Gone", &[], b""));
    world.newsroom.later(9000);
    assert_eq!(world.poll("wire").await.outcome, Outcome::Failed);
    assert!(!world.state("wire").await.is_gone, "the page is there");
}
