//! Dates that are absent, absurd or in another zone: every item is published, each with a sane one.

use super::wire::{ONE, Wire, feed, hours, item, minutes};
use newsriver::model::{SourceState, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

const YEAR: Duration = Duration::from_secs(400 * 86_400);

/// The nth item with this date.
fn dated(number: u32, date: &str) -> String {
    item(number).replace("</item>", &format!("<pubDate>{date}</pubDate></item>"))
}

/// What became of each item: its title, `published` and `surfaced`, in RFC 3339.
async fn stamps(wire: &Wire) -> HashMap<String, (Option<String>, String)> {
    let items = wire.items().await;
    let told = items.iter().map(|stored| {
        let item = &stored.item;
        (
            item.title.clone(),
            (
                item.published.map(Timestamp::to_rfc3339),
                item.surfaced.to_rfc3339(),
            ),
        )
    });
    told.collect()
}

#[tokio::test]
async fn an_item_of_the_future_has_the_time_it_was_first_seen_and_does_not_stay_on_top() {
    let wire = Wire::new(ONE).await;
    wire.serve("/feed", &feed(&[dated(1, "Thu, 01 Jan 2099 00:00:00 GMT")]), &[]);
    wire.poll().await;
    let seen = wire.items().await[0].item.first_seen;
    assert_eq!(wire.items().await[0].item.surfaced, seen);
    assert_eq!(wire.items().await[0].item.published, Some(seen));
    wire.later(hours(1));
    wire.serve(
        "/feed",
        &feed(&[dated(1, "Thu, 01 Jan 2099 00:00:00 GMT"), item(2)]),
        &[],
    );
    wire.poll().await;
    assert_eq!(wire.titles().await, ["Story 2", "Story 1"]);
}

#[tokio::test]
async fn whatever_a_date_says_the_item_is_published_with_a_sane_one() {
    let odd = [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "",
        "yesterday at noon",
        "Sun, 22 Nov 0000 08:00:00 GMT",
        "Sun, 22 Nov 99999 08:00:00 GMT",
        "Sun, 22 Nov 2026 08:00:60 GMT",
        "Sun, 22 Nov 2026 08:00:00 +2500",
        "Sun, 32 Jan 2026 08:00:00 GMT",
        "24",
        "Fri, 22 Nov 2026 08:00:00 GMT",
        "99999999999999999999999999",
        "-1",
    ];
    let wire = Wire::new(ONE).await;
    let items: Vec<String> = (1..).zip(odd).map(|(number, date)| dated(number, date)).collect();
    wire.serve("/feed", &feed(&items), &[]);
    assert_eq!(wire.poll().await.new, odd.len());
    for stored in wire.items().await {
        let item = &stored.item;
        for time in [Some(item.surfaced), Some(item.updated), item.published]
            .into_iter()
            .flatten()
        {
            assert!(
                time <= item.first_seen && time >= Timestamp::default(),
                "{}: {time}",
                item.title
            );
        }
    }
    let stamps = stamps(&wire).await;
    assert_eq!(
        stamps["Story 10"].0.as_deref(),
        Some("2026-11-22T08:00:00Z"),
        "a wrong weekday is no matter"
    );
    assert_eq!(stamps["Story 3"].0, None, "words are no date");
    // As they stand they are known again, with the dates they were given.
    wire.later(minutes(60));
    wire.serve(
        "/feed",
        &feed(&items).replace("<title>Wire", "<title>The Wire"),
        &[],
    );
    assert_eq!(wire.poll().await.new, 0);
    assert_eq!(self::stamps(&wire).await, stamps);
}

#[tokio::test]
async fn dates_as_chinese_sites_write_them_are_eight_hours_ahead() {
    let chinese = |number: u32, date: &str| {
        dated(number, date)
            .replace("Story", "央行宣布下调存款准备金率新闻")
            .replace(
                "What there is to say of",
                "市场人士对此反应积极,认为政策力度超出预期",
            )
    };
    let items: Vec<String> = (1..)
        .zip([
            "2022-02-28 11:30:31",
            "2022年02月28日 11:30",
            "Mon, 28 Feb 2022 11:30:31 CST",
            "2022/02/28 11:30:31",
        ])
        .map(|(number, date)| chinese(number, date))
        .collect();
    let document = feed(&items).replace("<channel>", "<channel><language>zh-cn</language>");
    let zone = ONE.to_owned() + "timezone = \"Asia/Shanghai\"\n";
    for tables in [ONE, zone.as_str()] {
        let wire = Wire::new(tables).await;
        wire.serve("/feed", &document, &[]);
        assert_eq!(wire.poll().await.new, 4);
        for (title, (published, _)) in stamps(&wire).await {
            let published = published.unwrap();
            assert!(published.starts_with("2022-02-28T03:30:"), "{title}: {published}");
        }
    }
}

#[tokio::test]
async fn an_item_that_turns_up_three_years_late_stands_where_readers_look() {
    let wire = Wire::new(ONE).await;
    wire.serve("/feed", &feed(&[dated(1, "Sun, 22 Nov 2026 08:00:00 GMT")]), &[]);
    wire.poll().await;
    wire.later(hours(2));
    let late = dated(2, "Wed, 22 Nov 2023 08:00:00 GMT");
    wire.serve(
        "/feed",
        &feed(&[dated(1, "Sun, 22 Nov 2026 08:00:00 GMT"), late]),
        &[],
    );
    wire.poll().await;
    let items = wire.items().await;
    assert_eq!(items[0].item.title, "Story 2");
    assert_eq!(items[0].item.surfaced, items[0].item.first_seen);
    assert_eq!(
        items[0].item.published.unwrap().to_rfc3339(),
        "2023-11-22T08:00:00Z",
        "its own date is kept"
    );
}

#[tokio::test]
async fn dates_that_are_always_now_publish_once_and_move_nothing() {
    let wire = Wire::new(ONE).await;
    let mut before = None;
    for _ in 0..4 {
        let now = wire.now().to_http_date();
        let document =
            feed(&[dated(1, &now)]).replace("<item>", &format!("<lastBuildDate>{now}</lastBuildDate><item>"));
        wire.serve("/feed", &document, &[]);
        assert!(wire.poll().await.outcome.is_success());
        let items = wire.items().await;
        assert_eq!(before.get_or_insert_with(|| items.clone()), &items);
        wire.later(hours(3));
    }
}

/// A state is sane at `now`: what was is not after it, and what will be is near.
fn assert_sane(state: &SourceState, now: Timestamp) {
    for past in [
        state.last_polled,
        state.last_success,
        state.first_success,
        state.last_new,
    ]
    .into_iter()
    .flatten()
    {
        assert!(past <= now, "{past} is after {now}");
    }
    assert!(
        state.next_due.since(now) <= hours(25),
        "{} is far from {now}",
        state.next_due
    );
    assert!(state.rhythm.arrivals().all(|arrival| arrival <= now));
}

#[tokio::test]
async fn a_clock_that_jumps_a_year_on_and_back_stops_no_poll_and_stamps_nothing_after_now() {
    let wire = Wire::new(ONE).await;
    wire.serve("/feed", &feed(&[item(1)]), &[]);
    wire.poll().await;

    wire.later(YEAR);
    assert_eq!(wire.claimed().await.len(), 1, "what is due is due");
    wire.serve("/feed", &feed(&[item(1), item(2)]), &[]);
    assert_eq!(wire.poll().await.new, 1);
    assert_sane(&wire.state(0).await, wire.now());

    let wire = wire.turned_back(YEAR);
    wire.engine().plan_polls().await.unwrap();
    assert_sane(&wire.state(0).await, wire.now());
    let due = wire.state(0).await.next_due;
    wire.later(due.since(wire.now()) + Duration::from_secs(1));
    assert_eq!(
        wire.claimed().await.len(),
        1,
        "it is asked when it was to be asked"
    );
    wire.serve("/feed", &feed(&[item(1), item(2), item(3)]), &[]);
    let record = wire.poll().await;
    assert_eq!(record.new, 1, "{}", record.reason);
    let third = wire
        .items()
        .await
        .into_iter()
        .find(|stored| stored.item.title == "Story 3")
        .unwrap();
    assert!(third.item.first_seen <= wire.now() && third.item.updated <= wire.now());
    assert_sane(&wire.state(0).await, wire.now());
}
