//! The commands: what they print, and with which exit code they end.

use crate::support::{Newsroom, rss};

const TABLES: &str = "[[category]]\nname = \"wire\"\nmatch = { any = [\"bridge\"] }\n\
    [[source]]\nname = \"wire\"\nurl = \"{origin}/wire\"\n\
    [[source]]\nname = \"lost\"\nurl = \"{origin}/lost\"\n";

fn newsroom() -> Newsroom {
    let newsroom = Newsroom::new(TABLES);
    newsroom.origin.serve(
        "/wire",
        rss(&[("1", "The bridge opens", "http://wire.example.org/bridge", "")]),
        &[],
    );
    newsroom
        .origin
        .answer("/lost", newsriver::demo::Answer::with_status(404, "", &[]));
    newsroom
}

fn said(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn poll_says_a_line_a_source_and_fails_when_one_failed() {
    let newsroom = newsroom();
    let output = newsroom.newsriver(&["poll"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let fields = |name: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.starts_with(&format!("{name}\t")));
        line.unwrap_or_else(|| panic!("no line of {name}: {text}"))
            .split('\t')
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(fields("wire")[1..4], ["modified", "1", "0"]);
    assert_eq!(fields("lost")[1], "failed");
    assert!(fields("lost")[5].contains("404"), "{text}");
    assert_eq!(fields("total")[1], "2 polled, 1 failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn poll_by_hand_keeps_min_interval_and_calls_that_no_failure() {
    let newsroom = newsroom();
    let text = std::fs::read_to_string(newsroom.config()).unwrap();
    std::fs::write(
        newsroom.config(),
        text.replace(
            "min_interval = \"1s\"\ninterval = \"10s\"",
            "min_interval = \"1h\"\ninterval = \"2h\"",
        ),
    )
    .unwrap();
    assert_eq!(newsroom.newsriver(&["poll", "wire"]).status.code(), Some(0));
    let again = newsroom.newsriver(&["poll", "wire", "--json"]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let first = String::from_utf8_lossy(&again.stdout)
        .lines()
        .next()
        .map(str::to_owned)
        .unwrap();
    let line: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!(line["outcome"], "skipped");
    assert!(line["words"].as_str().unwrap().contains("min_interval"), "{line}");
    assert_eq!(newsroom.origin.counts("/wire").requests, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_whose_host_asked_for_rest_is_skipped_with_the_reason_and_no_failure() {
    let newsroom = newsroom();
    let rest = newsriver::demo::Answer::with_status(429, "", &[("Retry-After", "600")]);
    newsroom.origin.answer("/lost", rest);
    let output = newsroom.newsriver(&["poll", "lost"]);
    assert_eq!(output.status.code(), Some(1), "it was asked, and refused");
    // The other source at this host was never asked; both wait for the same moment.
    for name in ["wire", "lost"] {
        let output = newsroom.newsriver(&["poll", name]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.starts_with(&format!("{name}\tskipped\t0\t0\t")), "{text}");
        assert!(
            text.contains(" until 20") || text.contains(" before 20"),
            "{text}"
        );
    }
    assert_eq!(newsroom.origin.counts("/wire").requests, 0);
    assert_eq!(newsroom.origin.counts("/lost").requests, 1);
}

#[tokio::test]
async fn a_poll_that_was_not_begun_has_no_total() {
    let newsroom = newsroom();
    let unknown = newsroom.newsriver(&["poll", "nobody"]);
    assert_eq!((unknown.status.code(), unknown.stdout), (Some(1), Vec::new()));
    newsroom.configure("[[source]]\n");
    let wrong = newsroom.newsriver(&["poll", "--json"]);
    assert_eq!((wrong.status.code(), wrong.stdout), (Some(2), Vec::new()));
}

#[tokio::test]
async fn where_no_daemon_keeps_house_a_command_that_polls_does_once_an_hour() {
    let newsroom = newsroom();
    let engine = newsroom.engine().await;
    crate::support::poll_all(&engine).await;
    newsriver::daemon::jobs::keep_house_if_due(&engine).await;
    engine.close().await.unwrap();
    let empty = "[[source]]\nname = \"lost\"\nurl = \"{origin}/lost\"\n";
    newsroom.configure(empty);
    let engine = newsroom.engine().await;
    newsroom.later(200 * 86_400);
    let titles = async || crate::support::titles(&engine, newsriver::store::Channel::River).await;
    newsriver::daemon::jobs::keep_house_if_due(&engine).await;
    assert_eq!(titles().await.len(), 1, "house was kept a moment ago");
    let marker = std::fs::File::open(newsroom.folder.path().join("store/house-kept")).unwrap();
    let an_hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    marker.set_modified(an_hour_ago).unwrap();
    newsriver::daemon::jobs::keep_house_if_due(&engine).await;
    assert_eq!(titles().await.len(), 0, "nobody has listed it for 200 days");
}

#[tokio::test(flavor = "multi_thread")]
async fn why_and_status_tell_in_words() {
    let newsroom = newsroom();
    newsroom.newsriver(&["poll"]);
    let why = said(&newsroom.newsriver(&["why", "http://wire.example.org/bridge"]));
    assert!(
        why.contains("The bridge opens") && why.contains("in wire: ") && why.contains("carried by wire"),
        "{why}"
    );
    let status = said(&newsroom.newsriver(&["status"]));
    assert!(status.contains("failing") && status.contains("404"), "{status}");
    let json = newsroom.newsriver(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(status["items"], 1);
    let unknown = newsroom.newsriver(&["why", "http://nowhere.example.org/"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&unknown.stderr).lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_daemon_answers_the_commands() {
    let newsroom = newsroom();
    let daemon = newsroom.run().await;
    daemon
        .until("/feed.json", |body| body.contains("The bridge opens"))
        .await;
    let status = newsroom.newsriver(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["items"], 1);
    let why = said(&newsroom.newsriver(&["why", "wire"]));
    assert!(why.contains("The bridge opens"), "{why}");
    // What the file says now is not what the daemon goes by; where the store lies can still be read from it.
    let file = std::fs::read_to_string(newsroom.config()).unwrap();
    std::fs::write(newsroom.config(), format!("{file}\n[[source]\nulr = 7\n")).unwrap();
    let status = newsroom.newsriver(&["status", "--json"]);
    assert_eq!(status.status.code(), Some(0), "{}", said(&status));
    let warning = String::from_utf8_lossy(&status.stderr).into_owned();
    assert!(
        warning.contains("feeds.toml cannot be taken as it is"),
        "{warning}"
    );
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["items"], 1);
    let poll = newsroom.newsriver(&["poll"]);
    assert_eq!(
        poll.status.code(),
        Some(2),
        "what changes something waits for a file that is right"
    );
    drop(daemon);
    assert_eq!(newsroom.newsriver(&["status"]).status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn export_writes_the_bytes_that_are_served() {
    let newsroom = newsroom();
    let daemon = newsroom.run().await;
    let served = daemon
        .until("/wire/atom.xml", |body| body.contains("The bridge opens"))
        .await;
    let folder = newsroom.folder.path().join("out");
    let output = newsroom.newsriver(&["export", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(
        std::fs::read_to_string(folder.join("wire/atom.xml")).unwrap(),
        served
    );
    assert!(folder.join("index.html").is_file() && folder.join("source/wire/feed.json").is_file());
    let again = said(&newsroom.newsriver(&["export", folder.to_str().unwrap()]));
    assert!(again.starts_with("0 files written"), "{again}");
}

#[test]
fn a_bad_configuration_is_exit_2_for_run_and_1_for_check() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let newsroom = Newsroom::new("[[source]]\nulr = \"https://example.org/\"\n");
    let run = newsroom.newsriver(&["run"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(said(&run).contains("url"), "{}", said(&run));
    assert!(
        !newsroom.folder.path().join("store").exists(),
        "it starts nothing"
    );
    assert_eq!(newsroom.newsriver(&["check"]).status.code(), Some(1));
}

#[test]
fn usage_errors_are_exit_2_and_schema_and_completions_need_no_file() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let newsroom = Newsroom::new("");
    std::fs::remove_file(newsroom.config()).unwrap();
    assert_eq!(newsroom.newsriver(&["pol"]).status.code(), Some(2));
    let schema = newsroom.newsriver(&["schema"]);
    assert!(serde_json::from_slice::<serde_json::Value>(&schema.stdout).is_ok());
    assert!(said(&newsroom.newsriver(&["completions", "bash"])).contains("newsriver"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_source_can_be_reached_a_line_says_so_and_points_at_the_demo() {
    // Nobody listens on port 1; the scheduled source does not come up while we look.
    let newsroom = Newsroom::new(
        "[[source]]\nname = \"a\"\nurl = \"http://127.0.0.1:1/a\"\n\
         [[source]]\nname = \"yearly\"\nurl = \"http://127.0.0.1:1/b\"\nschedule = \"0 0 1 1 *\"\n",
    );
    let daemon = newsroom.run().await;
    let line = newsroom.logged("newsriver demo").await;
    assert!(line.contains("could be reached"), "{line}");
    daemon.until("/healthz", |body| body.contains("degraded")).await;
}

#[test]
fn classify_learns_from_a_file_and_answers_each_line_of_another() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let newsroom = Newsroom::new("");
    std::fs::remove_file(newsroom.config()).unwrap();
    let folder = newsroom.folder.path();
    let file = |name: &str, lines: &str| {
        std::fs::write(folder.join(name), lines).unwrap();
        folder.join(name).to_str().unwrap().to_owned()
    };
    let mut labelled = String::new();
    for (category, title) in [
        ("finance", "央行下调存款利率"),
        ("finance", "股市收盘上涨"),
        ("finance", "bank cuts rates"),
        ("sport", "球队客场大胜"),
        ("sport", "联赛冠军产生"),
        ("sport", "team wins the cup"),
    ] {
        labelled += &format!("{{\"title\":\"{title}\",\"category\":\"{category}\"}}\n");
    }
    let train = file("train.jsonl", &labelled);
    let input = file(
        "input.jsonl",
        "{\"id\":\"a\",\"title\":\"央行利率\",\"text\":null,\"category\":\"finance\"}\n\n\
         {\"id\":7,\"title\":\"The team and the cup\",\"category\":\"sport\"}\n",
    );
    let told = newsroom.newsriver(&["classify", "--train", &train, "--input", &input, "--report"]);
    let lines: Vec<serde_json::Value> = String::from_utf8(told.stdout.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&lines[0]["id"], &lines[0]["category"]),
        (&"a".into(), &"finance".into())
    );
    assert_eq!(
        (&lines[1]["id"], &lines[1]["category"]),
        (&7.into(), &"sport".into())
    );
    for line in &lines {
        assert!(
            (0.5..=1.0).contains(&line["confidence"].as_f64().unwrap()),
            "{line}"
        );
    }
    assert!(lines[0]["why"].as_str().unwrap().contains("利率"), "{}", lines[0]);
    let report = String::from_utf8(told.stderr.clone()).unwrap();
    assert!(report.contains("accuracy           1.0000"), "{report}");
    assert_eq!(told.status.code(), Some(0));

    // A line that cannot be read costs no other line, and is told by its place.
    let broken = file("broken.jsonl", "no object\n{\"id\":\"b\",\"title\":\"股市\"}\n");
    let told = newsroom.newsriver(&["classify", "--train", &train, "--input", &broken]);
    assert_eq!(told.status.code(), Some(1));
    assert!(said(&told).contains("\"id\":\"b\""));
    assert!(String::from_utf8_lossy(&told.stderr).contains("broken.jsonl:1"));

    // Nothing can be told apart where there is one category.
    let single = file("single.jsonl", "{\"title\":\"a\",\"category\":\"finance\"}\n");
    let told = newsroom.newsriver(&["classify", "--train", &single, "--input", &input]);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stderr).contains("two categories"));
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_shows_the_feed_behind_a_page_as_a_poll_would_take_it() {
    let newsroom = newsroom();
    let page = "<html><head><title>Wire</title><link rel=alternate type='application/rss+xml' href='wire'></head></html>";
    newsroom.origin.serve("/page", page.to_owned(), &[]);
    let url = newsroom.origin.url("/page");
    let output = newsroom.newsriver(&["preview", &url, "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["items"][0]["title"], "The bridge opens");
    newsroom
        .origin
        .serve("/page", page.replace("'wire'", "'lost'"), &[]);
    let output = newsroom.newsriver(&["preview", &url]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains("the page names a feed, but") && said.contains("404"),
        "{said}"
    );
}
