//! What the admin does not want becomes no item, is counted, and can be asked after.

use crate::support::{Newsroom, items, poll_all, rss};
use newsriver::model::PollRecord;
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
async fn what_is_dropped_is_found_by_the_address_that_its_source_writes() {
    let newsroom = Newsroom::new(&format!(
        "[[category]]\nname = \"night\"\n[filter]\ndrop = [\"casino\"]\n{SOURCE}rewrite = {{ parameters = [\"visit\"] }}\n"
    ));
    let written = "http://wire.example.org/2?id=1&visit=7";
    let feed = bare(&[("Casino tonight", &written.replace('&', "&amp;"))]);
    newsroom.origin.serve("/wire", feed, &[]);
    titles(&newsroom).await;
    for link in [
        written,
        "http://wire.example.org/2?id=1",
        "http://wire.example.org/2?utm_source=x&id=1",
    ] {
        let why = newsroom.newsriver(&["why", link]);
        let why = String::from_utf8_lossy(&why.stdout).into_owned();
        assert!(
            why.contains("Casino tonight of wire is no item: "),
            "{link}: {why}"
        );
    }
    let other = newsroom.newsriver(&["why", "http://wire.example.org/2?id=2"]);
    assert_eq!(other.status.code(), Some(1));
    let labelled = newsroom.newsriver(&["label", written, "night"]);
    let complaint = String::from_utf8_lossy(&labelled.stderr).into_owned();
    assert!(
        complaint.contains("is no item: dropped by `drop` of [filter]"),
        "{complaint}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_an_item_out_of_a_category_can_be_asked_after() {
    let newsroom = newsroom(&format!(
        "[[category]]\nname = \"night\"\nmatch = {{ any = [\"casino\", \"weather\"] }}\ndrop = [\"sponsored\"]\n{SOURCE}"
    ));
    titles(&newsroom).await;
    for (number, said) in [
        (
            "1",
            "  in no category: no source, section or rule puts it into one",
        ),
        ("2", "  in night: the word casino in its title"),
        (
            "3",
            "  not in night: dropped by `drop` of the category night: the word sponsored in its title",
        ),
    ] {
        let why = newsroom.newsriver(&["why", &format!("http://wire.example.org/{number}")]);
        let why = String::from_utf8_lossy(&why.stdout).into_owned();
        let of_categories: Vec<&str> = why
            .lines()
            .filter(|line| line.starts_with("  in n") || line.starts_with("  not in "))
            .collect();
        assert!(
            of_categories.len() == 1 && of_categories[0].starts_with(said),
            "{why}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_lets_in_nothing_else() {
    let newsroom = newsroom(&format!(
        "{SOURCE}keep = {{ any = [\"央行\", \"weather\"], none = [\"sponsored\"] }}\n"
    ));
    let (kept, _) = titles(&newsroom).await;
    assert_eq!(kept, ["央行降准"]);
}

/// A feed of entries without guid: title and link.
fn bare(entries: &[(&str, &str)]) -> String {
    let entries: String = entries
        .iter()
        .map(|(title, link)| format!("<item><title>{title}</title><link>{link}</link></item>"))
        .collect();
    format!("<rss version=\"2.0\"><channel><title>Wire</title>{entries}</channel></rss>")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rewritten_announces_nothing_when_it_comes_and_when_it_goes() {
    let newsroom = Newsroom::new(SOURCE);
    let entry = |title: &'static str, visit: &str| {
        let number = title.len();
        (title, format!("http://wire.example.org/{number}?visit={visit}"))
    };
    let poll = async |entries: &[(&str, String)]| -> (PollRecord, Vec<(String, String)>) {
        let entries: Vec<(&str, &str)> = entries
            .iter()
            .map(|(title, link)| (*title, link.as_str()))
            .collect();
        newsroom.origin.serve("/wire", bare(&entries), &[]);
        newsroom.later(60);
        let engine = newsroom.engine().await;
        let record = poll_all(&engine).await.remove(0);
        let stored = items(&engine, Channel::River).await;
        let told = |item: &newsriver::model::Item| (item.title.clone(), item.link.clone().unwrap());
        let mut told: Vec<_> = stored.iter().map(|stored| told(&stored.item)).collect();
        told.sort();
        engine.store.close().await.unwrap();
        (record, told)
    };
    let (first, second) = ("Live: a launch", "LIVE: another launch");
    poll(&[entry(first, "7")]).await;

    newsroom.configure(&format!(
        "{SOURCE}rewrite = {{ title = [\"live:\"], parameters = [\"visit\"] }}\n"
    ));
    let (record, told) = poll(&[entry(first, "7"), entry(second, "7")]).await;
    assert_eq!((record.new, record.updated), (1, 1), "{}", record.reason);
    let kept = |title: &str, number: usize| (title.to_owned(), format!("http://wire.example.org/{number}"));
    assert_eq!(told, [kept("a launch", 14), kept("another launch", 20)]);

    // The parameter tells nothing apart any more.
    let (record, again) = poll(&[entry(first, "8"), entry(second, "9")]).await;
    assert_eq!((record.new, record.updated), (0, 0), "{}", record.reason);
    assert_eq!(again, told);

    newsroom.configure(SOURCE);
    let (record, told) = poll(&[entry(first, "7"), entry(second, "7")]).await;
    assert_eq!((record.new, record.updated), (0, 2), "{}", record.reason);
    assert_eq!(told.len(), 2, "{told:?}");
    let engine = newsroom.engine().await;
    for stored in items(&engine, Channel::River).await {
        assert_eq!(stored.item.updated, stored.item.first_seen, "no update is told");
    }
    engine.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_what_a_rewrite_leaves() {
    let newsroom = Newsroom::new(&format!(
        "{SOURCE}rewrite = {{ title = [\"live:\"], parameters = [\"visit\"] }}\n"
    ));
    let feed = bare(&[("Live: a launch", "http://wire.example.org/1?visit=7&amp;id=1")]);
    newsroom.origin.serve("/wire", feed, &[]);
    let shown = newsroom.newsriver(&["preview", "wire", "--format", "json"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("\"a launch\""), "{shown}");
    assert!(shown.contains("\"http://wire.example.org/1?id=1\""), "{shown}");
}
