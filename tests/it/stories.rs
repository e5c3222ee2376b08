//! Stories: who told what when, on a page of their own, and which are hot.

use crate::support::{Newsroom, items, poll_all};
use newsriver::daemon::engine::Engine;
use newsriver::model::StoryId;
use newsriver::publish::Found;
use newsriver::store::Channel;
use serde_json::Value;
use std::sync::Arc;

pub(crate) const THREE: &str = "[[category]]\nname = \"city\"\n\
    [[source]]\nname = \"wire\"\nurl = \"{origin}/wire\"\ncategory = \"city\"\n\
    [[source]]\nname = \"paper\"\nurl = \"{origin}/paper\"\n\
    [[source]]\nname = \"radio\"\nurl = \"{origin}/radio\"\n";

pub(crate) const BRIDGE: &str = "本市连接南北两岸的第三座跨江大桥昨天上午正式合龙，全长两千四百米，预计明年春天通车。\
    项目负责人表示，大桥建成后两岸之间的通行时间将由四十分钟缩短到八分钟，每天可以通过六万辆汽车。";

const SEQUEL: &str = "第三座跨江大桥合龙之后，项目负责人昨天介绍，大桥两岸的引桥还要施工半年，预计明年春天通车，\
    通行时间缩短到八分钟。";

const OTHER: &str = "The orchestra of the northern islands opens its winter season on Friday with three works that \
    were never played here before, among them a concerto for two flutes by a composer of twenty-two.";

/// A document of (guid, title, link, text).
pub(crate) fn rss(entries: &[(&str, &str, &str, &str)]) -> String {
    let items: String = entries
        .iter()
        .map(|(guid, title, link, text)| {
            format!(
                "<item><guid isPermaLink=\"false\">{guid}</guid><title>{title}</title><link>{link}</link>\
                 <description>{text}</description></item>"
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Feed</title><link>http://a.example/</link><description>d</description>{items}</channel></rss>"
    )
}

pub(crate) const FIRST: (&str, &str, &str, &str) =
    ("w1", "第三座跨江大桥合龙", "https://wire.example.org/1", BRIDGE);
pub(crate) const COPY: (&str, &str, &str, &str) =
    ("p9", "江上又添新通道", "https://paper.example.com/9", BRIDGE);
pub(crate) const NEXT: (&str, &str, &str, &str) = (
    "r3",
    "大桥引桥明年春天完工",
    "https://radio.example.net/3",
    SEQUEL,
);
pub(crate) const ELSE: (&str, &str, &str, &str) = ("w2", "Two flutes", "https://wire.example.org/2", OTHER);

/// The wire tells a story, the paper reprints it, the radio tells more, an hour apart.
pub(crate) async fn told(newsroom: &Newsroom) -> Arc<Engine> {
    for path in ["/wire", "/paper", "/radio"] {
        newsroom.origin.serve(path, rss(&[]), &[]);
    }
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    for (path, entries) in [
        ("/wire", vec![FIRST, ELSE]),
        ("/paper", vec![COPY]),
        ("/radio", vec![NEXT]),
    ] {
        newsroom.later(3600);
        newsroom.origin.serve(path, rss(&entries), &[]);
        poll_all(&engine).await;
    }
    engine
}

pub(crate) async fn found(engine: &Arc<Engine>, path: &str) -> Found {
    engine.publish(&engine.touched.take()).await.unwrap();
    engine.publisher().await.unwrap().find(path).await.unwrap()
}

pub(crate) async fn text(engine: &Arc<Engine>, path: &str) -> String {
    match found(engine, path).await {
        Found::Document(document) => String::from_utf8(document.identity().to_vec()).unwrap(),
        other => panic!("{path}: {other:?}"),
    }
}

pub(crate) async fn story_of(engine: &Arc<Engine>, title: &str) -> StoryId {
    let river = items(engine, Channel::River).await;
    let item = river.iter().find(|stored| stored.item.title == title).unwrap();
    item.item.story.as_ref().unwrap().id
}

#[tokio::test]
async fn a_story_that_several_tell_has_a_page_with_its_timeline() {
    let newsroom = Newsroom::new(THREE);
    let engine = told(&newsroom).await;
    let story = story_of(&engine, FIRST.1).await;
    assert_eq!(story_of(&engine, NEXT.1).await, story);
    let page = text(&engine, &format!("/story/{story}")).await;
    let places = [FIRST.2, "First report", COPY.2, "Reprint", NEXT.2, "Follow-up"].map(|part| {
        let timeline = page.find("class=\"timeline\"").unwrap();
        page[timeline..]
            .find(part)
            .unwrap_or_else(|| panic!("{part} in {page}"))
    });
    assert!(places.is_sorted(), "{page}");
    // Every entry of it leads there, what nobody else tells does not.
    let river = text(&engine, "/").await;
    assert_eq!(river.matches(&format!("href=\"/story/{story}\"")).count(), 2);
    let lonely = story_of(&engine, ELSE.1).await;
    assert!(!river.contains(&format!("/story/{lonely}")));
    assert!(
        matches!(found(&engine, &format!("/story/{lonely}")).await, Found::Nothing(status, _) if status == 404)
    );
    let feed: Value = serde_json::from_str(&text(&engine, "/feed.json").await).unwrap();
    let urls: Vec<_> = feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["_newsriver"]["story_url"].as_str())
        .collect();
    assert_eq!(
        urls,
        [format!("http://river.example.org/story/{story}").as_str(); 2]
    );
}

#[tokio::test]
async fn beside_a_story_stand_its_neighbours_in_its_category_and_what_speaks_of_the_same() {
    let newsroom = Newsroom::new(THREE);
    let engine = told(&newsroom).await;
    let path = format!("/story/{}", story_of(&engine, FIRST.1).await);
    let page = text(&engine, &path).await;
    let previous = format!("Previous</span> <a href=\"{}\" rel=\"external\"", ELSE.2);
    assert!(page.contains(&previous) && !page.contains(">Next<"), "{page}");
    // What comes in elsewhere changes no byte of it.
    let elsewhere = (
        "p10",
        "A market opens",
        "https://paper.example.com/10",
        "Stalls and bread.",
    );
    let serve = |path: &str, entries: &[(&str, &str, &str, &str)]| {
        newsroom.later(3600);
        newsroom.origin.serve(path, rss(entries), &[]);
    };
    serve("/paper", &[elsewhere, COPY]);
    poll_all(&engine).await;
    assert_eq!(text(&engine, &path).await, page);
    let next = (
        "w3",
        "Nine ships at sea",
        "https://wire.example.org/3",
        "They left on Monday.",
    );
    let same = (
        "w4",
        "摄影展回望跨江大桥六十年",
        "https://wire.example.org/4",
        "老城文化馆周末开展，两百张照片出自十一位退休工人，免费参观到月底，周一闭馆。",
    );
    serve("/wire", &[next, FIRST, ELSE]);
    poll_all(&engine).await;
    serve("/wire", &[same, next, FIRST, ELSE]);
    poll_all(&engine).await;
    let grown = text(&engine, &path).await;
    assert!(
        grown.contains(&format!("Next</span> <a href=\"{}\"", next.2)),
        "{grown}"
    );
    let related = grown.find("Related").unwrap_or_else(|| panic!("{grown}"));
    assert!(grown[related..].contains(same.2), "{grown}");
    engine.store.close().await.unwrap();
    drop(engine);
    let engine = newsroom.engine().await;
    assert_eq!(text(&engine, &path).await, grown);
}

#[tokio::test]
async fn the_ranking_says_who_is_hot_and_what_became_of_it() {
    let newsroom = Newsroom::new(THREE);
    let engine = told(&newsroom).await;
    let story = story_of(&engine, FIRST.1).await;
    let feed: Value = serde_json::from_str(&text(&engine, "/hot/feed.json").await).unwrap();
    let ranked = feed["items"].as_array().unwrap();
    assert_eq!(ranked.len(), 1);
    let hot = &ranked[0]["_newsriver"]["hot"];
    assert_eq!(
        (hot["rank"].as_u64(), hot["publishers"].as_u64()),
        (Some(1), Some(3))
    );
    assert_eq!(ranked[0]["title"], FIRST.1);
    for form in ["", "rss.xml", "atom.xml"] {
        for folder in ["/hot/", "/city/hot/"] {
            let document = text(&engine, &format!("{folder}{form}")).await;
            assert!(document.contains(FIRST.1), "{folder}{form}");
            assert!(!document.contains(ELSE.1), "{folder}{form}");
        }
    }
    // In the next hours the ranking is held against what it was.
    let before = text(&engine, "/hot/atom.xml").await;
    let at = |seconds: u64| {
        newsroom.later(seconds);
        engine.touched.add(vec![Channel::Shared]);
    };
    at(600);
    assert_eq!(
        text(&engine, "/hot/atom.xml").await,
        before,
        "time alone changes no byte"
    );
    at(3600);
    at(3600);
    let feed: Value = serde_json::from_str(&text(&engine, "/hot/feed.json").await).unwrap();
    assert_eq!(
        feed["items"][0]["_newsriver"]["hot"]["rank_a_day_ago"],
        Value::Null
    );
    at(3600);
    let feed: Value = serde_json::from_str(&text(&engine, "/hot/feed.json").await).unwrap();
    assert_eq!(feed["items"][0]["_newsriver"]["hot"]["rank_an_hour_ago"], 1);
    // A restart changes nothing of it.
    let (page, hot) = (
        text(&engine, &format!("/story/{story}")).await,
        text(&engine, "/hot/").await,
    );
    engine.store.close().await.unwrap();
    drop(engine);
    let engine = newsroom.engine().await;
    assert_eq!(text(&engine, &format!("/story/{story}")).await, page);
    assert_eq!(text(&engine, "/hot/").await, hot);
}

#[tokio::test]
async fn why_lists_the_terms_of_a_hot_story() {
    let newsroom = Newsroom::new(THREE);
    let engine = told(&newsroom).await;
    engine.close().await.unwrap();
    drop(engine);
    let why = newsroom.newsriver(&["why", FIRST.2]);
    let why = String::from_utf8(why.stdout).unwrap();
    for part in [
        "hot: ",
        "told by 3",
        "example.org: 1 since",
        "example.com: 0.5 since",
        "another's text",
        "example.net: 1 since",
    ] {
        assert!(why.contains(part), "{part} in {why}");
    }
}

#[tokio::test]
async fn an_outlet_that_three_portals_carry_is_one_outlets_text() {
    let newsroom = Newsroom::new(THREE);
    for path in ["/wire", "/paper", "/radio"] {
        newsroom.origin.serve(path, rss(&[]), &[]);
    }
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let text = format!("{BRIDGE}（来源：中新网）");
    for (path, link) in [("/wire", FIRST.2), ("/paper", COPY.2), ("/radio", NEXT.2)] {
        newsroom.later(60);
        newsroom
            .origin
            .serve(path, rss(&[(link, FIRST.1, link, &text)]), &[]);
        poll_all(&engine).await;
    }
    engine.close().await.unwrap();
    drop(engine);
    let why = newsroom.newsriver(&["why", FIRST.2, "--json"]);
    let why: Value = serde_json::from_slice(&why.stdout).unwrap();
    assert_eq!(why["item"]["outlet"], "中新网");
    let terms = why["item"]["hot"]["terms"].as_array().unwrap();
    assert_eq!(terms.len(), 3);
    assert!(terms.iter().all(|term| term["share"] == 0.5), "{terms:?}");
}

#[tokio::test]
async fn what_a_new_source_told_days_ago_it_does_not_tell_now() {
    for (said, since) in [
        ("Sun, 22 Nov 2026 12:00:00 GMT", "2026-11-22T12:00:00Z"),
        // A copy is younger than what it repeats, whatever its source says.
        ("Sat, 21 Nov 2026 12:00:00 GMT", "2026-11-22T09:30:00.001Z"),
    ] {
        let newsroom = Newsroom::new(THREE);
        let engine = told(&newsroom).await;
        engine.close().await.unwrap();
        drop(engine);
        newsroom.later(2 * 86_400);
        let old = ("b1", "旧闻一则", "https://new.example.edu/1", BRIDGE);
        let dated = rss(&[old]).replace("</guid>", &format!("</guid><pubDate>{said}</pubDate>"));
        newsroom.origin.serve("/new", dated, &[]);
        newsroom.configure(&format!(
            "{THREE}[[source]]\nname = \"new\"\nurl = \"{{origin}}/new\"\n"
        ));
        let engine = newsroom.engine().await;
        poll_all(&engine).await;
        let river = items(&engine, Channel::River).await;
        let original = river.iter().find(|stored| stored.item.title == FIRST.1).unwrap();
        let mut carriers = original.item.carriers.iter();
        let copy = carriers.find(|carrier| carrier.link.as_deref() == Some(old.2));
        assert_eq!(copy.unwrap().first_seen.to_rfc3339(), since);
    }
}

#[tokio::test]
async fn what_comes_three_weeks_late_still_finds_its_original() {
    for days in [20, 23] {
        let newsroom = Newsroom::new(THREE);
        let engine = told(&newsroom).await;
        let story = story_of(&engine, FIRST.1).await;
        engine.close().await.unwrap();
        drop(engine);
        newsroom.later(days * 86_400);
        let late = ("p77", "大桥旧闻一则", "https://paper.example.com/77", BRIDGE);
        newsroom.origin.serve("/radio", rss(&[late]), &[]);
        let engine = newsroom.engine().await;
        poll_all(&engine).await;
        let river = items(&engine, Channel::River).await;
        let original = river.iter().find(|stored| stored.item.title == FIRST.1).unwrap();
        let is_found = original
            .item
            .carriers
            .iter()
            .any(|carrier| carrier.link.as_deref() == Some(late.2));
        assert_eq!(is_found, days == 20, "{days} days");
        assert_eq!(original.item.story.as_ref().unwrap().id, story);
    }
}
