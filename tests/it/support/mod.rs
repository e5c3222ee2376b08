//! A newsroom in a folder: an origin, a `feeds.toml`, and the engine or the binary that reads it.

pub(crate) mod disk;
pub(crate) mod double;

use newsriver::clock::{Clock, ManualClock};
use newsriver::config;
use newsriver::daemon::engine::Engine;
use newsriver::demo::Origin;
use newsriver::model::{PollRecord, Timestamp};
use newsriver::store::{Channel, StoredItem};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// 2026-11-22T08:30:00Z: when most tests begin.
pub(crate) const MORNING: Timestamp = Timestamp::from_seconds(1_795_336_200);

/// An origin and a folder with a `feeds.toml` that polls it.
pub(crate) struct Newsroom {
    pub(crate) folder: TempDir,
    pub(crate) origin: Origin,
    pub(crate) clock: Arc<ManualClock>,
}

impl Newsroom {
    /// An origin, and a configuration whose `{origin}` is its address. `tables` follows the usual head.
    pub(crate) fn new(tables: &str) -> Self {
        let clock = Arc::new(ManualClock::at(MORNING));
        let origin = Origin::start_at(
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            Arc::clone(&clock) as Arc<dyn Clock>,
        )
        .expect("a loopback port is free");
        let newsroom = Self {
            folder: TempDir::new().expect("a temporary folder"),
            origin,
            clock,
        };
        newsroom.configure(tables);
        newsroom
    }

    /// Writes another `feeds.toml`.
    pub(crate) fn configure(&self, tables: &str) {
        let head = "[site]\ntitle = \"Test river\"\nurl = \"http://river.example.org/\"\n\
            [server]\nlisten = \"127.0.0.1:0\"\n\
            [store]\npath = \"store\"\n\
            [fetch]\nmin_interval = \"1s\"\ninterval = \"10s\"\nallow_private_networks = true\ntimeout = \"5s\"\n";
        let tables = tables.replace("{origin}", self.origin.url("").trim_end_matches('/'));
        std::fs::write(self.config(), format!("{head}{tables}")).expect("the folder can be written");
    }

    /// The path of `feeds.toml`.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("feeds.toml")
    }

    /// An engine over this folder, on the newsroom's clock.
    pub(crate) async fn engine(&self) -> Arc<Engine> {
        let (config, _) = config::load(&self.config()).unwrap_or_else(|problems| panic!("{problems}"));
        Engine::open(config, Arc::clone(&self.clock) as Arc<dyn Clock>)
            .await
            .expect("the store opens")
    }

    /// Moves the clock past every `min_interval`.
    pub(crate) fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Runs the binary with this configuration.
    pub(crate) fn newsriver(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_newsriver"))
            .arg("--config")
            .arg(self.config())
            .args(arguments)
            .env("NO_COLOR", "1")
            .env_remove("NEWSRIVER_CONFIG")
            .env_remove("RUNTIME_DIRECTORY")
            .output()
            .expect("the binary runs")
    }
}

/// Polls every source once, in the file's order.
pub(crate) async fn poll_all(engine: &Arc<Engine>) -> Vec<PollRecord> {
    let mut records = Vec::new();
    for source in &engine.setup().sources {
        records.push(engine.poll(source).await);
    }
    records
}

/// The newest items of a channel.
pub(crate) async fn items(engine: &Arc<Engine>, channel: Channel) -> Vec<StoredItem> {
    let lines = engine
        .store
        .list(&channel, None, 1000)
        .await
        .expect("the store lists");
    let numbers: Vec<_> = lines.iter().map(|line| line.number).collect();
    engine
        .store
        .items(&numbers)
        .await
        .expect("the store reads")
        .into_iter()
        .flatten()
        .collect()
}

/// The titles of a channel, newest first.
pub(crate) async fn titles(engine: &Arc<Engine>, channel: Channel) -> Vec<String> {
    items(engine, channel)
        .await
        .into_iter()
        .map(|stored| stored.item.title.clone())
        .collect()
}

/// An RSS document of these `(guid, title, link, pubDate)`.
pub(crate) fn rss(entries: &[(&str, &str, &str, &str)]) -> String {
    let items: String = entries
        .iter()
        .map(|(guid, title, link, date)| {
            let date = if date.is_empty() { String::new() } else { format!("<pubDate>{date}</pubDate>") };
            format!(
                "<item><guid isPermaLink=\"false\">{guid}</guid><title>{title}</title><link>{link}</link>{date}\
                 <description>About {title}.</description></item>"
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Wire</title><link>http://wire.example.org/</link><description>d</description>{items}</channel></rss>"
    )
}

/// A daemon of its own process, killed when dropped.
pub(crate) struct Daemon {
    pub(crate) child: std::process::Child,
    pub(crate) address: SocketAddr,
}

impl Newsroom {
    /// Starts `newsriver run` and waits for its first answer.
    pub(crate) async fn run(&self) -> Daemon {
        let address = free_address();
        let text = std::fs::read_to_string(self.config()).expect("feeds.toml is there");
        let listen = text
            .lines()
            .find(|line| line.starts_with("listen"))
            .expect("it says where to listen");
        std::fs::write(
            self.config(),
            text.replace(listen, &format!("listen = \"{address}\"")),
        )
        .expect("it is written");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("a log file");
        let child = Command::new(env!("CARGO_BIN_EXE_newsriver"))
            .arg("--config")
            .arg(self.config())
            .arg("run")
            .env_remove("RUNTIME_DIRECTORY")
            .env_remove("NOTIFY_SOCKET")
            .stderr(log)
            .spawn()
            .expect("the binary runs");
        let daemon = Daemon { child, address };
        daemon.until("/healthz", |body| !body.is_empty()).await;
        daemon
    }

    /// Waits until a daemon of this newsroom has logged these words; gives up after 30 seconds.
    pub(crate) async fn logged(&self, words: &str) -> String {
        let mut turns = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..600 {
            turns.tick().await;
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            if let Some(line) = log.lines().find(|line| line.contains(words)) {
                return line.to_owned();
            }
        }
        panic!("it never said {words}");
    }

    /// What daemons of this newsroom logged.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Daemon {
    /// The body of a document, and nothing when it cannot be had.
    pub(crate) async fn get(&self, path: &str) -> Option<String> {
        // The client is built without a provider of its own; a second installation is refused, and that is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let response = reqwest::get(format!("http://{}{path}", self.address))
            .await
            .ok()?;
        response.text().await.ok()
    }

    /// Asks until the body is as wanted; gives up after 30 seconds.
    pub(crate) async fn until(&self, path: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        let mut turns = tokio::time::interval(Duration::from_millis(50));
        loop {
            turns.tick().await;
            let body = self.get(path).await.unwrap_or_default();
            if is_wanted(&body) {
                return body;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "{path} did not come to be as wanted; last: {body}"
            );
        }
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for the end, 15 seconds at most, and answers the exit code.
    pub(crate) async fn end(mut self) -> Option<i32> {
        let mut turns = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..300 {
            turns.tick().await;
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                return status.code();
            }
        }
        panic!("it did not end within 15 seconds");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
    listener.local_addr().expect("it has an address")
}
