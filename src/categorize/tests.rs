use super::*;
use crate::config::{MatchRule, Term};
use crate::model::Category;
use crate::text::fold::fold;
use crate::text::tokens::is_boundary;
use proptest::prelude::*;

fn term(written: &&str) -> Term {
    match written.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => Term::Pattern(pattern.to_owned()),
        None => Term::Word((*written).to_owned()),
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
        },
        sections: sections.iter().map(|section| (*section).to_owned()).collect(),
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
        text: "",
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
        let borrowed = |words: &[String]| words.iter().map(|word| Term::Word(word.clone())).collect();
        let mut config = category("a", &[], &[], &[]);
        config.rule = MatchRule { any: borrowed(&any), none: borrowed(&none) };
        let categorizer = Categorizer::new(&[category("z", &["a", "中"], &["b"], &[]), config]);
        let found = of(&categorizer, &title, &text).iter().any(|(name, _)| name == "a");
        let has = |words: &[String]| {
            words.iter().any(|word| !word.is_empty() && (holds(word, &title) || holds(word, &text)))
        };
        prop_assert_eq!(found, has(&any) && !has(&none));
    }
}
