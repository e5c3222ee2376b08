//! The patterns of rules that look into the same parts of an item, sought all at once.
//!
//! Many patterns are one automaton, which reads a text once. Word boundaries (`\b`) would forbid that: what a word is
//! goes by all of Unicode, and no automaton of bytes knows it, so that a set with a single `\b` in it took ten
//! milliseconds for a Chinese text. The set is made of the patterns without their boundaries, and each of those that is
//! found is looked for once more, as it was written.

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// What one set may take, compiled and while matching, in bytes.
const SET_BYTES: usize = 16 << 20;

/// Patterns, compiled; each is known by its place.
#[derive(Debug)]
pub(super) struct Patterns {
    /// Finds all that are there, and perhaps some more.
    set: RegexSet,
    /// As written, where the set has less of it.
    whole: Vec<Option<Regex>>,
}

impl Patterns {
    /// Compiles them; none where the set would grow too large.
    pub(super) fn new(expressions: &[&str]) -> Option<Self> {
        let loose: Vec<Option<String>> = expressions
            .iter()
            .map(|expression| without_boundaries(expression))
            .collect();
        let sought = expressions
            .iter()
            .zip(&loose)
            .map(|(expression, loose)| loose.as_deref().unwrap_or(expression));
        let set = RegexSetBuilder::new(sought)
            .case_insensitive(true)
            .multi_line(true)
            .size_limit(SET_BYTES)
            .dfa_size_limit(SET_BYTES)
            .build()
            .ok()?;
        let whole = expressions
            .iter()
            .zip(&loose)
            .map(|(expression, loose)| loose.as_ref().and_then(|_| one(expression)))
            .collect();
        Some(Self { set, whole })
    }

    /// The places of those that are in a text.
    pub(super) fn found_in(&self, text: &str) -> Vec<usize> {
        let found = self.set.matches(text);
        let is_there = |place: &usize| {
            let whole = self.whole.get(*place).and_then(Option::as_ref);
            whole.is_none_or(|whole| whole.is_match(text))
        };
        found.iter().filter(is_there).collect()
    }
}

/// One of them by itself.
fn one(expression: &str) -> Option<Regex> {
    RegexBuilder::new(expression)
        .case_insensitive(true)
        .multi_line(true)
        .size_limit(SET_BYTES)
        .build()
        .ok()
}

/// The expression without what it says of the borders of words; none where it says nothing. It is found wherever the
/// expression is: nothing in these expressions can be there because a border is not.
fn without_boundaries(expression: &str) -> Option<String> {
    let mut loose = String::with_capacity(expression.len());
    let mut rest = expression;
    let mut has_any = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at)?;
        loose.push_str(before);
        let escaped = escape.chars().nth(1).map_or(1, |escaped| 1 + escaped.len_utf8());
        let (escape, after) = escape.split_at_checked(escaped)?;
        rest = after;
        if matches!(escape, r"\b" | r"\B" | r"\<" | r"\>") {
            has_any = true;
            loose.push_str("(?:)");
            // `\b{start}` and its like.
            if rest.starts_with("{start") || rest.starts_with("{end") {
                rest = rest.split_once('}')?.1;
            }
        } else {
            loose.push_str(escape);
        }
    }
    loose.push_str(rest);
    has_any.then_some(loose)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn borders_of_words_are_taken_out_and_nothing_else() {
        for (expression, loose) in [
            (r"\bIPOs?\b", Some("(?:)IPOs?(?:)")),
            (r"\b{start}a\b{end-half}|\<b\>", Some("(?:)a(?:)|(?:)b(?:)")),
            (r"\b{2}a", Some("(?:){2}a")),
            (r"a\B", Some("a(?:)")),
            (r"\\b", None),
            (r"\\\b", Some(r"\\(?:)")),
            (r"[\]b\-]\d\p{Han}", None),
            ("央行\\", None),
            ("b", None),
        ] {
            assert_eq!(without_boundaries(expression).as_deref(), loose, "{expression}");
        }
    }

    #[test]
    fn a_set_with_borders_of_words_is_as_quick_as_one_without() {
        let of = |expression: fn(usize) -> String| {
            let written: Vec<String> = (0..100).map(expression).collect();
            let borrowed: Vec<&str> = written.iter().map(String::as_str).collect();
            Patterns::new(&borrowed).unwrap()
        };
        let with = of(|number| format!(r"\bterm{number}s?\b"));
        let without = of(|number| format!("(?:)term{number}s?(?:)"));
        assert_eq!(
            with.set.patterns(),
            without.set.patterns(),
            "what reads the text is the same"
        );
        assert_eq!(with.found_in("央行 TERM17S 股市, xterm3, term4x"), [17]);
        assert_eq!(
            without.found_in("央行 TERM17S 股市, xterm3, term4x"),
            [1, 3, 4, 17]
        );
    }

    proptest! {
        #[test]
        fn all_at_once_they_find_what_each_finds_by_itself(
            expressions in prop::collection::vec(
                prop::sample::select(vec![
                    r"\bab?\b", r"a\b", r"\Bb", "[ab]+c", r"\b央", r"国\b", r"\b{start}a", r"b\b{end}",
                    r"^b", "a$", r"\b", r"\B", r"(?:\ba|c\b)+", "a.c", r"\bé", r"\<c\>",
                ]),
                1..6,
            ),
            text in "[abcé央国 \n.]{0,12}",
        ) {
            let found = Patterns::new(&expressions).unwrap().found_in(&text);
            let each: Vec<usize> = (0..expressions.len())
                .filter(|&place| one(expressions[place]).unwrap().is_match(&text))
                .collect();
            prop_assert_eq!(found, each);
        }
    }
}
