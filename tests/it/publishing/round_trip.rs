//! What is stored is what our own reader reads of each form.

use super::{FEEDS, START, Site, item, text};
use newsriver::html;
use newsriver::model::{Enclosure, Entry, Item, Origin, Person, Tag, Timestamp};
use newsriver::parse::{self, Input};
use proptest::prelude::*;

fn read(document: &str) -> Vec<Entry> {
    let input = Input {
        bytes: document.as_bytes(),
        url: Some("https://river.example/feed"),
        content_type: None,
        content_language: None,
        timezone: None,
        site_timezone: None,
    };
    parse::read(&input).unwrap().0.entries
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9央行利率שלום🌊&<>;#/'\" -]{0,30}[a-z央]"
        .prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        // What looks like one whole element is one to a reader that takes titles for HTML.
        .prop_filter("no comment or declaration", |text| {
            !text.contains("<!") && !text.contains("<?")
        })
}

fn markup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<p>央行 &amp; banks</p>",
        "<ul><li>a</li><li>b &lt; c</li></ul>",
        "<p><a href=\"https://alpha.example/x?a=1&amp;b=2\">z</a></p>",
        "<p><img src=\"https://alpha.example/i.png\" alt=\"x\"></p>",
        "]]&gt; <![CDATA[ x ]]>",
        "🌊 שלום ",
        "<pre>a\n  b</pre>",
        "<table><tbody><tr><td>1</td></tr></tbody></table>",
        "&copy;&nbsp;&#8212;",
    ]);
    prop::collection::vec(pieces, 1..6).prop_map(|pieces| html::sanitize(&pieces.concat(), None))
}

prop_compose! {
    fn any_item()(
        title in words(),
        content in markup(),
        summary in prop::option::of(markup()),
        authors in prop::collection::vec("[A-Z][a-z]{2,8} [A-Z王][a-z小明]{1,5}", 0..3),
        tags in prop::collection::vec("[a-z央行]{2,8}", 0..4),
        files in 0_usize..10,
        published in 0_i64..400_000,
        changed in prop_oneof![Just(0_i64), 1_i64..100_000],
        has_link in any::<bool>(),
        guid in prop_oneof![Just("https://alpha.example/"), Just("tag:alpha.example,2026:")],
    ) -> Item {
        let at = |minutes: i64| Timestamp::from_seconds(START.seconds() - minutes * 60);
        Item {
            id: guid.to_owned(),
            title,
            link: has_link.then(|| "https://alpha.example/page?a=1&b=2".to_owned()),
            content: Some(content),
            summary,
            authors: authors
                .into_iter()
                .map(|name| Person { name: Some(name), ..Person::default() })
                .collect(),
            tags: tags.into_iter().map(|term| Tag { term, ..Tag::default() }).collect(),
            enclosures: (0..files)
                .map(|number| Enclosure {
                    url: format!("https://alpha.example/{number}.mp3?a=1&b=2"),
                    mime_type: Some("audio/mpeg".into()),
                    length: Some(1000 + number as u64),
                    ..Enclosure::default()
                })
                .collect(),
            published: Some(at(published + changed)),
            updated: at(published),
            surfaced: at(published + changed),
            ..item(1, 1)
        }
    }
}

fn unique<T: Ord + Clone>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

fn compare(path: &str, item: &Item, entry: &Entry) {
    let is_rss = path.ends_with("rss.xml");
    assert_eq!(entry.guid.as_deref(), Some(item.id.as_str()), "{path}");
    assert_eq!(entry.title.as_deref(), Some(item.title.as_str()), "{path}");
    if item.link.is_some() {
        assert_eq!(entry.link, item.link, "{path}");
    }
    assert_eq!(entry.published, item.published, "{path}");
    let changed = Some(item.updated).filter(|updated| !is_rss || Some(*updated) != item.published);
    let read = entry.updated.map(|time| Timestamp::from_seconds(time.seconds()));
    assert_eq!(read, changed, "{path}");
    let names = |people: &[Person]| unique(people.iter().filter_map(|person| person.name.clone()));
    if !item.authors.is_empty() {
        assert_eq!(names(&entry.authors), names(&item.authors), "{path}");
    }
    let terms = unique(entry.tags.iter().map(|tag| tag.term.clone()));
    for tag in &item.tags {
        assert!(terms.contains(&tag.term), "{path}: {terms:?}");
    }
    assert!(
        terms.contains(&"finance".to_owned()),
        "{path}: our own category is told too"
    );
    let content = entry
        .content
        .as_deref()
        .map(|content| html::sanitize(content, None));
    assert_eq!(
        content.as_deref().map(str::trim),
        item.content.as_deref().map(str::trim),
        "{path}"
    );
    let files = |files: &[Enclosure]| {
        unique(
            files
                .iter()
                .map(|file| (file.url.clone(), file.mime_type.clone(), file.length)),
        )
    };
    assert_eq!(files(&entry.enclosures), files(&item.enclosures), "{path}");
    let origin = entry.origin.clone().unwrap_or_default();
    assert_eq!(
        (&origin.title, &origin.feed_url),
        (&item.origin.title, &item.origin.feed_url),
        "{path}"
    );
    if !is_rss {
        assert_eq!(
            (&origin.id, &origin.link),
            (&item.origin.id, &item.origin.link),
            "{path}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_published_is_what_we_read_again(items in prop::collection::vec(any_item(), 1..4)) {
        let items: Vec<Item> = items
            .into_iter()
            .enumerate()
            .map(|(place, item)| Item {
                id: format!("{}{place}", item.id),
                origin: Origin { title: Some("Alpha & <Times>".into()), ..item.origin },
                ..item
            })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let site = Site::new().await;
            site.view(FEEDS).await;
            site.commit(items.clone()).await;
            let publisher = site.publisher(FEEDS).await;
            for path in ["/finance/atom.xml", "/finance/rss.xml", "/finance/feed.json"] {
                let entries = read(&text(&publisher, path).await);
                assert_eq!(entries.len(), items.len(), "{path}");
                for item in &items {
                    let entry = entries.iter().find(|entry| entry.guid.as_deref() == Some(&item.id));
                    compare(path, item, entry.unwrap_or_else(|| panic!("{path} has no {}", item.id)));
                }
            }
        });
    }
}
