//! From an entry as read to its verdict and its categories, and the text stations under them.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use newsriver::categorize::{Categorizer, Subject};
use newsriver::config::{CategoryConfig, Filter, MatchRule, Term};
use newsriver::html;
use newsriver::identify::{self, Keys, Known};
use newsriver::model::{Category, Entry, ItemNumber, SourceId};
use newsriver::text::{charset, date, fold};

const WORDS: [&str; 12] = [
    "央行", "宣布", "市场", "reports", "growth", "today", "城市", "交通", "the", "of", "新闻", "harbour",
];

/// Some 3,000 bytes of an article, another one for each number.
fn article(number: usize) -> String {
    let mut content = String::from("<h2>标题 heading</h2>");
    for paragraph in 0..12 {
        content.push_str("<p class=\"x\" style=\"color:red\">");
        for word in 0..25 {
            let place = number + paragraph * 7 + word * (number % 5 + 2);
            content.extend(WORDS.iter().copied().nth(place % WORDS.len()));
            content.push(' ');
        }
        content.push_str("<a href=\"/page?id=7&amp;utm_source=x\">link</a> &ldquo;x&rdquo;</p>");
    }
    content
}

fn entries(count: usize) -> Vec<Entry> {
    let entry = |number: usize| Entry {
        guid: Some(format!("https://example.org/?p={number}")),
        link: Some(format!(
            "https://www.example.org/news/{number}.html?utm_source=rss&id={number}"
        )),
        title: Some(format!("央行宣布第{number}号决定 on growth")),
        content: Some(article(number)),
        ..Entry::default()
    };
    (0..count).map(entry).collect()
}

fn keys_of(entries: &[Entry]) -> Vec<Keys> {
    entries
        .iter()
        .map(|entry| identify::keys(SourceId(1), entry))
        .collect()
}

/// All that is remembered after a first poll.
fn remembered(entries: &[Entry], keys: &[Keys]) -> Known {
    let mut known = Known::default();
    for (decision, number) in identify::decide(entries, keys, &known).into_iter().zip(0..) {
        for (key, mut link) in decision.links {
            link.item = ItemNumber(number);
            known.links.insert(key, link);
        }
    }
    known
}

#[divan::bench]
fn keys(bencher: Bencher) {
    let entries = entries(50);
    bencher
        .counter(ItemsCount::new(50_usize))
        .bench(|| keys_of(black_box(&entries)));
}

#[divan::bench]
fn decide_all_known(bencher: Bencher) {
    let entries = entries(50);
    let keys = keys_of(&entries);
    let known = remembered(&entries, &keys);
    let counted = bencher.counter(ItemsCount::new(50_usize));
    counted.bench(|| identify::decide(black_box(&entries), &keys, &known));
}

#[divan::bench]
fn decide_all_new(bencher: Bencher) {
    let entries = entries(50);
    let keys = keys_of(&entries);
    let counted = bencher.counter(ItemsCount::new(50_usize));
    counted.bench(|| identify::decide(black_box(&entries), &keys, &Known::default()));
}

/// `rules` categories of three words each; every tenth has a pattern too.
fn categorizer(rules: usize) -> Categorizer {
    let category = |number: usize| {
        let mut any: Vec<Term> = (0..3)
            .map(|word| Term::word(format!("词语{number}号{word}")))
            .collect();
        if number.is_multiple_of(10) {
            any.push(Term::pattern(format!("subject ?{number}s?")));
        }
        if number == 7 {
            any.push(Term::word("央行"));
        }
        CategoryConfig {
            category: Category {
                name: format!("category-{number}"),
                ..Category::default()
            },
            rule: MatchRule {
                any,
                ..MatchRule::default()
            },
            sections: vec![format!("section {number}")],
            filter: Filter::default(),
        }
    };
    let categories: Vec<CategoryConfig> = (0..rules).map(category).collect();
    Categorizer::new(&categories)
}

#[divan::bench(args = [10, 200, 2000])]
fn categorize(bencher: Bencher, rules: usize) {
    let categorizer = categorizer(rules);
    let text = html::plain(&article(3));
    let subject = Subject {
        source_name: "a",
        fixed: &[],
        tags: &[],
        title: "央行宣布第3号决定",
        text: &text,
        ..Subject::default()
    };
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| categorizer.labels(black_box(&subject)));
}

#[divan::bench]
fn sanitize(bencher: Bencher) {
    let article = article(3);
    let counted = bencher.counter(BytesCount::of_str(&article));
    counted.bench(|| html::sanitize(black_box(&article), Some("https://example.org/a/")));
}

#[divan::bench]
fn plain(bencher: Bencher) {
    let article = article(3);
    bencher
        .counter(BytesCount::of_str(&article))
        .bench(|| html::plain(black_box(&article)));
}

#[divan::bench]
fn fold_text(bencher: Bencher) {
    let text = html::plain(&article(3));
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| fold::fold(black_box(&text)));
}

#[divan::bench]
fn decode_utf_8(bencher: Bencher) {
    let article = article(3);
    bencher
        .counter(BytesCount::of_str(&article))
        .bench(|| charset::decode(black_box(article.as_bytes()), None, None));
}

#[divan::bench(args = ["Sun, 22 Nov 2026 08:30:00 GMT", "2026-11-22T08:30:00+08:00", "2026年11月22日 08:30"])]
fn dates(date: &str) {
    let _ = black_box(date::parse(black_box(date), None));
}
