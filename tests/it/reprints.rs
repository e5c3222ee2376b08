//! One article, whatever its sources make of it: reprints are found by their words, one entry names them all, and
//! nothing is announced twice.

use crate::stories::{BRIDGE, rss};
use crate::support::{Newsroom, items, poll_all};
use newsriver::model::SourceId;
use newsriver::store::Channel;

const TWO: &str = "[[source]]\nname = \"wire\"\nurl = \"{origin}/wire\"\n\
    [[source]]\nname = \"paper\"\nurl = \"{origin}/paper\"\n";

fn wire(newsroom: &Newsroom) {
    let entry = ("w1", "第三座跨江大桥合龙", "https://wire.example.org/1", BRIDGE);
    newsroom.origin.serve("/wire", rss(&[entry]), &[]);
}

fn paper(newsroom: &Newsroom, text: &str) {
    let entry = (
        "p9",
        "江上又添新通道",
        "https://paper.example.org/9?utm_source=rss",
        text,
    );
    newsroom.origin.serve("/paper", rss(&[entry]), &[]);
}

#[tokio::test]
async fn a_reprint_with_another_title_becomes_one_entry_with_two_sources() {
    let newsroom = Newsroom::new(TWO);
    wire(&newsroom);
    newsroom.origin.serve("/paper", rss(&[]), &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let before = items(&engine, Channel::River).await.remove(0);
    newsroom.later(3600);
    paper(&newsroom, &format!("晨报讯（记者 张三）{BRIDGE}（完）"));
    poll_all(&engine).await;
    let river = items(&engine, Channel::River).await;
    assert_eq!(river.len(), 1);
    let item = &river[0].item;
    assert_eq!(
        (&item.id, item.updated, item.surfaced),
        (&before.item.id, before.item.updated, before.item.surfaced)
    );
    assert_eq!(item.carriers.len(), 2);
    let why = item
        .carriers
        .iter()
        .find(|carrier| carrier.source != before.item.carriers[0].source)
        .unwrap();
    assert!(
        why.reason.as_str().contains("100 % of the shorter text"),
        "{}",
        why.reason
    );
    // Asked again, neither brings anything.
    newsroom.later(3600);
    assert!(poll_all(&engine).await.iter().all(|record| record.new == 0));
    assert_eq!(items(&engine, Channel::River).await, river);
}

#[tokio::test]
async fn a_restart_forgets_no_text_and_no_story() {
    for is_clean in [true, false] {
        let newsroom = Newsroom::new(TWO);
        wire(&newsroom);
        newsroom.origin.serve("/paper", rss(&[]), &[]);
        let engine = newsroom.engine().await;
        poll_all(&engine).await;
        if is_clean {
            engine.close().await.unwrap();
        } else {
            engine.store.close().await.unwrap();
        }
        drop(engine);
        newsroom.later(3600);
        paper(&newsroom, BRIDGE);
        let sequel = "第三座跨江大桥合龙之后，项目负责人昨天介绍，大桥两岸的引桥还要施工半年，预计明年春天通车，通行时间缩短到八分钟。";
        let entries = [
            ("p9", "江上又添新通道", "https://paper.example.org/9", BRIDGE),
            (
                "p10",
                "跨江大桥引桥明年春天完工",
                "https://paper.example.org/10",
                sequel,
            ),
        ];
        newsroom.origin.serve("/paper", rss(&entries), &[]);
        let engine = newsroom.engine().await;
        poll_all(&engine).await;
        let river = items(&engine, Channel::River).await;
        assert_eq!(river.len(), 2, "clean: {is_clean}");
        let story = |place: usize| river[place].item.story.as_ref().map(|story| story.id);
        assert!(story(0).is_some());
        assert_eq!(story(0), story(1), "clean: {is_clean}");
    }
}

#[tokio::test]
async fn the_admin_says_whose_copy_leads() {
    let newsroom = Newsroom::new(&TWO.replace("name = \"paper\"", "name = \"paper\"\npriority = 10"));
    wire(&newsroom);
    newsroom.origin.serve("/paper", rss(&[]), &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let before = items(&engine, Channel::River).await.remove(0);
    newsroom.later(60);
    paper(&newsroom, BRIDGE);
    poll_all(&engine).await;
    let after = items(&engine, Channel::River).await.remove(0);
    assert_eq!(after.item.id, before.item.id);
    assert_eq!(after.item.title, "江上又添新通道");
    let sources: Vec<SourceId> = after.item.carriers.iter().map(|carrier| carrier.source).collect();
    assert_eq!(sources[1], before.item.carriers[0].source);
}

#[tokio::test]
async fn what_repeats_the_new_wording_of_an_item_repeats_the_item() {
    let words = |numbers: std::ops::Range<u32>| {
        let word =
            |number: u32| (0..4).map(move |place| char::from_u32(0x61 + number / 8_u32.pow(place) % 8));
        let words: Vec<String> = numbers
            .map(|number| word(number).flatten().collect::<String>() + "word")
            .collect();
        words.join(" ")
    };
    // The first wording, and one that keeps a paragraph of it.
    let first = format!("{} {}", words(0..45), words(100..355));
    let second = format!("{} {}", words(400..655), words(0..45));
    let newsroom = Newsroom::new(TWO);
    let serve = |text: &str| {
        let entry = ("w1", "Bridge closed", "https://wire.example.org/1", text);
        newsroom.origin.serve("/wire", rss(&[entry]), &[]);
    };
    serve(&first);
    newsroom.origin.serve("/paper", rss(&[]), &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    newsroom.later(3600);
    serve(&second);
    poll_all(&engine).await;
    newsroom.later(3600);
    paper(&newsroom, &format!("{second} The end"));
    poll_all(&engine).await;
    let river = items(&engine, Channel::River).await;
    assert_eq!(river.len(), 1);
    assert_eq!(river[0].item.carriers.len(), 2);
}

#[tokio::test]
async fn duplicates_are_kept_apart_where_the_admin_wants_it() {
    let newsroom = Newsroom::new(&format!("[publish]\nduplicates = \"keep\"\n{TWO}"));
    wire(&newsroom);
    let entries = [
        ("p9", "江上又添新通道", "https://paper.example.org/9", BRIDGE),
        (
            "p10",
            "第三座跨江大桥合龙",
            "https://wire.example.org/1?utm_source=paper",
            "转载",
        ),
    ];
    newsroom.origin.serve("/paper", rss(&entries), &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let river = items(&engine, Channel::River).await;
    assert_eq!(river.len(), 3);
    newsroom.later(60);
    newsroom
        .origin
        .serve("/paper", rss(&[entries[1], entries[0]]), &[]);
    assert!(poll_all(&engine).await.iter().all(|record| record.new == 0));
    assert_eq!(items(&engine, Channel::River).await, river);
}

#[tokio::test]
async fn two_sources_that_bring_one_text_at_the_same_moment_make_one_item() {
    let newsroom = Newsroom::new(
        "[[source]]\nname = \"a\"\nurl = \"{origin}/a\"\n[[source]]\nname = \"b\"\nurl = \"{origin}/b\"\n\
         [[source]]\nname = \"c\"\nurl = \"{origin}/c\"\n",
    );
    let text = |number: u32| {
        let words: String = (0..60_u32)
            .filter_map(|place| char::from_u32(0x4E00 + number * 613 + place * (number + 3) % 599))
            .collect();
        words
    };
    let texts: Vec<String> = (0..20).map(text).collect();
    for path in ["/a", "/b", "/c"] {
        let entries: Vec<[String; 3]> = (0..20)
            .map(|n| {
                [
                    format!("{path}{n}"),
                    format!("Heading {n} of {path}"),
                    format!("http://example.org{path}/{n}"),
                ]
            })
            .collect();
        let entries: Vec<_> = entries
            .iter()
            .zip(&texts)
            .map(|([guid, title, link], text)| (guid.as_str(), title.as_str(), link.as_str(), text.as_str()))
            .collect();
        newsroom.origin.serve(path, rss(&entries), &[]);
    }
    let engine = newsroom.engine().await;
    let polls = engine.setup().sources.clone().into_iter().map(|source| {
        let engine = std::sync::Arc::clone(&engine);
        tokio::spawn(async move { engine.poll(&source).await })
    });
    for poll in polls.collect::<Vec<_>>() {
        poll.await.unwrap();
    }
    let river = items(&engine, Channel::River).await;
    assert_eq!(river.len(), 20);
    assert!(river.iter().all(|stored| stored.item.carriers.len() == 3));
}
