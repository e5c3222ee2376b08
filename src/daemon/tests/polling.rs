//! The poll loop through days: schedules, back-off, panics, a store that has stopped, and the watchdog.

use super::*;
use crate::daemon::{health, systemd};
use crate::publish::{Publisher, View};
use crate::serve;
use tokio::net::TcpListener;

#[tokio::test(start_paused = true)]
async fn a_schedule_goes_by_the_clock_on_the_wall_through_both_changes_of_summer_time() {
    let file =
        "[[source]]\nurl = \"http://a.example/\"\nschedule = \"0 9 * * *\"\ntimezone = \"Europe/Berlin\"\n";
    for (start, nines) in [
        // On 25 October 2026 the hour from two to three comes twice.
        (
            1_792_756_800,
            ["2026-10-24T07:00", "2026-10-25T08:00", "2026-10-26T08:00"],
        ),
        // On 28 March 2027 it is left out.
        (
            1_806_062_400,
            ["2027-03-27T08:00", "2027-03-28T07:00", "2027-03-29T07:00"],
        ),
    ] {
        let whole = whole(file, Timestamp::from_seconds(start)).await;
        whole.run(3 * DAY).await;
        let visits = whole.stage.visits("http://a.example/");
        let minutes: Vec<String> = visits.iter().map(|at| at.to_rfc3339()[..16].to_owned()).collect();
        assert_eq!(minutes, nines);
    }
}

#[tokio::test(start_paused = true)]
async fn the_gaps_after_failures_double_about_up_to_the_ceiling_and_no_two_sources_keep_step() {
    let names = ["a", "b", "c", "d"];
    let urls = names.map(|name| format!("http://{name}.example/"));
    let file: String = urls
        .iter()
        .map(|url| format!("[[source]]\nurl = \"{url}\"\n"))
        .collect();
    let whole = whole(&file, MORNING).await;
    for url in &urls {
        whole.stage.play(url, Play::Status(500));
    }
    whole.run(6 * DAY).await;
    for url in &urls {
        let gaps = whole.stage.gaps(url);
        let ceiling = DAY.as_secs_f64();
        assert!(gaps.len() > 5, "{gaps:?}");
        for pair in gaps.windows(2) {
            let ratio = pair[1] / pair[0];
            // A beat comes up to two seconds late.
            assert!(
                pair[1] >= ceiling * 0.89 || (1.49..=2.51).contains(&ratio),
                "{url}: {gaps:?}"
            );
            assert!(pair[1] <= ceiling + 4.0, "{url}: {gaps:?}");
        }
    }
    let ends = urls.map(|url| {
        let visits = whole.stage.visits(&url);
        let last = visits.iter().skip(3);
        last.map(|at| at.seconds() / 10).collect::<Vec<_>>()
    });
    for (index, end) in ends.iter().enumerate() {
        assert!(!ends[..index].contains(end), "{ends:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_panics_costs_its_source_the_minimum_and_nobody_else_anything() {
    let file = "[fetch]\ninterval = \"10m\"\n[[source]]\nurl = \"http://odd.example/\"\n\
        [[source]]\nurl = \"http://well.example/\"\n";
    let whole = whole(file, MORNING).await;
    whole.stage.play("http://odd.example/", Play::Panic);
    whole.run(2 * HOUR).await;
    assert!(whole.stage.visits("http://well.example/").len() >= 3);
    let gaps = whole.stage.gaps("http://odd.example/");
    assert!(gaps.len() > 1, "it is asked again");
    assert!(gaps.iter().all(|gap| *gap >= 300.0), "{gaps:?}");
    assert!(gaps[1] > gaps[0] * 1.5, "later each time: {gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_has_stopped_ends_the_daemon() {
    let whole = whole("[[source]]\nurl = \"http://a.example/\"\n", MORNING).await;
    *whole.disk.stopped.lock().unwrap() = Some("the disk does not answer".to_owned());
    whole.run(MINUTE).await;
    assert!(whole.engine.broken.is_cancelled());
    let words = whole.engine.troubles().store.unwrap();
    assert!(words.contains("the disk does not answer"), "{words}");
    let serve::Health::Failing(reasons) = health::health(&whole.engine, 0, 1) else {
        panic!("it cannot store");
    };
    assert!(
        !reasons.join(" ").contains("the disk"),
        "what the disk said is not for everybody: {reasons:?}"
    );
    assert!(health::details(&whole.engine)[0].contains("the disk does not answer"));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_sources_at_one_host_that_hangs_hold_up_no_other() {
    let mut file = "[fetch]\nconcurrency = 8\n".to_owned();
    for number in 0..1000 {
        file += &format!("[[source]]\nurl = \"http://slow.example/{number}\"\n");
    }
    file += "[[source]]\nurl = \"http://quick.example/\"\ninterval = \"5m\"\n";
    let whole = whole(&file, MORNING).await;
    for number in 0..1000 {
        whole
            .stage
            .play(&format!("http://slow.example/{number}"), Play::Hang);
    }
    whole.run(HOUR).await;
    let quick = whole.stage.visits("http://quick.example/").len();
    assert!(quick >= 3, "{quick} visits in an hour");
}

#[tokio::test(start_paused = true)]
async fn thousands_of_sources_are_all_polled_within_their_interval() {
    let file: String = (0..3000)
        .map(|number| format!("[[source]]\nurl = \"http://{number}.example/\"\n"))
        .collect();
    let whole = whole(&file, MORNING).await;
    whole.run(HOUR / 2 + MINUTE).await;
    let missed = (0..3000).filter(|number| {
        let url = format!("http://{number}.example/");
        whole.stage.visits(&url).is_empty()
    });
    assert_eq!(missed.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_restart_after_a_day_asks_one_after_the_other_and_the_most_overdue_first() {
    let url = |number: u32| format!("http://{number}.example/");
    let file: String = (0..3000)
        .map(|number| format!("[[source]]\nurl = \"{}\"\n", url(number)))
        .collect();
    let whole = whole(&file, MORNING).await;
    whole.run(HOUR / 2 + MINUTE).await;
    let mut due = Vec::new();
    for source in &whole.engine.setup().sources {
        let state = whole.engine.store.state(source.id).await.unwrap();
        due.push((state.next_due, source.url.clone()));
    }
    due.sort();
    tokio::time::sleep(DAY).await;
    whole.stage.visits.lock().unwrap().clear();
    let began = whole.engine.clock.now();
    whole.run(HOUR / 2).await;
    let visits = whole.stage.visits.lock().unwrap().clone();
    // Later on each beat brings what has come due since the one before.
    let mut seconds = HashMap::<i64, usize>::new();
    for (_, at) in visits.iter().filter(|(_, at)| at.since(began) < 3 * MINUTE) {
        *seconds.entry(at.seconds()).or_default() += 1;
    }
    // Twenty, and those that fall on the edge of a second: what is read on other threads takes a time of its own.
    let most = seconds.values().max().unwrap();
    assert!(*most <= 40, "{most} in one second");
    let first = |url: &String| visits.iter().find(|(asked, _)| asked == url).unwrap().1;
    let asked: Vec<Timestamp> = due.iter().map(|(_, url)| first(url)).collect();
    let last = asked.iter().max().unwrap().since(began);
    assert!(
        last < 160 * MINUTE / 60,
        "3000 sources are asked again within {last:?}"
    );
    let mut latest = began;
    for at in asked {
        let ahead = latest.since(at);
        assert!(
            ahead < MINUTE / 12,
            "one comes {ahead:?} before one that was due earlier"
        );
        latest = latest.max(at);
    }
}

/// Pings in each of six minutes, where the real loops of the daemon are driven until the third: both, or one alone.
async fn pings(polls_on: bool, serves_on: bool) -> Vec<usize> {
    let whole = whole("[[source]]\nurl = \"http://a.example/\"\n", MORNING).await;
    let marks = Arc::new(systemd::Marks::default());
    let view = View::new(&whole.engine.setup().config, &[]);
    let publisher = Publisher::new(
        Arc::clone(&whole.engine.store),
        view,
        Arc::clone(&whole.engine.clock),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stop = CancellationToken::new();
    let (polling, serving) = (Arc::clone(&marks), Arc::clone(&marks));
    let poll = whole.poll(move || polling.polling());
    let serve = serve::run(
        listener,
        Arc::new(publisher.await.unwrap()),
        Arc::new(|| serve::Health::Well),
        Arc::new(move || serving.serving()),
        stop.clone(),
    );
    // A loop that stands still is one that nobody drives.
    let drive = async {
        tokio::pin!(poll, serve);
        let third = tokio::time::sleep(3 * MINUTE);
        tokio::select! {
            () = &mut poll => {}
            () = &mut serve => {}
            () = third => {}
        }
        let end = tokio::time::sleep(3 * MINUTE);
        tokio::select! {
            () = &mut poll, if polls_on => {}
            () = &mut serve, if serves_on => {}
            () = end => {}
        }
        stop.cancel();
    };
    let start = Instant::now();
    let pinged = std::cell::RefCell::new(vec![0; 7]);
    let count = || {
        let minute = usize::try_from(start.elapsed().as_secs() / 60).unwrap();
        pinged.borrow_mut()[minute] += 1;
    };
    tokio::join!(drive, systemd::keep_alive(MINUTE / 2, &marks, &stop, count));
    pinged.into_inner()
}

#[tokio::test(start_paused = true)]
async fn either_real_loop_standing_still_alone_stops_the_watchdogs_pings() {
    assert_eq!(pings(true, true).await[..6], [6; 6]);
    for (polls_on, serves_on) in [(false, true), (true, false)] {
        let pings = pings(polls_on, serves_on).await;
        assert_eq!(pings[..3], [6; 3]);
        assert!(pings[3] < 4 && pings[4..] == [0; 3], "{pings:?}");
    }
}
