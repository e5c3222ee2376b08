//! Items come into the categories that the admin's words, the source's sections and the source itself put them
//! into, and each label says why.

use newsriver::categorize::{Categorizer, Subject};
use newsriver::config::{CategoryConfig, Filter, MatchRule, Term};
use newsriver::html;
use newsriver::model::{Category, Tag};

fn declared(name: &str, any: &[&str], none: &[&str], sections: &[&str]) -> CategoryConfig {
    let words = |words: &[&str]| words.iter().map(|word| Term::word(*word)).collect();
    CategoryConfig {
        category: Category {
            name: name.to_owned(),
            ..Category::default()
        },
        rule: MatchRule {
            any: words(any),
            none: words(none),
            ..MatchRule::default()
        },
        sections: sections.iter().map(|section| (*section).to_owned()).collect(),
        filter: Filter::default(),
    }
}

fn river() -> Categorizer {
    Categorizer::new(&[
        declared("finance", &["央行", "GDP", "interest rate"], &["足球"], &["财经"]),
        declared("sport", &["足球", "football"], &[], &["体育", "Sports"]),
        declared("technology", &["芯片", "chip"], &[], &["科技"]),
    ])
}

/// The labels of an item whose text is markup, as `NAME: REASON`.
fn labels(fixed: &[&str], section: Option<&str>, title: &str, content: &str) -> Vec<String> {
    let fixed: Vec<String> = fixed.iter().map(|name| (*name).to_owned()).collect();
    let tags: Vec<Tag> = section
        .map(|section| Tag {
            term: section.to_owned(),
            ..Tag::default()
        })
        .into_iter()
        .collect();
    let text = html::plain(content);
    let subject = Subject {
        source_name: "morning-paper",
        fixed: &fixed,
        tags: &tags,
        title,
        text: &text,
        ..Subject::default()
    };
    let labels = river().labels(&subject);
    labels
        .iter()
        .map(|label| format!("{}: {}", label.category, label.reason))
        .collect()
}

#[test]
fn a_sources_own_category_holds_and_rules_add_to_it() {
    assert_eq!(
        labels(&["technology"], None, "央行谈芯片业", ""),
        [
            "technology: fixed for the source morning-paper",
            "finance: the word 央行 in its title"
        ]
    );
}

#[test]
fn a_section_that_the_source_names_means_its_category_in_either_script() {
    for section in ["财经", "財經", "首页/财经", "财经 "] {
        let named = format!(
            "finance: the section {} that its source names",
            section.trim_start_matches("首页/").trim()
        );
        assert_eq!(labels(&[], Some(section), "今日要闻", ""), [named]);
    }
}

#[test]
fn words_are_found_in_the_text_of_markup_and_not_in_the_markup() {
    assert_eq!(
        labels(&[], None, "News", "<p>about <b>foot</b>ball</p>"),
        ["sport: the word football in its text"]
    );
    assert_eq!(
        labels(
            &[],
            None,
            "News",
            "<p class=\"football\">x</p><script>chip</script>"
        ),
        Vec::<String>::new()
    );
}

#[test]
fn a_forbidden_word_keeps_an_item_out_of_its_category_alone() {
    assert_eq!(
        labels(&[], None, "央行杯足球赛", ""),
        ["sport: the word 足球 in its title"]
    );
}

#[test]
fn an_item_that_nothing_speaks_for_has_no_category() {
    assert_eq!(
        labels(&[], Some("旅游"), "春天的公园", "花开了"),
        Vec::<String>::new()
    );
}
