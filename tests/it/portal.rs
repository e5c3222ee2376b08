//! The side boxes of a real portal's article page: titles cut short by the width of a column mean the full ones, and
//! what only looks alike stays apart. The page is read where it lies; the full titles are made here, by going on.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

/// The titles that the page links to beside its article, if the page is here.
fn side_titles() -> Option<Vec<String>> {
    let page = PathBuf::from(std::env::var_os("NEWSRIVER_SHARED")?).join("pages/portal-article.txt");
    let page = std::fs::read_to_string(page).ok()?;
    let neighbours = page.lines().filter_map(|line| {
        line.strip_prefix("上一篇:")
            .or_else(|| line.strip_prefix("下一篇:"))
    });
    let boxes = page
        .lines()
        .skip_while(|line| !line.starts_with("栏目推荐"))
        .filter(|line| line.chars().count() > 6);
    let titles: Vec<String> = neighbours
        .chain(boxes)
        .map(|title| title.trim().to_owned())
        .collect();
    assert!(titles.len() >= 15, "{titles:?}");
    Some(titles)
}

/// Said where the page is not here.
const SKIPPED: &str = "skipped: NEWSRIVER_SHARED does not name a folder with pages/portal-article.txt";

/// Titles of one source, with their texts.
struct Told<'a> {
    source: &'a str,
    title: String,
    text: String,
}

fn bare(source: &str, title: impl Into<String>) -> Told<'_> {
    Told {
        source,
        title: title.into(),
        text: String::new(),
    }
}

/// What each is a duplicate of, by their order; they come a minute apart.
fn originals(told: &[Told<'_>]) -> Vec<Option<usize>> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("items.jsonl");
    let lines: Vec<String> = (told.iter().enumerate())
        .map(|(place, told)| {
            json!({
                "id": place.to_string(),
                "url": format!("http://{}.example/{place}", told.source),
                "title": told.title,
                "text": told.text,
                "source": told.source,
                "published": format!("2026-11-22T08:{place:02}:00Z"),
            })
            .to_string()
        })
        .collect();
    std::fs::write(&input, lines.join("\n")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_newsriver"))
        .args(["dedup", "--input"])
        .arg(&input)
        .output()
        .unwrap();
    assert!(output.status.success());
    let said: HashMap<String, Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| {
            (
                line["id"].as_str().unwrap().to_owned(),
                line["duplicate_of"].clone(),
            )
        })
        .collect();
    (0..told.len())
        .map(|place| Some(said[&place.to_string()].as_str()?.parse().unwrap()))
        .collect()
}

/// A full title that begins with this one. Each goes on in words of its own.
fn in_full(title: &str, place: usize) -> String {
    const ON: [&str; 6] = [
        "，记者昨日从现场带回详情",
        "（组图）",
        "：三个问题说明来龙去脉",
        "，有关部门今晨作出回应",
        "之后，居民怎么看",
        "的前前后后",
    ];
    format!(
        "{title}{}{}",
        ON[place % ON.len()],
        "又一程".repeat(place / ON.len())
    )
}

/// The titles that have three characters in common with the most others.
fn of_one_person(titles: &[String]) -> Vec<String> {
    let letters: Vec<Vec<char>> = titles.iter().map(|title| title.chars().collect()).collect();
    let stretches = letters.iter().flat_map(|title| title.windows(3));
    let with = |stretch: &[char]| -> Vec<usize> {
        let has = |title: &Vec<char>| title.windows(3).any(|three| three == stretch);
        (0..letters.len()).filter(|place| has(&letters[*place])).collect()
    };
    let most = stretches.map(with).max_by_key(Vec::len).unwrap_or_default();
    most.into_iter().map(|place| titles[place].clone()).collect()
}

/// A text that shares nothing with another place's.
fn text(place: usize) -> String {
    let begin = 0x4E00 + u32::try_from(place).unwrap() * 150;
    (begin..begin + 120).filter_map(char::from_u32).collect()
}

/// The parts between its punctuation, the first one put last, with other signs between them; none for a single part.
fn turned(title: &str) -> Option<String> {
    let mut parts: Vec<&str> = title
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    (parts.len() > 1).then(|| {
        parts.rotate_left(1);
        parts.join("——")
    })
}

#[test]
fn titles_cut_short_beside_an_article_mean_the_full_ones() {
    let Some(titles) = side_titles() else {
        eprintln!("{SKIPPED}");
        return;
    };
    let count = titles.len();
    let mut told: Vec<Told<'_>> = (titles.iter().enumerate())
        .map(|(place, title)| Told {
            text: text(place),
            ..bare("full", in_full(title, place))
        })
        .collect();
    told.extend(titles.iter().map(|title| bare("side", title)));
    // And as cut again, with the sign that says so.
    told.extend(titles.iter().map(|title| bare("other", format!("{title}…"))));
    let wanted: Vec<Option<usize>> = (0..3 * count)
        .map(|place| (place >= count).then_some(place % count))
        .collect();
    assert_eq!(originals(&told), wanted);
}

#[test]
fn titles_that_only_name_the_same_person_or_the_same_growth_stay_apart() {
    let Some(titles) = side_titles() else {
        eprintln!("{SKIPPED}");
        return;
    };
    let mut rows = of_one_person(&titles);
    assert_eq!(rows.len(), 5, "five titles of the page name one person");
    let full: Vec<String> = (rows.iter().enumerate())
        .map(|(place, title)| in_full(title, place))
        .collect();
    rows.extend(full);
    rows.extend(["贵州茅台", "五粮液"].map(|name| format!("{name}一季度净利润同比增长19%")));
    let sources: Vec<String> = (0..rows.len()).map(|place| format!("source{place}")).collect();
    let told: Vec<Told<'_>> = (rows.iter().zip(&sources))
        .map(|(title, source)| bare(source, title))
        .collect();
    let wanted: Vec<Option<usize>> = (0..12)
        .map(|place| (5..10).contains(&place).then(|| place - 5))
        .collect();
    assert_eq!(originals(&told), wanted);
}

#[test]
fn two_companies_of_one_growth_stay_apart_with_their_texts_too() {
    fn report<'a>(name: &'a str, [sales, profit, share, margin]: [&str; 4]) -> Told<'a> {
        Told {
            source: name,
            title: format!("{name}一季度净利润同比增长19%"),
            text: format!(
                "{name}昨晚公布一季报，报告期内实现营业收入{sales}亿元，净利润{profit}亿元，同比增长19%，\
                 每股收益{share}元，毛利率{margin}%。公司表示，二季度将继续优化产品结构，全年目标不变。"
            ),
        }
    }
    let told = [
        report("贵州茅台", ["331.87", "172.45", "13.73", "92.37"]),
        report("五粮液", ["275.48", "108.23", "2.79", "78.41"]),
    ];
    assert_eq!(originals(&told), [None, None]);
}

#[test]
fn titles_re_ordered_and_re_punctuated_are_one_article() {
    let Some(titles) = side_titles() else {
        eprintln!("{SKIPPED}");
        return;
    };
    let pairs: Vec<(String, String)> = titles
        .into_iter()
        .filter_map(|title| Some((turned(&title)?, title)))
        .collect();
    assert!(pairs.len() >= 8, "{pairs:?}");
    let count = pairs.len();
    let mut told: Vec<Told<'_>> = pairs.iter().map(|(_, title)| bare("one", title)).collect();
    told.extend(pairs.iter().map(|(turned, _)| bare("other", turned)));
    let wanted: Vec<Option<usize>> = (0..2 * count)
        .map(|place| (place >= count).then_some(place % count))
        .collect();
    assert_eq!(originals(&told), wanted);
}
