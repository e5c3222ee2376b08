//! Redirects: followed at once, believed when they have proved themselves, never for longer than they say.

use super::wire::{ONE, Wire, feed, hours, item, status};
use newsriver::demo::Answer;
use newsriver::model::Outcome;

/// A wire whose feed has moved from `/feed` to `/new` by this status.
async fn moved(status: u16) -> Wire {
    let wire = Wire::new(ONE).await;
    wire.serve("/feed", &feed(&[item(1)]), &[("ETag", "\"old\"")]);
    wire.poll().await;
    wire.serve("/new", &feed(&[item(1)]), &[("ETag", "\"new\"")]);
    wire.answer("/feed", Answer::redirect(status, &wire.url("/new")));
    wire
}

#[tokio::test]
async fn a_permanent_redirect_is_believed_after_three_polls_and_announces_nothing_twice() {
    for status in [301, 308] {
        let wire = moved(status).await;
        for poll in 0..3 {
            assert_eq!(wire.health(0).await.moved_to, None, "poll {poll}");
            let record = wire.poll().await;
            assert!(
                record.outcome.is_success() && record.new == 0,
                "{}",
                record.reason
            );
        }
        assert_eq!(
            wire.visits("/new")[0].header("if-none-match"),
            None,
            "other address, other validators"
        );
        let asked = wire.count("/feed");
        assert_eq!(asked, 4);
        wire.serve("/new", &feed(&[item(1), item(2)]), &[("ETag", "\"new 2\"")]);
        assert_eq!(wire.poll().await.new, 1);
        let wire = wire.restarted().await;
        wire.poll().await;
        assert_eq!(wire.count("/feed"), asked, "only the new address is asked");
        assert_eq!(wire.health(0).await.moved_to, Some(wire.url("/new")));
        assert!(wire.health(0).await.sentence().contains("newsriver move wire"));
        assert_eq!(wire.titles().await.len(), 2);
    }
}

#[tokio::test]
async fn a_temporary_redirect_is_followed_and_never_remembered() {
    for status in [302, 303, 307] {
        let wire = moved(status).await;
        for _ in 0..6 {
            assert!(wire.poll().await.outcome.is_success());
        }
        assert_eq!(wire.count("/feed"), 7);
        assert_eq!(wire.health(0).await.moved_to, None);
    }
}

#[tokio::test]
async fn of_a_chain_only_the_permanent_beginning_is_remembered() {
    let wire = moved(301).await;
    wire.serve("/today", &feed(&[item(1)]), &[]);
    wire.answer("/new", Answer::redirect(302, &wire.url("/today")));
    for _ in 0..5 {
        assert!(wire.poll().await.outcome.is_success());
    }
    assert_eq!(wire.health(0).await.moved_to, Some(wire.url("/new")));
    assert_eq!((wire.count("/feed"), wire.count("/new")), (4, 5));
}

#[tokio::test]
async fn another_feed_behind_the_redirect_is_no_move() {
    let wire = moved(301).await;
    for number in 50..56 {
        wire.serve("/new", &feed(&[item(number)]), &[]);
        wire.poll().await;
    }
    assert_eq!(wire.health(0).await.moved_to, None);
    assert_eq!(wire.count("/feed"), 7);
}

#[tokio::test]
async fn a_new_address_that_fails_sends_us_back_to_the_configured_one() {
    let wire = moved(301).await;
    for _ in 0..3 {
        wire.poll().await;
    }
    wire.answer("/new", status(500, &[]));
    wire.serve("/feed", &feed(&[item(1), item(3)]), &[]);
    let asked = wire.count("/feed");
    let mut news = 0;
    for _ in 0..5 {
        wire.later(hours(1));
        news += wire.poll().await.new;
    }
    assert!(wire.count("/feed") > asked);
    assert_eq!(news, 1);
    assert_eq!(
        wire.health(0).await.moved_to,
        None,
        "it serves the feed itself again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn move_writes_the_new_address_and_nothing_else_and_the_source_stays_the_one_it_was() {
    // Without a written name the address is what makes the source itself.
    let unnamed = "# my sources\n[[source]]  # the wire\nurl = '{origin}/feed'   # since 2019\n";
    let wire = Wire::new(unnamed).await;
    wire.serve("/feed", &feed(&[item(1)]), &[]);
    wire.poll().await;
    let name = wire.engine().setup().sources[0].name.clone();
    let newsroom = wire.closed().await;
    let early = newsroom.newsriver(&["move", &name]);
    assert_eq!(early.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&early.stderr).contains("has not moved"));

    let wire = Wire::over(newsroom).await;
    wire.serve("/new", &feed(&[item(1)]), &[]);
    wire.answer("/feed", Answer::redirect(301, &wire.url("/new")));
    for _ in 0..3 {
        wire.poll().await;
    }
    let (old, new) = (wire.url("/feed"), wire.url("/new"));
    let newsroom = wire.closed().await;
    let before = std::fs::read_to_string(newsroom.config()).unwrap();
    let said = newsroom.newsriver(&["move", &name]);
    assert_eq!(
        said.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let after = std::fs::read_to_string(newsroom.config()).unwrap();
    assert_eq!(after, before.replace(&format!("'{old}'"), &format!("\"{new}\"")));

    let wire = Wire::over(newsroom).await;
    assert_eq!(wire.engine().setup().sources[0].name, name);
    assert_eq!(
        wire.engine().store.sources().await.unwrap().len(),
        1,
        "it is no other source"
    );
    let asked = wire.count("/feed");
    let record = wire.poll().await;
    assert_eq!(
        (record.outcome, record.new),
        (Outcome::Unchanged, 0),
        "{}",
        record.reason
    );
    assert_eq!((wire.count("/feed"), wire.titles().await.len()), (asked, 1));
}
