//! The process from its start to its end: signals, a file that comes and goes, kills, and readers who come back.

use crate::support::{Daemon, Newsroom, rss};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use std::process::Command;
use std::time::Duration;

const ONE: &str = "[[source]]\nname = \"one\"\nurl = \"{origin}/one\"\ninterval = \"1s\"\n";

/// An origin with `/one` and `/two`, and a file that names the first.
fn newsroom() -> Newsroom {
    let newsroom = Newsroom::new(ONE);
    for name in ["one", "two"] {
        let link = format!("http://{name}.example.org/1");
        let document = rss(&[(name, &format!("From {name}"), &link, "")]);
        newsroom.origin.serve(&format!("/{name}"), document, &[]);
    }
    newsroom
}

/// The file as it is, with these lines added.
fn with(newsroom: &Newsroom, lines: &str) -> String {
    let text = std::fs::read_to_string(newsroom.config()).unwrap();
    text + &lines.replace("{origin}", newsroom.origin.url("").trim_end_matches('/'))
}

/// Waits until `path` of the origin has been asked for so many times more.
async fn asked_again(newsroom: &Newsroom, daemon: &Daemon, path: &str, times: u64) {
    let before = newsroom.origin.counts(path).requests;
    let is_there = |_: &str| newsroom.origin.counts(path).requests >= before + times;
    daemon.until("/healthz", is_there).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_hangups_are_taken_as_a_few() {
    let newsroom = newsroom();
    let daemon = newsroom.run().await;
    let storm = format!("for turn in $(seq 200); do kill -HUP {}; done", daemon.child.id());
    let mut storm = Command::new("sh").args(["-c", &storm]).spawn().unwrap();
    let two = with(&newsroom, "[[source]]\nname = \"two\"\nurl = \"{origin}/two\"\n");
    std::fs::write(newsroom.config(), two).unwrap();
    assert!(storm.wait().unwrap().success());
    daemon.until("/feed.json", |body| body.contains("From two")).await;
    daemon.until("/healthz", |body| body.starts_with("ok")).await;
    let log = std::fs::read_to_string(newsroom.log()).unwrap();
    let reloads = log
        .lines()
        .filter(|line| line.contains("feeds.toml taken"))
        .count();
    assert!((1..100).contains(&reloads), "{reloads} reloads");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_vanishes_is_emptied_or_half_written_changes_nothing_until_it_is_whole() {
    let newsroom = newsroom();
    let daemon = newsroom.run().await;
    let feed = daemon.until("/feed.json", |body| body.contains("From one")).await;
    let whole = std::fs::read_to_string(newsroom.config()).unwrap();
    let half = &whole[..whole.rfind("url").unwrap() + 9];
    for damage in [None, Some(""), Some(half)] {
        match damage {
            None => std::fs::remove_file(newsroom.config()).unwrap(),
            Some(text) => std::fs::write(newsroom.config(), text).unwrap(),
        }
        daemon.signal("HUP");
        let health = daemon.until("/healthz", |body| body.contains("degraded")).await;
        let folder = newsroom.folder.path().display().to_string();
        assert!(!health.contains(&folder), "no path for everybody: {health}");
        if damage == Some(half) {
            let status = newsroom.newsriver(&["status"]);
            let status = String::from_utf8_lossy(&status.stdout).into_owned();
            let note = format!("note: {}:", newsroom.config().display());
            assert!(status.contains(&note), "the file is named, once: {status}");
        }
        asked_again(&newsroom, &daemon, "/one", 2).await;
        assert_eq!(daemon.get("/feed.json").await.unwrap(), feed);
        std::fs::write(newsroom.config(), &whole).unwrap();
        daemon.until("/healthz", |body| body.starts_with("ok")).await;
    }
    newsroom.logged("changed but not taken").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hangup_and_term_while_the_store_is_being_opened_are_heeded() {
    let newsroom = newsroom();
    let store = newsroom.folder.path().join("store");
    std::fs::create_dir(&store).unwrap();
    // Who reads this waits for a writer, who never comes.
    let made = Command::new("mkfifo").arg(store.join("FORMAT")).status();
    assert!(made.unwrap().success());
    let child = Command::new(env!("CARGO_BIN_EXE_newsriver"))
        .arg("--config")
        .arg(newsroom.config())
        .arg("run")
        .env_remove("RUNTIME_DIRECTORY")
        .env_remove("NOTIFY_SOCKET")
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let daemon = Daemon { child, address };
    let mut turns = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..600 {
        turns.tick().await;
        if store.join("LOCK").exists() {
            break;
        }
    }
    assert!(store.join("LOCK").exists());
    daemon.signal("HUP");
    daemon.signal("TERM");
    assert_eq!(daemon.end().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_keeps_its_next_time_through_a_kill() {
    let newsroom = newsroom();
    let slow = with(
        &newsroom,
        "[[source]]\nname = \"two\"\nurl = \"{origin}/two\"\ninterval = \"10m\"\n",
    );
    std::fs::write(newsroom.config(), slow).unwrap();
    let daemon = newsroom.run().await;
    daemon.until("/feed.json", |body| body.contains("From two")).await;
    daemon.signal("KILL");
    drop(daemon);
    let daemon = newsroom.run().await;
    asked_again(&newsroom, &daemon, "/one", 4).await;
    assert_eq!(newsroom.origin.counts("/two").requests, 1);
}

/// What a reader remembers of a document.
struct Remembered {
    path: &'static str,
    encoding: &'static str,
    headers: HeaderMap,
}

const PATHS: [&str; 14] = [
    "/",
    "/rss.xml",
    "/atom.xml",
    "/feed.json",
    "/news/",
    "/news/rss.xml",
    "/news/atom.xml",
    "/news/feed.json",
    "/source/one/",
    "/source/one/rss.xml",
    "/source/one/atom.xml",
    "/source/one/feed.json",
    "/opml.xml",
    "/sources.opml",
];

/// Asks with these headers; `client` has no certificates to read.
async fn ask(client: &reqwest::Client, daemon: &Daemon, path: &str, headers: HeaderMap) -> reqwest::Response {
    let request = client.get(format!("http://{}{path}", daemon.address));
    request.headers(headers).send().await.unwrap()
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}

async fn remember(daemon: &Daemon) -> Vec<Remembered> {
    let (client, mut all) = (client(), Vec::new());
    for path in PATHS {
        for encoding in ["identity", "gzip", "br"] {
            let accepted = HeaderMap::from_iter([(ACCEPT_ENCODING, encoding.parse().unwrap())]);
            let response = ask(&client, daemon, path, accepted).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            all.push(Remembered {
                path,
                encoding,
                headers: response.headers().clone(),
            });
        }
    }
    all
}

/// Each validator alone is enough, in the encoding in which it was given.
async fn all_are_fresh(daemon: &Daemon, remembered: &[Remembered], when: &str) {
    let client = client();
    for Remembered {
        path,
        encoding,
        headers,
    } in remembered
    {
        for (condition, validator) in [(IF_NONE_MATCH, ETAG), (IF_MODIFIED_SINCE, LAST_MODIFIED)] {
            let asked = HeaderMap::from_iter([
                (ACCEPT_ENCODING, encoding.parse().unwrap()),
                (condition.clone(), headers[&validator].clone()),
            ]);
            let response = ask(&client, daemon, path, asked).await;
            let status = response.status();
            assert_eq!(
                status,
                StatusCode::NOT_MODIFIED,
                "{path} {encoding} {condition} {when}"
            );
            assert_eq!(
                response.headers()[ETAG],
                headers[ETAG],
                "{path} {encoding} {when}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_gets_304_after_an_unchanged_poll_a_reload_and_a_restart() {
    let newsroom = newsroom();
    let news = "category = \"news\"\n[[category]]\nname = \"news\"\ntitle = \"News\"\n";
    std::fs::write(newsroom.config(), with(&newsroom, news)).unwrap();
    let daemon = newsroom.run().await;
    daemon
        .until("/news/feed.json", |body| body.contains("From one"))
        .await;
    let remembered = remember(&daemon).await;

    asked_again(&newsroom, &daemon, "/one", 2).await;
    all_are_fresh(&daemon, &remembered, "after an unchanged poll").await;

    let text = std::fs::read_to_string(newsroom.config()).unwrap();
    std::fs::write(
        newsroom.config(),
        text.replace("timeout = \"5s\"", "timeout = \"6s\""),
    )
    .unwrap();
    newsroom.logged("feeds.toml taken").await;
    all_are_fresh(&daemon, &remembered, "after a reload").await;

    daemon.signal("TERM");
    assert_eq!(daemon.end().await, Some(0));
    let daemon = newsroom.run().await;
    asked_again(&newsroom, &daemon, "/one", 1).await;
    all_are_fresh(&daemon, &remembered, "after a restart").await;
}
