//! Sections that no category has are told, with the line that sorts them.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_section_that_no_category_has_is_told_with_the_line_that_sorts_it() {
    let newsroom = newsroom(&format!("[publish]\nduplicates = \"keep\"\n{TABLES}"));
    let entry = |number: usize, section: &str, words: &[&str]| {
        let title = format!("{}{}", MARKS[number], words[number % 6]);
        let link = format!("http://mixed.example.org/{section}/{number}");
        format!(
            "<item><title>{title}</title><link>{link}</link><category>{section}</category><category>once {number}{section}</category></item>"
        )
    };
    let entries: String = (0..7)
        .flat_map(|number| [entry(number, "Money", &MONEY), entry(number, "Games", &SPORT)])
        .chain([entry(8, "Money", &MONEY)])
        .collect();
    let feed = format!("<rss version=\"2.0\"><channel><title>Mixed</title>{entries}</channel></rss>");
    newsroom.origin.serve("/mixed", feed, &[]);
    let status = |newsroom: &Newsroom| {
        let told = newsroom.newsriver(&["status", "--json"]);
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        told["sections"].clone()
    };
    assert_eq!(newsroom.newsriver(&["poll"]).status.code(), Some(0));
    let section = |name: &str, items: u32, category: &str| {
        serde_json::json!({
            "section": name,
            "sources": ["mixed"],
            "items": items,
            "category": category,
            "toml": format!("sections = [\"{name}\"]"),
        })
    };
    assert_eq!(
        status(&newsroom),
        serde_json::json!([section("Money", 8, "finance"), section("Games", 7, "sport")])
    );
    let mapped = TABLES.replace(
        "name = \"finance\"\n",
        "name = \"finance\"\nsections = [\"money\"]\n",
    );
    newsroom.configure(&mapped);
    assert_eq!(
        status(&newsroom),
        serde_json::json!([section("Games", 7, "sport")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copys_sections_are_those_of_the_source_that_leads() {
    let newsroom = newsroom(TABLES);
    let entries = |of: &str, section: &str| -> String {
        let entry = |number: usize| {
            let title = format!(
                "{}{}，{}",
                MARKS[number],
                MONEY[number % 6],
                MONEY[(number + 2) % 6]
            );
            let text = format!(
                "{title}。{}。{}。{}",
                MONEY[number % 6],
                MONEY[(number + 1) % 6],
                MONEY[(number + 3) % 6]
            )
            .repeat(6);
            format!(
                "<item><title>{title}</title><link>http://{of}.example.org/{number}</link>{section}<description>{text}</description></item>"
            )
        };
        let entries: String = (0..8).map(entry).collect();
        format!("<rss version=\"2.0\"><channel><title>{of}</title>{entries}</channel></rss>")
    };
    newsroom
        .origin
        .serve("/money", entries("money", "<category>Markets</category>"), &[]);
    newsroom.origin.serve("/mixed", entries("mixed", ""), &[]);
    assert_eq!(newsroom.newsriver(&["poll", "money"]).status.code(), Some(0));
    newsroom.later(60);
    assert_eq!(newsroom.newsriver(&["poll", "mixed"]).status.code(), Some(0));
    let engine = newsroom.engine().await;
    let mixed = engine.setup().named("mixed").unwrap().id;
    let carried = items(&engine, Channel::Source(mixed)).await;
    assert_eq!(carried.len(), 8);
    assert!(
        carried.iter().all(|stored| stored.item.carriers.len() == 2),
        "copies"
    );
    learning::after_reload(&engine, &CancellationToken::new())
        .await
        .unwrap();
    engine.store.close().await.unwrap();
    drop(engine);
    let told = newsroom.newsriver(&["status", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["sections"], serde_json::json!([]));
}
