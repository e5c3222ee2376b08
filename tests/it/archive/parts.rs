//! A month that is too large for one document comes in parts, which stand still and lose nothing.

use super::*;

#[tokio::test]
async fn a_large_month_comes_in_parts_that_stand_still() {
    let site = Site::new().await;
    site.view(FEEDS).await;
    site.commit(
        (1..=2300)
            .map(|number| aged(number, i64::from(20 - number / 150)))
            .collect(),
    )
    .await;
    site.commit(vec![aged(3000, 60)]).await;
    let publisher = site.publisher(FEEDS).await;
    let chain = follow(&publisher, "/finance/atom.xml").await;
    let seen: Vec<(&str, usize, bool)> = chain
        .iter()
        .map(|(path, read)| (path.as_str(), read.ids.len(), read.is_archive))
        .collect();
    assert_eq!(
        seen,
        [
            ("/finance/atom.xml", 50, false),
            ("/finance/2026/11/atom.xml", 300, false),
            ("/finance/2026/11/2/atom.xml", 1000, true),
            ("/finance/2026/11/1/atom.xml", 1000, true),
            ("/finance/2026/09/atom.xml", 1, true),
        ]
    );
    let all: BTreeSet<&String> = chain[1..].iter().flat_map(|(_, read)| &read.ids).collect();
    assert_eq!(all.len(), 2301);
    let september = at(&publisher, "/finance/2026/09/atom.xml").await;
    assert_eq!(
        path_of(&september.links["next-archive"]),
        "/finance/2026/11/1/atom.xml"
    );
    let before = document(&publisher, "/finance/2026/11/2/atom.xml").await;
    let receipt = site
        .commit((4000..4800).map(|number| aged(number, 0)).collect())
        .await;
    publisher.refresh(&receipt.touched).await.unwrap();
    let after = document(&publisher, "/finance/2026/11/2/atom.xml").await;
    assert!(
        read("atom.xml", std::str::from_utf8(after.identity()).unwrap())
            .ids
            .len()
            == 1000
    );
    assert_eq!(
        read("atom.xml", std::str::from_utf8(before.identity()).unwrap()).ids,
        read("atom.xml", std::str::from_utf8(after.identity()).unwrap()).ids
    );
    assert_eq!(at(&publisher, "/finance/2026/11/atom.xml").await.ids.len(), 100);
    assert_eq!(status(&publisher, "/finance/2026/11/4/atom.xml").await, 404);
}

/// An item with a text of so many bytes.
fn long(number: u32, days: i64, bytes: usize) -> Item {
    Item {
        content: Some(format!("<p>{number} {}</p>", "x".repeat(bytes))),
        summary: None,
        ..aged(number, days)
    }
}

#[tokio::test]
async fn a_month_of_long_texts_comes_in_pieces_and_loses_none_of_them() {
    const BYTES: usize = 2_000_000;
    // Eight of them are what a document bears.
    let site = Site::new().await;
    site.view(FEEDS).await;
    let texts = |numbers: std::ops::RangeInclusive<u32>, before: i64| {
        let dated = numbers.map(|number| long(number, before - i64::from(number), BYTES));
        dated.collect::<Vec<_>>()
    };
    site.commit(texts(1..=10, 20)).await;
    site.commit(texts(101..=109, 170)).await;
    let publisher = site.publisher(FEEDS).await;
    let mut seen = Vec::new();
    for (path, read) in follow(&publisher, "/finance/atom.xml").await {
        let document = document(&publisher, &path).await;
        let text = std::str::from_utf8(document.identity()).unwrap();
        seen.push((path, read.ids.len(), text.matches(&"x".repeat(BYTES)).count()));
    }
    let seen: Vec<_> = seen
        .iter()
        .map(|(path, items, whole)| (path.as_str(), *items, *whole))
        .collect();
    assert_eq!(
        seen,
        [
            ("/finance/atom.xml", 19, 8),
            ("/finance/2026/11/atom.xml", 2, 2),
            ("/finance/2026/11/1.1/atom.xml", 8, 8),
            ("/finance/2026/09/atom.xml", 1, 1),
            ("/finance/2026/09/1.1/atom.xml", 8, 8),
        ]
    );
    let september = at(&publisher, "/finance/2026/09/atom.xml").await;
    assert_eq!(
        path_of(&september.links["next-archive"]),
        "/finance/2026/11/1.1/atom.xml"
    );
    let piece = at(&publisher, "/finance/2026/11/1.1/atom.xml").await;
    assert!(piece.is_archive);
    assert_eq!(path_of(&piece.links["next-archive"]), "/finance/2026/11/atom.xml");

    // More comes in, and what stands still stands.
    let receipt = site.commit(texts(11..=17, 20)).await;
    publisher.refresh(&receipt.touched).await.unwrap();
    let after = at(&publisher, "/finance/2026/11/1.1/atom.xml").await;
    assert_eq!(after.ids, piece.ids);
    assert_eq!(
        path_of(&after.links["next-archive"]),
        "/finance/2026/11/1.2/atom.xml"
    );
    assert_eq!(at(&publisher, "/finance/2026/11/atom.xml").await.ids.len(), 1);
    for path in ["/finance/2026/11/1.3/atom.xml", "/finance/2026/11/1/atom.xml"] {
        assert_eq!(status(&publisher, path).await, 404, "{path}");
    }
}
