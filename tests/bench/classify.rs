//! The learned classifier: what a title costs, and what learning costs.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use newsriver::categorize::learned::{Example, Floor, Model};

const WORDS: [[&str; 8]; 4] = [
    ["央行", "利率", "股市", "基金", "债券", "bank", "profit", "shares"],
    ["球队", "联赛", "进球", "冠军", "教练", "league", "coach", "final"],
    [
        "芯片", "手机", "软件", "网络", "发布", "chip", "phone", "software",
    ],
    ["电影", "导演", "票房", "演员", "音乐", "film", "singer", "award"],
];
const COMMON: [&str; 6] = ["今日", "宣布", "第三", "new", "the", "再次"];

/// A title of some 20 characters, another one for each number, and its category.
fn title(number: usize) -> (usize, String) {
    let category = number % WORDS.len();
    let mut title = String::new();
    for place in 0..7 {
        let step = number / WORDS.len() * (place + 1) + place;
        let word = if place % 2 == 0 {
            WORDS[category][step % 8]
        } else {
            COMMON[step % 6]
        };
        title.push_str(word);
        title.push_str(if word.is_ascii() { " " } else { "" });
    }
    title.push_str(&number.to_string());
    (category, title)
}

fn learned(examples: usize) -> Model {
    let titles: Vec<(usize, String)> = (0..examples).map(title).collect();
    let examples: Vec<Example<'_>> = titles
        .iter()
        .map(|(category, title)| Example {
            categories: std::slice::from_ref(category),
            title,
            text: "",
            importance: 1.0,
            group: 0,
        })
        .collect();
    let names = (0..WORDS.len())
        .map(|number| format!("category-{number}"))
        .collect();
    Model::learn(names, &examples, &[], Floor::at(0.7)).unwrap()
}

#[divan::bench]
fn answer_a_title(bencher: Bencher) {
    let model = learned(4000);
    let (_, title) = title(4321);
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench(|| model.answer(black_box(&title), ""));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn learn_from_titles(bencher: Bencher) {
    bencher
        .counter(ItemsCount::new(4000_usize))
        .bench(|| learned(black_box(4000)));
}
