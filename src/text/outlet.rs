//! The outlet that a text says it is from: `来源：中国新闻网`, `(Source: Reuters)`, `新华社北京11月25日电`.
//!
//! What is read here is only counted by: two portals that reprint one agency are not two witnesses.

use super::fold;

/// Words before the name, each followed by a colon.
const MARKS: [&str; 6] = ["来源", "稿源", "转载自", "转自", "來源", "Source"];

/// Agencies that begin their texts with their name, a place, a day and 电.
const AGENCIES: [&str; 12] = [
    "新华社",
    "新华网",
    "中新社",
    "中新网",
    "中国新闻网",
    "人民网",
    "央视网",
    "央视新闻",
    "法新社",
    "路透社",
    "美联社",
    "中央社",
];

/// Where such lines stand: in so many characters at the beginning, and at the end.
const EDGE: usize = 160;

/// Characters of a name at most.
const LONGEST: usize = 24;

/// The outlet named in the first or the last lines of a plain text; none where there is no such line.
pub fn of(text: &str) -> Option<String> {
    let head = head(text);
    let tail = tail(text);
    dateline(head)
        .or_else(|| marked(head))
        .or_else(|| (tail != head).then(|| marked(tail)).flatten())
}

/// Both names mean one outlet, as far as can be told from the names: one stands in the other.
pub fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (bare(one), bare(other));
    !one.is_empty() && !other.is_empty() && (one.contains(&other) || other.contains(&one))
}

fn bare(name: &str) -> String {
    fold::fold(name)
        .chars()
        .filter(|character| character.is_alphanumeric())
        .collect()
}

fn head(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(EDGE)
        .map_or(text.len(), |(place, _)| place);
    text.get(..end).unwrap_or(text)
}

fn tail(text: &str) -> &str {
    let begin = text
        .char_indices()
        .rev()
        .nth(EDGE - 1)
        .map_or(0, |(place, _)| place);
    text.get(begin..).unwrap_or(text)
}

/// `中新网北京11月25日电`: the name of an agency, with 日电 soon after.
fn dateline(head: &str) -> Option<String> {
    let begin = head.trim_start_matches(|character: char| !character.is_alphanumeric());
    let agency = AGENCIES.iter().find(|name| begin.starts_with(**name))?;
    let rest: String = begin.chars().skip(agency.chars().count()).take(20).collect();
    rest.contains("日电").then(|| (*agency).to_owned())
}

/// What stands behind a mark and its colon, up to the next blank or stop.
fn marked(text: &str) -> Option<String> {
    MARKS.iter().find_map(|mark| {
        let (_, behind) = text.split_once(mark)?;
        let name = behind.strip_prefix([':', '：'])?.trim_start();
        let is_end = |character: char| {
            character.is_control() || "，。；|｜（）()[]【】《》<>,;\"“”".contains(character)
        };
        let is_spaceless = name.chars().next().is_some_and(|first| !first.is_ascii());
        let name = name
            .split(|character: char| is_end(character) || (is_spaceless && character.is_whitespace()))
            .next()?
            .trim_matches(|character: char| character.is_whitespace() || character == '.');
        let length = name.chars().count();
        ((2..=LONGEST).contains(&length) && name.chars().any(char::is_alphabetic)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outlet_is_read_where_texts_name_it() {
        for (text, outlet) in [
            ("来源：中国新闻网 作者：张三 正文从这里开始", Some("中国新闻网")),
            ("2026-11-25 08:30 来源: 新华网\n央行今日宣布", Some("新华网")),
            (
                "中新网北京11月25日电（记者 李四）国家统计局今日发布",
                Some("中新网"),
            ),
            ("（新华社北京11月25日电）央行", Some("新华社")),
            ("The bank said on Monday. (Source: Reuters)", Some("Reuters")),
            ("The source: nobody knows", None),
            ("中新网的记者说，日子很长", None),
            ("消息来源可靠。", None),
            ("来源：1", None),
            ("", None),
        ] {
            assert_eq!(of(text).as_deref(), outlet, "{text}");
        }
        let long = format!("{}（来源：财新网）", "正文".repeat(500));
        assert_eq!(of(&long).as_deref(), Some("财新网"));
        let within = format!("{}来源：财新网，{}", "正文".repeat(500), "正文".repeat(500));
        assert_eq!(of(&within), None);
    }

    #[test]
    fn one_outlet_has_longer_and_shorter_names() {
        assert!(is_same("中国新闻网", "新闻网") && is_same("Reuters", "reuters.com"));
        assert!(!is_same("中新网", "新华网") && !is_same("", "x"));
    }
}
