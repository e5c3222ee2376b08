//! The daemon as it goes on: whatever a host, the disk or the clock does, the others are polled, politely.

use crate::support::disk::SmallDisk;
use crate::support::{Newsroom, poll_all, rss};
use newsriver::demo::{Fault, Origin};
use newsriver::model::Outcome;
use std::net::{Ipv4Addr, SocketAddr};

#[tokio::test(flavor = "multi_thread")]
async fn sources_at_a_host_that_hangs_hold_up_no_others() {
    let slow = Origin::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    // Places for 16 polls, and 40 that hang for five seconds each, one after another.
    let mut tables = "concurrency = 2\nper_host = 1\n".to_owned();
    for number in 0..40 {
        let path = format!("/slow/{number}");
        slow.fault(&path, Some(Fault::Hang));
        tables += &format!(
            "[[source]]\nname = \"slow-{number}\"\nurl = \"{}\"\n",
            slow.url(&path)
        );
    }
    tables += "[[source]]\nname = \"quick\"\nurl = \"{origin}/quick\"\ninterval = \"1s\"\n";
    let newsroom = Newsroom::new(&tables);
    let document = rss(&[("1", "Quick", "http://quick.example.org/1", "")]);
    newsroom.origin.serve("/quick", document, &[]);
    let daemon = newsroom.run().await;
    daemon
        .until("/healthz", |_| newsroom.origin.counts("/quick").requests >= 5)
        .await;
}

#[tokio::test]
async fn a_source_whose_answer_cannot_be_stored_is_not_asked_again_at_once() {
    let Some(disk) = SmallDisk::mount(48) else { return };
    let newsroom =
        Newsroom::new("[[source]]\nname = \"wire\"\nurl = \"{origin}/wire\"\nmin_interval = \"5m\"\n");
    let text = std::fs::read_to_string(newsroom.config()).unwrap();
    let store = format!("path = \"{}\"", disk.store().display());
    std::fs::write(newsroom.config(), text.replace("path = \"store\"", &store)).unwrap();
    let document = |title: &str| rss(&[(title, title, "http://wire.example.org/1", "")]);
    newsroom.origin.serve("/wire", document("one"), &[]);
    let engine = newsroom.engine().await;
    assert_eq!(poll_all(&engine).await[0].new, 1);

    disk.fill_up(1 << 20);
    newsroom.origin.serve("/wire", document("two"), &[]);
    newsroom.later(400);
    let record = poll_all(&engine).await.remove(0);
    assert_eq!(record.outcome, Outcome::Failed);
    assert!(record.reason.as_str().contains("is full"), "{}", record.reason);
    newsroom.later(400);
    let record = poll_all(&engine).await.remove(0);
    assert!(
        record.took.is_zero() && record.reason.as_str().contains("not asked again"),
        "{}",
        record.reason
    );
    assert_eq!(newsroom.origin.counts("/wire").requests, 2);
    engine.store.close().await.unwrap();
}
