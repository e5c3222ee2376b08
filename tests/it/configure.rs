//! One commented file says everything; what is wrong with it is said in one go, each thing at its place.

mod categories;
mod shipped;
mod sources;

use newsriver::config::{self, Config, Field, Fields, Look, MatchRule, Problems, Severity, Term};
use newsriver::model::{ContentLevel, TitlePrefix};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SHIPPED: &str = include_str!("../../feeds.toml");
const SOURCE: &str = "[[source]]\nurl = \"https://www.example.org/news/rss.xml\"\n";

fn check(text: &str) -> Result<Config, Problems> {
    config::check_text(Path::new("feeds.toml"), text).map(|(config, _)| config)
}

fn warnings(text: &str) -> Vec<String> {
    let told = config::check_text(Path::new("feeds.toml"), text)
        .map_or_else(|problems| problems.list, |(_, warnings)| warnings);
    told.into_iter().map(|warning| warning.message).collect()
}

/// `line:column message` of each error.
fn faults(text: &str) -> Vec<String> {
    let Err(problems) = check(text) else {
        return Vec::new();
    };
    let told = |problem: &config::Problem| {
        let place = problem
            .place
            .as_ref()
            .map_or_else(String::new, |place| format!("{}:{} ", place.line, place.column));
        format!("{place}{}", problem.message)
    };
    problems.errors().map(told).collect()
}

/// The remedies of the errors.
fn remedy(text: &str) -> String {
    let list = check(text).map_or_else(|problems| problems.list, |_| Vec::new());
    list.into_iter()
        .map(|problem| problem.remedy)
        .collect::<Vec<_>>()
        .join(" | ")
}

#[test]
fn twelve_faults_of_twelve_kinds_are_told_at_their_twelve_places() {
    let problems = check(include_str!("../fixtures/twelve-faults.toml")).unwrap_err();
    assert_eq!(problems.error_count(), 12);
    insta::assert_snapshot!("twelve_faults", problems.draw(Look::Plain));
}

#[test]
fn syntax_errors_hide_nothing_else() {
    let text = "[site\ntitle = Newsriver\nlanguage = \"en\n\n[[category]]\nname = \"a\"\nmatch = { any = [\"x\", \"y\"\n\
                [[source]\nurl \"https://example.org/\"\ntimezone = \"Asia/Nowhere\"\ntitle = \"x\"\ntimezone = \"UTC\"\n";
    assert_eq!(
        faults(text),
        [
            "1:1 this `[` is never closed",
            "2:9 this value is not quoted",
            "3:15 the text is not closed, or has a character that may not stand there",
            "7:17 this `[` is never closed",
            "8:1 this `[` is never closed",
            "9:5 the `=` is missing",
            "10:12 \"Asia/Nowhere\" is no time zone",
            "11:1 unknown key `title` in `[[source]]`",
            "12:1 `timezone` is written twice",
        ]
    );
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_or_with_where_it_belongs() {
    assert_eq!(
        remedy(&format!("{SOURCE}catgory = \"x\"\n")),
        "did you mean `category`?"
    );
    assert_eq!(
        remedy(&format!("{SOURCE}max_interval = \"1d\"\n")),
        "`max_interval` belongs in `[fetch]`"
    );
    assert_eq!(
        remedy(&format!("{SOURCE}cron = \"@daily\"\n")),
        "did you mean `schedule`?"
    );
    assert_eq!(
        remedy(&format!("{SOURCE}URL = \"x\"\n")),
        "keys are written in lower case: `url`"
    );
    assert_eq!(
        remedy(&format!("{SOURCE}max_bodi = \"1MiB\"\n")),
        "did you mean `max_body`, which belongs in `[fetch]`?"
    );
    assert_eq!(
        remedy(&format!("title = \"x\"\n{SOURCE}")),
        "it belongs in `[site]` or `[[category]]` or `[[example]]`"
    );
    assert_eq!(remedy(&format!("[sit]\n{SOURCE}")), "did you mean `[site]`?");
    assert_eq!(
        remedy("[source]\nurl = \"https://example.org/\"\n"),
        "write [[source]] with double brackets, one for each"
    );
    assert_eq!(remedy(&format!("[[site]]\n{SOURCE}")), "write it once, as [site]");
}

#[test]
fn wrong_values_are_refused_with_what_may_stand_there() {
    for (line, fault) in [
        (
            "[fetch]\ninterval = 30",
            "this is a whole number where a duration belongs",
        ),
        ("[fetch]\ninterval = \"0s\"", "\"0s\" is out of bounds"),
        ("[fetch]\ninterval = \"-5m\"", "\"-5m\" is no duration"),
        ("[fetch]\ninterval = \"10^20 d\"", "\"10^20 d\" is no duration"),
        (
            "[fetch]\ninterval = \"99999999999d\"",
            "\"99999999999d\" is out of bounds",
        ),
        (
            "[fetch]\nmax_body = \"100000000000000000000GiB\"",
            "\"100000000000000000000GiB\" is out of bounds",
        ),
        ("[fetch]\nmax_body = -1", "\"-1\" is no size"),
        (
            "[fetch]\nmemory = \"2MiB\"",
            "`max_body` (16MiB) is more than `memory` (2MiB)",
        ),
        (
            "[fetch]\nmax_interval = \"1m\"",
            "`min_interval` (5m) is longer than `max_interval` (1m)",
        ),
        ("[fetch]\nconcurrency = 0", "0 is out of bounds"),
        ("[fetch]\nper_host = -3", "-3 is out of bounds"),
        (
            "[fetch]\nconcurrency = 99999999999999999999999",
            "99999999999999999999999 is out of bounds",
        ),
        (
            "[fetch]\nallow_private_networks = \"yes\"",
            "this is a text where true or false belongs",
        ),
        (
            "[publish]\ncontent = \"ful\"",
            "\"ful\" is none of the words that may stand here",
        ),
        (
            "[server]\nlisten = \"8080\"",
            "\"8080\" is no address to listen on",
        ),
        (
            "[server]\nlisten = \"[::1]:99999\"",
            "\"[::1]:99999\" is no address to listen on",
        ),
        (
            "[site]\nlanguage = \"English please\"",
            "\"English please\" is no language",
        ),
        (
            "[site]\nurl = \"https://example.org/?x\"",
            "the address of the site has a `?` or `#`",
        ),
        (
            "[site]\ncontact = \"a\\nb\"",
            "this text has a line break or another control character",
        ),
        (
            "[server]\nadmin = \"127.0.0.1:1\"",
            "`admin` in `[server]` is not yet supported",
        ),
        ("site = 3", "`site` is a table"),
    ] {
        let told = faults(&format!("{line}\n{SOURCE}"));
        assert_eq!(told.len(), 1, "{line}: {told:?}");
        assert!(told[0].ends_with(fault), "{line}: {told:?}");
    }
}

#[test]
fn what_a_later_version_brings_is_refused_by_name() {
    let text = "[[category]]\nname = \"a\"\n\
                [[source]]\nurl = \"https://example.org/a\"\nfull_text = true\nkind = \"page\"\n";
    assert_eq!(
        faults(text),
        [
            "5:1 `full_text` in `[[source]]` is not yet supported",
            "6:8 \"page\" is not yet supported",
        ]
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = check(SOURCE).unwrap();
    assert_eq!(config.site.title, "Newsriver");
    assert_eq!(config.site.url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(
        (config.site.language.as_str(), config.site.timezone),
        ("en", None)
    );
    assert_eq!(config.server.listen, "127.0.0.1:8080");
    assert_eq!(config.store.path, Path::new("newsriver.store"));
    assert_eq!(config.store.retention, Duration::from_secs(180 * 86_400));
    assert_eq!(config.store.max_size_bytes, 10 << 30);
    let fetch = &config.fetch;
    let minutes = |duration: Duration| duration.as_secs() / 60;
    assert_eq!(
        [fetch.interval, fetch.min_interval, fetch.max_interval].map(minutes),
        [30, 5, 1440]
    );
    assert_eq!(
        (fetch.concurrency, fetch.per_host, fetch.timeout),
        (64, 2, Duration::from_secs(30))
    );
    assert_eq!((fetch.max_body_bytes, fetch.memory_bytes), (16 << 20, 96 << 20));
    assert!(!fetch.allow_private_networks);
    let publish = &config.publish;
    assert_eq!(
        (publish.items, publish.window, publish.per_source),
        (50, Duration::from_secs(7200), 0)
    );
    assert_eq!(publish.content, ContentLevel::Full);
    let source = &config.sources[0];
    assert_eq!(source.name, "example-org-news-rss-xml");
    assert_eq!(source.identity, "url:https://www.example.org/news/rss.xml");
    assert!(source.enabled && source.categories.is_empty() && source.schedule.is_none());
    assert_eq!((source.interval, source.timeout), (fetch.interval, fetch.timeout));
}

#[test]
fn a_site_that_names_no_address_is_where_it_listens() {
    for (listen, url) in [
        ("127.0.0.1:9000", "http://127.0.0.1:9000/"),
        ("0.0.0.0:80", "http://127.0.0.1/"),
        ("[::]:8080", "http://[::1]:8080/"),
        ("localhost:0", "http://localhost:0/"),
    ] {
        let config = check(&format!("[server]\nlisten = \"{listen}\"\n{SOURCE}")).unwrap();
        assert_eq!(config.site.url.as_str(), url);
    }
}

#[test]
fn what_is_odd_is_told_and_holds() {
    assert_eq!(warnings(SHIPPED), [""; 0]);
    assert_eq!(
        warnings(&format!(
            "[fetch]\nmin_interval = \"1s\"\ninterval = \"2d\"\n[[category]]\nname = \"a\"\nmatch = {{ any = [\"/a*/\"] }}\n[[category]]\nname = \"b\"\n{SOURCE}"
        )),
        [
            "a `min_interval` below a minute is for tests and for hosts of one's own",
            "this `interval` lies outside of `min_interval` and `max_interval`: 1 day holds instead",
            "this expression matches every item",
            "nothing leads to the category \"b\"",
        ]
    );
    assert_eq!(
        warnings("[site]\ntitle = \"x\"\n"),
        ["names no source, so nothing is polled"]
    );
}

#[test]
fn a_byte_order_mark_and_windows_lines_are_accepted() {
    let text = format!("\u{feff}{}", SHIPPED.replace('\n', "\r\n"));
    assert_eq!(check(&text).unwrap(), check(SHIPPED).unwrap());
    let told = faults("\u{feff}[site]\r\ntitel = \"x\"\r\n[[source]]\r\nurl = \"https://example.org/\"\r\n");
    assert_eq!(told, ["2:1 unknown key `titel` in `[site]`"]);
}

#[test]
fn files_that_are_none_are_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let noise: Vec<u8> = (0..5000_u32)
        .map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for (path, fault) in [
        (folder.path().join("missing.toml"), "there is no such file"),
        (folder.path().to_owned(), "is a folder, not a file"),
        (
            write("bytes", &noise),
            "is not UTF-8: byte 2 in line 1 is out of place",
        ),
        (
            write("latin", b"[site]\ntitle = \"caf\xe9\"\n"),
            "is not UTF-8: byte 20 in line 2 is out of place",
        ),
        (write("zeros", &[0; 4096]), "is no text: line 1 has a NUL byte"),
        (write("empty", b""), "says nothing"),
        (write("comment", b"# nothing yet\n"), "says nothing"),
    ] {
        let problems = config::load(&path).unwrap_err();
        assert_eq!(problems.error_count(), 1, "{problems}");
        assert_eq!(problems.list[0].message, fault);
        assert!(
            problems.list[0].place.is_none()
                && problems.draw(Look::Plain).contains(&path.display().to_string())
        );
    }
}

#[test]
fn a_file_nested_beyond_reason_is_refused_before_it_is_parsed() {
    let dotted = ["a"; 100_000].join(".");
    for text in [
        "[".repeat(200_000),
        format!("a = {}", "[".repeat(200_000)),
        format!("a = {}", "{ a = ".repeat(200_000)),
        format!("{dotted} = 1\n"),
        format!("[{dotted}]\n"),
        format!("a = [\n{dotted} = 1\n"),
        format!("a = {{ {dotted} = 1 }}\n"),
    ] {
        let told = faults(&text);
        assert!(
            told[0].ends_with("nested more than 32 levels deep") || told[0].ends_with("no header of a table"),
            "{told:?}"
        );
    }
    let wide: String = (0..20_000).map(|index| format!("key{index}.a = 1\n")).collect();
    assert_eq!(check(&wide).unwrap_err().error_count(), 20_000);
}

#[test]
fn relative_paths_start_from_the_folder_of_the_file() {
    let path = Path::new("/etc/newsriver/feeds.toml");
    let store = |text: &str| {
        config::check_text(path, &format!("{text}{SOURCE}"))
            .unwrap()
            .0
            .store
            .path
    };
    assert_eq!(store(""), Path::new("/etc/newsriver/newsriver.store"));
    assert_eq!(
        store("[store]\npath = \"/var/lib/newsriver\"\n"),
        Path::new("/var/lib/newsriver")
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_checker_panic(text in "(\\[\\[?(site|source|category|fetch)\\]?\\]?\n|(url|name|match|interval|schedule|timezone) ?=? ?|\"[^\"]{0,9}\"?|[\\[\\]{}=,.'\"\\\\#\n ]|財|\u{1b}|[0-9:*/-]{1,5}){0,40}") {
        match config::check_text(Path::new("feeds.toml"), &text) {
            Ok((_, warnings)) => drop(config::draw("feeds.toml", &warnings, Look::Drawn)),
            Err(problems) => prop_assert!(!problems.draw(Look::Plain).is_empty() && problems.error_count() > 0),
        }
    }

    #[test]
    fn a_shipped_file_with_a_hole_is_told_at_a_place_that_exists(at in 0..SHIPPED.len(), length in 1_usize..40, put in "[\\[\\]\"'=\n{}.]{0,3}") {
        let (mut from, mut to) = (at, (at + length).min(SHIPPED.len()));
        while !SHIPPED.is_char_boundary(from) { from -= 1; }
        while !SHIPPED.is_char_boundary(to) { to += 1; }
        let text = format!("{}{put}{}", &SHIPPED[..from], &SHIPPED[to..]);
        let lines: Vec<&str> = text.split('\n').collect();
        if let Err(problems) = check(&text) {
            for problem in problems.list.iter().filter(|problem| problem.severity == Severity::Error) {
                let place = problem.place.as_ref().unwrap();
                let line = lines[place.line - 1];
                prop_assert!(place.column <= line.chars().count() + 1, "{problem:?}");
            }
        }
    }
}
