//! What the admin has rewritten, on the way in: beginnings of titles go, and parameters of links.
//!
//! It changes what is kept and shown, and by which address an entry is known. How the source wrote title and address
//! stays part of the entry's [`Keys`](super::Keys): a rewrite that comes or goes changes items, and announces none.

use crate::config;
use crate::model::{Entry, Rewrite, TitlePrefix};
use regex::Regex;

/// So many beginnings are taken from one title at most.
const MOST_PREFIXES: usize = 8;

/// What an entry said before it was rewritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its title.
    pub title: Option<String>,
    /// Its page.
    pub link: Option<String>,
}

/// A rewrite, compiled.
#[derive(Debug)]
pub struct Rewriter {
    prefixes: Vec<Prefix>,
    names: Vec<String>,
    beginnings: Vec<String>,
}

#[derive(Debug)]
enum Prefix {
    /// Lower case.
    Words(String),
    Pattern(Regex),
}

impl Rewriter {
    /// Compiles it. Patterns are known to be good: one that does not compile takes nothing away.
    pub fn new(rewrite: &Rewrite) -> Self {
        let compiled = |prefix: &TitlePrefix| match prefix {
            TitlePrefix::Words(words) => Some(Prefix::Words(words.to_lowercase())),
            TitlePrefix::Pattern(expression) => config::pattern(expression).ok().map(Prefix::Pattern),
        };
        let names = || rewrite.parameters.iter().map(|name| name.to_lowercase());
        Self {
            prefixes: rewrite.titles.iter().filter_map(compiled).collect(),
            names: names().filter(|name| !name.ends_with('*')).collect(),
            beginnings: names()
                .filter_map(|name| name.strip_suffix('*').map(str::to_owned))
                .collect(),
        }
    }

    /// Rewrites an entry; what it said before.
    pub fn apply(&self, entry: &mut Entry) -> Written {
        let written = Written {
            title: entry.title.clone(),
            link: entry.link.clone(),
        };
        if let Some(title) = &mut entry.title {
            *title = self.title(title).to_owned();
        }
        let others = entry.links.iter_mut().map(|link| &mut link.href);
        for address in entry.link.iter_mut().chain(&mut entry.comments).chain(others) {
            if let Some(shorter) = self.address(address) {
                *address = shorter;
            }
        }
        written
    }

    /// The title without its beginnings; as it is where nothing else would be left.
    fn title<'t>(&self, title: &'t str) -> &'t str {
        let mut rest = title.trim();
        for _ in 0..MOST_PREFIXES {
            let shorter = self.prefixes.iter().find_map(|prefix| prefix.strip(rest));
            match shorter.map(str::trim_start) {
                Some(shorter) if !shorter.is_empty() => rest = shorter,
                _ => break,
            }
        }
        if rest.len() == title.trim().len() {
            title
        } else {
            rest
        }
    }

    /// The address without the parameters, all else to the letter; none where it has none of them.
    fn address(&self, address: &str) -> Option<String> {
        let (page, fragment) = match address.split_once('#') {
            Some((page, _)) => address.split_at(page.len()),
            None => (address, ""),
        };
        let (path, query) = page.split_once('?')?;
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| !self.is_dropped(pair.split('=').next().unwrap_or_default()))
            .collect();
        if kept.len() == query.split('&').count() {
            return None;
        }
        let mark = if kept.is_empty() { "" } else { "?" };
        Some(format!("{path}{mark}{}{fragment}", kept.join("&")))
    }

    fn is_dropped(&self, name: &str) -> bool {
        let name = percent_encoding::percent_decode_str(name)
            .decode_utf8_lossy()
            .to_lowercase();
        let begins = |beginning: &String| name.starts_with(beginning.as_str());
        self.names.contains(&name) || self.beginnings.iter().any(begins)
    }
}

impl Prefix {
    /// What is left of a title that begins so.
    fn strip<'t>(&self, title: &'t str) -> Option<&'t str> {
        match self {
            Self::Pattern(pattern) => {
                let found = pattern.find(title).filter(|found| found.start() == 0)?;
                title.get(found.end()..).filter(|_| !found.is_empty())
            }
            Self::Words(words) => {
                // Lower case may be longer or shorter than what it is of.
                let mut left = words.as_str();
                for (place, character) in title.char_indices() {
                    if left.is_empty() {
                        return title.get(place..);
                    }
                    for lower in character.to_lowercase() {
                        left = left.strip_prefix(lower)?;
                    }
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identify::{keys, rewritten_keys};
    use crate::model::SourceId;

    fn rewriter(titles: &[&str], parameters: &[&str]) -> Rewriter {
        let prefix = |text: &&str| match text.strip_prefix('/') {
            Some(rest) => TitlePrefix::Pattern(rest.trim_end_matches('/').to_owned()),
            None => TitlePrefix::Words((*text).to_owned()),
        };
        Rewriter::new(&Rewrite {
            titles: titles.iter().map(prefix).collect(),
            parameters: parameters.iter().map(|name| (*name).to_owned()).collect(),
        })
    }

    #[test]
    fn beginnings_of_titles_go_one_after_the_other_and_never_all_of_it() {
        let rewriter = rewriter(&["独家：", "Watch live:", r"/\[[^\]]*\]/"], &[]);
        for (written, kept) in [
            ("独家：央行降准", "央行降准"),
            ("[图] 独家： 央行降准", "央行降准"),
            ("WATCH LIVE: the launch", "the launch"),
            ("央行独家：降准", "央行独家：降准"),
            ("独家：", "独家："),
            ("İ", "İ"),
        ] {
            assert_eq!(rewriter.title(written), kept);
        }
    }

    #[test]
    fn named_parameters_go_and_all_else_stays_to_the_letter() {
        let rewriter = rewriter(&[], &["sid", "x-*"]);
        for (written, kept) in [
            (
                "http://a.org/1?id=%E8&SID=7&b#c",
                Some("http://a.org/1?id=%E8&b#c"),
            ),
            ("http://a.org/1?sid=7&X-Campaign=y", Some("http://a.org/1")),
            ("http://a.org/1?s%69d=7#sid=7", Some("http://a.org/1#sid=7")),
            ("http://a.org/1?side=7", None),
            ("http://a.org/sid", None),
        ] {
            assert_eq!(rewriter.address(written).as_deref(), kept, "{written}");
        }
    }

    #[test]
    fn what_the_source_wrote_stays_part_of_the_keys() {
        let plain = Entry {
            title: Some("Live: words".to_owned()),
            link: Some("http://a.org/1?sid=7".to_owned()),
            ..Entry::default()
        };
        let mut entry = plain.clone();
        let written = rewriter(&["live:"], &["sid"]).apply(&mut entry);
        assert_eq!(entry.title.as_deref(), Some("words"));
        let before = keys(SourceId(1), &plain);
        let after = rewritten_keys(SourceId(1), &entry, Some(&written));
        assert_eq!((after.title, after.digest), (before.title, before.digest));
        assert_eq!(after.written, before.place);
        assert_ne!(after.place, before.place);
        assert_ne!(
            after.fingerprint, before.fingerprint,
            "what is kept of it is something else"
        );
    }
}
