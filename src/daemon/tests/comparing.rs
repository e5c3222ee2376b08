//! A changed file is compared with all that is stored, and little of it is in memory at once.

use super::*;
use crate::daemon::control::{self, Reply, Request};
use crate::model::{Carrier, Item, SourceId};
use crate::store::Changes;
use tokio::sync::mpsc;

const NOW: &str =
    "[categorize]\nlearned = false\n[[source]]\nname = \"one\"\nurl = \"http://one.example/\"\n";
const THEN: &str = "[[category]]\nname = \"all\"\nmatch = { any = [\"item\"] }\n";
const ITEMS: usize = 3000;

/// An engine whose store holds that many items of the source.
async fn filled() -> Whole {
    let whole = whole(NOW, MORNING).await;
    let item = |number: usize| Item {
        id: format!("tag:example.org,2026:{number}"),
        title: format!("Item {number}"),
        surfaced: MORNING,
        first_seen: MORNING,
        updated: MORNING,
        carriers: vec![Carrier {
            source: SourceId(1),
            ..Carrier::default()
        }],
        ..Item::default()
    };
    let changes = Changes {
        source: SourceId(1),
        at: MORNING,
        new_items: (0..ITEMS).map(item).collect(),
        ..Changes::default()
    };
    whole.disk.memory.commit(changes).await.unwrap();
    whole
}

/// Asks what THEN would change; the answers come one at a time.
fn compared(whole: &Whole) -> (mpsc::Receiver<Reply>, tokio::task::JoinHandle<()>) {
    let (sender, replies) = mpsc::channel(1);
    let engine = Arc::clone(&whole.engine);
    let request = Request::Against {
        path: "feeds.toml".into(),
        text: format!("{NOW}{THEN}"),
    };
    let answering = tokio::spawn(async move { control::answer(&engine, request, &sender).await });
    (replies, answering)
}

#[tokio::test(start_paused = true)]
async fn differences_are_sought_no_faster_than_they_are_taken() {
    let whole = filled().await;
    let (mut replies, answering) = compared(&whole);
    assert!(matches!(replies.recv().await, Some(Reply::Answer { .. })));
    // Time passes only where nothing else can be done.
    tokio::time::sleep(HOUR).await;
    assert_eq!(
        whole.disk.lists_read.load(Ordering::SeqCst),
        1,
        "a page is waited for"
    );

    let (mut told, mut last) = (1, None);
    while let Some(reply) = replies.recv().await {
        match reply {
            Reply::Answer { .. } => told += 1,
            other => last = Some(other),
        }
    }
    answering.await.unwrap();
    assert_eq!((told, last), (ITEMS, Some(Reply::Done { well: false })));
}

#[tokio::test(start_paused = true)]
async fn nothing_more_is_sought_once_nobody_listens() {
    let whole = filled().await;
    let (mut replies, answering) = compared(&whole);
    assert!(replies.recv().await.is_some());
    drop(replies);
    answering.await.unwrap();
    assert_eq!(whole.disk.lists_read.load(Ordering::SeqCst), 1);
}
