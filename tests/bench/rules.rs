//! The admin's rules: what two thousand of them cost an item.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use newsriver::categorize::{Categorizer, Subject};
use newsriver::config::{CategoryConfig, Filter, MatchRule, Term};
use newsriver::model::Category;

/// A word of two syllables or of two characters, another one for each number.
fn word(number: usize) -> String {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap());
    if number.is_multiple_of(2) {
        let letters = [number, number / 26, number / 676, number / 7, number / 3];
        letters.into_iter().map(letter).collect()
    } else {
        let character =
            |number: usize| char::from_u32(0x4e00 + u32::try_from(number % 3000).unwrap()).unwrap();
        [character(number), character(number / 5 + 7)]
            .into_iter()
            .collect()
    }
}

/// Two thousand categories with a rule of three words each, every tenth with a pattern besides.
fn categorizer() -> Categorizer {
    let rule = |number: usize| {
        let mut any: Vec<Term> = (0..3).map(|place| Term::word(word(number * 3 + place))).collect();
        if number.is_multiple_of(10) {
            any.push(Term::pattern(format!("{}[0-9]+", word(number * 2))));
        }
        MatchRule {
            any,
            ..MatchRule::default()
        }
    };
    let categories: Vec<CategoryConfig> = (0..2000)
        .map(|number| CategoryConfig {
            category: Category {
                name: format!("category-{number}"),
                ..Category::default()
            },
            rule: rule(number),
            sections: Vec::new(),
            filter: Filter::default(),
        })
        .collect();
    Categorizer::new(&categories)
}

/// Words one after the other, of which about one in twenty is some rule's.
fn text(number: usize, words: usize) -> String {
    let words = (0..words).map(|place| match (number + place) % 20 {
        0 => word((number * 31 + place * 17) % 6000),
        other => format!("nothing{}", other + place),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[divan::bench(sample_count = 1, sample_size = 1)]
fn two_thousand_rules_over_100_000_items(bencher: Bencher) {
    let categorizer = categorizer();
    let texts: Vec<(String, String)> = (0..100)
        .map(|number| (text(number, 8), text(number, 70)))
        .collect();
    bencher.counter(ItemsCount::new(100_000_usize)).bench(|| {
        let sorted = (0..1000).flat_map(|_| &texts).map(|(title, text)| {
            let subject = Subject {
                title: black_box(title),
                text,
                ..Subject::default()
            };
            categorizer.labels(&subject).len()
        });
        sorted.sum::<usize>()
    });
}

/// Two hundred patterns of whole words, of which hardly any is there.
fn whole_words() -> Categorizer {
    let pattern = |number: usize| Term::pattern(format!(r"\b{}s?\b", word(number * 2)));
    Categorizer::new(&[CategoryConfig {
        category: Category {
            name: "words".to_owned(),
            ..Category::default()
        },
        rule: MatchRule {
            any: (0..200).map(pattern).collect(),
            ..MatchRule::default()
        },
        sections: Vec::new(),
        filter: Filter::default(),
    }])
}

#[divan::bench(sample_count = 1, sample_size = 1)]
fn two_hundred_patterns_of_whole_words_over_10_000_chinese_items(bencher: Bencher) {
    let categorizer = whole_words();
    let texts: Vec<String> = (0..100)
        .map(|number| (0..200).map(|place| word(number * 400 + place * 2 + 1)).collect())
        .collect();
    bencher.counter(ItemsCount::new(10_000_usize)).bench(|| {
        let sorted = (0..100).flat_map(|_| &texts).map(|text| {
            let subject = Subject {
                text: black_box(text),
                ..Subject::default()
            };
            categorizer.labels(&subject).len()
        });
        sorted.sum::<usize>()
    });
}
