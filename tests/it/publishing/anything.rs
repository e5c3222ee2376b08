//! Whatever is stored, every form of it is well formed, and other readers read what was published.

use super::*;
use proptest::prelude::*;

/// Text with everything in it that has ever broken a document.
fn hostile_text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "]]>",
        "<![CDATA[",
        "&",
        "&amp;",
        "&#0;",
        "<script>alert(1)</script>",
        "</item>",
        "</entry>",
        "\u{0}",
        "\u{b}",
        "\u{1b}[31m",
        "\u{fffe}",
        "\u{ffff}",
        "\u{fffd}",
        "\u{fdd0}",
        "\u{fdd1}",
        "\u{85}",
        "\u{202e}",
        "שלום",
        "مرحبا",
        "🌊",
        "👩‍👩‍👧",
        "央行",
        "\"",
        "'",
        "<",
        ">",
        "--",
        "\r\n",
        "\n",
        "\t",
        " ",
        "e\u{301}",
        "\u{1f600}",
        "{",
        "}",
        "\\",
        "\\u0000",
        "%",
        "a",
        "B",
    ]);
    prop_oneof![
        4 => prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()),
        1 => ".{0,40}",
        1 => Just("字".repeat(20_000)),
    ]
}

prop_compose! {
    fn hostile_item()(
        title in hostile_text(),
        content in prop::option::of(hostile_text()),
        summary in prop::option::of(hostile_text()),
        author in hostile_text(),
        tag in hostile_text(),
        id in prop::option::of(hostile_text()),
        link in prop_oneof![
            Just(None),
            Just(Some("https://alpha.example/a b?x=<y>&z=[1]".to_owned())),
            Just(Some("javascript:alert(1)".to_owned())),
            hostile_text().prop_map(Some),
        ],
        enclosures in 0_usize..10,
        minutes in -40_000_000_i64..4_000_000,
        language in prop::option::of(hostile_text()),
    ) -> Item {
        let mut item = item(0, 1);
        let time = Timestamp::from_seconds(START.seconds() + minutes * 60);
        item.title = title;
        item.content = content;
        item.summary = summary;
        item.authors = vec![Person { name: Some(author.clone()), uri: Some(author), email: None }];
        item.tags = vec![Tag { term: tag.clone(), label: Some(tag.clone()), scheme: Some(tag) }];
        item.id = id.unwrap_or_else(|| "https://alpha.example/x".into());
        item.link = link;
        item.published = Some(time);
        item.updated = time;
        item.language = language;
        item.enclosures = (0..enclosures)
            .map(|number| Enclosure { url: format!("https://alpha.example/{number}.mp3"), ..Enclosure::default() })
            .collect();
        item
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is stored, every form is read by readers that are not ours, with as many entries as there were,
    /// and all forms agree on ids, links and dates.
    #[test]
    fn anything_stored_comes_out_well_formed(items in prop::collection::vec(hostile_item(), 1..6)) {
        let count = items.len();
        let items: Vec<Item> = items
            .into_iter()
            .enumerate()
            .map(|(place, item)| Item { id: format!("{}{place}", item.id), ..item })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let site = Site::new().await;
            site.view(FEEDS).await;
            site.commit(items).await;
            let publisher = site.publisher(FEEDS).await;
            let atom: atom_syndication::Feed = text(&publisher, "/atom.xml").await.parse().unwrap();
            let rss: rss::Channel = text(&publisher, "/rss.xml").await.parse().unwrap();
            let json: serde_json::Value = serde_json::from_str(&text(&publisher, "/feed.json").await).unwrap();
            let json = json["items"].as_array().unwrap();
            assert_eq!((atom.entries.len(), rss.items.len(), json.len()), (count, count, count));
            for ((entry, item), object) in atom.entries.iter().zip(&rss.items).zip(json) {
                let link = entry.links.iter().find(|link| link.rel == "alternate").map(|link| link.href.as_str());
                assert_eq!(object["id"], entry.id.as_str());
                assert_eq!(item.guid.as_ref().unwrap().value, entry.id);
                assert_eq!(object["url"].as_str(), link);
                assert_eq!(item.link.as_deref(), link);
                assert!(!entry.title.value.is_empty());
                let published = entry.published.unwrap();
                let of_json = object["date_published"].as_str().unwrap();
                assert_eq!(chrono::DateTime::parse_from_rfc3339(of_json).unwrap(), published);
                let of_rss = item.pub_date.as_deref().unwrap();
                assert_eq!(chrono::DateTime::parse_from_rfc2822(of_rss).unwrap(), published);
            }
            for path in ["/atom.xml", "/rss.xml", "/feed.json"] {
                let read = feed_rs::parser::parse(document(&publisher, path).await.identity().as_ref()).unwrap();
                assert_eq!(read.entries.len(), count, "{path}");
            }
            let page = text(&publisher, "/").await;
            assert_eq!(page.matches("<article>").count(), count);
            assert!(!page.contains("<script"));
        });
    }

    /// What is ordinary comes back word for word.
    #[test]
    fn what_is_published_is_what_others_read(
        title in "[a-zA-Z0-9央行利率&<>' ]{1,40}[a-z]",
        content in "[a-zA-Z央行]{1,60}",
        minutes in 0_i64..500_000,
    ) {
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        let item = Item {
            title: title.clone(),
            content: Some(format!("<p>{content}</p>")),
            ..item(5, minutes)
        };
        let (time, id) = (item.published.unwrap(), item.id.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let site = Site::new().await;
            site.view(FEEDS).await;
            site.commit(vec![item]).await;
            let publisher = site.publisher(FEEDS).await;
            for path in ["/atom.xml", "/rss.xml", "/feed.json"] {
                let read = feed_rs::parser::parse(document(&publisher, path).await.identity().as_ref()).unwrap();
                let entry = &read.entries[0];
                let read_title = entry.title.clone().unwrap().content;
                // RSS cannot say that a title is text: what would pass for markup is escaped for readers of HTML,
                // as is any `&` for readers of Atom titles typed as HTML.
                let unescaped = read_title.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace("&amp;", "&");
                assert!(read_title == title || unescaped == title, "{path}: {read_title} for {title}");
                assert_eq!(entry.id, id);
                assert_eq!(entry.links[0].href, id);
                assert_eq!(entry.published.unwrap().timestamp(), time.seconds());
                let body = entry.content.as_ref().and_then(|content| content.body.clone()).unwrap();
                assert_eq!(body, format!("<p>{content}</p>"));
            }
        });
    }
}
