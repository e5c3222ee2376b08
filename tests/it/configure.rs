//! One commented file says everything; what is wrong with it is said in one go, each thing at its place.

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
fn addresses_that_cannot_be_polled_are_refused_and_no_secret_is_repeated() {
    for (address, fault) in [
        ("ftp://example.org/a", "`ftp:` addresses cannot be used here"),
        (
            "file:///srv/feed.xml",
            "files are not polled unless it is allowed",
        ),
        (
            "file:relative.xml?x=1",
            "this is no address of a file on this machine",
        ),
        (
            "www.example.org/rss",
            "this is no address: relative URL without a base",
        ),
        ("https://", "this is no address: empty host"),
        (
            "https://reader:geheim@example.org/a",
            "this address carries a user name or password",
        ),
        (
            "https://geheim@example.org/a",
            "this address carries a user name or password",
        ),
        (
            "https://reader:ge/geheim@example.org/a",
            "this is no address: invalid port number",
        ),
    ] {
        let problems = check(&format!("[[source]]\nurl = \"{address}\"\n")).unwrap_err();
        assert_eq!(problems.errors().next().unwrap().message, fault, "{address}");
        for told in [
            problems.draw(Look::Plain),
            problems.draw(Look::Coloured),
            problems.to_string(),
        ] {
            assert!(!told.contains("geheim"), "{told}");
        }
    }
}

#[test]
fn names_and_addresses_stand_once() {
    let text = "[[category]]\nname = \"a\"\naliases = [\"b\"]\nsections = [\"x\"]\n[[category]]\nname = \"b\"\nsections = [\"x\"]\n\
                [[category]]\nname = \"a\"\n[[source]]\nname = \"s\"\nurl = \"https://example.org/1\"\n\
                [[source]]\nname = \"s\"\nurl = \"https://EXAMPLE.org:443/1#top\"\ncategory = [\"a\", \"c\"]\n";
    assert_eq!(
        faults(text),
        [
            "3:12 \"b\" is a name or alias already, in line 6",
            "9:8 the category \"a\" is declared already, in line 2",
            "14:8 the name \"s\" is that of the source in line 11 already",
            "15:7 this address is that of the source in line 12 already",
            "16:18 the category \"c\" is not declared",
        ]
    );
}

#[test]
fn a_category_that_is_no_path_segment_or_one_of_ours_is_refused_by_name() {
    for name in [
        "..",
        "/",
        "a/b",
        "%2e%2e",
        "a\\u0000b",
        "",
        "status",
        "source",
        "rss.xml",
        "2026",
        &"x".repeat(300),
    ] {
        let told = faults(&format!("[[category]]\nname = \"{name}\"\n{SOURCE}"));
        assert_eq!(told.len(), 1, "{name}: {told:?}");
        assert!(told[0].starts_with("2:8 the category name"), "{name}: {told:?}");
    }
}

#[test]
fn how_a_source_is_asked_is_checked_and_no_secret_is_repeated() {
    let source = |lines: &str| format!("[[source]]\nurl = \"https://example.org/a\"\n{lines}\n");
    for (lines, fault) in [
        (
            "username = \"me\"\nbearer_file = \"t\"",
            "4:15 a source is asked with a token or with a name and a password, not with both",
        ),
        (
            "password_file = \"p\"",
            "3:17 there is a `password_file` but no `username`",
        ),
        (
            "username = \"me:you\"",
            "3:12 a name cannot hold a colon (RFC 7617)",
        ),
        (
            "user_agent = \"a\\nb\"",
            "3:14 this cannot stand in a header field",
        ),
        (
            "headers = { Cookie = \"geheim\" }",
            "3:13 `Cookie` cannot be set here",
        ),
        (
            "headers = { \"a b\" = \"geheim\" }",
            "3:13 \"a b\" is no name of a header field",
        ),
        (
            "headers = { X-Key = \"geheim é\" }",
            "3:21 this cannot stand in a header field",
        ),
        (
            "headers = { X-Key = \"a\", x-key = \"b\" }",
            "3:26 `x-key` is written twice: case does not matter in names of header fields",
        ),
        (
            "headers = \"X-Key: geheim\"",
            "3:11 this is a text where a table of header fields belongs",
        ),
        (
            "proxy = \"ftp://127.0.0.1\"",
            "3:9 `ftp:` addresses cannot be used here",
        ),
        (
            "proxy = \"http://me:geheim@127.0.0.1:3128\"",
            "3:9 this address carries a user name or password",
        ),
        (
            "proxy = \"http://127.0.0.1:3128/path\"",
            "3:9 this is no address of a proxy",
        ),
    ] {
        let text = source(lines);
        assert_eq!(faults(&text), [fault], "{lines}");
        let problems = check(&text).unwrap_err();
        assert!(
            !problems.draw(Look::Plain).contains("geheim"),
            "{}",
            problems.draw(Look::Plain)
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feeds.toml");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "x").unwrap();
    let text = "[[source]]\nurl = \"https://example.org/a\"\nusername = \"me\"\npassword_file = \"secret\"\n\
                insecure_tls = true\ncookie_file = \"missing\"\nca_file = \".\"\n";
    let (config, told) = config::check_text(&path, text).unwrap();
    let told: Vec<_> = told.into_iter().map(|warning| warning.message).collect();
    assert_eq!(
        told,
        [
            "anybody on this machine can read this secret",
            "the certificate of this source is NOT checked: anybody on the way can read and forge what it sends",
            "this file cannot be read here: No such file or directory (os error 2)",
            "this is no file",
        ]
    );
    let access = config.sources[0].access.clone().unwrap();
    assert_eq!(access.ca_file, Some(folder.path().join(".")));
    assert!(
        check(SHIPPED)
            .unwrap()
            .sources
            .iter()
            .all(|source| source.access.is_none())
    );
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
fn a_rewrite_is_read_and_its_parts_checked() {
    let rewrite = |written: &str| format!("{SOURCE}rewrite = {written}\n");
    let good = rewrite("{ title = [\"独家：\", '/\\[.*?\\]/'], parameters = [\"sid\", \"x-*\"] }");
    let config = check(&good).unwrap();
    let read = config.sources[0].rewrite.clone().unwrap();
    assert_eq!(
        read.titles,
        [
            TitlePrefix::Words("独家：".to_owned()),
            TitlePrefix::Pattern(r"\[.*?\]".to_owned()),
        ]
    );
    assert_eq!(read.parameters, ["sid", "x-*"]);
    assert_eq!(check(&rewrite("{}")).unwrap().sources[0].rewrite, None);
    for (written, fault) in [
        (
            "3",
            "3:11 this is a whole number where a table of what goes belongs",
        ),
        ("{ titel = [] }", "3:13 unknown key `titel` in `rewrite`"),
        (
            "{ title = [\"/[/\"] }",
            "3:22 this regular expression cannot be read: unclosed character class",
        ),
        (
            "{ title = [{ word = \"a\" }] }",
            "3:22 the beginning of a title is a text",
        ),
        ("{ parameters = \"sid\" }", "3:26 this is no list"),
        (
            "{ parameters = [\"a=b\"] }",
            "3:27 this is no name of a parameter",
        ),
        (
            "{ parameters = [\"*\"] }",
            "3:27 this would take every parameter from a link, also those that tell pages apart",
        ),
    ] {
        assert_eq!(faults(&rewrite(written)), [fault]);
    }
}

#[test]
fn labelled_lines_are_read_and_their_categories_checked() {
    let tables = format!("{SOURCE}[[category]]\nname = \"finance\"\n");
    let good = "[[example]]\ntitle = \"央行降准\"\ntext = \"\"\"一\n二\"\"\"\ncategory = \"finance\"\n";
    let config = check(&format!("{tables}{good}")).unwrap();
    assert_eq!(
        config.examples,
        [config::Example {
            category: "finance".to_owned(),
            title: "央行降准".to_owned(),
            text: Some("一\n二".to_owned()),
        }]
    );
    assert!(warnings(&format!("{tables}{good}")).is_empty());
    let bad = "[[example]]\ntitle = \"a\"\ncategory = \"finanse\"\n[[example]]\ntext = \" \"\n";
    assert_eq!(
        faults(&format!("{tables}{bad}")),
        [
            "7:12 the category \"finanse\" is not declared",
            "8:1 this `[[example]]` has no `title`",
            "8:1 this `[[example]]` has no `category`",
            "9:8 this text is empty",
        ]
    );
    assert!(
        remedy(&format!("{tables}{bad}"))
            .contains("did you mean \"finance\"? otherwise declare it with [[category]]")
    );
    assert_eq!(
        warnings(&format!("{tables}{good}[categorize]\nlearned = false\n")),
        ["examples teach nothing while `learned` of `[categorize]` is false"]
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
fn a_source_has_its_own_words_and_else_those_of_the_file() {
    let config = check(
        "[site]\nurl = \"https://example.org/river\"\ntimezone = \"Europe/Berlin\"\n[store]\npath = \"s\"\n\
         [fetch]\nmin_interval = \"10m\"\nmax_interval = \"2h\"\n[publish]\ncontent = \"summary\"\nper_source = 7\n\
         [[category]]\nname = \"财经\"\n[[category]]\nname = \"b\"\nper_source = 3\n\
         [[source]]\nname = \"one\"\nurl = \"https://example.org/1\"\ncategory = [\"财经\", \"b\", \"b\"]\ninterval = \"1m\"\n\
         min_interval = \"5m\"\ntimeout = \"5s\"\ncontent = \"title\"\nlanguage = \"zh-Hant\"\ntimezone = \"Asia/Tokyo\"\n\
         schedule = \" 0 */10 6-23 * * * \"\nenabled = false\nallow_private_networks = true\n\
         [[source]]\nurl = \"https://example.org/2\"\ncategory = \"b\"\n",
    )
    .unwrap();
    assert_eq!(config.site.url.as_str(), "https://example.org/river/");
    assert_eq!(
        config
            .categories
            .iter()
            .map(|one| one.category.per_source)
            .collect::<Vec<_>>(),
        [7, 3]
    );
    let [one, two] = &config.sources[..] else {
        panic!("two sources")
    };
    assert_eq!((one.name.as_str(), one.identity.as_str()), ("one", "name:one"));
    assert_eq!(one.categories, ["财经", "b"]);
    assert_eq!(
        (one.interval, one.max_interval),
        (Duration::from_secs(300), Duration::from_secs(7200))
    );
    assert_eq!(
        (one.content, one.language.as_deref()),
        (ContentLevel::Title, Some("zh-Hant"))
    );
    assert_eq!(
        (one.timezone, one.site_timezone),
        (Some(chrono_tz::Asia::Tokyo), Some(chrono_tz::Europe::Berlin))
    );
    assert_eq!(one.schedule.as_deref(), Some("0 */10 6-23 * * *"));
    assert!(!one.enabled && one.allow_private_networks);
    assert_eq!(
        (two.content, two.timezone, two.min_interval),
        (ContentLevel::Summary, None, Duration::from_secs(600))
    );
}

#[test]
fn made_names_yield_to_written_ones_and_to_each_other() {
    let config = check(
        "[[source]]\nurl = \"https://www.example.org/a?n=1\"\n[[source]]\nurl = \"https://example.org/a?n=2\"\n\
         [[source]]\nname = \"example-org-a\"\nurl = \"https://example.org/b\"\n",
    )
    .unwrap();
    let names: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["example-org-a-2", "example-org-a-3", "example-org-a"]);
}

#[test]
fn a_rule_has_words_and_expressions() {
    let config = check(&format!(
        "[[category]]\nname = \"a\"\nmatch = {{ any = [\"股市\", '/\\bIPOs?\\b/', {{ word = \"/half\", in = [\"title\", \"url\"], weight = 2 }}], all = [{{ word = '/x/', in = \"tag\" }}], none = [\"体育\"], threshold = 2.5 }}\n{SOURCE}"
    ))
    .unwrap();
    assert_eq!(
        config.categories[0].rule,
        MatchRule {
            any: vec![
                Term::word("股市"),
                Term::pattern(r"\bIPOs?\b"),
                Term {
                    fields: Fields::of(Field::Title).union(Fields::of(Field::Url)),
                    weight: 2.0,
                    ..Term::word("/half")
                }
            ],
            all: vec![Term {
                fields: Fields::of(Field::Tag),
                ..Term::pattern("x")
            }],
            none: vec![Term::word("体育")],
            threshold: 2.5
        }
    );
    for (rule, fault) in [
        (
            "{ any = [\"/(/\"] }",
            "3:18 this regular expression cannot be read: unclosed group",
        ),
        (
            "{ any = [\"/(a{9999}){9999}/\"] }",
            "3:18 this regular expression cannot be read: it would need more than 1 MiB of memory",
        ),
        ("{ any = [\" \"] }", "3:18 this word is empty"),
        ("{ any = \"x\" }", "3:17 this is no list"),
        (
            "{ none = [\"x\"] }",
            "3:9 a rule with `none` alone can never hold",
        ),
        ("{ anyy = [\"x\"] }", "3:11 unknown key `anyy` in a rule"),
        (
            "{ any = [{ word = \"x\", weight = -1 }] }",
            "3:41 this is no weight",
        ),
        (
            "{ any = [{ word = \"x\", in = \"heading\" }] }",
            "3:37 \"heading\" is no part of an item",
        ),
        ("{ any = [{ weight = 2 }] }", "3:18 this term has no `word`"),
        (
            "{ any = [{ word = \"x\", wight = 2 }] }",
            "3:32 unknown key `wight` in a term",
        ),
        (
            "{ any = [\"x\", \"y\"], threshold = 3 }",
            "3:9 this rule can never hold: the weights of `any` together do not reach its `threshold`",
        ),
        (
            "{ any = [{ word = \"x\", weight = 0.4 }, { word = \"y\", weight = 0.5 }] }",
            "3:9 this rule can never hold: the weights of `any` together do not reach 1, the `threshold` where none is written",
        ),
        (
            "{ all = [\"x\"], threshold = 1 }",
            "3:36 a `threshold` is what the weights of `any` must reach, and this rule has no `any`",
        ),
        ("{ any = [\"x\"], threshold = 0 }", "3:36 this is no threshold"),
        (
            "{ any = [], none = [\"x\"] }",
            "3:9 a rule with `none` alone can never hold",
        ),
        ("{ any = [\"\u{200b}\"] }", "3:18 this word is empty"),
        (
            "{ any = [\"/\\brates?\\b/\"] }",
            "3:18 this regular expression has a control character in it",
        ),
        (
            "{ any = [{ word = \"x\", in = [] }] }",
            "3:37 \"\" is no part of an item",
        ),
        // What cannot be read does not make the rest fall short.
        (
            "{ any = [\"x\", \"/(/\"], threshold = 2 }",
            "3:23 this regular expression cannot be read: unclosed group",
        ),
        ("[\"x\"]", "3:9 `match` is a table"),
    ] {
        let told = faults(&format!("[[category]]\nname = \"a\"\nmatch = {rule}\n{SOURCE}"));
        assert_eq!(told, [fault], "{rule}");
    }
}

#[test]
fn weights_that_add_up_to_the_threshold_but_for_rounding_reach_it() {
    let tenths = ["{ word = \"x\", weight = 0.1 }"; 9].join(", ");
    let rule = format!("{{ any = [{tenths}], threshold = 0.9 }}");
    let text = format!("[[category]]\nname = \"a\"\nmatch = {rule}\n{SOURCE}");
    assert_eq!(faults(&text), [""; 0]);
}

#[test]
fn the_remedy_of_an_expression_fits_its_fault() {
    let remedy_of = |term: &str| {
        remedy(&format!(
            "[[category]]\nname = \"a\"\nmatch = {{ any = [{term}] }}\n{SOURCE}"
        ))
    };
    for (term, told) in [
        ("\"/\\brates/\"", "in double quotes `\\b` is a backspace"),
        ("'/(?<=x)y/'", "what must not be there belongs in `none`"),
        ("'/(x)\\1/'", "say it without"),
        ("'/[C++/'", "take a backslash before them"),
        ("'/\\y/'", "'single quotes' take it as it is"),
    ] {
        assert!(remedy_of(term).contains(told), "{term}: {}", remedy_of(term));
    }
}

#[test]
fn what_counts_for_nothing_in_a_rule_is_told() {
    let nothing = "no term stands here, so this is as good as not written";
    let idle = "a `weight` counts in `any` alone";
    for (keys, told) in [
        ("match = { all = [{ word = \"x\", weight = 2 }] }", vec![idle]),
        (
            "match = { any = [\"x\"], none = [\"y\", { word = \"z\", weight = 2 }] }",
            vec![idle],
        ),
        ("match = { any = [\"x\"] }\nkeep = []", vec![nothing]),
        ("match = { any = [\"x\"] }\ndrop = { any = [] }", vec![nothing]),
        ("match = {}\nsections = [\"x\"]", vec![nothing]),
        (
            "match = { any = [\"x\"] }\ndrop = [\"y\"]\nkeep = [\"z\"]",
            vec![],
        ),
    ] {
        let text = format!("[[category]]\nname = \"a\"\n{keys}\n{SOURCE}");
        assert_eq!(warnings(&text), told, "{keys}");
    }
}

#[test]
fn what_says_nothing_of_a_ranking_is_told() {
    let ranking =
        |keys: &str| format!("[[source]]\nurl = \"http://a.example/hot.xml\"\nkind = \"ranking\"\n{keys}");
    assert_eq!(warnings(&ranking("weight = 2\n")), [""; 0]);
    assert_eq!(
        warnings(&ranking("priority = 2\ncontent = \"title\"\n")),
        [
            "`priority` says nothing of a ranking: it publishes no items",
            "`content` says nothing of a ranking: it publishes no items",
        ]
    );
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

#[test]
fn the_shipped_file_is_an_example_worth_having() {
    let config = check(SHIPPED).unwrap();
    assert!(SHIPPED.starts_with("#:schema "));
    assert!(config.sources.len() >= 24 && config.categories.len() >= 6);
    assert!(
        config
            .categories
            .iter()
            .filter(|one| !one.rule.any.is_empty())
            .count()
            >= 3
    );
    let chinese = config
        .sources
        .iter()
        .filter(|source| source.timezone == Some(chrono_tz::Asia::Shanghai));
    assert!(chinese.count() >= 5);
}

#[test]
fn the_schema_knows_every_key_of_the_shipped_file() {
    let schema = config::json_schema();
    let file: serde_json::Value = toml::from_str(SHIPPED).unwrap();
    for (table, content) in file.as_object().unwrap() {
        let properties = match content {
            serde_json::Value::Array(_) => &schema["properties"][table]["items"]["properties"],
            _ => &schema["properties"][table]["properties"],
        };
        let entries = content
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![content.clone()]);
        for key in entries.iter().flat_map(|entry| entry.as_object().unwrap().keys()) {
            assert!(
                properties[key]["description"].is_string(),
                "{table}.{key} has no description"
            );
        }
    }
}

#[test]
fn the_reference_page_says_what_the_program_does() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/feeds-toml.md");
    let page = config::reference();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/feeds-toml.md is not what the settings say; BLESS=1 cargo test reference writes it"
    );
    let schema = config::json_schema();
    for (name, table) in schema["properties"].as_object().unwrap() {
        assert!(page.contains(&format!("[{name}]")));
        let keys = table.get("items").unwrap_or(table)["properties"]
            .as_object()
            .unwrap();
        for (key, property) in keys {
            let default = property
                .get("default")
                .map(|value| format!("`{value}`"))
                .unwrap_or_default();
            assert!(
                page.lines()
                    .any(|line| line.starts_with(&format!("| `{key}` |")) && line.contains(&default)),
                "{name}.{key}"
            );
        }
    }
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
