//! Names that become path segments: which may stand, and which a source gets when none was written.

use std::collections::{HashMap, HashSet};
use url::Url;

/// The longest name, in characters: four bytes each still make a file name on any disk.
pub(crate) const MAX_CHARACTERS: usize = 60;

/// First path segments that are ours.
pub(crate) static RESERVED: [&str; 18] = [
    "hot",
    "source",
    "search",
    "story",
    "status",
    "healthz",
    "metrics",
    "assets",
    "websub",
    "rss.xml",
    "atom.xml",
    "feed.json",
    "opml.xml",
    "sources.opml",
    "status.atom",
    "index.html",
    "robots.txt",
    "favicon.ico",
];

/// Why a text cannot be one segment of a path, as the end of a sentence; nothing when it can.
pub(crate) fn segment_fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".to_owned());
    }
    if name.chars().nth(MAX_CHARACTERS).is_some() {
        return Some(format!("is longer than {MAX_CHARACTERS} characters"));
    }
    if name.starts_with('.') {
        return Some("begins with a dot".to_owned());
    }
    if name.trim() != name {
        return Some("begins or ends with a blank".to_owned());
    }
    let bad = name.chars().find(|character| is_unfit(*character))?;
    Some(if bad.is_control() || is_invisible(bad) {
        format!("has the invisible character U+{:04X}", u32::from(bad))
    } else {
        format!("has `{bad}`, which cannot stand in one segment of a path")
    })
}

/// Why a segment cannot be a category's, as the end of a sentence; nothing when it can.
pub(crate) fn category_fault(name: &str) -> Option<String> {
    segment_fault(name).or_else(|| {
        let lower = name.to_lowercase();
        if RESERVED.contains(&lower.as_str()) {
            Some("is the name of one of newsriver's own pages".to_owned())
        } else if name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_digit()) {
            Some("would be taken for the year of an archive".to_owned())
        } else {
            None
        }
    })
}

fn is_unfit(character: char) -> bool {
    matches!(
        character,
        '/' | '\\' | '%' | '?' | '#' | '"' | '<' | '>' | '|' | '*' | ':'
    ) || character.is_control()
        || is_invisible(character)
        || (character.is_whitespace() && character != ' ')
}

/// Zero-width characters and the ones that turn the direction of text: two names could look the same.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// The name of a source that was given none: its host without `www.` and the words of its path.
pub(crate) fn from_address(url: &Url) -> String {
    let host = url.host_str().unwrap_or("source");
    let host = host.strip_prefix("www.").unwrap_or(host);
    let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
    let mut name = String::with_capacity(MAX_CHARACTERS);
    let words = [host, &path];
    for word in words
        .iter()
        .flat_map(|text| text.split(|character: char| !character.is_ascii_alphanumeric()))
    {
        if word.is_empty() {
            continue;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&word.to_ascii_lowercase());
    }
    if name.is_empty() {
        name.push_str("source");
    }
    shortened(&name, MAX_CHARACTERS).to_owned()
}

/// Names given so far in one file: a made name that is taken gets `-2`, `-3` and so on.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    names: HashSet<String>,
    next: HashMap<String, usize>,
}

impl Taken {
    /// Takes a written name; false when it was taken already.
    pub(crate) fn take(&mut self, name: &str) -> bool {
        self.names.insert(name.to_owned())
    }

    /// Takes a made name, or the next free one after it.
    pub(crate) fn make(&mut self, base: String) -> String {
        if self.names.insert(base.clone()) {
            return base;
        }
        // Remembered for each base: a hundred thousand addresses of one host stay linear.
        let mut number = self.next.get(&base).copied().unwrap_or(2);
        loop {
            let tail = format!("-{number}");
            number += 1;
            let name = format!("{}{tail}", shortened(&base, MAX_CHARACTERS - tail.len()));
            if self.names.insert(name.clone()) {
                self.next.insert(base, number);
                return name;
            }
        }
    }
}

/// The first `length` bytes of an ASCII name, without a dash at the end.
fn shortened(name: &str, length: usize) -> &str {
    name.get(..length).unwrap_or(name).trim_end_matches('-')
}

/// The most alike of `known`, when it is alike enough that it may have been meant.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Likeness costs the product of the lengths, and no name of ours is so long.
    if written.len() > 100 {
        return None;
    }
    let lower = written.to_lowercase();
    // The most alike wins, and the first of several that are equally so.
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let likeness = strsim::normalized_damerau_levenshtein(&lower, &candidate.to_lowercase());
        if likeness >= 0.55 && best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(address: &str) -> String {
        from_address(&Url::parse(address).unwrap())
    }

    #[test]
    fn a_name_is_made_of_host_and_path() {
        assert_eq!(
            name_of("https://www.example.org/news/World.RSS?x=1"),
            "example-org-news-world-rss"
        );
        assert_eq!(name_of("http://127.0.0.1:8080/"), "127-0-0-1");
        assert_eq!(
            name_of("https://example.org/%E8%B4%A2%E7%BB%8F/a.xml"),
            "example-org-a-xml"
        );
        let long = name_of(&format!("https://example.org/{}", "abc/".repeat(50)));
        assert!(long.len() <= MAX_CHARACTERS && !long.ends_with('-'), "{long}");
    }

    #[test]
    fn a_made_name_that_is_taken_gets_a_number() {
        let mut taken = Taken::default();
        assert!(taken.take("a-2"));
        assert_eq!(
            ["a", "a", "a"].map(|base| taken.make(base.to_owned())),
            ["a", "a-3", "a-4"]
        );
        let base = "x".repeat(MAX_CHARACTERS);
        taken.make(base.clone());
        assert_eq!(taken.make(base).len(), MAX_CHARACTERS);
    }

    #[test]
    fn a_category_is_one_path_segment_that_is_not_ours() {
        for name in ["finance", "财经", "r-and-d", "a b", "c++", "20261"] {
            assert_eq!(category_fault(name), None, "{name}");
        }
        let long = "x".repeat(300);
        for name in [
            "",
            ".",
            "..",
            "/",
            "a/b",
            "a\\b",
            "%2e%2e",
            "a\0b",
            " a",
            "status",
            "Status",
            "source",
            "rss.xml",
            "2026",
            "a\u{200b}",
            "a\u{202e}b",
            "a\tb",
            &long,
        ] {
            assert!(category_fault(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("titel", ["title", "url", "timezone"]), Some("title"));
        assert_eq!(
            nearest("Asia/Shangai", ["Asia/Shanghai", "Asia/Tokyo"]),
            Some("Asia/Shanghai")
        );
        assert_eq!(nearest("colour", ["title", "url"]), None);
    }
}
