//! Documents are fetched as a good citizen fetches them, over real sockets.
#![allow(clippy::unwrap_used, reason = "what the tests set up themselves must work")]

pub(crate) mod origin;

use newsriver::clock::SystemClock;
use newsriver::config;
use newsriver::fetch::{Error, Fetched, Fetcher, Request, Web};
use newsriver::model::Validators;
use origin::{Do, Origin, answer};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

pub(crate) const FEED: &[u8] = b"<rss version='2.0'><channel><title>Small</title></channel></rss>";
pub(crate) const MAX_BODY: u64 = 1 << 20;

/// A fetcher over the real network with small bounds: a mebibyte a body, two at a host.
pub(crate) fn fetcher() -> Fetcher {
    fetcher_over(Web::new(2))
}

/// The same over this web.
pub(crate) fn fetcher_over(web: Web) -> Fetcher {
    let hour = Duration::from_secs(3600);
    let bounds = config::Fetch {
        concurrency: 8,
        per_host: 2,
        max_body_bytes: MAX_BODY,
        memory_bytes: 8 * MAX_BODY,
        timeout: Duration::from_secs(30),
        interval: hour,
        min_interval: hour,
        max_interval: hour,
        allow_private_networks: false,
        allow_files: false,
    };
    let site = config::Site {
        title: "River".to_owned(),
        url: Url::parse("https://river.example/").unwrap(),
        language: "en".to_owned(),
        timezone: None,
        contact: None,
    };
    Fetcher::new(&bounds, Some(&site), Arc::new(web), Arc::new(SystemClock))
}

/// A request that may go to this machine, with time enough that only a hang reaches it.
pub(crate) fn request(url: &str) -> Request {
    Request {
        url: url.to_owned(),
        timeout: Duration::from_secs(20),
        allow_private_networks: true,
        ..Request::default()
    }
}

pub(crate) async fn get(url: &str) -> Result<Fetched, Error> {
    fetcher().get(&request(url)).await
}

#[tokio::test]
async fn it_says_who_it_is_and_asks_for_nothing_else() {
    let origin = Origin::always(answer("200 OK", &[], FEED)).await;
    let fetched = get(&origin.url("/feed?a=1")).await.unwrap();
    assert_eq!(fetched.response.body, FEED);
    let head = origin.heads().concat().to_ascii_lowercase();
    assert!(head.starts_with("get /feed?a=1 http/1.1\r\n"), "{head}");
    let name = format!(
        "user-agent: newsriver/{} (+https://river.example/)\r\n",
        env!("CARGO_PKG_VERSION")
    );
    assert!(head.contains(&name), "{head}");
    assert!(head.contains("accept-encoding: gzip, br, zstd, deflate\r\n"));
    assert!(head.contains("application/rss+xml"));
    for absent in [
        "referer",
        "cookie",
        "authorization",
        "if-none-match",
        "if-modified-since",
    ] {
        assert!(!head.contains(absent), "{head}");
    }
}

#[tokio::test]
async fn validators_come_back_as_the_bytes_they_were() {
    let mut first = b"HTTP/1.1 200 OK\r\nETag: W/\"\xe9,\\odd\"\r\nLast-Modified: last week\r\n".to_vec();
    first.extend(b"Content-Length: 2\r\n\r\nhi");
    let origin = Origin::start(move |path| match path {
        "/first" => vec![Do::Send(first.clone())],
        _ => answer("304 Not Modified", &["ETag: \"new\""], b""),
    })
    .await;
    let fetched = get(&origin.url("/first")).await.unwrap();
    let again = Request {
        validators: fetched.response.validators.clone(),
        validators_url: Some(origin.url("/second")),
        ..request(&origin.url("/second"))
    };
    let unchanged = fetcher().get(&again).await.unwrap();
    assert_eq!(unchanged.response.status, 304);
    assert_eq!(
        unchanged.response.validators.etag.as_deref(),
        Some(&b"\"new\""[..])
    );
    let head = origin.heads().pop().unwrap();
    assert!(head.contains("if-none-match: W/\"\u{e9},\\odd\"\r\n"), "{head}");
    assert!(head.contains("if-modified-since: last week\r\n"), "{head}");
}

#[tokio::test]
async fn no_cookie_ever_comes_back() {
    let cookie = ["Set-Cookie: id=1; Path=/"];
    let origin = Origin::start(move |path| match path {
        "/" => answer("302 Found", &["Set-Cookie: id=1; Path=/", "Location: /feed"], b""),
        _ => answer("200 OK", &cookie, FEED),
    })
    .await;
    let fetcher = fetcher();
    for _ in 0..2 {
        fetcher.get(&request(&origin.url("/"))).await.unwrap();
    }
    assert_eq!(origin.heads().len(), 4);
    assert!(!origin.heads().concat().to_ascii_lowercase().contains("cookie"));
}

#[tokio::test]
async fn a_connection_serves_the_next_request_too() {
    let origin = Origin::always(answer("200 OK", &[], FEED)).await;
    let fetcher = fetcher();
    for _ in 0..5 {
        fetcher.get(&request(&origin.url("/"))).await.unwrap();
    }
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn one_host_is_never_asked_by_more_than_per_host_at_once() {
    let slow = vec![
        Do::Drip(b"HTTP/1.1 ".to_vec(), Duration::from_millis(3)),
        Do::Send(b"200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()),
    ];
    let origin = Origin::always(slow).await;
    let fetcher = fetcher();
    let requests: Vec<Request> = (0..12)
        .map(|path| request(&origin.url(&format!("/{path}"))))
        .collect();
    let gets = requests.iter().map(|request| fetcher.get(request));
    let done = futures_util::future::join_all(gets).await;
    assert!(done.iter().all(Result::is_ok));
    assert_eq!(origin.most_live(), 2);
    assert_eq!(origin.heads().len(), 12);
}

#[tokio::test]
async fn redirects_lead_to_the_document_and_are_written_down() {
    let there = Origin::always(answer("200 OK", &["Content-Type: text/xml"], FEED)).await;
    let away = format!("Location: {}", there.url("/feed"));
    let origin = Origin::start(move |path| match path {
        "/a/old" => answer(
            "301 Moved Permanently",
            &["Location: ../b/./new?x=1#top"],
            b"moved",
        ),
        _ => answer("307 Temporary Redirect", &[&away], b""),
    })
    .await;
    let response = get(&origin.url("/a/old")).await.unwrap().response;
    assert_eq!(response.url, there.url("/feed"));
    assert_eq!(response.content_type.as_deref(), Some("text/xml"));
    assert_eq!(response.body, FEED);
    let hops: Vec<_> = response
        .hops
        .into_iter()
        .map(|hop| (hop.status, hop.to))
        .collect();
    assert_eq!(hops, [(301, origin.url("/b/new?x=1")), (307, there.url("/feed"))]);
}

#[tokio::test]
async fn a_condition_goes_to_the_address_that_gave_the_validators_and_to_no_other() {
    let origin = Origin::start(|path| match path {
        "/" => answer("302 Found", &["Location: /feed"], b""),
        _ => answer("304 Not Modified", &[], b""),
    })
    .await;
    let validators = Validators {
        etag: Some(b"\"1\"".to_vec()),
        last_modified: None,
    };
    let known = Request {
        validators,
        validators_url: Some(origin.url("/feed")),
        ..request(&origin.url("/"))
    };
    assert_eq!(fetcher().get(&known).await.unwrap().response.status, 304);
    let is_conditional: Vec<bool> = origin
        .heads()
        .iter()
        .map(|head| head.contains("if-none-match"))
        .collect();
    assert_eq!(is_conditional, [false, true]);
}

#[tokio::test]
async fn the_door_to_this_machine_is_closed_unless_it_was_opened() {
    let origin = Origin::always(answer("200 OK", &[], FEED)).await;
    let port = origin.url("").rsplit_once(':').unwrap().1.to_owned();
    let fetcher = fetcher();
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "127.1",
    ] {
        let closed = Request {
            allow_private_networks: false,
            ..request(&format!("http://{host}:{port}/"))
        };
        let error = fetcher.get(&closed).await.unwrap_err();
        assert!(matches!(error, Error::OutOfBounds { .. }), "{error}");
    }
    assert_eq!(origin.connections(), 0);
    fetcher
        .get(&request(&format!("http://localhost:{port}/")))
        .await
        .unwrap();
}

#[tokio::test]
async fn statuses_are_told_in_words_and_asked_once() {
    for (status, words) in [
        (
            "401 Unauthorized",
            "answered 401; it wants a name and a password (`username` and `password_file`, or `bearer_file`)",
        ),
        (
            "403 Forbidden",
            "answered 403 to us; it may want a different User-Agent",
        ),
        (
            "404 Not Found",
            "answered 404; nothing is there, the feed may have moved",
        ),
        ("410 Gone", "answered 410: this feed is gone for good"),
        ("500 Oops", "answered 500; the fault is on its side"),
        ("301 Moved", "answered 301 without saying where to go"),
        ("202 Accepted", "answered 202 without a document"),
    ] {
        let origin = Origin::always(answer(status, &[], b"<html>no</html>")).await;
        let error = get(&origin.url("/")).await.unwrap_err();
        assert!(error.to_string().ends_with(words), "{error}");
        assert_eq!(origin.heads().len(), 1);
    }
}
