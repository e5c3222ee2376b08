//! What the admin does not want becomes no item, is counted, and can be asked after.

use crate::support::{Newsroom, items, poll_all, rss};
use newsriver::store::Channel;

const SOURCE: &str = "[[source]]\nname = \"wire\"\nurl = \"{origin}/wire\"\n";

fn newsroom(tables: &str) -> Newsroom {
    let newsroom = Newsroom::new(tables);
    let feed = rss(&[
        ("1", "央行降准", "http://wire.example.org/1", ""),
        ("2", "Casino tonight", "http://wire.example.org/2", ""),
        ("3", "Sponsored weather", "http://wire.example.org/3", ""),
    ]);
    newsroom.origin.serve("/wire", feed, &[]);
    newsroom
}

async fn titles(newsroom: &Newsroom) -> (Vec<String>, String) {
    let engine = newsroom.engine().await;
    let records = poll_all(&engine).await;
    let stored = items(&engine, Channel::River).await;
    let mut titles: Vec<String> = stored.iter().map(|stored| stored.item.title.clone()).collect();
    titles.sort();
    engine.store.close().await.unwrap();
    (titles, records[0].reason.0.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_entries_are_counted_explained_and_come_back_when_the_filter_goes() {
    let filters = format!(
        "[filter]\ndrop = [\"casino\"]\n{SOURCE}drop = [{{ word = \"sponsored\", in = \"title\" }}]\n"
    );
    let newsroom = newsroom(&filters);
    let (kept, words) = titles(&newsroom).await;
    assert_eq!(kept, ["央行降准"]);
    assert!(
        words.contains("3 entries, 1 new, 0 updated, 2 dropped"),
        "{words}"
    );
    for (link, said) in [
        (
            "http://wire.example.org/2",
            "dropped by `drop` of [filter]: the word casino in its title",
        ),
        (
            "http://wire.example.org/3",
            "dropped by `drop` of the source wire: the word sponsored in its title",
        ),
    ] {
        let why = newsroom.newsriver(&["why", link]);
        let why = String::from_utf8_lossy(&why.stdout).into_owned();
        assert!(why.contains(said), "{why}");
    }

    // The document has to change: the same bytes are not read again.
    newsroom.configure(SOURCE);
    newsroom.later(60);
    let feed = rss(&[
        ("1", "央行降准", "http://wire.example.org/1", ""),
        ("2", "Casino tonight", "http://wire.example.org/2", ""),
    ]);
    newsroom.origin.serve("/wire", feed, &[]);
    let (kept, words) = titles(&newsroom).await;
    assert_eq!(kept, ["Casino tonight", "央行降准"]);
    assert!(words.contains("1 new, 0 updated"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_lets_in_nothing_else() {
    let newsroom = newsroom(&format!(
        "{SOURCE}keep = {{ any = [\"央行\", \"weather\"], none = [\"sponsored\"] }}\n"
    ));
    let (kept, _) = titles(&newsroom).await;
    assert_eq!(kept, ["央行降准"]);
}
