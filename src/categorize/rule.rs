//! The admin's rules, all compiled into one.
//!
//! The plain words of all rules are one automaton over the folded text, which is read once; all patterns are a few
//! sets over the text as it is. What is found is then put together rule by rule.

use super::Subject;
use super::pattern::Patterns;
use crate::config::{Field, Fields, MatchRule, Term, WEIGHT_ROUNDING, Wanted};
use crate::text::fold::fold;
use crate::text::tokens::is_boundary;
use aho_corasick::{AhoCorasick, Input, MatchKind};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Patterns in one set: more would make its states too many to keep.
const SET_SIZE: usize = 128;

/// A rule names no more of the terms that it rests on.
const MOST_NAMED: usize = 3;

/// On which side of a rule a term stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    None,
    All,
    Any,
}

/// A term in a rule: the rule's place, on which side it stands, and as the admin wrote it.
#[derive(Clone, Debug)]
struct Use {
    rule: usize,
    side: Side,
    fields: Fields,
    weight: f32,
    written: String,
}

/// A term that was found, and where first.
struct Hit<'a> {
    term: &'a Use,
    is_pattern: bool,
    field: Field,
}

/// What a rule asks for besides that none of its `none` is there.
#[derive(Clone, Copy, Debug)]
struct Demand {
    /// So many terms of `all`.
    all: usize,
    /// The weights of `any` that were found; 0: it has no `any`.
    threshold: f32,
}

/// Rules, compiled.
#[derive(Debug, Default)]
pub(super) struct Rules {
    demands: Vec<Demand>,
    /// All fields that any term looks into.
    fields: Fields,
    words: Option<AhoCorasick>,
    /// Words with an apostrophe are among them, which texts write in several ways.
    have_apostrophes: bool,
    /// For each word of the automaton, the rules that use it.
    word_uses: Vec<Vec<Use>>,
    sets: Vec<Set>,
}

/// Patterns that look into the same fields.
#[derive(Debug)]
struct Set {
    fields: Fields,
    patterns: Patterns,
    uses: Vec<Use>,
}

impl Rules {
    /// Compiles the rules; each is known by its place.
    pub(super) fn new<'r>(all: impl IntoIterator<Item = &'r MatchRule>) -> Self {
        let mut rules = Self::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut words: Vec<String> = Vec::new();
        let mut patterns: BTreeMap<Fields, Vec<(&str, Use)>> = BTreeMap::new();
        for (number, rule) in all.into_iter().enumerate() {
            let mut demand = Demand {
                all: 0,
                threshold: if rule.any.is_empty() { 0.0 } else { rule.threshold },
            };
            for (side, term) in sides(rule) {
                let term_use = Use {
                    rule: number,
                    side,
                    fields: term.fields,
                    weight: term.weight,
                    written: term.wanted.written().to_owned(),
                };
                match &term.wanted {
                    Wanted::Pattern(pattern) => {
                        patterns.entry(term.fields).or_default().push((pattern, term_use));
                    }
                    Wanted::Word(word) => {
                        let word = fold(word).split_whitespace().collect::<Vec<_>>().join(" ");
                        let word = straight(word);
                        rules.have_apostrophes |= word.contains('\'');
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
                rules.fields = rules.fields.union(term.fields);
                demand.all += usize::from(side == Side::All);
            }
            rules.demands.push(demand);
        }
        // Building fails only for more words than the automaton can number.
        rules.words = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&words)
            .ok();
        for (fields, patterns) in patterns {
            for patterns in patterns.chunks(SET_SIZE) {
                rules.add_set(fields, patterns);
            }
        }
        rules
    }

    /// Compiles patterns into a set; when that grows too large, into two halves.
    fn add_set(&mut self, fields: Fields, patterns: &[(&str, Use)]) {
        let expressions: Vec<&str> = patterns.iter().map(|&(pattern, _)| pattern).collect();
        match Patterns::new(&expressions) {
            Some(compiled) => self.sets.push(Set {
                fields,
                patterns: compiled,
                uses: patterns.iter().map(|(_, term_use)| term_use.clone()).collect(),
            }),
            None if patterns.len() > 1 => {
                let (left, right) = patterns.split_at(patterns.len() / 2);
                self.add_set(fields, left);
                self.add_set(fields, right);
            }
            None => {}
        }
    }

    /// The rules that hold, in their order, each with the terms that say so; those found in the title are named
    /// rather than those in the text.
    pub(super) fn matched(&self, subject: &Subject<'_>) -> Vec<(usize, String)> {
        let mut hits = self.words_in(subject);
        hits.extend(self.patterns_in(subject));
        hits.sort_by_key(|hit| (hit.term.rule, hit.term.side, hit.field));
        hits.chunk_by(|one, other| one.term.rule == other.term.rule)
            .filter_map(|hits| {
                let rule = hits.first()?.term.rule;
                let words = self.demands.get(rule)?.met_by(hits)?;
                Some((rule, words))
            })
            .collect()
    }

    fn words_in(&self, subject: &Subject<'_>) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        let Some(automaton) = self.words.as_ref().filter(|_| !self.word_uses.is_empty()) else {
            return hits;
        };
        let mut folded = String::new();
        let mut ends: Vec<(usize, Field)> = Vec::new();
        for field in Field::ALL
            .into_iter()
            .filter(|&field| self.fields.contains(field))
        {
            let text = fold(&subject.field(field));
            folded.push_str(&if self.have_apostrophes {
                straight(text)
            } else {
                text
            });
            ends.push((folded.len(), field));
            folded.push('\n');
        }
        // Of each word the fields in which it was found.
        let mut found_in = vec![Fields::NONE; self.word_uses.len()];
        let mut found_words = Vec::new();
        for found in automaton.find_overlapping_iter(Input::new(&folded)) {
            let place = found.pattern().as_usize();
            let field = ends.iter().find(|&&(end, _)| found.end() <= end);
            let (Some(fields), Some(&(_, field))) = (found_in.get_mut(place), field) else {
                continue;
            };
            if fields.contains(field) || !is_whole(&folded, found.start(), found.end()) {
                continue;
            }
            if *fields == Fields::NONE {
                found_words.push(place);
            }
            *fields = fields.union(Fields::of(field));
        }
        for place in found_words {
            let (Some(&fields), Some(uses)) = (found_in.get(place), self.word_uses.get(place)) else {
                continue;
            };
            hits.extend(uses.iter().filter_map(|term| {
                Some(Hit {
                    term,
                    is_pattern: false,
                    field: fields.first_within(term.fields)?,
                })
            }));
        }
        hits
    }

    fn patterns_in(&self, subject: &Subject<'_>) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        for set in &self.sets {
            let texts: Vec<(Field, Cow<'_, str>)> = Field::ALL
                .into_iter()
                .filter(|&field| set.fields.contains(field))
                .map(|field| (field, subject.field(field)))
                .collect();
            let whole: Vec<&str> = texts.iter().map(|(_, text)| text.as_ref()).collect();
            let found = set.patterns.found_in(&whole.join("\n"));
            if found.is_empty() {
                continue;
            }
            let by_field: Vec<_> = texts
                .iter()
                .map(|(field, text)| (*field, set.patterns.found_in(text)))
                .collect();
            for place in found {
                // A pattern that spans two fields stands in the first of them.
                let own = by_field
                    .iter()
                    .find(|(_, found)| found.contains(&place))
                    .or(by_field.first());
                if let (Some(term), Some(&(field, _))) = (set.uses.get(place), own) {
                    hits.push(Hit {
                        term,
                        is_pattern: true,
                        field,
                    });
                }
            }
        }
        hits
    }
}

impl Demand {
    /// The words that say why the rule holds, when these hits of its terms are what it asks for.
    fn met_by(self, hits: &[Hit<'_>]) -> Option<String> {
        let on = |side: Side| hits.iter().filter(move |hit| hit.term.side == side);
        if on(Side::None).next().is_some() || on(Side::All).count() < self.all {
            return None;
        }
        if self.threshold > 0.0 {
            let sum: f32 = on(Side::Any).map(|hit| hit.term.weight).sum();
            if sum + WEIGHT_ROUNDING < self.threshold {
                return None;
            }
        }
        // Of `any` as many terms as it took, the heaviest first.
        let mut any: Vec<&Hit<'_>> = on(Side::Any).collect();
        any.sort_by(|one, other| other.term.weight.total_cmp(&one.term.weight));
        let mut sum = 0.0;
        let needed = any.into_iter().take_while(|hit| {
            let is_needed = sum + WEIGHT_ROUNDING < self.threshold;
            sum += hit.term.weight;
            is_needed
        });
        let named: Vec<String> = on(Side::All)
            .chain(needed)
            .take(MOST_NAMED)
            .map(Hit::words)
            .collect();
        (!named.is_empty()).then(|| named.join(" and "))
    }
}

impl Hit<'_> {
    fn words(&self) -> String {
        let place = match self.field {
            Field::Title => "title",
            Field::Body => "text",
            Field::Url => "address",
            Field::Source => "source's name",
            Field::Outlet => "outlet",
            Field::Tag => "tags",
            Field::Author => "authors",
            Field::Language => "language",
        };
        let written = &self.term.written;
        if self.is_pattern {
            format!("the pattern /{written}/ in its {place}")
        } else {
            format!("the word {written} in its {place}")
        }
    }
}

/// People type `don't`, and houses print `don’t`.
fn straight(text: String) -> String {
    const CURLED: [char; 3] = ['\u{2018}', '\u{2019}', '\u{2bc}'];
    if text.contains(CURLED) {
        text.replace(CURLED, "'")
    } else {
        text
    }
}

/// All terms of a rule.
fn sides(rule: &MatchRule) -> impl Iterator<Item = (Side, &Term)> {
    let none = rule.none.iter().map(|term| (Side::None, term));
    let all = rule.all.iter().map(|term| (Side::All, term));
    let any = rule.any.iter().map(|term| (Side::Any, term));
    none.chain(all).chain(any)
}

/// What was found stands between two boundaries of words.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let (before, found, after) = (text.get(..start), text.get(start..end), text.get(end..));
    let last = |text: Option<&str>| text.and_then(|text| text.chars().next_back());
    let first = |text: Option<&str>| text.and_then(|text| text.chars().next());
    is_boundary(last(before), first(found)) && is_boundary(last(found), first(after))
}
