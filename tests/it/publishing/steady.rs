//! Bytes change when content does, and at no other time; over restarts, edits and full disks.

use super::*;
use crate::support::double::Disk;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn time_alone_changes_no_byte() {
    let (site, publisher) = example().await;
    let before = document(&publisher, "/source/alpha/atom.xml").await;
    site.clock.advance(Duration::from_secs(400 * 86400));
    let all = [
        Channel::River,
        Channel::Category("finance".into()),
        Channel::Source(SourceId(1)),
    ];
    assert_eq!(publisher.refresh(&all).await.unwrap(), 0);
    let after = document(&publisher, "/source/alpha/atom.xml").await;
    assert!(Arc::ptr_eq(&before, &after));
}

#[tokio::test]
async fn validators_hold_over_a_restart_and_a_change_elsewhere() {
    let (site, publisher) = example().await;
    let paths = [
        "/",
        "/rss.xml",
        "/finance/atom.xml",
        "/source/beta/feed.json",
        "/opml.xml",
        "/robots.txt",
    ];
    let mut before = Vec::new();
    for path in paths {
        before.push(document(&publisher, path).await);
    }
    drop(publisher);
    site.clock.advance(Duration::from_secs(3600));
    let publisher = site.publisher(&FEEDS.replace("items = 50", "items = 51")).await;
    for (path, before) in paths.iter().zip(before) {
        let after = document(&publisher, path).await;
        for coding in Coding::ALL {
            assert_eq!(before.etag(coding), after.etag(coding), "{path}");
        }
        assert_eq!(before.last_modified(), after.last_modified(), "{path}");
    }
}

#[tokio::test]
async fn a_commit_changes_what_it_touched_and_nothing_else() {
    let (site, publisher) = example().await;
    let other = document(&publisher, "/%E7%A7%91%E6%8A%80/atom.xml").await;
    let before = document(&publisher, "/finance/atom.xml").await;
    let listed = document(&publisher, "/source/alpha/rss.xml").await;
    site.clock.advance(Duration::from_secs(5));
    let receipt = site.commit(vec![item(9, 1300)]).await;
    // River and finance, each in four forms.
    assert_eq!(publisher.refresh(&receipt.touched).await.unwrap(), 8);
    let after = document(&publisher, "/finance/atom.xml").await;
    assert_ne!(before.etag(Coding::Identity), after.etag(Coding::Identity));
    assert!(after.since() > before.since());
    assert!(Arc::ptr_eq(
        &other,
        &document(&publisher, "/%E7%A7%91%E6%8A%80/atom.xml").await
    ));
    let relisted = text(&publisher, "/source/alpha/rss.xml").await;
    assert!(relisted.contains("Item 9"));
    assert_ne!(
        listed.etag(Coding::Gzip),
        document(&publisher, "/source/alpha/rss.xml")
            .await
            .etag(Coding::Gzip)
    );
}

#[tokio::test]
async fn entries_updated_in_one_second_differ_for_good() {
    let site = Site::new().await;
    site.view(FEEDS).await;
    site.commit((1..=20).map(|number| item(number, 5)).collect())
        .await;
    let few = site
        .publisher(&FEEDS.replace("items = 50", "items = 3\nwindow = \"0s\""))
        .await;
    let many = site.publisher(FEEDS).await;
    let updated = |feed: &str| -> Vec<(String, String)> {
        let feed: atom_syndication::Feed = feed.parse().unwrap();
        let entries = feed.entries.into_iter();
        entries
            .map(|entry| (entry.id, entry.updated.to_rfc3339()))
            .collect()
    };
    let many = updated(&text(&many, "/atom.xml").await);
    let few = updated(&text(&few, "/atom.xml").await);
    let distinct: std::collections::HashSet<_> = many.iter().map(|(_, updated)| updated).collect();
    assert_eq!((many.len(), distinct.len()), (20, 20));
    assert!(
        !few.is_empty() && few.iter().all(|entry| many.contains(entry)),
        "{few:?} {many:?}"
    );
}

#[tokio::test]
async fn an_empty_river_has_a_date_that_stays() {
    let site = Site::new().await;
    let publisher = site.publisher(FEEDS).await;
    let atom = text(&publisher, "/atom.xml").await;
    assert!(
        atom.contains("<updated>2026-11-22T00:00:00+00:00</updated>"),
        "{atom}"
    );
    assert!(
        text(&publisher, "/")
            .await
            .contains("Nothing has arrived here yet.")
    );
}

#[tokio::test]
async fn a_removed_category_is_gone_and_a_renamed_one_moved_even_after_a_restart() {
    let (site, publisher) = example().await;
    let fewer = FEEDS
        .replace("name = \"科技\"", "name = \"tech\"\naliases = [\"科技\"]")
        .replace("category = \"科技\"", "category = \"tech\"")
        .replace("category = \"finance\"\n", "")
        .replace("[[category]]\nname = \"finance\"\ntitle = \"财经\"\ndescription = \"Markets and money\"\naliases = [\"money\"]", "");
    publisher.reload(site.view(&fewer).await).await.unwrap();
    for publisher in [publisher, site.publisher(&fewer).await] {
        let status = |found| match found {
            Found::Nothing(status, _) => status.as_u16(),
            other => panic!("{other:?}"),
        };
        assert_eq!(status(publisher.find("/finance/atom.xml").await.unwrap()), 410);
        assert_eq!(status(publisher.find("/weather/atom.xml").await.unwrap()), 404);
        let Found::Moved(to) = publisher.find("/%E7%A7%91%E6%8A%80/atom.xml").await.unwrap() else {
            panic!("not moved");
        };
        assert_eq!(to, "/tech/atom.xml");
    }
}

#[tokio::test]
async fn a_full_disk_leaves_the_documents_and_what_it_held_up_is_made_up_for() {
    let site = Site::new().await;
    let view = site.view(FEEDS).await;
    site.commit(vec![item(1, 1)]).await;
    let store = Disk::over(site.store.clone());
    let publisher = Publisher::new(store.clone(), view, site.clock.clone())
        .await
        .unwrap();
    let before = document(&publisher, "/atom.xml").await;
    store.is_full.store(true, Ordering::SeqCst);
    let receipt = site.commit(vec![item(2, 2)]).await;
    let error = publisher.refresh(&receipt.touched).await.unwrap_err();
    assert!(error.is_temporary());
    let other = site.view(&FEEDS.replace("Newsriver", "Other")).await;
    assert!(publisher.reload(other).await.is_err());
    assert!(Arc::ptr_eq(&before, &document(&publisher, "/atom.xml").await));
    store.is_full.store(false, Ordering::SeqCst);
    assert!(publisher.refresh(&[]).await.unwrap() > 0);
    let after = text(&publisher, "/atom.xml").await;
    assert!(after.contains("Item 2") && !after.contains("Other"));
}
