//! What is served: the right answer to every request, and no reader in another's way.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what the tests set up themselves must work"
)]

mod connections;

use crate::publishing::{FEEDS, Site, document, item};
use newsriver::model::Item;
use newsriver::publish::Coding;
use newsriver::serve::{self, Health, Limits};
use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A served site. Dropping it ends the serving.
struct Server {
    address: SocketAddr,
    publisher: Arc<newsriver::publish::Publisher>,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
    beats: Arc<AtomicUsize>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Server {
    async fn start(limits: Limits, health: Health) -> Self {
        Self::with_items(limits, health, vec![item(1, 1), item(2, 2)], FEEDS).await
    }

    async fn with_items(limits: Limits, health: Health, items: Vec<Item>, feeds: &str) -> Self {
        let site = Site::new().await;
        site.view(feeds).await;
        site.commit(items).await;
        let publisher = Arc::new(site.publisher(feeds).await);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let beats = Arc::new(AtomicUsize::new(0));
        let beat = Arc::clone(&beats);
        let serving = tokio::spawn(serve::run_within(
            limits,
            listener,
            Arc::clone(&publisher),
            Arc::new(move || health.clone()),
            Arc::new(move || {
                beat.fetch_add(1, Ordering::SeqCst);
            }),
            shutdown.clone(),
        ));
        Self {
            address,
            publisher,
            shutdown,
            serving,
            beats,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these bytes and reads until the other side closes.
    async fn exchange(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        // The server may close before it has read everything: what it said by then is what counts.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    }

    /// One request with these header lines, each ended by CRLF.
    async fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n{headers}\r\n");
        Answer::read(&self.exchange(request.as_bytes()).await)
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }
}

async fn start() -> Server {
    Server::start(Limits::default(), Health::Well).await
}

/// One answer, taken apart.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap_or(bytes.len());
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Self {
            status: head.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0),
            body: bytes.get(end + 4..).unwrap_or_default().to_vec(),
            head,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[tokio::test]
async fn every_document_has_its_type_and_its_headers() {
    let server = start().await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/finance/atom.xml", "application/atom+xml; charset=utf-8"),
        (
            "/%E7%A7%91%E6%8A%80/feed.json",
            "application/feed+json; charset=utf-8",
        ),
        ("/source/alpha/", "text/html; charset=utf-8"),
        ("/source/alpha/atom.xml", "application/atom+xml; charset=utf-8"),
        ("/opml.xml", "text/x-opml; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/favicon.ico", "image/vnd.microsoft.icon"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some(kind)),
            "{path}"
        );
        assert_eq!(
            answer.header("cache-control"),
            Some("public, max-age=60, stale-if-error=86400")
        );
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("etag").unwrap().starts_with('"') && answer.header("last-modified").is_some());
        let is_page = kind.starts_with("text/html");
        assert_eq!(
            answer.header("access-control-allow-origin").is_some(),
            !is_page,
            "{path}"
        );
        assert_eq!(
            answer.header("content-security-policy").is_some(),
            is_page,
            "{path}"
        );
        assert_eq!(
            &answer.body,
            document(&server.publisher, path).await.identity(),
            "{path}"
        );
        assert!(!answer.text().contains("evil.example"), "{path}");
    }
    let page = server.get("/").await.text();
    let style = page
        .split("href=\"")
        .find(|part| part.starts_with("/assets/"))
        .unwrap();
    let style = server.get(style.split('"').next().unwrap()).await;
    assert_eq!(
        style.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
}

#[tokio::test]
async fn a_reader_who_has_it_gets_304() {
    let server = start().await;
    let first = server.get("/atom.xml").await;
    let (etag, date) = (
        first.header("etag").unwrap(),
        first.header("last-modified").unwrap(),
    );
    let cases = [
        (format!("If-None-Match: {etag}\r\n"), 304),
        (format!("If-None-Match: \"x\", W/{etag} , \"y\"\r\n"), 304),
        (format!("If-None-Match: \"x\"\r\nIf-None-Match: {etag}\r\n"), 304),
        ("If-None-Match: *\r\n".to_owned(), 304),
        ("If-None-Match: \"x\"\r\n".to_owned(), 200),
        (
            format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {date}\r\n"),
            200,
        ),
        (
            format!("If-None-Match: {etag}\r\nIf-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
            304,
        ),
        (format!("If-None-Match: \r\nIf-Modified-Since: {date}\r\n"), 200),
        (format!("If-Modified-Since: {date}\r\n"), 304),
        (
            "If-Modified-Since: Sun, 06 Nov 2044 08:49:37 GMT\r\n".to_owned(),
            304,
        ),
        (
            "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n".to_owned(),
            200,
        ),
        ("If-Modified-Since: yesterday\r\n".to_owned(), 200),
        (format!("If-Match: {etag}\r\n"), 200),
        ("If-Match: \"x\"\r\n".to_owned(), 412),
    ];
    for (headers, status) in cases {
        let answer = server.ask("GET", "/atom.xml", &headers).await;
        assert_eq!(answer.status, status, "{headers}");
        if status == 304 {
            assert!(answer.body.is_empty());
            assert_eq!(
                (answer.header("etag"), answer.header("vary")),
                (Some(etag), Some("Accept-Encoding"))
            );
            assert!(answer.header("content-type").is_none());
        }
    }
}

#[tokio::test]
async fn every_encoding_has_the_same_bytes_and_a_tag_of_its_own() {
    let server = start().await;
    let plain = server.get("/rss.xml").await;
    let mut tags = vec![plain.header("etag").unwrap().to_owned()];
    for (accept, coding) in [("gzip, deflate", "gzip"), ("gzip, deflate, br", "br")] {
        let answer = server
            .ask("GET", "/rss.xml", &format!("Accept-Encoding: {accept}\r\n"))
            .await;
        assert_eq!(answer.header("content-encoding"), Some(coding));
        let mut bytes = Vec::new();
        match coding {
            "gzip" => {
                flate2::read::GzDecoder::new(&answer.body[..])
                    .read_to_end(&mut bytes)
                    .unwrap();
            }
            _ => brotli::BrotliDecompress(&mut &answer.body[..], &mut bytes).unwrap(),
        }
        assert_eq!(bytes, plain.body);
        let etag = answer.header("etag").unwrap();
        let again = format!("Accept-Encoding: {accept}\r\nIf-None-Match: {etag}\r\n");
        assert_eq!(server.ask("GET", "/rss.xml", &again).await.status, 304);
        // The tag of one encoding says nothing of another.
        assert_eq!(
            server
                .ask("GET", "/rss.xml", &format!("If-None-Match: {etag}\r\n"))
                .await
                .status,
            200
        );
        tags.push(etag.to_owned());
    }
    tags.dedup();
    assert_eq!(tags.len(), 3);
    assert_eq!(
        server
            .ask("GET", "/rss.xml", "Accept-Encoding: identity;q=0\r\n")
            .await
            .status,
        406
    );
    let refused = server
        .ask("GET", "/rss.xml", "Accept-Encoding: gzip;q=0, br;q=0\r\n")
        .await;
    assert_eq!((refused.status, refused.header("content-encoding")), (200, None));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = start().await;
    for path in ["/", "/atom.xml", "/source/alpha/rss.xml", "/healthz", "/nothing"] {
        let (get, head) = (server.get(path).await, server.ask("HEAD", path, "").await);
        let lines = |answer: &Answer| {
            let mut lines: Vec<String> = answer.head.lines().map(str::to_owned).collect();
            lines.retain(|line| !line.starts_with("date:"));
            lines.sort();
            lines
        };
        assert_eq!(lines(&get), lines(&head), "{path}");
        assert!(head.body.is_empty() && !get.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let server = start().await;
    for method in ["POST", "PUT", "DELETE", "TRACE", "PATCH", "PROPFIND"] {
        let answer = server.ask(method, "/atom.xml", "Content-Length: 0\r\n").await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some("GET, HEAD, OPTIONS")),
            "{method}"
        );
    }
    let options = server.ask("OPTIONS", "/atom.xml", "").await;
    assert_eq!(
        (options.status, options.header("allow")),
        (204, Some("GET, HEAD, OPTIONS"))
    );
    assert_eq!(server.ask("OPTIONS", "*", "").await.status, 204);
}

#[tokio::test]
async fn addresses_that_are_not_ours_are_told_so() {
    let server = start().await;
    for (path, status) in [
        ("/finance", 301),
        ("/money/rss.xml", 301),
        ("/source/alpha", 301),
        ("/nothing", 404),
        ("/finance/nothing.xml", 404),
        ("/feeds.toml", 404),
        ("/finance/2026/99/atom.xml", 404),
        ("/..", 400),
        ("/finance/../../etc/passwd", 400),
        ("/%2e%2e/feeds.toml", 400),
        ("/%00", 400),
        ("/a\\b", 400),
        ("//atom.xml", 400),
        ("/%ff%fe", 400),
        ("/%zz", 400),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.head);
    }
    assert_eq!(server.get("/finance").await.header("location"), Some("/finance/"));
    assert_eq!(
        server.get("/money/rss.xml").await.header("location"),
        Some("/finance/rss.xml")
    );
    assert_eq!(server.get(&format!("/{}", "a".repeat(5000))).await.status, 400);
    assert_eq!(server.get("/atom.xml?utm_source=x&y").await.status, 200);
    let missing = server.get("/nothing").await;
    assert!(missing.text().contains("There is nothing at this address."));
}

#[tokio::test]
async fn health_is_told_in_a_word_and_in_reasons() {
    let server = start().await;
    let answer = server.get("/healthz").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let server = Server::start(Limits::default(), Health::Degraded(vec!["alpha\nfails".into()])).await;
    let answer = server.get("/healthz").await;
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (200, "degraded\nalphafails\n")
    );
    let server = Server::start(
        Limits::default(),
        Health::Failing(vec!["the disk is full".into()]),
    )
    .await;
    let answer = server.get("/healthz").await;
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (503, "failing\nthe disk is full\n")
    );
}

#[tokio::test]
async fn a_storm_on_a_document_made_on_demand_is_one_answer_many_times() {
    let server = Arc::new(start().await);
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                server
                    .ask("GET", "/source/alpha/atom.xml", "Accept-Encoding: br\r\n")
                    .await
            })
        })
        .collect();
    let mut tags = std::collections::HashSet::new();
    for answer in asking {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 200);
        tags.insert(answer.header("etag").unwrap().to_owned());
    }
    assert_eq!(tags.len(), 1);
}
