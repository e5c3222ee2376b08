//! `newsriver check --against store` tells what a changed file would do to the stored items, and does nothing.

use super::*;
use newsriver::daemon::control::{self, Reply, Request};

/// What `check --against store` says, and its exit code.
fn compared(newsroom: &Newsroom, tables: &str) -> (Option<i32>, Vec<String>) {
    newsroom.configure(tables);
    let said = newsroom.newsriver(&["check", "--against", "store"]);
    let lines = String::from_utf8_lossy(&said.stdout)
        .lines()
        .map(str::to_owned)
        .collect();
    (said.status.code(), lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_changed_file_would_change_is_told_and_nothing_is_changed() {
    let newsroom = newsroom(TABLES);
    let nothing = compared(&newsroom, TABLES);
    assert_eq!(nothing.0, Some(1), "there is no store yet: {nothing:?}");
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    let before = sorted(&engine).await;
    engine.store.close().await.unwrap();
    drop(engine);

    let (code, lines) = compared(&newsroom, TABLES);
    assert_eq!(code, Some(0), "{lines:?}");
    assert!(lines[0].ends_with("feeds.toml: nothing would change among the stored items"));

    let changed = format!(
        "[filter]\ndrop = [\"zzz\"]\n[[category]]\nname = \"banks\"\nmatch = {{ any = [\"央行宣布\"] }}\n{TABLES}"
    );
    let (code, lines) = compared(&newsroom, &changed);
    assert_eq!(code, Some(1));
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines.contains(
            &"x zzz: not any more (dropped by `drop` of [filter]: the word zzz in its title)".to_owned()
        ),
        "{lines:?}"
    );
    let moved = "~ 央行宣布降低利率: finance → banks (the word 央行宣布 in its title)";
    assert!(lines.contains(&moved.to_owned()), "{lines:?}");
    assert!(
        lines[2].ends_with("feeds.toml: 1 would move, 1 would not come in any more"),
        "{lines:?}"
    );

    // Learned anew for it, where the categories are others.
    let (code, lines) = compared(&newsroom, &format!("{TABLES}{}", weather()));
    assert_eq!(code, Some(0), "{lines:?}");
    let without = TABLES
        .replace("[[category]]\nname = \"sport\"\n", "")
        .replace("category = \"sport\"\n", "");
    let (_, lines) = compared(&newsroom, &without);
    assert!(
        lines.contains(&"- 球队夺得联赛冠军: no longer in sport".to_owned()),
        "{lines:?}"
    );

    newsroom.configure(TABLES);
    let engine = newsroom.engine().await;
    assert_eq!(sorted(&engine).await, before);
    engine.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_daemon_compares_with_the_file_in_force() {
    let newsroom = newsroom(&format!("[filter]\ndrop = [\"zzz\"]\n{TABLES}"));
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    let (sender, mut replies) = tokio::sync::mpsc::channel(256);
    let path = newsroom.config();
    let text = std::fs::read_to_string(&path).unwrap();
    let ask = |text: String| Request::Against {
        path: path.clone(),
        text,
    };
    control::answer(&engine, ask(text.clone()), &sender).await;
    assert_eq!(replies.recv().await, Some(Reply::Done { well: true }));

    let text = text.replace("\"zzz\"", "\"球队夺得\"");
    control::answer(&engine, ask(text), &sender).await;
    let mut said = Vec::new();
    while let Some(Reply::Answer { value }) = replies.recv().await {
        said.push((value["fate"].clone(), value["title"].clone()));
    }
    assert_eq!(
        said,
        [
            ("dropped".into(), "球队夺得联赛冠军".into()),
            ("let-in".into(), "zzz".into())
        ]
    );
    engine.store.close().await.unwrap();
}
