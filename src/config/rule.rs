//! Rules as written: `match = { any, all, none, threshold }`, made of words and regular expressions.

use super::findings::Findings;
use super::names;
use super::terms::{Field, Fields, MatchRule, Term, Wanted};
use super::text::shown;
use regex::Regex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A compiled pattern may take so much memory, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// Weights and thresholds lie within these bounds.
const WEIGHTS: (f32, f32) = (0.01, 1000.0);

/// Weights are sums of what people write with a digit or two: this much is rounding.
pub const WEIGHT_ROUNDING: f32 = 1e-4;

/// The keys of a rule.
const RULE_KEYS: [&str; 4] = ["any", "all", "none", "threshold"];

/// The keys of a term.
const TERM_KEYS: [&str; 3] = ["word", "in", "weight"];

/// Compiles the regular expression between the slashes of a term, regardless of case. The error is a sentence.
pub fn pattern(expression: &str) -> Result<Regex, String> {
    regex::RegexBuilder::new(expression)
        .case_insensitive(true)
        .size_limit(PATTERN_BYTES)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it would need more than 1 MiB of memory".to_owned(),
            // The crate draws the pattern over several lines; the last one says what is wrong.
            other => {
                let drawn = other.to_string();
                drawn
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim()
                    .trim_start_matches("error: ")
                    .to_owned()
            }
        })
}

/// Reads a rule; what is wrong with it goes to the findings.
pub(crate) fn read(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Option<MatchRule> {
    let DeValue::Table(table) = value.get_ref() else {
        findings.error(
            value.span(),
            "`match` is a table",
            "write match = { any = [\"GDP\", \"/interest rates?/\"], none = [\"sports\"] }",
        );
        return None;
    };
    Some(read_table(findings, value, table))
}

/// Reads a filter: a rule, or a list of terms of which one suffices.
pub(crate) fn read_filter(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Option<MatchRule> {
    match value.get_ref() {
        DeValue::Table(table) => Some(read_table(findings, value, table)),
        DeValue::Array(terms) if terms.is_empty() => {
            says_nothing(findings, value);
            None
        }
        _ => Some(MatchRule {
            any: read_terms(findings, value),
            ..MatchRule::default()
        }),
    }
}

/// Tells of a rule without any term.
fn says_nothing(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) {
    findings.warning(
        value.span(),
        "no term stands here, so this is as good as not written",
        "write terms, or leave the key out",
    );
}

/// The rule that a table holds.
fn read_table(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>, table: &DeTable<'_>) -> MatchRule {
    let mut rule = MatchRule::default();
    for (key, terms) in table.iter() {
        match key.get_ref().as_ref() {
            "any" => rule.any = read_terms(findings, terms),
            "all" => rule.all = read_terms(findings, terms),
            "none" => rule.none = read_terms(findings, terms),
            "threshold" => {
                rule.threshold = read_weight(findings, terms, "threshold").unwrap_or(rule.threshold)
            }
            unknown => unknown_key(findings, key.span(), unknown, "a rule", &RULE_KEYS),
        }
    }
    for side in ["all", "none"] {
        tell_idle_weights(findings, table.get(side));
    }
    tell_what_never_holds(findings, value, table, &rule);
    rule
}

/// Only among `any` is a weight counted.
fn tell_idle_weights(findings: &mut Findings<'_>, terms: Option<&Spanned<DeValue<'_>>>) {
    let elements = terms.and_then(|terms| terms.get_ref().as_array());
    for element in elements.into_iter().flat_map(|array| array.iter()) {
        let weight = element.get_ref().as_table().and_then(|term| term.get("weight"));
        if let Some(weight) = weight {
            findings.warning(
                weight.span(),
                "a `weight` counts in `any` alone",
                "take it out, or move the term to `any`",
            );
        }
    }
}

/// Tells why a rule can never hold, whatever an item is like.
fn tell_what_never_holds(
    findings: &mut Findings<'_>,
    value: &Spanned<DeValue<'_>>,
    table: &DeTable<'_>,
    rule: &MatchRule,
) {
    // What cannot be read is told of elsewhere, and counts as a term here.
    let terms_of = |key: &str| match table.get(key).map(Spanned::get_ref) {
        None => 0,
        Some(DeValue::Array(terms)) => terms.len(),
        Some(_) => 1,
    };
    let (any, all, none) = (terms_of("any"), terms_of("all"), terms_of("none"));
    let threshold = table.get("threshold");
    if any + all == 0 && none > 0 {
        findings.error(
            value.span(),
            "a rule with `none` alone can never hold",
            "add any = [\"…\"]; a filter lets in what has none of them with drop = [\"…\"]",
        );
    } else if any + all == 0
        && table
            .keys()
            .all(|key| RULE_KEYS.contains(&key.get_ref().as_ref()))
    {
        says_nothing(findings, value);
    } else if let Some(threshold) = threshold.filter(|_| any == 0) {
        findings.error(
            threshold.span(),
            "a `threshold` is what the weights of `any` must reach, and this rule has no `any`",
            "take it out, or move terms from `all` to `any`",
        );
    }
    let weights: f32 = rule.any.iter().map(|term| term.weight).sum();
    if any > 0 && any == rule.any.len() && weights + WEIGHT_ROUNDING < rule.threshold {
        let which = if threshold.is_some() {
            "its `threshold`"
        } else {
            "1, the `threshold` where none is written"
        };
        findings.error(
            value.span(),
            format!("this rule can never hold: the weights of `any` together do not reach {which}"),
            "write a lower `threshold`, or give terms a greater `weight`; a term without one counts 1",
        );
    }
}

/// Tells of a key that a table within a table does not have.
pub(super) fn unknown_key(
    findings: &mut Findings<'_>,
    span: std::ops::Range<usize>,
    unknown: &str,
    of: &str,
    known: &[&str],
) {
    let near = names::nearest(unknown, known.iter().copied())
        .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    let known: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
    findings.error(
        span,
        format!("unknown key `{}` in {of}", shown(unknown)),
        format!("{near}it has {}", known.join(", ")),
    );
}

/// Reads a list of terms; what is wrong with it goes to the findings.
pub(super) fn read_terms(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Vec<Term> {
    let DeValue::Array(array) = value.get_ref() else {
        findings.error(
            value.span(),
            "this is no list",
            "write a list of words, as in [\"GDP\", \"股市\"]",
        );
        return Vec::new();
    };
    array
        .iter()
        .filter_map(|element| read_term(findings, element))
        .collect()
}

fn read_term(findings: &mut Findings<'_>, element: &Spanned<DeValue<'_>>) -> Option<Term> {
    match element.get_ref() {
        DeValue::String(text) => read_wanted(findings, element, text).map(Term::new),
        DeValue::Table(table) => read_term_table(findings, element, table),
        _ => {
            findings.error(
                element.span(),
                "this is no word",
                "put it in double quotes, or write { word = \"央行\", in = \"title\", weight = 2 }",
            );
            None
        }
    }
}

/// `{ word = "央行", in = "title", weight = 2 }`.
fn read_term_table(
    findings: &mut Findings<'_>,
    element: &Spanned<DeValue<'_>>,
    table: &DeTable<'_>,
) -> Option<Term> {
    let mut wanted = None;
    let mut fields = Fields::TITLE_AND_BODY;
    let mut weight = 1.0;
    for (key, value) in table.iter() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("word", DeValue::String(text)) => wanted = read_wanted(findings, value, text),
            ("word", _) => findings.error(value.span(), "this is no word", "put it in double quotes"),
            ("in", _) => fields = read_fields(findings, value),
            ("weight", _) => weight = read_weight(findings, value, "weight").unwrap_or(weight),
            (unknown, _) => unknown_key(findings, key.span(), unknown, "a term", &TERM_KEYS),
        }
    }
    if !table.contains_key("word") {
        findings.error(element.span(), "this term has no `word`", "add word = \"…\"");
    }
    Some(Term {
        wanted: wanted?,
        fields,
        weight,
    })
}

/// The name of a field, or a list of such names.
fn read_fields(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Fields {
    let mut fields = Fields::NONE;
    let elements: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
        DeValue::Array(array) if array.is_empty() => vec![value],
        DeValue::Array(array) => array.iter().collect(),
        _ => vec![value],
    };
    for element in elements {
        let written = match element.get_ref() {
            DeValue::String(text) => text.as_ref(),
            _ => "",
        };
        match Field::ALL.into_iter().find(|field| field.name() == written) {
            Some(field) => fields = fields.union(Fields::of(field)),
            None => {
                let known: Vec<&str> = Field::ALL.map(Field::name).to_vec();
                findings.error(
                    element.span(),
                    format!("\"{}\" is no part of an item", shown(written)),
                    format!("write one of {}, or a list of them", known.join(", ")),
                );
            }
        }
    }
    if fields == Fields::NONE {
        Fields::TITLE_AND_BODY
    } else {
        fields
    }
}

fn read_weight(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>, what: &str) -> Option<f32> {
    let written = match value.get_ref() {
        DeValue::Integer(number) => i32::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(|number| number as f32),
        DeValue::Float(number) => number.as_str().parse::<f32>().ok(),
        _ => None,
    };
    let (least, most) = WEIGHTS;
    let weight = written.filter(|weight| (least..=most).contains(weight));
    if weight.is_none() {
        findings.error(
            value.span(),
            format!("this is no {what}"),
            format!("write a number from {least} to {most}; what must not be there belongs in `none`"),
        );
    }
    weight
}

/// A word, or an expression between slashes.
fn read_wanted(findings: &mut Findings<'_>, element: &Spanned<DeValue<'_>>, text: &str) -> Option<Wanted> {
    if text
        .chars()
        .all(|character| character.is_whitespace() || names::is_invisible(character))
    {
        findings.error(
            element.span(),
            "this word is empty",
            "an empty word would match every item; remove it",
        );
        return None;
    }
    let Some(expression) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) else {
        return Some(Wanted::Word(text.to_owned()));
    };
    let is_meant = |character: char| !character.is_control() || matches!(character, '\t' | '\n' | '\r');
    if !expression.chars().all(is_meant) {
        findings.error(
            element.span(),
            "this regular expression has a control character in it",
            "in double quotes `\\b` is a backspace: put the expression in 'single quotes', which take it as it is",
        );
        return None;
    }
    match pattern(expression) {
        Ok(compiled) => {
            if compiled.is_match("") {
                findings.warning(
                    element.span(),
                    "this expression matches every item",
                    "take out what makes all of it optional",
                );
            }
            Some(Wanted::Pattern(expression.to_owned()))
        }
        Err(fault) => {
            let remedy = if fault.contains("look-around") || fault.contains("backreferences") {
                "say it without; what must not be there belongs in `none`"
            } else if expression.contains('\\') {
                "in a plain TOML string a backslash is written twice; 'single quotes' take it as it is"
            } else {
                "to be found as they stand, ( ) [ ] { } * + ? | ^ $ and . take a backslash before them, in 'single quotes'"
            };
            findings.error(
                element.span(),
                format!("this regular expression cannot be read: {fault}"),
                remedy,
            );
            None
        }
    }
}
