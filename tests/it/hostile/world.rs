//! A whole newsriver beside an origin that misbehaves: polls, what is published, and what is said of it.

use crate::fetching::origin::{Do, Origin};
use crate::support::{Newsroom, titles};
use newsriver::daemon::control::{self, Reply, Request};
use newsriver::daemon::engine::Engine;
use newsriver::model::{PollRecord, SourceState};
use newsriver::publish::{Coding, Found};
use newsriver::store::Channel;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What is answered at each path; a path that is not here is answered with the end of the connection.
type Plays = Arc<Mutex<HashMap<String, Vec<Do>>>>;

/// An engine over a folder of its own, on a clock that stands, and an origin on a real socket.
pub(crate) struct World {
    pub(crate) origin: Origin,
    pub(crate) newsroom: Newsroom,
    pub(crate) engine: Arc<Engine>,
    plays: Plays,
}

impl World {
    /// With one source, named `wire`, at `/feed` of the origin.
    pub(crate) async fn new() -> Self {
        Self::with("[[source]]\nname = \"wire\"\nurl = \"{origin}/feed\"\n").await
    }

    /// With these tables behind the usual head of `feeds.toml`; `{origin}` stands for the origin's address.
    pub(crate) async fn with(tables: &str) -> Self {
        let plays = Plays::default();
        let script = Arc::clone(&plays);
        let origin = Origin::start(move |path| {
            let plays = script.lock().unwrap();
            plays.get(path).cloned().unwrap_or_else(|| vec![Do::Close])
        })
        .await;
        let newsroom = Newsroom::new(&tables.replace("{origin}", &origin.url("")));
        let engine = newsroom.engine().await;
        Self {
            origin,
            newsroom,
            engine,
            plays,
        }
    }

    /// From now on the origin does this at `path` (with its query, as it is asked).
    pub(crate) fn on(&self, path: &str, steps: Vec<Do>) {
        self.plays.lock().unwrap().insert(path.to_owned(), steps);
    }

    /// Polls the source of this name now, an hour after what was before.
    pub(crate) async fn poll(&self, name: &str) -> PollRecord {
        self.newsroom.later(3600);
        let setup = self.engine.setup();
        let source = setup.named(name).unwrap();
        let record = self.engine.poll(source).await;
        self.engine.publish(&self.engine.touched.take()).await.unwrap();
        record
    }

    /// What is remembered of a source.
    pub(crate) async fn state(&self, name: &str) -> SourceState {
        let setup = self.engine.setup();
        let source = setup.named(name).unwrap();
        SourceState::clone(&*self.engine.store.state(source.id).await.unwrap())
    }

    /// The titles of the whole river, newest first.
    pub(crate) async fn titles(&self) -> Vec<String> {
        titles(&self.engine, Channel::River).await
    }

    /// A published document's strong validator and its bytes.
    pub(crate) async fn document(&self, path: &str) -> (String, String) {
        let publisher = self.engine.publisher().await.unwrap();
        match publisher.find(path).await.unwrap() {
            Found::Document(document) => {
                let etag = document.etag(Coding::Identity);
                let bytes = String::from_utf8(document.identity().to_vec()).unwrap();
                (etag.to_str().unwrap().to_owned(), bytes)
            }
            _ => (String::new(), String::new()),
        }
    }

    /// What `status` says of a source, as its JSON.
    pub(crate) async fn status(&self, name: &str) -> Value {
        let (replies, mut answers) = tokio::sync::mpsc::channel(8);
        control::answer(&self.engine, Request::Status, &replies).await;
        let Some(Reply::Answer { value }) = answers.recv().await else {
            panic!("status answers");
        };
        let sources = value["sources"].as_array().unwrap();
        sources
            .iter()
            .find(|source| source["name"] == name)
            .unwrap()
            .clone()
    }
}
