//! The admin's `match` rules, all compiled into one.
//!
//! The plain words of all rules are one automaton over the folded text, which is read once; all patterns are a few
//! sets over the text as it is. What is found is then put together rule by rule.

use crate::config::{CategoryConfig, Term};
use crate::text::fold::fold;
use crate::text::tokens::is_boundary;
use aho_corasick::{AhoCorasick, Input, MatchKind};
use regex::{RegexSet, RegexSetBuilder};
use std::collections::HashMap;

/// Patterns in one set: more would make its states too many to keep.
const SET_SIZE: usize = 128;

/// What one set may take, compiled and while matching, in bytes.
const SET_BYTES: usize = 16 << 20;

/// A term in a rule: the category's place, on which side it stands, and as the admin wrote it.
#[derive(Clone, Debug)]
struct Use {
    category: usize,
    is_veto: bool,
    written: String,
}

/// A term that was found.
struct Hit<'a> {
    term: &'a Use,
    is_pattern: bool,
    is_in_title: bool,
}

/// All rules of a configuration.
#[derive(Debug, Default)]
pub(super) struct Rules {
    words: Option<AhoCorasick>,
    /// For each word of the automaton, the rules that use it.
    word_uses: Vec<Vec<Use>>,
    sets: Vec<Set>,
}

#[derive(Debug)]
struct Set {
    patterns: RegexSet,
    uses: Vec<Use>,
}

impl Rules {
    pub(super) fn new(categories: &[CategoryConfig]) -> Self {
        let mut rules = Self::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut words: Vec<String> = Vec::new();
        let mut patterns: Vec<(&str, Use)> = Vec::new();
        for (category, config) in categories.iter().enumerate() {
            let any = config.rule.any.iter().map(|term| (term, false));
            let none = config.rule.none.iter().map(|term| (term, true));
            for (term, is_veto) in any.chain(none) {
                let (Term::Word(written) | Term::Pattern(written)) = term;
                let term_use = Use {
                    category,
                    is_veto,
                    written: written.clone(),
                };
                match term {
                    Term::Pattern(pattern) => patterns.push((pattern, term_use)),
                    Term::Word(word) => {
                        let word = fold(word).split_whitespace().collect::<Vec<_>>().join(" ");
                        if word.is_empty() {
                            continue;
                        }
                        let place = *places.entry(word).or_insert_with_key(|word| {
                            words.push(word.clone());
                            rules.word_uses.push(Vec::new());
                            words.len() - 1
                        });
                        if let Some(uses) = rules.word_uses.get_mut(place) {
                            uses.push(term_use);
                        }
                    }
                }
            }
        }
        // Building fails only for more words than the automaton can number.
        rules.words = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&words)
            .ok();
        for patterns in patterns.chunks(SET_SIZE) {
            rules.add_set(patterns);
        }
        rules
    }

    /// Compiles patterns into a set; when that grows too large, into two halves.
    fn add_set(&mut self, patterns: &[(&str, Use)]) {
        let set = RegexSetBuilder::new(patterns.iter().map(|(pattern, _)| pattern))
            .case_insensitive(true)
            .multi_line(true)
            .size_limit(SET_BYTES)
            .dfa_size_limit(SET_BYTES)
            .build();
        match set {
            Ok(set) => self.sets.push(Set {
                patterns: set,
                uses: patterns.iter().map(|(_, term_use)| term_use.clone()).collect(),
            }),
            Err(_) if patterns.len() > 1 => {
                let (left, right) = patterns.split_at(patterns.len() / 2);
                self.add_set(left);
                self.add_set(right);
            }
            Err(_) => {}
        }
    }

    /// The categories whose rules hold for this title and text, in the order of the configuration, each with the
    /// term that says so; one found in the title is named rather than one in the text.
    pub(super) fn matched(&self, title: &str, text: &str) -> Vec<(usize, String)> {
        let mut hits = self.words_in(title, text);
        hits.extend(self.patterns_in(title, text));
        let vetoed: Vec<usize> = hits
            .iter()
            .filter(|hit| hit.term.is_veto)
            .map(|hit| hit.term.category)
            .collect();
        hits.retain(|hit| !hit.term.is_veto && !vetoed.contains(&hit.term.category));
        hits.sort_by_key(|hit| (hit.term.category, !hit.is_in_title));
        hits.dedup_by_key(|hit| hit.term.category);
        hits.iter().map(|hit| (hit.term.category, hit.words())).collect()
    }

    fn words_in(&self, title: &str, text: &str) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        let Some(automaton) = self.words.as_ref().filter(|_| !self.word_uses.is_empty()) else {
            return hits;
        };
        let mut folded = fold(title);
        let title_end = folded.len();
        folded.push('\n');
        folded.push_str(&fold(text));
        let mut is_found = vec![false; self.word_uses.len()];
        for found in automaton.find_overlapping_iter(Input::new(&folded)) {
            let place = found.pattern().as_usize();
            let (Some(is_found), Some(uses)) = (is_found.get_mut(place), self.word_uses.get(place)) else {
                continue;
            };
            if *is_found || !is_whole(&folded, found.start(), found.end()) {
                continue;
            }
            *is_found = true;
            hits.extend(uses.iter().map(|term| Hit {
                term,
                is_pattern: false,
                is_in_title: found.end() <= title_end,
            }));
        }
        hits
    }

    fn patterns_in(&self, title: &str, text: &str) -> Vec<Hit<'_>> {
        if self.sets.is_empty() {
            return Vec::new();
        }
        let whole = format!("{title}\n{text}");
        let hits_of = |set: &'_ Set| {
            let found = set.patterns.matches(&whole);
            let in_title = found.matched_any().then(|| set.patterns.matches(title));
            let is_in_title = |place: usize| in_title.as_ref().is_some_and(|title| title.matched(place));
            let places: Vec<(usize, bool)> = found.iter().map(|place| (place, is_in_title(place))).collect();
            places
        };
        let sets = self
            .sets
            .iter()
            .flat_map(|set| hits_of(set).into_iter().map(move |hit| (set, hit)));
        sets.filter_map(|(set, (place, is_in_title))| {
            Some(Hit {
                term: set.uses.get(place)?,
                is_pattern: true,
                is_in_title,
            })
        })
        .collect()
    }
}

impl Hit<'_> {
    fn words(&self) -> String {
        let place = if self.is_in_title { "title" } else { "text" };
        let written = &self.term.written;
        if self.is_pattern {
            format!("the pattern /{written}/ in its {place}")
        } else {
            format!("the word {written} in its {place}")
        }
    }
}

/// What was found stands between two boundaries of words.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let (before, found, after) = (text.get(..start), text.get(start..end), text.get(end..));
    let last = |text: Option<&str>| text.and_then(|text| text.chars().next_back());
    let first = |text: Option<&str>| text.and_then(|text| text.chars().next());
    is_boundary(last(before), first(found)) && is_boundary(last(found), first(after))
}
