//! Categories are learned from sources that have one, and sort the items of those that have none.

mod against;
mod filing;
mod sections;

use crate::support::{Newsroom, items, poll_all, rss};
use newsriver::daemon::engine::Engine;
use newsriver::daemon::learning;
use newsriver::model::SourceId;
use newsriver::store::{Channel, StoredItem};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const MONEY: [&str; 6] = [
    "央行下调存款利率",
    "股市收盘上涨",
    "银行公布利润",
    "债券市场走强",
    "基金规模扩大",
    "通胀数据公布",
];
const SPORT: [&str; 6] = [
    "球队客场大胜",
    "联赛冠军产生",
    "球员完成转会",
    "教练宣布名单",
    "决赛今晚举行",
    "前锋连进两球",
];
const MARKS: [&str; 10] = [
    "今日", "昨晚", "本周", "再次", "据悉", "首次", "年内", "今年", "近期", "正式",
];

const TABLES: &str = "[[category]]\nname = \"finance\"\n[[category]]\nname = \"sport\"\n\
    [[source]]\nname = \"money\"\nurl = \"{origin}/money\"\ncategory = \"finance\"\n\
    [[source]]\nname = \"games\"\nurl = \"{origin}/games\"\ncategory = \"sport\"\n\
    [[source]]\nname = \"mixed\"\nurl = \"{origin}/mixed\"\n";

/// A category that no source teaches, in twenty labelled lines.
fn weather() -> String {
    let line = |number: usize| {
        let (mark, word) = (MARKS[number % 10], ["暴雨预警发布", "台风即将登陆"][number / 10]);
        format!("[[example]]\ntitle = \"{mark}{word}\"\ncategory = \"weather\"\n")
    };
    let lines: String = (0..20).map(line).collect();
    format!("[[category]]\nname = \"weather\"\n{lines}")
}

/// A feed whose titles are made of `words`.
fn feed(name: &str, words: &[&str]) -> String {
    let entries: Vec<(String, String, String)> = (0..60)
        .map(|number| {
            let (mark, word) = (MARKS[number % 10], words[number % 6]);
            let other = words[(number / 6 + 1) % 6];
            (
                format!("{name}-{number}"),
                format!("{mark}{word}，{other}"),
                format!("http://{name}.example.org/{number}"),
            )
        })
        .collect();
    let borrowed: Vec<(&str, &str, &str, &str)> = entries
        .iter()
        .map(|(guid, title, link)| (guid.as_str(), title.as_str(), link.as_str(), ""))
        .collect();
    rss(&borrowed)
}

fn newsroom(tables: &str) -> Newsroom {
    let newsroom = Newsroom::new(tables);
    newsroom.origin.serve("/money", feed("money", &MONEY), &[]);
    newsroom.origin.serve("/games", feed("games", &SPORT), &[]);
    let mixed = rss(&[
        ("a", "央行宣布降低利率", "http://mixed.example.org/a", ""),
        ("b", "球队夺得联赛冠军", "http://mixed.example.org/b", ""),
        ("c", "zzz", "http://mixed.example.org/c", ""),
    ]);
    newsroom.origin.serve("/mixed", mixed, &[]);
    newsroom
}

/// One whose sources have been polled once, and nothing runs.
async fn polled(tables: &str) -> Newsroom {
    let newsroom = newsroom(tables);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    engine.store.close().await.unwrap();
    newsroom
}

async fn round(engine: &Arc<Engine>) {
    learning::round(engine, &CancellationToken::new()).await.unwrap();
}

/// The titles of the mixed source's items with their categories.
async fn sorted(engine: &Arc<Engine>) -> Vec<(String, Vec<String>)> {
    let id = engine
        .setup()
        .named("mixed")
        .map_or(SourceId(0), |source| source.id);
    let told = |stored: &StoredItem| {
        let names = stored.item.categories().map(str::to_owned).collect();
        (stored.item.title.clone(), names)
    };
    let mut told: Vec<_> = items(engine, Channel::Source(id))
        .await
        .iter()
        .map(told)
        .collect();
    told.sort();
    told
}

fn expected(finance: &[&str], sport: &[&str]) -> Vec<(String, Vec<String>)> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    vec![
        ("zzz".to_owned(), Vec::new()),
        ("央行宣布降低利率".to_owned(), owned(finance)),
        ("球队夺得联赛冠军".to_owned(), owned(sport)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_sources_items_are_sorted_by_what_others_taught_and_say_why() {
    let newsroom = newsroom(TABLES);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    assert_eq!(sorted(&engine).await, expected(&[], &[]));

    round(&engine).await;
    assert_eq!(sorted(&engine).await, expected(&["finance"], &["sport"]));
    let finance = items(&engine, Channel::Category("finance".to_owned())).await;
    let label = finance
        .iter()
        .find(|stored| stored.item.title == "央行宣布降低利率")
        .map(|stored| &stored.item.labels[0]);
    let label = label.unwrap();
    assert!(label.confidence >= 0.7 && label.confidence < 1.0, "{label:?}");
    assert!(label.reason.as_str().contains("利率"), "{label:?}");
    let status = engine.learned.status();
    assert!(status.words.starts_with("learned at"), "{}", status.words);
    assert_eq!(
        status
            .categories
            .iter()
            .map(|own| own.examples)
            .collect::<Vec<_>>(),
        [60, 60]
    );

    // What comes later is sorted as it comes.
    let late = rss(&[("d", "股市与债券市场上涨", "http://mixed.example.org/d", "")]);
    newsroom.origin.serve("/mixed", late, &[]);
    newsroom.later(60);
    poll_all(&engine).await;
    let all = sorted(&engine).await;
    assert!(
        all.contains(&("股市与债券市场上涨".to_owned(), vec!["finance".to_owned()])),
        "{all:?}"
    );
    engine.store.close().await.unwrap();
    drop(engine);

    // And after a restart, by the model that was kept.
    let engine = newsroom.engine().await;
    assert!(engine.learned.status().words.starts_with("learned at"));
    engine.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_of_two_categories_teach_that_an_item_may_be_in_both() {
    let of_both =
        "[[source]]\nname = \"clubs\"\nurl = \"{origin}/clubs\"\ncategory = [\"finance\", \"sport\"]\n";
    let newsroom = newsroom(&format!("{TABLES}{of_both}"));
    let clubs: Vec<String> = (0..60)
        .map(|number| {
            let (mark, money, sport) = (MARKS[number % 10], MONEY[number % 6], SPORT[number / 6 % 6]);
            format!("{mark}{sport}，{money}")
        })
        .collect();
    let ids: Vec<String> = (0..60).map(|number| format!("clubs-{number}")).collect();
    let links: Vec<String> = (0..60)
        .map(|number| format!("http://clubs.example.org/{number}"))
        .collect();
    let entries = ids.iter().zip(&clubs).zip(&links);
    let entries = entries.map(|((id, title), link)| (id.as_str(), title.as_str(), link.as_str(), ""));
    newsroom
        .origin
        .serve("/clubs", rss(&entries.collect::<Vec<_>>()), &[]);
    let mixed = rss(&[
        ("a", "银行存款利率上调", "http://mixed.example.org/a", ""),
        ("b", "联赛球队的股市债券", "http://mixed.example.org/b", ""),
    ]);
    newsroom.origin.serve("/mixed", mixed, &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    let all = sorted(&engine).await;
    let expected = |title: &str, categories: &[&str]| {
        let categories = categories.iter().map(|name| (*name).to_owned()).collect();
        (title.to_owned(), categories)
    };
    assert_eq!(
        all,
        [
            expected("联赛球队的股市债券", &["finance", "sport"]),
            expected("银行存款利率上调", &["finance"]),
        ]
    );
    engine.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_and_is_not_sure_enough_is_told_of_an_item_without_category() {
    let newsroom = newsroom(&format!("[categorize]\nfloor = 1.0\n{TABLES}"));
    let mixed = rss(&[
        ("a", "银行与球队", "http://mixed.example.org/a", ""),
        ("c", "zzz", "http://mixed.example.org/c", ""),
    ]);
    newsroom.origin.serve("/mixed", mixed, &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    engine.store.close().await.unwrap();
    drop(engine);
    let why = |link: &str| {
        let why = newsroom.newsriver(&["why", link]);
        String::from_utf8_lossy(&why.stdout).into_owned()
    };
    let unsure = why("http://mixed.example.org/a");
    assert!(
        unsure.contains("  not in ") && unsure.contains(": what was learned is "),
        "{unsure}"
    );
    assert!(
        unsure.contains("% sure of it, and 100 % are asked for"),
        "{unsure}"
    );
    let unknown = why("http://mixed.example.org/c");
    assert!(unknown.contains("  in no category: "), "{unknown}");
    let known = why("http://money.example.org/1");
    assert!(
        known.contains("  in finance: ") && !known.contains("not in"),
        "{known}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_categorys_filter_keeps_out_what_was_learned_for_it_and_says_so() {
    let filtered = TABLES.replacen(
        "name = \"finance\"\n",
        "name = \"finance\"\ndrop = [\"宣布\"]\n",
        1,
    );
    let newsroom = newsroom(&filtered);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    assert_eq!(sorted(&engine).await, expected(&[], &["sport"]));
    engine.store.close().await.unwrap();
    drop(engine);
    let why = newsroom.newsriver(&["why", "http://mixed.example.org/a"]);
    let why = String::from_utf8_lossy(&why.stdout).into_owned();
    let said = "  not in finance: dropped by `drop` of the category finance: the word 宣布 in its title";
    assert!(why.contains(said), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_that_was_renamed_while_nothing_ran_is_learned_by_its_new_name() {
    let newsroom = newsroom(TABLES);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    engine.store.close().await.unwrap();
    drop(engine);
    newsroom.configure(&TABLES.replace("\"sport\"", "\"games-of-all-kinds\""));
    let engine = newsroom.engine().await;
    round(&engine).await;
    assert_eq!(
        sorted(&engine).await,
        expected(&["finance"], &["games-of-all-kinds"])
    );
    engine.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_without_a_daemon_learns_and_sorts_too() {
    let newsroom = newsroom(TABLES);
    let polled = newsroom.newsriver(&["poll"]);
    assert_eq!(polled.status.code(), Some(0), "{polled:?}");
    let engine = newsroom.engine().await;
    assert_eq!(sorted(&engine).await, expected(&["finance"], &["sport"]));
    engine.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_examples_or_a_switch_turned_off_is_said_and_nothing_is_guessed() {
    let newsroom = newsroom(&TABLES.replace("category = \"sport\"\n", ""));
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    assert_eq!(sorted(&engine).await, expected(&[], &[]));
    let words = engine.learned.status().words;
    assert!(
        words.starts_with("nothing is learned: there is 1 category"),
        "{words}"
    );
    engine.store.close().await.unwrap();
    drop(engine);

    newsroom.configure(&format!("[categorize]\nlearned = false\n{TABLES}"));
    let engine = newsroom.engine().await;
    round(&engine).await;
    assert_eq!(sorted(&engine).await, expected(&[], &[]));
    assert!(engine.learned.status().words.contains("turned off"));
    engine.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_every_source_has_its_category_nothing_is_learned() {
    let newsroom = newsroom(TABLES.split("[[source]]\nname = \"mixed\"").next().unwrap());
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    let words = engine.learned.status().words;
    assert!(words.contains("every source has its categories"), "{words}");
    engine.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_with_a_new_or_a_removed_category_sorts_the_stored_items_anew() {
    let newsroom = newsroom(TABLES);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    engine.publisher().await.unwrap();
    let count = || async { items(&engine, Channel::River).await.len() };
    let before = count().await;
    let reload = async |tables: &str| {
        newsroom.configure(tables);
        let (config, _) =
            newsriver::config::load(&newsroom.config()).unwrap_or_else(|problems| panic!("{problems}"));
        engine.reload(config).await.unwrap();
        learning::after_reload(&engine, &CancellationToken::new())
            .await
            .unwrap();
        engine.publish(&engine.touched.take()).await.unwrap();
    };

    let banks = "[[category]]\nname = \"banks\"\nmatch = { any = [\"央行宣布\"] }\n";
    reload(&format!("{banks}{TABLES}")).await;
    assert_eq!(sorted(&engine).await, expected(&["banks"], &["sport"]));

    // A category goes, and nothing of the other one with it.
    let without = TABLES
        .replace("[[category]]\nname = \"sport\"\n", "")
        .replace("category = \"sport\"\n", "");
    reload(&without).await;
    assert_eq!(sorted(&engine).await, expected(&[], &[]));
    assert_eq!(
        items(&engine, Channel::Category("sport".to_owned())).await.len(),
        0
    );
    assert_eq!(count().await, before, "no item is lost");

    reload(TABLES).await;
    assert_eq!(sorted(&engine).await, expected(&["finance"], &["sport"]));
    engine.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn labelled_lines_teach_at_a_reload_and_at_a_start() {
    let newsroom = newsroom(TABLES);
    let late = rss(&[("e", "暴雨预警再次发布", "http://mixed.example.org/e", "")]);
    newsroom.origin.serve("/mixed", late, &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    let before = sorted(&engine).await;
    assert!(!before[0].1.contains(&"weather".to_owned()), "{before:?}");
    let told = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        vec![("暴雨预警再次发布".to_owned(), names)]
    };

    newsroom.configure(&format!("{TABLES}{}", weather()));
    let (config, _) = newsriver::config::load(&newsroom.config()).unwrap();
    engine.reload(config).await.unwrap();
    learning::after_reload(&engine, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(sorted(&engine).await, told(&["weather"]));
    let status = engine.learned.status();
    let examples: Vec<_> = status.categories.iter().map(|own| own.examples).collect();
    assert_eq!(examples, [60, 60, 20]);
    engine.store.close().await.unwrap();
    drop(engine);

    // What changed while nothing ran is learned by the first round.
    newsroom.configure(&format!("{TABLES}[[category]]\nname = \"weather\"\n"));
    let engine = newsroom.engine().await;
    round(&engine).await;
    let after = sorted(&engine).await;
    assert!(!after[0].1.contains(&"weather".to_owned()), "{after:?}");
    assert_eq!(engine.learned.status().categories.len(), 2);
    engine.store.close().await.unwrap();
}
