//! A feed reader subscribes: nothing lost, nothing twice, nothing late or buried, never worse than the last good.

use crate::support::{MORNING, Newsroom, items, poll_all, rss, titles};
use newsriver::model::Outcome;
use newsriver::store::Channel;

const ONE_SOURCE: &str = "[[category]]\nname = \"wire\"\n[[source]]\nname = \"wire\"\nurl = \"{origin}/feed\"\ncategory = \"wire\"\n";

#[tokio::test]
async fn what_a_source_publishes_is_in_the_river_and_in_its_category() {
    let newsroom = Newsroom::new(ONE_SOURCE);
    newsroom.origin.serve(
        "/feed",
        rss(&[(
            "1",
            "First",
            "http://wire.example.org/1",
            "Sun, 22 Nov 2026 08:00:00 GMT",
        )]),
        &[],
    );
    let engine = newsroom.engine().await;
    let records = poll_all(&engine).await;
    assert_eq!(
        (records[0].outcome, records[0].new),
        (Outcome::Modified, 1),
        "{}",
        records[0].reason
    );
    assert_eq!(titles(&engine, Channel::River).await, ["First"]);
    assert_eq!(
        titles(&engine, Channel::Category("wire".to_owned())).await,
        ["First"]
    );
}

#[tokio::test]
async fn the_same_bytes_under_a_new_etag_are_not_read_again_and_the_new_etag_is_sent_back() {
    let newsroom = Newsroom::new(ONE_SOURCE);
    let body = rss(&[("1", "First", "http://wire.example.org/1", "")]);
    newsroom.origin.serve("/feed", body.clone(), &[("ETag", "\"a\"")]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    newsroom
        .origin
        .serve("/feed", body.clone(), &[("ETag", "W/\"b\"")]);
    newsroom.later(20);
    assert_eq!(poll_all(&engine).await[0].outcome, Outcome::Unchanged);
    newsroom.later(20);
    poll_all(&engine).await;
    let visits = newsroom.origin.visits_of("/feed");
    assert_eq!(visits[1].header("if-none-match"), Some("\"a\""));
    assert_eq!(visits[2].header("if-none-match"), Some("W/\"b\""));
    assert_eq!(items(&engine, Channel::River).await.len(), 1);
}

#[tokio::test]
async fn an_edited_item_keeps_id_dates_and_place() {
    let newsroom = Newsroom::new(ONE_SOURCE);
    let date = "Sun, 22 Nov 2026 08:00:00 GMT";
    newsroom.origin.serve(
        "/feed",
        rss(&[("1", "Frist post", "http://wire.example.org/1", date)]),
        &[],
    );
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let before = items(&engine, Channel::River).await.remove(0);
    newsroom.origin.serve(
        "/feed",
        rss(&[("1", "First post", "http://wire.example.org/1", date)]),
        &[],
    );
    newsroom.later(60);
    let record = poll_all(&engine).await.remove(0);
    assert_eq!((record.new, record.updated), (0, 1));
    let after = items(&engine, Channel::River).await.remove(0);
    assert_eq!(after.item.title, "First post");
    assert_eq!(
        (&after.item.id, after.item.surfaced, after.item.published),
        (&before.item.id, before.item.surfaced, before.item.published)
    );
    assert!(after.item.updated > before.item.updated);
}

#[tokio::test]
async fn an_item_that_turns_up_late_with_an_old_date_surfaces() {
    let newsroom = Newsroom::new(ONE_SOURCE);
    newsroom.origin.serve(
        "/feed",
        rss(&[(
            "1",
            "First",
            "http://wire.example.org/1",
            "Sun, 22 Nov 2026 08:00:00 GMT",
        )]),
        &[],
    );
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    newsroom.later(3600);
    let late = [
        (
            "1",
            "First",
            "http://wire.example.org/1",
            "Sun, 22 Nov 2026 08:00:00 GMT",
        ),
        (
            "2",
            "Late",
            "http://wire.example.org/2",
            "Wed, 22 Nov 2023 08:00:00 GMT",
        ),
        (
            "3",
            "From the future",
            "http://wire.example.org/3",
            "Fri, 01 Jan 2099 00:00:00 GMT",
        ),
    ];
    newsroom.origin.serve("/feed", rss(&late), &[]);
    poll_all(&engine).await;
    let listed = items(&engine, Channel::River).await;
    let titles: Vec<_> = listed.iter().map(|stored| stored.item.title.as_str()).collect();
    assert_eq!(titles, ["Late", "From the future", "First"]);
    let now = MORNING.plus(std::time::Duration::from_secs(3600));
    assert_eq!((listed[0].item.surfaced, listed[1].item.surfaced), (now, now));
    assert_eq!(
        listed[1].item.published,
        Some(now),
        "a date in the future counts as the time it was first seen"
    );
}

#[tokio::test]
async fn what_an_outage_of_days_brings_late_surfaces_when_it_arrives() {
    let newsroom = Newsroom::new(ONE_SOURCE);
    let first = ("1", "First", "http://wire.example.org/1", "");
    newsroom.origin.serve("/feed", rss(&[first]), &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    newsroom.later(5 * 86_400);
    let days_old = (
        "2",
        "While nobody looked",
        "http://wire.example.org/2",
        "Tue, 24 Nov 2026 08:00:00 GMT",
    );
    let hours_old = (
        "3",
        "This night",
        "http://wire.example.org/3",
        "Fri, 27 Nov 2026 02:00:00 GMT",
    );
    newsroom
        .origin
        .serve("/feed", rss(&[first, days_old, hours_old]), &[]);
    poll_all(&engine).await;
    let listed = items(&engine, Channel::River).await;
    let titles: Vec<_> = listed.iter().map(|stored| stored.item.title.as_str()).collect();
    assert_eq!(titles, ["While nobody looked", "This night", "First"]);
    assert_eq!(listed[0].item.surfaced, listed[0].item.first_seen);
    assert_eq!(Some(listed[1].item.surfaced), listed[1].item.published);
}

#[tokio::test]
async fn a_source_that_turns_to_garbage_changes_nothing_and_comes_back() {
    let newsroom = Newsroom::new(ONE_SOURCE);
    let body = rss(&[("1", "First", "http://wire.example.org/1", "")]);
    newsroom
        .origin
        .serve("/feed", body.clone(), &[("ETag", "\"good\"")]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    newsroom.origin.serve(
        "/feed",
        "<!doctype html><title>Sign in</title><p>Please sign in.",
        &[("ETag", "\"login\"")],
    );
    newsroom.later(60);
    let record = poll_all(&engine).await.remove(0);
    assert_eq!(record.outcome, Outcome::Failed, "{}", record.reason);
    assert_eq!(titles(&engine, Channel::River).await, ["First"]);
    newsroom.origin.serve("/feed", body, &[("ETag", "\"good\"")]);
    newsroom.later(60);
    let record = poll_all(&engine).await.remove(0);
    assert!(record.outcome.is_success());
    let visits = newsroom.origin.visits_of("/feed");
    assert_eq!(
        visits[2].header("if-none-match"),
        Some("\"good\""),
        "validators stay those of the last good answer"
    );
}

#[tokio::test]
async fn one_article_from_two_sources_is_one_item_that_names_both() {
    let newsroom = Newsroom::new(
        "[[category]]\nname = \"wire\"\n[[category]]\nname = \"local\"\n\
         [[source]]\nname = \"wire\"\nurl = \"{origin}/wire\"\ncategory = \"wire\"\n\
         [[source]]\nname = \"paper\"\nurl = \"{origin}/paper\"\ncategory = \"local\"\n",
    );
    newsroom.origin.serve(
        "/wire",
        rss(&[("a1", "The bridge opens", "https://www.example.org/bridge", "")]),
        &[],
    );
    newsroom.origin.serve(
        "/paper",
        rss(&[(
            "77",
            "The bridge opens",
            "http://example.org/bridge?utm_source=paper",
            "",
        )]),
        &[],
    );
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let river = items(&engine, Channel::River).await;
    assert_eq!(river.len(), 1);
    assert_eq!(river[0].item.carriers.len(), 2);
    let mut categories: Vec<_> = river[0].item.categories().collect();
    categories.sort_unstable();
    assert_eq!(categories, ["local", "wire"], "each source's own category holds");
    assert_eq!(
        titles(&engine, Channel::Category("local".to_owned())).await,
        ["The bridge opens"]
    );
}

#[tokio::test]
async fn two_polls_that_carry_one_address_at_the_same_moment_make_one_item() {
    let newsroom = Newsroom::new(
        "[[source]]\nname = \"a\"\nurl = \"{origin}/a\"\n[[source]]\nname = \"b\"\nurl = \"{origin}/b\"\n\
         [[source]]\nname = \"c\"\nurl = \"{origin}/c\"\n",
    );
    for path in ["/a", "/b", "/c"] {
        let entries: Vec<(String, String)> = (0..50)
            .map(|n| (format!("{path}{n}"), format!("http://example.org/story/{n}")))
            .collect();
        let entries: Vec<_> = entries
            .iter()
            .map(|(guid, link)| (guid.as_str(), "One story", link.as_str(), ""))
            .collect();
        newsroom.origin.serve(path, rss(&entries), &[]);
    }
    let engine = newsroom.engine().await;
    let polls = engine.setup().sources.clone().into_iter().map(|source| {
        let engine = std::sync::Arc::clone(&engine);
        tokio::spawn(async move { engine.poll(&source).await })
    });
    for poll in polls.collect::<Vec<_>>() {
        assert_eq!(poll.await.unwrap().outcome, Outcome::Modified);
    }
    let river = items(&engine, Channel::River).await;
    assert_eq!(river.len(), 50);
    assert!(river.iter().all(|stored| stored.item.carriers.len() == 3));
}

#[tokio::test]
async fn a_restart_announces_nothing_twice_and_asks_conditionally() {
    let newsroom = Newsroom::new(ONE_SOURCE);
    newsroom.origin.serve(
        "/feed",
        rss(&[("1", "First", "http://wire.example.org/1", "")]),
        &[("ETag", "\"a\"")],
    );
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let before = items(&engine, Channel::River).await;
    engine.store.close().await.unwrap();
    drop(engine);
    newsroom.later(60);
    let engine = newsroom.engine().await;
    assert_eq!(items(&engine, Channel::River).await, before);
    let record = poll_all(&engine).await.remove(0);
    assert_eq!(record.new, 0);
    assert_eq!(
        newsroom.origin.visits_of("/feed")[1].header("if-none-match"),
        Some("\"a\"")
    );
}

#[tokio::test]
async fn items_that_all_link_to_one_page_have_ids_of_their_own() {
    let newsroom = Newsroom::new(
        "[[source]]\nname = \"one\"\nurl = \"{origin}/one\"\n[[source]]\nname = \"two\"\nurl = \"{origin}/two\"\n",
    );
    let document = |titles: &[&str]| {
        let items: String = titles
            .iter()
            .map(|title| format!("<item><title>{title}</title><link>http://wire.example.org/</link></item>"))
            .collect();
        format!("<rss version=\"2.0\"><channel><title>Wire</title>{items}</channel></rss>")
    };
    newsroom.origin.serve(
        "/one",
        document(&["The bridge opens", "A mill burns", "Rain"]),
        &[],
    );
    newsroom
        .origin
        .serve("/two", document(&["Elections in the valley", "Snow"]), &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    newsroom.later(20);
    newsroom.origin.serve(
        "/one",
        document(&["A museum", "The bridge opens", "A mill burns", "Rain"]),
        &[],
    );
    poll_all(&engine).await;
    let items = items(&engine, Channel::River).await;
    let ids: std::collections::HashSet<&str> = items.iter().map(|stored| stored.item.id.as_str()).collect();
    assert_eq!((items.len(), ids.len()), (6, 6), "{ids:?}");
}
