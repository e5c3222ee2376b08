//! What is said of a source: its address, its name, how it is asked, and what it has of its own.

use super::*;

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
