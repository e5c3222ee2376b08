//! What is said of a category: its name, its rules, and the lines that teach it.

use super::*;

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
