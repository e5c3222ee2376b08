//! A reload while polls go on.

use super::*;

const ONE: &str = "[[source]]\nname = \"one\"\nurl = \"http://one.example/\"\n";

#[tokio::test(start_paused = true)]
async fn a_new_source_is_asked_at_its_time_however_slow_the_reload_is() {
    let whole = whole(ONE, MORNING).await;
    let new = format!(
        "{ONE}[[source]]\nurl = \"http://new.example/\"\n\
         [[source]]\nurl = \"http://nine.example/\"\nschedule = \"0 9 * * *\"\n"
    );
    whole.disk.slowness.store(3000, Ordering::Relaxed);
    let reload = async {
        whole.engine.reload(config(&new)).await.unwrap();
        whole.disk.slowness.store(0, Ordering::Relaxed);
        tokio::time::sleep(5 * Duration::from_secs(1)).await;
        assert_eq!(
            whole.stage.visits("http://new.example/").len(),
            1,
            "asked within five seconds"
        );
        tokio::time::sleep(HOUR).await;
    };
    tokio::select! {
        () = whole.poll(|| {}) => {}
        () = reload => {}
    }
    let nine = whole.stage.visits("http://nine.example/");
    let minutes: Vec<String> = nine.iter().map(|at| at.to_rfc3339()[..16].to_owned()).collect();
    assert_eq!(minutes, ["2026-11-22T09:00"], "not before its time");
}

#[tokio::test(start_paused = true)]
async fn a_reload_gives_no_host_more_turns() {
    let source = |name: &str| format!("[[source]]\nname = \"{name}\"\nurl = \"http://one.example/{name}\"\n");
    let head = "[fetch]\nper_host = 1\ntimeout = \"10m\"\n";
    let whole = whole(&format!("{head}{}", source("a")), MORNING).await;
    whole.stage.play("http://one.example/a", Play::Hang);
    let reload = async {
        tokio::time::sleep(MINUTE).await;
        assert_eq!(whole.stage.visits("http://one.example/a").len(), 1);
        let more = format!("{head}{}{}", source("a"), source("b"));
        whole.engine.reload(config(&more)).await.unwrap();
        tokio::time::sleep(MINUTE).await;
        assert!(
            whole.stage.visits("http://one.example/b").is_empty(),
            "the host is being asked"
        );
        tokio::time::sleep(15 * MINUTE).await;
        assert!(!whole.stage.visits("http://one.example/b").is_empty());
    };
    tokio::select! {
        () = whole.poll(|| {}) => {}
        () = reload => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_reload_that_fails_leaves_the_old_sources_in_force() {
    let whole = whole(ONE, MORNING).await;
    let other = "[[source]]\nurl = \"http://other.example/\"\n";
    *whole.disk.stopped.lock().unwrap() = Some("for now".to_owned());
    assert!(whole.engine.reload(config(other)).await.is_err());
    *whole.disk.stopped.lock().unwrap() = None;
    whole.run(MINUTE).await;
    assert_eq!(whole.stage.visits("http://one.example/").len(), 1);
    assert!(whole.stage.visits("http://other.example/").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_hosts_rest_outlives_a_reload() {
    let a = "[[source]]\nname = \"a\"\nurl = \"http://one.example/a\"\n";
    let b = "[[source]]\nname = \"b\"\nurl = \"http://one.example/b\"\n";
    let whole = whole(a, MORNING).await;
    whole.stage.play("http://one.example/a", Play::Rest(429, 3600));
    whole.run(MINUTE).await;
    whole.engine.reload(config(&format!("{a}{b}"))).await.unwrap();
    whole.run(58 * MINUTE).await;
    assert_eq!(whole.stage.visits("http://one.example/a").len(), 1);
    assert!(whole.stage.visits("http://one.example/b").is_empty());
    whole.stage.play("http://one.example/a", Play::Status(204));
    whole.run(10 * MINUTE).await;
    assert!(!whole.stage.visits("http://one.example/b").is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_interval_holds_also_for_the_source_that_is_being_polled() {
    let file = |most: &str| {
        format!("[fetch]\nmax_interval = \"{most}\"\n{ONE}interval = \"{most}\"\ntimeout = \"10m\"\n")
    };
    let url = "http://one.example/";
    let whole = whole(&file("1d"), MORNING).await;
    whole.stage.play(url, Play::Slow(300));
    let reload = async {
        tokio::time::sleep(MINUTE).await;
        assert_eq!(whole.stage.visits(url).len(), 1, "it is being polled");
        whole.engine.reload(config(&file("30m"))).await.unwrap();
        tokio::time::sleep(2 * HOUR).await;
        assert!(whole.stage.visits(url).len() >= 3, "{:?}", whole.stage.gaps(url));
    };
    tokio::select! {
        () = whole.poll(|| {}) => {}
        () = reload => {}
    }
}
