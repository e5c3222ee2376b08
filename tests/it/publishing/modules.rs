//! What modules say is carried through, in elements that validators know, and read again.

use super::{FEEDS, Site, item, lines, text};
use newsriver::model::{
    Chapters, Credit, Enclosure, Extras, InReplyTo, Item, Media, MediaContent, Participant, Point, Soundbite,
    Thumbnail, Transcript,
};
use newsriver::parse::{self, Input};

fn film() -> Media {
    let content = |name: &str, height| MediaContent {
        url: format!("https://alpha.example/film?size={name}&amp=1"),
        mime_type: Some("video/mp4".into()),
        medium: Some("video".into()),
        length: Some(4096),
        duration_seconds: Some(90),
        width: Some(height * 16 / 9),
        height: Some(height),
        bitrate: Some(800),
        is_default: height == 720,
        language: Some("en".into()),
    };
    Media {
        contents: vec![content("large", 720), content("small", 360)],
        title: Some("The bridge & the river".into()),
        description: Some("Shown from above".into()),
        thumbnails: vec![Thumbnail {
            url: "https://alpha.example/still.jpg?size=l&crop=\"1\"".replace('"', "%22"),
            width: Some(320),
            height: Some(180),
        }],
        credits: vec![Credit {
            name: "Ann Li".into(),
            role: Some("photographer".into()),
            scheme: None,
        }],
        player: Some("https://alpha.example/play".into()),
        rating: Some("nonadult".into()),
        copyright: Some("Alpha 2026".into()),
    }
}

fn said() -> Extras {
    Extras {
        media: vec![film()],
        podcast_subtitle: Some("In short".into()),
        podcast_image: Some("https://alpha.example/cover.jpg".into()),
        duration_seconds: Some(61),
        episode: Some(3),
        season: Some(2),
        episode_type: Some("bonus".into()),
        is_explicit: Some(true),
        transcripts: vec![Transcript {
            url: "https://alpha.example/words.vtt".into(),
            mime_type: Some("text/vtt".into()),
            ..Transcript::default()
        }],
        chapters: Some(Chapters {
            url: "https://alpha.example/chapters.json".into(),
            mime_type: Some("application/json+chapters".into()),
        }),
        people: vec![Participant {
            name: "Bo Wang".into(),
            role: Some("Guest".into()),
            ..Participant::default()
        }],
        soundbites: vec![Soundbite {
            start_ms: 1500,
            duration_ms: 8000,
            title: None,
        }],
        point: Some(Point {
            latitude: 31.23,
            longitude: -121.5,
        }),
        place: Some("上海".into()),
        licenses: vec!["https://creativecommons.org/licenses/by/4.0/".into()],
        in_reply_to: vec![InReplyTo {
            id: "tag:alpha.example,2026:1".into(),
            link: Some("https://alpha.example/1".into()),
            mime_type: Some("text/html".into()),
            source: Some("https://alpha.example/feed.xml".into()),
        }],
        comment_count: Some(7),
        ..Extras::default()
    }
}

async fn published(extras: Extras) -> [(&'static str, String); 3] {
    let site = Site::new().await;
    site.view(FEEDS).await;
    let item = Item {
        enclosures: vec![Enclosure {
            url: "https://alpha.example/1.mp3".into(),
            mime_type: Some("audio/mpeg".into()),
            length: Some(99),
            title: None,
            duration_seconds: Some(61),
        }],
        extras: extras.boxed(),
        ..item(1, 1)
    };
    site.commit(vec![item]).await;
    let publisher = site.publisher(FEEDS).await;
    let mut documents = Vec::new();
    for path in ["/rss.xml", "/atom.xml", "/feed.json"] {
        documents.push((path, text(&publisher, path).await));
    }
    documents.try_into().unwrap()
}

fn read(document: &str) -> newsriver::model::Entry {
    let input = Input {
        bytes: document.as_bytes(),
        url: Some("https://river.example/feed"),
        content_type: None,
        content_language: None,
        timezone: None,
        site_timezone: None,
    };
    parse::read(&input).unwrap().0.entries.remove(0)
}

#[tokio::test]
async fn modules_are_written_so() {
    let [(_, rss), (_, atom), (_, json)] = published(said()).await;
    insta::assert_snapshot!("modules_in_rss", lines(&rss));
    insta::assert_snapshot!("modules_in_atom", lines(&atom));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    insta::assert_snapshot!(
        "modules_in_json_feed",
        serde_json::to_string_pretty(&json["items"][0]["_newsriver"]).unwrap()
    );
}

#[tokio::test]
async fn what_modules_say_is_read_again() {
    let said = said();
    let documents = published(said.clone()).await;
    for (path, document) in &documents[..2] {
        let entry = read(document);
        let found = *entry.extras.unwrap_or_default();
        assert!(found.media.contains(&said.media[0]), "{path}: {:?}", found.media);
        assert_eq!(found.point, said.point, "{path}");
        assert_eq!(found.place, said.place, "{path}");
        assert_eq!(found.licenses, said.licenses, "{path}");
        assert_eq!(found.in_reply_to, said.in_reply_to, "{path}");
        assert_eq!(found.comment_count, said.comment_count, "{path}");
        let has = |href: &str| {
            entry
                .links
                .iter()
                .any(|link| link.rel == "related" && link.href == href)
        };
        assert!(
            has("https://alpha.example/words.vtt") && has("https://alpha.example/chapters.json"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn no_namespace_is_declared_that_is_not_used_or_not_known() {
    let known = [
        "http://www.w3.org/2005/Atom",
        "http://purl.org/rss/1.0/modules/content/",
        "http://purl.org/dc/elements/1.1/",
        "http://search.yahoo.com/mrss/",
        "http://www.georss.org/georss",
        "http://purl.org/rss/1.0/modules/slash/",
        "http://purl.org/syndication/thread/1.0",
    ];
    for extras in [said(), Extras::default()] {
        for (path, document) in &published(extras).await[..2] {
            let root = document.split('>').nth(1).unwrap();
            for declared in root.split("xmlns").skip(1) {
                let (prefix, rest) = declared.split_once("=\"").unwrap();
                let namespace = rest.split('"').next().unwrap();
                assert!(known.contains(&namespace), "{path}: {namespace}");
                let prefix = prefix.trim_start_matches(':');
                assert!(
                    prefix.is_empty() || document.contains(&format!("<{prefix}:")),
                    "{path}: {prefix} is declared and not used"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_modules_may_not_say_is_left_out() {
    let extras = Extras {
        media: vec![Media {
            contents: vec![MediaContent {
                url: "javascript:alert(1)".into(),
                ..MediaContent::default()
            }],
            credits: vec![
                Credit {
                    name: "Cy".into(),
                    role: Some("Chief Fun Officer".into()),
                    scheme: None,
                },
                Credit {
                    name: "cy@alpha.example".into(),
                    ..Credit::default()
                },
            ],
            rating: Some("r (cz 1 lz 1 nz 1 oz 1 vz 1)".into()),
            copyright: Some("<b>me</b>".into()),
            title: Some("a <b>bold</b> title]]>".into()),
            ..Media::default()
        }],
        point: Some(Point {
            latitude: 95.0,
            longitude: 0.0,
        }),
        in_reply_to: vec![InReplyTo {
            id: "17".into(),
            link: Some("data:text/html,x".into()),
            ..InReplyTo::default()
        }],
        ..Extras::default()
    };
    for (path, document) in published(extras).await {
        for odd in ["javascript:", "cy@alpha", "data:", "georss", "<b>"] {
            assert!(
                !document.contains(odd) || (path == "/feed.json" && odd == "<b>"),
                "{path}: {odd}: {document}"
            );
        }
        if path != "/feed.json" {
            assert!(
                document.contains("<media:credit>Cy</media:credit>"),
                "{path}: {document}"
            );
            assert!(
                !document.contains("media:rating") && !document.contains("media:copyright"),
                "{path}"
            );
            assert!(
                document.contains("thr:in-reply-to ref=\"tag:river.example,"),
                "{path}: {document}"
            );
        }
    }
}
