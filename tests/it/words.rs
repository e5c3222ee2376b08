//! The admin's word against the machine's: taken apart, put together, kept for good, told as pairs.

use crate::stories::{COPY, ELSE, FIRST, NEXT, THREE, found, rss, story_of, text, told};
use crate::support::{Newsroom, items, poll_all};
use newsriver::daemon::engine::Engine;
use newsriver::model::Item;
use newsriver::publish::Found;
use newsriver::store::{Changes, Channel, Edit};
use serde_json::Value;
use std::sync::Arc;

async fn end(engine: Arc<Engine>) {
    engine.close().await.unwrap();
}

fn said(newsroom: &Newsroom, arguments: &[&str]) -> String {
    let output = newsroom.newsriver(arguments);
    let words = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{words}");
    words
}

fn pairs(newsroom: &Newsroom) -> Vec<Value> {
    let lines = said(newsroom, &["pairs"]);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn an_item_that_was_split_off_tells_a_story_of_its_own_for_good() {
    let newsroom = Newsroom::new(THREE);
    let engine = told(&newsroom).await;
    let ids: Vec<String> = ids(&engine).await;
    end(engine).await;
    assert!(said(&newsroom, &["split", NEXT.2]).contains("a story of its own"));
    // What is remembered of words is made anew from the items: the admin's word is in it.
    std::fs::remove_file(newsroom.folder.path().join("store/recall")).unwrap();
    newsroom.later(3600);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    assert_eq!(self::ids(&engine).await, ids);
    let (old, own) = (story_of(&engine, FIRST.1).await, story_of(&engine, NEXT.1).await);
    assert_ne!(old, own);
    // One source and one copy still tell the old one; nobody else tells the new.
    let page = text(&engine, &format!("/story/{old}")).await;
    assert!(page.contains(COPY.2) && !page.contains(NEXT.2), "{page}");
    assert!(matches!(
        found(&engine, &format!("/story/{own}")).await,
        Found::Nothing(..)
    ));
    end(engine).await;
    let pairs = pairs(&newsroom);
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0]["same_story"], false);
    assert_eq!(
        (&pairs[0]["a"]["title"], &pairs[0]["b"]["title"]),
        (&NEXT.1.into(), &FIRST.1.into())
    );
    assert_eq!(pairs[0]["b"]["text"], FIRST.3);
    let again = newsroom.newsriver(&["split", NEXT.2]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("no other item tells its story"));
}

async fn ids(engine: &Arc<Engine>) -> Vec<String> {
    let river = items(engine, Channel::River).await;
    river.iter().map(|stored| stored.item.id.clone()).collect()
}

#[tokio::test]
async fn two_stories_that_were_merged_are_one_and_the_old_page_leads_there() {
    let newsroom = Newsroom::new(THREE);
    let engine = told(&newsroom).await;
    let (one, other) = (story_of(&engine, FIRST.1).await, story_of(&engine, ELSE.1).await);
    let ids: Vec<String> = ids(&engine).await;
    end(engine).await;
    assert!(said(&newsroom, &["merge", ELSE.2, FIRST.2]).contains("one story now"));
    std::fs::remove_file(newsroom.folder.path().join("store/recall")).unwrap();
    newsroom.later(3600);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    assert_eq!(self::ids(&engine).await, ids);
    let (into, gone) = (one.min(other), one.max(other));
    for title in [FIRST.1, ELSE.1, NEXT.1] {
        assert_eq!(story_of(&engine, title).await, into, "{title}");
    }
    match found(&engine, &format!("/story/{gone}")).await {
        Found::Moved(path) => assert_eq!(path, format!("/story/{into}")),
        other => panic!("{other:?}"),
    }
    assert!(text(&engine, &format!("/story/{into}")).await.contains(ELSE.2));
    end(engine).await;
    assert_eq!(pairs(&newsroom)[0]["same_story"], true);
}

#[tokio::test]
async fn a_copy_that_is_none_becomes_an_item_of_its_own_and_is_told_once() {
    for is_restarted in [false, true] {
        let newsroom = Newsroom::new(THREE);
        let engine = told(&newsroom).await;
        let before = items(&engine, Channel::River).await.len();
        end(engine).await;
        assert!(said(&newsroom, &["split", COPY.2]).contains("an item of its own"));
        if is_restarted {
            std::fs::remove_file(newsroom.folder.path().join("store/recall")).unwrap();
        }
        let engine = newsroom.engine().await;
        newsroom.later(3600);
        let records = poll_all(&engine).await;
        assert_eq!(
            records.iter().map(|record| record.new).sum::<usize>(),
            1,
            "{records:?}"
        );
        let river = items(&engine, Channel::River).await;
        assert_eq!(river.len(), before + 1);
        let own = river.iter().find(|stored| stored.item.title == COPY.1).unwrap();
        assert_eq!(own.item.carriers.len(), 1);
        let first = river.iter().find(|stored| stored.item.title == FIRST.1).unwrap();
        assert_eq!(first.item.carriers.len(), 1);
        // Listed in another order, with more, and after a restart, it stays that.
        end(engine).await;
        newsroom.later(3600);
        let more = (
            "p10",
            "Weather",
            "https://paper.example.com/10",
            "Rain, and wind from the west in the evening.",
        );
        newsroom.origin.serve("/paper", rss(&[more, COPY]), &[]);
        let engine = newsroom.engine().await;
        let records = poll_all(&engine).await;
        assert_eq!(
            records.iter().map(|record| record.new).sum::<usize>(),
            1,
            "{records:?}"
        );
        end(engine).await;
        let pairs = pairs(&newsroom);
        assert_eq!(
            (&pairs[0]["same_article"], &pairs[0]["b"]["url"]),
            (&false.into(), &COPY.2.into())
        );
    }
}

#[tokio::test]
async fn a_running_daemon_takes_the_word_and_publishes_it() {
    let newsroom = Newsroom::new(THREE);
    let engine = told(&newsroom).await;
    let story = story_of(&engine, FIRST.1).await;
    end(engine).await;
    let daemon = newsroom.run().await;
    let path = format!("/story/{story}");
    daemon.until(&path, |page| page.contains(NEXT.2)).await;
    said(&newsroom, &["split", NEXT.2]);
    daemon
        .until(&path, |page| page.contains(COPY.2) && !page.contains(NEXT.2))
        .await;
    assert_eq!(pairs(&newsroom).len(), 1);
    let nobody = newsroom.newsriver(&["merge", FIRST.2, "https://nowhere.example/"]);
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("neither the id nor the link"));
    daemon.signal("TERM");
    daemon.end().await;
}

#[tokio::test]
async fn verify_finds_what_does_not_fit_and_repair_puts_it_right() {
    let newsroom = Newsroom::new(THREE);
    let engine = told(&newsroom).await;
    let story = story_of(&engine, FIRST.1).await;
    end(engine).await;
    assert!(said(&newsroom, &["verify"]).contains("3 items"), "all is well");
    // An item forgets that others tell its story, and the file of what is remembered rots.
    let engine = newsroom.engine().await;
    let river = items(&engine, Channel::River).await;
    let sequel = river.iter().find(|stored| stored.item.title == NEXT.1).unwrap();
    let edit = Edit {
        number: sequel.number,
        version: sequel.version,
        item: Item {
            is_shared: false,
            ..Item::clone(&sequel.item)
        },
    };
    let changes = Changes {
        edits: vec![edit],
        ..Changes::default()
    };
    engine.store.commit(changes).await.unwrap();
    end(engine).await;
    std::fs::write(newsroom.folder.path().join("store/recall"), "rot").unwrap();
    let found = newsroom.newsriver(&["verify"]);
    let words = String::from_utf8_lossy(&found.stdout).into_owned();
    assert_eq!(found.status.code(), Some(1), "{words}");
    for part in ["others tell the story", "recall is damaged", "2 faults"] {
        assert!(words.contains(part), "{part} in {words}");
    }
    assert!(said(&newsroom, &["verify", "--repair"]).contains("the story of 1"));
    assert!(said(&newsroom, &["verify"]).contains("fits together"));
    // What is remembered is there again: a late copy finds its original.
    newsroom.later(3600);
    let late = ("r9", "旧闻", "https://radio.example.net/9", FIRST.3);
    newsroom.origin.serve("/radio", rss(&[late]), &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    assert!(text(&engine, &format!("/story/{story}")).await.contains(COPY.2));
    assert_eq!(items(&engine, Channel::River).await.len(), 3);
}
