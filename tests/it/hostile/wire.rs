//! A source, its origin and the engine that polls it, on a clock that stands until it is moved: what the files beside
//! this one play their parts with.

use crate::support::{Newsroom, items};
use newsriver::clock::Clock;
use newsriver::daemon::engine::Engine;
use newsriver::demo::{Answer, Visit};
use newsriver::health::SourceHealth;
use newsriver::model::{PollRecord, SourceId, SourceState, Timestamp};
use newsriver::store::Channel;
use std::sync::Arc;
use std::time::Duration;

/// One source, named `wire`, at `/feed`.
pub(super) const ONE: &str = "[[source]]\nname = \"wire\"\nurl = \"{origin}/feed\"\n";

pub(super) fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

pub(super) fn hours(count: u64) -> Duration {
    minutes(count * 60)
}

/// An answer without a body.
pub(super) fn status(code: u16, headers: &[(&str, &str)]) -> Answer {
    Answer::with_status(code, "", headers)
}

/// The nth item, with a guid, link, title and text of its own.
pub(super) fn item(number: u32) -> String {
    format!(
        "<item><guid isPermaLink=\"false\">guid-{number}</guid><title>Story {number}</title>\
         <link>http://wire.example.org/{number}</link><description>What there is to say of {number}.</description></item>"
    )
}

/// An RSS document of these items.
pub(super) fn feed(items: &[String]) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>Wire</title><link>http://wire.example.org/</link>\
         <description>d</description>{}</channel></rss>",
        items.concat()
    )
}

pub(super) struct Wire {
    newsroom: Newsroom,
    engine: Arc<Engine>,
}

impl Wire {
    pub(super) async fn new(tables: &str) -> Self {
        Self::over(Newsroom::new(tables)).await
    }

    /// The same with more lines in `[fetch]`.
    pub(super) async fn with_fetch(tables: &str, lines: &str) -> Self {
        Self::over(Newsroom::new(&format!("{lines}{tables}"))).await
    }

    /// An engine over what is there, with its polls planned.
    pub(super) async fn over(newsroom: Newsroom) -> Self {
        let engine = newsroom.engine().await;
        engine.plan_polls().await.unwrap();
        Self { newsroom, engine }
    }

    /// The folder and the origin, the store closed.
    pub(super) async fn closed(self) -> Newsroom {
        self.engine.store.close().await.unwrap();
        self.newsroom
    }

    pub(super) async fn restarted(self) -> Self {
        Self::over(self.closed().await).await
    }

    /// Started again with another `feeds.toml`.
    pub(super) async fn configured(self, tables: &str) -> Self {
        let newsroom = self.closed().await;
        newsroom.configure(tables);
        Self::over(newsroom).await
    }

    pub(super) fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    pub(super) fn now(&self) -> Timestamp {
        self.newsroom.clock.now()
    }

    pub(super) fn later(&self, by: Duration) {
        self.newsroom.clock.advance(by);
    }

    pub(super) fn serve(&self, path: &str, document: &str, headers: &[(&str, &str)]) {
        self.newsroom.origin.serve(path, document.to_owned(), headers);
    }

    pub(super) fn answer(&self, path: &str, answer: Answer) {
        self.newsroom.origin.answer(path, answer);
    }

    pub(super) fn url(&self, path: &str) -> String {
        self.newsroom.origin.url(path)
    }

    pub(super) fn visits(&self, path: &str) -> Vec<Visit> {
        self.newsroom.origin.visits_of(path)
    }

    pub(super) fn count(&self, path: &str) -> u64 {
        self.newsroom.origin.counts(path).requests
    }

    /// Polls the first source, a little later than whatever was before.
    pub(super) async fn poll(&self) -> PollRecord {
        self.poll_of(0).await
    }

    pub(super) async fn poll_of(&self, place: usize) -> PollRecord {
        self.later(Duration::from_secs(2));
        self.engine.poll(&self.engine.setup().sources[place]).await
    }

    /// Polls the first source at this very moment.
    pub(super) async fn poll_now(&self) -> PollRecord {
        self.engine.poll(&self.engine.setup().sources[0]).await
    }

    pub(super) async fn by_hand(&self, is_named: bool) -> PollRecord {
        self.engine
            .poll_by_hand(&self.engine.setup().sources[0], is_named)
            .await
    }

    /// The sources that the daemon would poll now.
    pub(super) async fn claimed(&self) -> Vec<SourceId> {
        self.engine
            .store
            .claim(self.now(), minutes(2), 100)
            .await
            .unwrap()
    }

    pub(super) async fn state(&self, place: usize) -> SourceState {
        let id = self.engine.setup().sources[place].id;
        SourceState::clone(&*self.engine.store.state(id).await.unwrap())
    }

    pub(super) async fn health(&self, place: usize) -> SourceHealth {
        let state = self.state(place).await;
        SourceHealth::of(&self.engine.setup().sources[place], &state, self.now())
    }

    pub(super) async fn titles(&self) -> Vec<String> {
        self.titles_of(Channel::River).await
    }

    pub(super) async fn titles_of(&self, channel: Channel) -> Vec<String> {
        let items = items(&self.engine, channel).await;
        items.iter().map(|stored| stored.item.title.clone()).collect()
    }

    /// The items of the river, newest first.
    pub(super) async fn items(&self) -> Vec<newsriver::store::StoredItem> {
        items(&self.engine, Channel::River).await
    }
}

impl Wire {
    /// The same at a clock that was set back by so much.
    pub(super) fn turned_back(self, by: Duration) -> Self {
        self.newsroom.clock.set(self.now().minus(by));
        self
    }
}
