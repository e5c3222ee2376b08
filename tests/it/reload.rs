//! The admin edits `feeds.toml` while newsriver runs: taken whole, or not at all.

use crate::support::{Newsroom, rss};

const ONE: &str = "[[source]]\nname = \"one\"\nurl = \"{origin}/one\"\n";
const TWO: &str = "[[source]]\nname = \"one\"\nurl = \"{origin}/one\"\n[[source]]\nname = \"two\"\nurl = \"{origin}/two\"\n";

fn newsroom() -> Newsroom {
    let newsroom = Newsroom::new(ONE);
    newsroom.origin.serve(
        "/one",
        rss(&[("1", "From one", "http://one.example.org/1", "")]),
        &[],
    );
    newsroom.origin.serve(
        "/two",
        rss(&[("2", "From two", "http://two.example.org/2", "")]),
        &[],
    );
    newsroom
}

/// Another configuration at the same address.
fn save(newsroom: &Newsroom, address: std::net::SocketAddr, tables: &str) {
    newsroom.configure(tables);
    let text = std::fs::read_to_string(newsroom.config()).unwrap();
    std::fs::write(
        newsroom.config(),
        text.replace("127.0.0.1:0", &address.to_string()),
    )
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_file_takes_effect_and_a_broken_one_does_not() {
    let newsroom = newsroom();
    let daemon = newsroom.run().await;
    daemon.until("/feed.json", |body| body.contains("From one")).await;

    save(&newsroom, daemon.address, TWO);
    daemon.until("/feed.json", |body| body.contains("From two")).await;

    save(&newsroom, daemon.address, "[[source]]\nulr = \"nonsense\"\n");
    daemon.until("/healthz", |body| body.contains("degraded")).await;
    assert!(
        daemon.get("/feed.json").await.unwrap().contains("From two"),
        "all goes on as before"
    );

    save(&newsroom, daemon.address, ONE);
    daemon.signal("HUP");
    daemon.until("/healthz", |body| body.starts_with("ok")).await;
    let feed = daemon.get("/feed.json").await.unwrap();
    assert!(
        feed.contains("From two"),
        "items of a removed source stay until retention"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn term_ends_with_zero_though_sources_hang() {
    let newsroom = newsroom();
    newsroom.origin.fault("/one", Some(newsriver::demo::Fault::Hang));
    let daemon = newsroom.run().await;
    daemon.signal("TERM");
    assert_eq!(daemon.end().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_on_the_store_says_who_has_it_and_ends() {
    let newsroom = newsroom();
    let daemon = newsroom.run().await;
    let second = newsroom.newsriver(&["run"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(
        said.contains("in use by") && said.contains(&daemon.child.id().to_string()),
        "{said}"
    );
    assert!(
        daemon.get("/healthz").await.unwrap().starts_with("ok"),
        "the first notices nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_that_come_and_go_lose_no_item_and_feeds_stay_whole() {
    const SORTED: &str = "[[category]]\nname = \"odd\"\nmatch = { any = [\"odd\"] }\n";
    const MORE: &str = "[[category]]\nname = \"even\"\nmatch = { any = [\"even\"] }\n";
    let newsroom = Newsroom::new(&format!("{SORTED}{ONE}"));
    let entries: Vec<(String, String, String)> = (0..40)
        .map(|number: u32| {
            let kind = if number.is_multiple_of(2) { "even" } else { "odd" };
            let link = format!("http://one.example.org/{number}");
            (format!("{number}"), format!("The {kind} number {number}"), link)
        })
        .collect();
    let entries: Vec<(&str, &str, &str, &str)> = entries
        .iter()
        .map(|(guid, title, link)| (guid.as_str(), title.as_str(), link.as_str(), ""))
        .collect();
    newsroom.origin.serve("/one", rss(&entries), &[]);
    let count =
        |feed: &str| feed.matches("\"title\":\"The ").count() + feed.matches("\"title\": \"The ").count();
    let daemon = newsroom.run().await;
    daemon.until("/odd/feed.json", |body| count(body) == 20).await;

    // A new category fills in the background; nobody sees a river with fewer items meanwhile.
    save(&newsroom, daemon.address, &format!("{SORTED}{MORE}{ONE}"));
    newsroom.logged("feeds.toml taken").await;
    for round in 0.. {
        assert!(round < 1000, "the new category does not fill");
        assert_eq!(count(&daemon.get("/feed.json").await.unwrap()), 40);
        assert_eq!(count(&daemon.get("/odd/feed.json").await.unwrap()), 20);
        if daemon
            .get("/even/feed.json")
            .await
            .is_some_and(|feed| count(&feed) == 20)
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }

    newsroom.logged("sorting the stored items into categories").await;
    newsroom
        .logged("the stored items are sorted into categories")
        .await;

    // One that goes takes no item and no other category with it, and is named nowhere in the end.
    save(&newsroom, daemon.address, &format!("{MORE}{ONE}"));
    daemon
        .until("/feed.json", |body| {
            count(body) == 40 && !body.contains("\"odd\"")
        })
        .await;
    assert_eq!(count(&daemon.get("/even/feed.json").await.unwrap()), 20);
    daemon.signal("TERM");
    assert_eq!(daemon.end().await, Some(0));

    // What was changed while nothing ran is made up for at the start.
    newsroom.configure(&format!("{SORTED}{ONE}"));
    let daemon = newsroom.run().await;
    daemon.until("/odd/feed.json", |body| count(body) == 20).await;
    daemon
        .until("/feed.json", |body| {
            count(body) == 40 && !body.contains("\"even\"")
        })
        .await;
}
