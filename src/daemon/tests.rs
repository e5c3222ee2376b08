//! The running whole over doubles: a store in memory, a stage in the network's place, and time that passes as it is
//! slept. So a week of polling takes a moment, and what a slow or broken store does can be seen.

use super::engine::{Engine, Network};
use super::workers::{self, Beat};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::fetch::{self, Answer, Ask, Transport};
use crate::model::Timestamp;
use crate::poll::Recall;
use crate::store::{MemoryStore, Store};
use async_trait::async_trait;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

mod comparing;
mod polling;
mod reloading;

#[path = "../../tests/it/support/double.rs"]
mod double;

use double::Disk;

/// 2026-11-22T08:30:00Z.
const MORNING: Timestamp = Timestamp::from_seconds(1_795_336_200);

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// The clock on the wall: it goes as time is slept.
struct Wall {
    shows: Timestamp,
    since: Instant,
}

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        self.shows.plus(self.since.elapsed())
    }
}

/// What an address does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Play {
    /// Answers with this status and no body.
    Status(u16),
    /// The same, with a `Retry-After` of so many seconds.
    Rest(u16, u32),
    /// Answers 204 after so many seconds.
    Slow(u64),
    /// Never answers.
    Hang,
    /// Is where newsriver itself fails.
    Panic,
}

/// The network: each address does as it is told, 204 where it is told nothing.
struct Stage {
    clock: Arc<Wall>,
    plays: Mutex<HashMap<String, Play>>,
    visits: Mutex<Vec<(String, Timestamp)>>,
}

impl Stage {
    fn play(&self, url: &str, play: Play) {
        self.plays.lock().unwrap().insert(url.to_owned(), play);
    }

    /// When an address was asked.
    fn visits(&self, url: &str) -> Vec<Timestamp> {
        let visits = self.visits.lock().unwrap();
        let of = visits.iter().filter(|(visited, _)| visited == url);
        of.map(|(_, at)| *at).collect()
    }

    /// The times between the visits to an address, in seconds.
    fn gaps(&self, url: &str) -> Vec<f64> {
        let visits = self.visits(url);
        let pairs = visits.windows(2);
        pairs.map(|pair| pair[1].since(pair[0]).as_secs_f64()).collect()
    }
}

#[async_trait]
impl Transport for Stage {
    async fn exchange(&self, ask: &Ask) -> Result<Answer, fetch::Error> {
        let url = ask.url.to_string();
        self.visits.lock().unwrap().push((url.clone(), self.clock.now()));
        let play = self.plays.lock().unwrap().get(&url).copied();
        let mut headers = HeaderMap::new();
        let status = match play.unwrap_or(Play::Status(204)) {
            Play::Status(status) => status,
            Play::Rest(status, seconds) => {
                headers.insert("retry-after", HeaderValue::from(seconds));
                status
            }
            Play::Slow(seconds) => {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                204
            }
            Play::Hang => std::future::pending().await,
            Play::Panic => panic!("as told"),
        };
        Ok(Answer {
            status,
            headers,
            body: futures_util::stream::empty().boxed(),
        })
    }
}

/// An engine over doubles.
struct Whole {
    engine: Arc<Engine>,
    stage: Arc<Stage>,
    disk: Arc<Disk>,
}

fn config(text: &str) -> Config {
    let (config, _) =
        config::check_text(Path::new("feeds.toml"), text).unwrap_or_else(|problems| panic!("{problems}"));
    config
}

/// One that reads this file when the clock shows `shows`; first polls are planned.
async fn whole(text: &str, shows: Timestamp) -> Whole {
    let since = Instant::now();
    let clock = Arc::new(Wall { shows, since });
    let stage = Arc::new(Stage {
        clock: Arc::clone(&clock),
        plays: Mutex::default(),
        visits: Mutex::default(),
    });
    let disk = Disk::over(Arc::new(MemoryStore::new("example.org", shows)));
    let store = Arc::clone(&disk) as Arc<dyn Store>;
    let network = Arc::clone(&stage);
    let network: Network = Box::new(move |_| Arc::clone(&network) as Arc<dyn Transport>);
    let engine = Engine::over(store, network, Recall::new(None), config(text), clock)
        .await
        .unwrap();
    engine.plan_polls().await.unwrap();
    Whole { engine, stage, disk }
}

impl Whole {
    /// The poll loop, without the scheduler's beat; `alive` is called at each of its rounds.
    async fn poll(&self, alive: impl Fn() + Send + Sync + 'static) {
        let beat = Beat {
            due: Arc::new(Notify::new()),
            alive: Arc::new(alive),
        };
        workers::poll(Arc::clone(&self.engine), beat, CancellationToken::new()).await;
    }

    /// Polls what is due for so long.
    async fn run(&self, duration: Duration) {
        tokio::select! {
            () = self.poll(|| {}) => {}
            () = tokio::time::sleep(duration) => {}
        }
    }
}
