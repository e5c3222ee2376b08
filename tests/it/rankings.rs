//! Hot lists: their order is a vote for the hot ranking, and no publication.

use crate::stories::{found, rss, text};
use crate::support::{Newsroom, items, poll_all};
use newsriver::daemon::engine::Engine;
use newsriver::model::Outcome;
use newsriver::publish::Found;
use newsriver::store::Channel;
use serde_json::Value;
use std::sync::Arc;

const LISTED: &str = "[[source]]\nname = \"wire\"\nurl = \"{origin}/wire\"\n\
    [[source]]\nname = \"list\"\nurl = \"{origin}/list\"\nkind = \"ranking\"\n";

const HARBOUR: (&str, &str, &str, &str) = (
    "w1",
    "The harbour of the old town is dredged for the first time",
    "https://wire.example.org/harbour",
    "Three ships began on Monday to take away the silt of ninety years, the harbour master said.",
);

const SEASON: (&str, &str, &str, &str) = (
    "w2",
    "北方群岛乐团周五开始冬季演出",
    "https://wire.example.org/season",
    "乐团周五演出三部在这里从未演奏过的作品，其中一部是二十二岁作曲家的双长笛协奏曲。",
);

const LATE: (&str, &str, &str, &str) = (
    "w3",
    "Nobody may cross the bridge of the northern road before spring",
    "https://wire.example.org/bridge",
    "The engineers found a crack in the second pier and closed the bridge for the winter.",
);

/// A hot list of titles and links.
fn list(entries: &[(&str, &str)]) -> String {
    let entries: Vec<_> = entries
        .iter()
        .map(|(title, link)| (*link, *title, *link, ""))
        .collect();
    rss(&entries)
}

/// The wire tells two stories; the list has the second one first, under another address and with its title cut, the
/// first one with tracking parameters, and one that nobody has told yet.
async fn listed(newsroom: &Newsroom) -> Arc<Engine> {
    newsroom.origin.serve("/wire", rss(&[HARBOUR, SEASON]), &[]);
    newsroom.origin.serve(
        "/list",
        list(&[
            ("北方群岛乐团周五开始…", "https://list.example.net/s?q=1"),
            (
                "Dredging at last",
                "https://wire.example.org/harbour?utm_source=list",
            ),
            (LATE.1, "https://list.example.net/s?q=3"),
        ]),
        &[],
    );
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    newsroom.later(3600);
    poll_all(&engine).await;
    engine
}

async fn hot(engine: &Arc<Engine>) -> Vec<String> {
    let feed: Value = serde_json::from_str(&text(engine, "/hot/feed.json").await).unwrap();
    let ranked = feed["items"].as_array().unwrap();
    ranked
        .iter()
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_hot_list_votes_for_what_others_tell_and_publishes_nothing() {
    let newsroom = Newsroom::new(LISTED);
    let engine = listed(&newsroom).await;
    assert_eq!(hot(&engine).await, [SEASON.1, HARBOUR.1]);
    let river = items(&engine, Channel::River).await;
    assert_eq!(river.len(), 2, "nothing of the list is an item");
    for path in ["/source/list/", "/source/list/atom.xml"] {
        assert!(matches!(found(&engine, path).await, Found::Nothing(status, _) if status == 404));
    }
    assert!(!text(&engine, "/opml.xml").await.contains("/source/list/"));
    // A list may be quicker than the feeds: what it means is found when it has not changed, too.
    newsroom.later(3600);
    newsroom.origin.serve("/wire", rss(&[LATE, HARBOUR, SEASON]), &[]);
    poll_all(&engine).await;
    newsroom.later(3600);
    let polled = poll_all(&engine).await;
    assert!(polled.iter().all(|record| record.outcome == Outcome::Unchanged));
    assert_eq!(hot(&engine).await.len(), 3);
}

#[tokio::test]
async fn votes_survive_a_restart_and_why_tells_them() {
    let newsroom = Newsroom::new(LISTED);
    let engine = listed(&newsroom).await;
    let before = text(&engine, "/hot/atom.xml").await;
    engine.close().await.unwrap();
    drop(engine);
    let engine = newsroom.engine().await;
    assert_eq!(text(&engine, "/hot/atom.xml").await, before);
    engine.close().await.unwrap();
    drop(engine);
    let said = |arguments: &[&str]| String::from_utf8(newsroom.newsriver(arguments).stdout).unwrap();
    let why = said(&["why", HARBOUR.2]);
    assert!(why.contains("told by 2"), "{why}");
    assert!(
        why.contains("source list: 0.93") && why.contains("(place 2 of its hot list)"),
        "{why}"
    );
    let why = said(&["why", "list"]);
    assert!(
        why.contains("place 1 since ") && why.contains("means tag:"),
        "{why}"
    );
    assert!(why.contains("means no stored item yet"), "{why}");
    let status = said(&["status"]);
    assert!(status.contains("ranking: "), "{status}");
}

#[tokio::test]
async fn votes_go_with_their_list() {
    let newsroom = Newsroom::new(LISTED);
    let engine = listed(&newsroom).await;
    assert_eq!(hot(&engine).await.len(), 2);
    let alone = "[[source]]\nname = \"wire\"\nurl = \"{origin}/wire\"\n";
    newsroom.configure(alone);
    engine
        .reload(newsriver::config::load(&newsroom.config()).unwrap().0)
        .await
        .unwrap();
    assert_eq!(hot(&engine).await, [""; 0]);
    assert!(
        newsriver::poll::votes(engine.store.as_ref())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_list_that_becomes_a_feed_is_published_though_it_has_not_changed() {
    let newsroom = Newsroom::new(LISTED);
    let engine = listed(&newsroom).await;
    engine.close().await.unwrap();
    drop(engine);
    newsroom.configure(&LISTED.replace("kind = \"ranking\"\n", ""));
    newsroom.later(3600);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let river = items(&engine, Channel::River).await;
    assert!(river.iter().any(|stored| stored.item.title == LATE.1));
    assert_eq!(
        hot(&engine).await,
        [SEASON.1],
        "what it lists at the wire's own address is the wire's"
    );
    // And back: its votes are counted from the same unchanged document.
    engine.close().await.unwrap();
    drop(engine);
    newsroom.configure(LISTED);
    newsroom.later(3600);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let votes = newsriver::poll::votes(engine.store.as_ref()).await.unwrap();
    assert_eq!(votes.iter().map(|(_, votes)| votes.len()).sum::<usize>(), 3);
}

#[tokio::test]
async fn a_hot_list_that_is_a_page_is_refused_in_words_and_what_it_names_is_not_followed() {
    let newsroom = Newsroom::new(LISTED);
    newsroom.origin.serve("/wire", rss(&[HARBOUR]), &[]);
    let page = "<html><head><title>Hot</title><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/wire\"></head>\
        <body><ol><li><a href=\"/1\">One</a></ol></body></html>";
    newsroom.origin.serve("/list", page.to_owned(), &[]);
    let engine = newsroom.engine().await;
    let polled = poll_all(&engine).await;
    let list = polled.iter().find(|record| record.name == "list").unwrap();
    assert_eq!(list.outcome, Outcome::Failed);
    assert_eq!(
        list.reason.0,
        "the document is an HTML page (\"Hot\"), not a feed; a ranking is read from RSS, Atom or JSON Feed alone"
    );
}
