use super::*;
use crate::config::{Field, Fields, Filter, MatchRule, Term, Wanted};
use crate::model::{Category, Person};
use crate::text::fold::fold;
use crate::text::tokens::is_boundary;
use proptest::prelude::*;

fn term(written: &&str) -> Term {
    match written.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => Term::pattern(pattern),
        None => Term::word(*written),
    }
}

fn category(name: &str, any: &[&str], none: &[&str], sections: &[&str]) -> CategoryConfig {
    CategoryConfig {
        category: Category {
            name: name.to_owned(),
            ..Category::default()
        },
        rule: MatchRule {
            any: any.iter().map(term).collect(),
            none: none.iter().map(term).collect(),
            ..MatchRule::default()
        },
        sections: sections.iter().map(|section| (*section).to_owned()).collect(),
        filter: Filter::default(),
    }
}

fn finance() -> Categorizer {
    Categorizer::new(&[
        category(
            "finance",
            &["股市", "央行", "GDP", "/interest rates?/"],
            &["体育"],
            &["财经", "Finance"],
        ),
        category("sport", &["体育", "football"], &[], &["Sports"]),
    ])
}

fn of(categorizer: &Categorizer, title: &str, text: &str) -> Vec<(String, String)> {
    let subject = Subject {
        source_name: "a",
        fixed: &[],
        tags: &[],
        title,
        text,
        ..Subject::default()
    };
    let labels = categorizer.labels(&subject);
    labels
        .into_iter()
        .map(|label| (label.category, label.reason.0))
        .collect()
}

fn names(categorizer: &Categorizer, title: &str) -> Vec<String> {
    of(categorizer, title, "")
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn a_word_matches_in_any_case_width_and_script() {
    let categorizer = finance();
    for title in [
        "央行降准",
        "美国央行加息",
        "中国ＧＤＰ增长",
        "the gdp of Spain",
        "股市",
        "Interest Rate cut",
        "香港股市",
    ] {
        assert_eq!(names(&categorizer, title), ["finance"], "{title}");
    }
    let traditional = Categorizer::new(&[category("a", &["台灣經濟"], &[], &[])]);
    assert_eq!(names(&traditional, "台湾经济回暖"), ["a"]);
    assert_eq!(names(&traditional, "臺灣經濟回暖"), ["a"]);
}

#[test]
fn an_apostrophe_matches_however_it_is_printed() {
    for word in ["don't", "don’t"] {
        let categorizer = Categorizer::new(&[category("a", &[word], &[], &[])]);
        for title in ["Don't panic", "Don’t panic", "Donʼt panic"] {
            assert_eq!(names(&categorizer, title), ["a"], "{word} in {title}");
        }
        assert_eq!(names(&categorizer, "Dont panic"), [""; 0]);
    }
}

#[test]
fn words_of_scripts_with_spaces_match_whole() {
    let categorizer = Categorizer::new(&[category("a", &["art", "C++", "new york", "한국"], &[], &[])]);
    for title in ["Art!", "the-art of", "in C++.", "New  York", "국 한국 은행"] {
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(names(&categorizer, &title), ["a"], "{title}");
    }
    for title in [
        "party",
        "artful",
        "art5",
        "article",
        "new yorker",
        "한국은행",
        "café artß",
    ] {
        assert_eq!(names(&categorizer, title), Vec::<String>::new(), "{title}");
    }
}

#[test]
fn reasons_name_the_term_and_where_it_stands() {
    let categorizer = finance();
    let reason = |title, text| of(&categorizer, title, text).remove(0).1;
    assert_eq!(reason("央行降准", "GDP"), "the word 央行 in its title");
    assert_eq!(reason("News", "about GDP"), "the word GDP in its text");
    assert_eq!(
        reason("Interest rates", ""),
        "the pattern /interest rates?/ in its title"
    );
    assert_eq!(
        reason("News", "an interest rate"),
        "the pattern /interest rates?/ in its text"
    );
}

#[test]
fn a_veto_undoes_a_rule_and_no_other() {
    let categorizer = finance();
    assert_eq!(names(&categorizer, "央行体育馆"), ["sport"]);
    assert_eq!(of(&categorizer, "央行", "体育")[0].0, "sport");
    let only_none = Categorizer::new(&[category("a", &[], &["x"], &[])]);
    assert_eq!(names(&only_none, "y"), Vec::<String>::new());
}

#[test]
fn fixed_categories_and_sections_hold_whatever_the_rules_say() {
    let categorizer = finance();
    let tag = |term: &str| Tag {
        term: term.to_owned(),
        ..Tag::default()
    };
    let fixed = ["sport".to_owned(), "undeclared".to_owned()];
    let tags = [tag("首页 > 財經"), tag("other")];
    let labels = categorizer.labels(&Subject {
        source_name: "portal",
        fixed: &fixed,
        tags: &tags,
        title: "体育 and GDP",
        ..Subject::default()
    });
    let told: Vec<(&str, &str)> = labels
        .iter()
        .map(|label| (label.category.as_str(), label.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("sport", "fixed for the source portal"),
            ("undeclared", "fixed for the source portal"),
            ("finance", "the section 財經 that its source names"),
        ]
    );
    assert!(labels.iter().all(|label| label.confidence == 1.0));
}

#[test]
fn a_tags_label_counts_and_part_of_a_word_does_not() {
    let categorizer = finance();
    let named = |term: &str, label: Option<&str>| {
        let tags = [Tag {
            term: term.to_owned(),
            label: label.map(str::to_owned),
            scheme: None,
        }];
        let subject = Subject {
            source_name: "a",
            fixed: &[],
            tags: &tags,
            title: "",
            text: "",
            ..Subject::default()
        };
        categorizer.labels(&subject).len()
    };
    assert_eq!(named("c-17", Some("FINANCE")), 1);
    assert_eq!(named("sports", None), 1);
    assert_eq!(named("Personal Finance", None), 0);
}

#[test]
fn title_and_text_are_not_one_word() {
    let categorizer = Categorizer::new(&[
        category("a", &["央行"], &[], &[]),
        category("b", &["/^rate$/"], &[], &[]),
    ]);
    assert_eq!(of(&categorizer, "中央", "行动"), []);
    assert_eq!(of(&categorizer, "x", "rate").len(), 1);
}

#[test]
fn rules_without_terms_match_nothing() {
    let categorizer = Categorizer::new(&[category("a", &["", "　"], &[], &[""])]);
    assert_eq!(names(&categorizer, "anything"), Vec::<String>::new());
    assert_eq!(names(&Categorizer::new(&[]), "anything"), Vec::<String>::new());
}

/// What the compiled rules must agree with: each word sought by itself, everywhere.
fn holds(word: &str, text: &str) -> bool {
    let (word, text) = (fold(word), fold(text));
    (0..text.len()).any(|start| {
        let Some(after) = text.get(start..).and_then(|rest| rest.strip_prefix(&word)) else {
            return false;
        };
        let before = text[..start].chars().next_back();
        is_boundary(before, word.chars().next())
            && is_boundary(word.chars().next_back(), after.chars().next())
    })
}

/// The reason for which a rule holds for a subject, when it does.
fn held(rule: MatchRule, subject: &Subject<'_>) -> Option<String> {
    let mut config = category("a", &[], &[], &[]);
    config.rule = rule;
    let labels = Categorizer::new(&[config]).labels(subject);
    labels.into_iter().next().map(|label| label.reason.0)
}

#[test]
fn all_of_all_must_be_there_and_enough_of_any() {
    let rule = |threshold: f32| MatchRule {
        any: vec![
            Term {
                weight: 2.0,
                ..Term::word("央行")
            },
            Term::word("利率"),
            Term::word("存款"),
        ],
        all: vec![Term::word("中国"), Term::pattern("20[0-9]{2}")],
        threshold,
        ..MatchRule::default()
    };
    let of = |threshold: f32, title: &str| {
        let subject = Subject {
            title,
            ..Subject::default()
        };
        held(rule(threshold), &subject)
    };
    assert_eq!(of(1.0, "中国央行"), None);
    assert_eq!(
        of(1.0, "2026年中国利率").as_deref(),
        Some(
            "the word 中国 in its title and the pattern /20[0-9]{2}/ in its title and the word 利率 in its title"
        )
    );
    assert_eq!(of(3.0, "2026 中国 央行"), None);
    assert_eq!(of(3.0, "2026 中国 利率 存款"), None);
    assert!(of(3.0, "2026 中国 央行 存款").is_some());
    let only_all = MatchRule {
        all: vec![Term::word("a"), Term::word("a")],
        ..MatchRule::default()
    };
    let title = |title| Subject {
        title,
        ..Subject::default()
    };
    assert_eq!(
        held(only_all.clone(), &title("a b")).as_deref(),
        Some("the word a in its title and the word a in its title")
    );
    assert_eq!(held(only_all, &title("b")), None);
}

#[test]
fn a_term_looks_into_its_fields_and_no_other() {
    let authors = [Person {
        name: Some("Ann Reporter".to_owned()),
        ..Person::default()
    }];
    let tags = [Tag {
        term: "markets".to_owned(),
        label: Some("股市".to_owned()),
        scheme: None,
    }];
    let subject = Subject {
        source_name: "morning-paper",
        tags: &tags,
        title: "Title",
        text: "Body",
        url: "https://example.org/finance/2026/a.html",
        outlet: "新華社",
        authors: &authors,
        language: "zh-Hant",
        ..Subject::default()
    };
    let words = [
        "title",
        "body",
        "finance",
        "morning-paper",
        "新华",
        "股市",
        "reporter",
        "zh",
    ];
    for (place, word) in words.into_iter().enumerate() {
        for wanted in [
            Wanted::Word(word.to_owned()),
            Wanted::Pattern(word.replace('华', "華")),
        ] {
            for (other, field) in Field::ALL.into_iter().enumerate() {
                let rule = MatchRule {
                    any: vec![Term {
                        fields: Fields::of(field),
                        ..Term::new(wanted.clone())
                    }],
                    ..MatchRule::default()
                };
                assert_eq!(
                    held(rule, &subject).is_some(),
                    place == other,
                    "{word} in {}",
                    field.name()
                );
            }
        }
    }
}

#[test]
fn an_outlet_is_also_the_one_that_the_text_names() {
    let rule = |word: &str| MatchRule {
        any: vec![Term {
            fields: Fields::of(Field::Outlet),
            ..Term::word(word)
        }],
        ..MatchRule::default()
    };
    let subject = Subject {
        outlet: "Portal",
        text: "来源：中国新闻网\n央行今天宣布。",
        ..Subject::default()
    };
    for word in ["portal", "中国新闻网"] {
        let said = format!("the word {word} in its outlet");
        assert_eq!(held(rule(word), &subject), Some(said));
    }
    assert_eq!(held(rule("央行"), &subject), None);
}

#[test]
fn of_two_fields_with_a_word_each_term_sees_its_own() {
    let in_field = |field: Field| Term {
        fields: Fields::of(field),
        ..Term::word("x")
    };
    let rule = MatchRule {
        all: vec![in_field(Field::Title), in_field(Field::Url)],
        ..MatchRule::default()
    };
    let subject = Subject {
        title: "x",
        url: "http://a/x",
        ..Subject::default()
    };
    assert!(held(rule.clone(), &subject).is_some());
    let subject = Subject {
        url: "",
        text: "x",
        ..subject
    };
    assert!(held(rule, &subject).is_none());
}

fn any(word: &str) -> Option<MatchRule> {
    Some(MatchRule {
        any: vec![Term::word(word)],
        ..MatchRule::default()
    })
}

#[test]
fn a_categorys_own_filter_has_the_last_word() {
    let mut config = category("a", &["x"], &[], &["s"]);
    config.filter = Filter {
        drop: any("ad"),
        keep: any("good"),
    };
    let categorizer = Categorizer::new(&[config, category("b", &["x"], &[], &[])]);
    let fixed = ["a".to_owned()];
    let tags = [Tag {
        term: "s".to_owned(),
        ..Tag::default()
    }];
    for (title, expected) in [
        ("good x", &["a", "b"][..]),
        ("good", &["a"]),
        ("x", &["b"]),
        ("good ad x", &["b"]),
    ] {
        let subject = Subject {
            fixed: &fixed,
            tags: &tags,
            title,
            ..Subject::default()
        };
        let labels = categorizer.labels(&subject);
        let names: Vec<&str> = labels.iter().map(|label| label.category.as_str()).collect();
        assert_eq!(names, expected, "{title}");
        // What it is kept out of is told, with what the filter says.
        let kept_out = categorizer.kept_out(&subject);
        let kept_out = kept_out.iter().map(|(name, _)| name.as_str());
        assert_eq!(kept_out.eq(["a"]), !expected.contains(&"a"), "{title}");
    }
    let ad = Subject {
        tags: &tags,
        title: "good ad",
        ..Subject::default()
    };
    let (_, why) = categorizer.kept_out(&ad).remove(0);
    assert_eq!(
        why.0,
        "dropped by `drop` of the category a: the word ad in its title"
    );
    // Nothing puts it there.
    let other = Subject {
        title: "good ad",
        ..Subject::default()
    };
    assert_eq!(categorizer.kept_out(&other), []);
}

#[test]
fn a_filter_refuses_with_the_rule_that_says_so() {
    let everywhere = Filter {
        drop: any("casino"),
        keep: None,
    };
    let own = Filter {
        drop: None,
        keep: any("央行"),
    };
    let categorizer = Categorizer::new(&[]).with_filters(&everywhere, &[("name:a".to_owned(), own)]);
    let refusal = |identity: &str, title: &str| {
        let subject = Subject {
            source_name: "a",
            title,
            ..Subject::default()
        };
        categorizer.refusal(identity, &subject).map(|reason| reason.0)
    };
    assert_eq!(
        refusal("name:b", "Casino night").as_deref(),
        Some("dropped by `drop` of [filter]: the word casino in its title")
    );
    assert_eq!(
        refusal("name:a", "weather").as_deref(),
        Some("dropped since `keep` of the source a does not hold")
    );
    assert_eq!(refusal("name:a", "央行"), None);
    assert_eq!(refusal("name:b", "weather"), None);
}

proptest! {
    #[test]
    fn the_compiled_rules_agree_with_seeking_each_word(
        any in prop::collection::vec("[abA 中国國]{1,3}", 0..6),
        none in prop::collection::vec("[ab中]{1,2}", 0..2),
        title in "[abAB 中国國，Ａ]{0,8}",
        text in "[ab 中国]{0,8}",
    ) {
        let squeeze = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (any, none): (Vec<String>, Vec<String>) =
            (any.iter().map(squeeze).collect(), none.iter().map(squeeze).collect());
        let borrowed = |words: &[String]| words.iter().map(Term::word).collect();
        let mut config = category("a", &[], &[], &[]);
        config.rule = MatchRule { any: borrowed(&any), none: borrowed(&none), ..MatchRule::default() };
        let categorizer = Categorizer::new(&[category("z", &["a", "中"], &["b"], &[]), config]);
        let found = of(&categorizer, &title, &text).iter().any(|(name, _)| name == "a");
        let has = |words: &[String]| {
            words.iter().any(|word| !word.is_empty() && (holds(word, &title) || holds(word, &text)))
        };
        prop_assert_eq!(found, has(&any) && !has(&none));
    }
}
