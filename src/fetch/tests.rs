//! The policy of [`Fetcher`] over a transport that plays what each test says.

use super::*;
use crate::clock::ManualClock;
use crate::model::Validators;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderName};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::sleep;

const NOW: Timestamp = Timestamp::from_seconds(1_795_336_200);

/// What one address answers.
#[derive(Clone, Default)]
struct Play {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    delay: Duration,
}

/// Answers by address and writes down what it was asked.
#[derive(Default)]
struct Stage {
    plays: HashMap<String, Play>,
    asked: Mutex<Vec<Ask>>,
}

impl Stage {
    fn on(mut self, url: &str, play: Play) -> Self {
        self.plays.insert(url.to_owned(), play);
        self
    }

    fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|ask| ask.url.to_string()).collect()
    }
}

#[async_trait]
impl Transport for Stage {
    async fn exchange(&self, ask: &Ask) -> Result<Answer, Error> {
        self.asked.lock().unwrap().push(ask.clone());
        let play = self.plays.get(ask.url.as_str()).cloned().unwrap_or(status(404));
        sleep(play.delay).await;
        let mut headers = HeaderMap::new();
        for (name, value) in play.headers {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        Ok(Answer {
            status: play.status,
            headers,
            body: stream::iter([Ok(Bytes::from(play.body))]).boxed(),
        })
    }
}

fn status(status: u16) -> Play {
    Play {
        status,
        ..Play::default()
    }
}

fn to(code: u16, location: &str) -> Play {
    Play {
        headers: vec![("location", location.to_owned())],
        ..status(code)
    }
}

fn feed() -> Play {
    Play {
        body: b"<rss/>".to_vec(),
        headers: vec![("etag", "\"1\"".to_owned())],
        ..status(200)
    }
}

fn bounds() -> config::Fetch {
    let hour = Duration::from_secs(3600);
    config::Fetch {
        concurrency: 8,
        per_host: 1,
        max_body_bytes: 1 << 20,
        memory_bytes: 8 << 20,
        timeout: Duration::from_secs(30),
        interval: hour,
        min_interval: hour,
        max_interval: hour,
        allow_private_networks: false,
        allow_files: false,
    }
}

fn fetcher(stage: Stage) -> (Fetcher, Arc<Stage>, Arc<ManualClock>) {
    let (stage, clock) = (Arc::new(stage), Arc::new(ManualClock::at(NOW)));
    let fetcher = Fetcher::new(&bounds(), None, stage.clone(), clock.clone());
    (fetcher, stage, clock)
}

fn request(url: &str) -> Request {
    Request {
        url: url.to_owned(),
        timeout: Duration::from_secs(30),
        ..Request::default()
    }
}

async fn get(stage: Stage, url: &str) -> Result<Response, Error> {
    let (fetcher, ..) = fetcher(stage);
    Ok(fetcher.get(&request(url)).await?.response)
}

#[tokio::test(start_paused = true)]
async fn redirects_are_followed_and_written_down() {
    let stage = Stage::default()
        .on("http://a.example/feed", to(301, "/new#x"))
        .on("http://a.example/new", to(302, "https://b.example/feed"))
        .on("https://b.example/feed", feed());
    let response = get(stage, "http://a.example/feed").await.unwrap();
    assert_eq!(response.url, "https://b.example/feed");
    let hops: Vec<_> = response
        .hops
        .iter()
        .map(|hop| (hop.status, hop.to.as_str()))
        .collect();
    assert_eq!(
        hops,
        [(301, "http://a.example/new"), (302, "https://b.example/feed")]
    );
    assert_eq!(response.body, &b"<rss/>"[..]);
}

#[tokio::test(start_paused = true)]
async fn circles_and_endless_chains_end() {
    let circle = Stage::default()
        .on("http://a.example/", to(301, "/b"))
        .on("http://a.example/b", to(301, "/"));
    let error = get(circle, "http://a.example/").await.unwrap_err();
    assert!(matches!(error, Error::RedirectLoop { .. }), "{error}");
    let itself = Stage::default().on("http://a.example/", to(302, "#again"));
    let error = get(itself, "http://a.example/").await.unwrap_err();
    assert!(matches!(error, Error::RedirectLoop { .. }), "{error}");

    let mut chain = Stage::default();
    for hop in 0..40 {
        chain = chain.on(
            &format!("http://a.example/{hop}"),
            to(307, &format!("/{}", hop + 1)),
        );
    }
    let (fetcher, stage, _) = fetcher(chain);
    let error = fetcher.get(&request("http://a.example/0")).await.unwrap_err();
    assert!(
        matches!(error, Error::TooManyRedirects { limit: 10, .. }),
        "{error}"
    );
    assert_eq!(stage.asked().len(), 11);
}

#[tokio::test(start_paused = true)]
async fn every_hop_passes_the_guard() {
    for inside in [
        "http://127.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://localhost/",
    ] {
        let stage = Stage::default().on("http://a.example/", to(302, inside));
        let (fetcher, stage, _) = fetcher(stage);
        let error = fetcher.get(&request("http://a.example/")).await.unwrap_err();
        assert!(error.is_refusal() && !error.is_temporary(), "{error}");
        assert_eq!(stage.asked(), ["http://a.example/"]);
    }
    let open = Request {
        allow_private_networks: true,
        ..request("http://127.0.0.1/feed")
    };
    let (fetcher, ..) = fetcher(Stage::default().on("http://127.0.0.1/feed", feed()));
    assert!(fetcher.get(&open).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_condition_goes_only_to_the_address_it_came_from() {
    let stage = Stage::default()
        .on("http://a.example/", to(302, "http://b.example/feed"))
        .on("http://b.example/feed", status(304));
    let (fetcher, stage, _) = fetcher(stage);
    let conditional = Request {
        validators: Validators {
            etag: Some(b"\"1\"".to_vec()),
            last_modified: None,
        },
        validators_url: Some("http://b.example/feed".to_owned()),
        ..request("http://a.example/")
    };
    let fetched = fetcher.get(&conditional).await.unwrap();
    assert_eq!(fetched.response.status, 304);
    let asked = stage.asked.lock().unwrap();
    assert!(!asked[0].headers.contains_key("if-none-match"));
    assert_eq!(asked[1].headers["if-none-match"], "\"1\"");
}

#[tokio::test(start_paused = true)]
async fn answers_that_nobody_asked_for_are_errors() {
    let url = "http://a.example/";
    let error = get(Stage::default().on(url, status(304)), url).await.unwrap_err();
    assert!(matches!(error, Error::UnaskedNotModified { .. }));
    let error = get(Stage::default().on(url, status(206)), url).await.unwrap_err();
    assert!(matches!(error, Error::UnaskedPart { .. }));
    let error = get(Stage::default().on(url, status(410)), url).await.unwrap_err();
    assert!(error.is_gone());
    let error = get(Stage::default().on(url, status(301)), url).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.example answered 301 without saying where to go"
    );
    let empty = get(Stage::default().on(url, status(204)), url).await.unwrap();
    assert!(empty.body.is_empty());
}

#[tokio::test(start_paused = true)]
async fn retry_after_silences_the_whole_host_until_its_time() {
    let busy = Play {
        headers: vec![("retry-after", "120".to_owned())],
        ..status(429)
    };
    let stage = Stage::default()
        .on("http://a.example/1", busy)
        .on("https://a.example/2", feed())
        .on("http://b.example/", feed());
    let (fetcher, stage, clock) = fetcher(stage);
    let error = fetcher.get(&request("http://a.example/1")).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(NOW.plus(Duration::from_secs(120))));
    let error = fetcher.get(&request("https://a.example/2")).await.unwrap_err();
    assert!(matches!(error, Error::HostRests { .. }), "{error}");
    assert!(fetcher.get(&request("http://b.example/")).await.is_ok());
    assert_eq!(stage.asked().len(), 2);
    clock.advance(Duration::from_secs(120));
    assert!(fetcher.get(&request("https://a.example/2")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_host_is_asked_in_turns_with_the_clock_of_those_who_wait_stopped() {
    let slow = Play {
        delay: Duration::from_secs(20),
        ..feed()
    };
    let mut stage = Stage::default();
    for path in 0..4 {
        stage = stage.on(&format!("http://a.example/{path}"), slow.clone());
    }
    let (fetcher, ..) = fetcher(stage);
    let begun = tokio::time::Instant::now();
    let requests = (0..4).map(|path| request(&format!("http://a.example/{path}")));
    let gets = requests.map(|request| {
        let fetcher = &fetcher;
        async move { fetcher.get(&request).await.is_ok() }
    });
    let done = futures_util::future::join_all(gets).await;
    assert_eq!(done, [true; 4]);
    assert_eq!(begun.elapsed().as_secs(), 80);
}

#[tokio::test(start_paused = true)]
async fn the_timeout_spans_all_hops() {
    let slow = |next: &str| Play {
        delay: Duration::from_secs(12),
        ..to(302, next)
    };
    let stage = Stage::default()
        .on("http://a.example/", slow("/b"))
        .on("http://a.example/b", slow("/c"))
        .on("http://a.example/c", slow("/d"));
    let begun = tokio::time::Instant::now();
    let error = get(stage, "http://a.example/").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.example was too slow: 30s were over before it had begun to answer"
    );
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn a_small_packing_of_much_is_unpacked_up_to_the_bound() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let pack = |size: usize| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![b' '; size]).unwrap();
        let body = encoder.finish().unwrap();
        Play { body, ..status(200) }
    };
    let stage = Stage::default()
        .on("http://a.example/fits", pack(1 << 20))
        .on("http://a.example/bomb", pack((1 << 20) + 1));
    let (fetcher, ..) = fetcher(stage);
    let mut fits = fetcher.get(&request("http://a.example/fits")).await.unwrap();
    assert_eq!(fits.decode().await.unwrap().len(), 1 << 20);
    let mut bomb = fetcher.get(&request("http://a.example/bomb")).await.unwrap();
    let error = bomb.decode().await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { unpacked: true, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn many_large_bodies_share_a_small_memory_and_all_get_done() {
    let large = |path: usize| Play {
        body: vec![b'x'; (1 << 20) - path],
        ..status(200)
    };
    let mut stage = Stage::default();
    for path in 0..24 {
        stage = stage.on(&format!("http://{path}.example/"), large(path));
    }
    let small = config::Fetch {
        memory_bytes: 4 << 20,
        ..bounds()
    };
    let fetcher = Fetcher::new(&small, None, Arc::new(stage), Arc::new(ManualClock::at(NOW)));
    let gets = (0..24).map(|path| {
        let fetcher = &fetcher;
        async move {
            let request = request(&format!("http://{path}.example/"));
            let mut fetched = fetcher.get(&request).await.unwrap();
            // Whoever reads it takes longer than any timeout: those who wait are not charged for that.
            sleep(Duration::from_secs(100)).await;
            fetched.decode().await.unwrap().len()
        }
    });
    let sizes = futures_util::future::join_all(gets).await;
    assert!(
        sizes
            .iter()
            .enumerate()
            .all(|(path, size)| *size == (1 << 20) - path)
    );
}
