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
        _ => Some(MatchRule {
            any: read_terms(findings, value),
            ..MatchRule::default()
        }),
    }
}

/// The rule that a table holds.
fn read_table(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>, table: &DeTable<'_>) -> MatchRule {
    let mut rule = MatchRule::default();
    for (key, terms) in table.iter() {
        match key.get_ref().as_ref() {
            "any" => rule.any = read_terms(findings, terms),
            "all" => rule.all = read_terms(findings, terms),
            "none" => rule.none = read_terms(findings, terms),
            "threshold" => rule.threshold = read_weight(findings, terms).unwrap_or(rule.threshold),
            unknown => unknown_key(findings, key.span(), unknown, "a rule", &RULE_KEYS),
        }
    }
    let has = |key: &str| table.contains_key(key);
    if !has("any") && !has("all") && has("none") {
        findings.error(
            value.span(),
            "a rule with `none` alone can never hold",
            "add any = [\"…\"]",
        );
    }
    let weights: f32 = rule.any.iter().map(|term| term.weight).sum();
    if has("threshold") && weights < rule.threshold {
        findings.error(
            value.span(),
            "this rule can never hold: the weights of `any` together do not reach its `threshold`",
            "lower the `threshold`, or give terms a greater `weight`; a term without one counts 1",
        );
    }
    rule
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
            ("weight", _) => weight = read_weight(findings, value).unwrap_or(weight),
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

fn read_weight(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Option<f32> {
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
            "this is no weight",
            format!("write a number from {least} to {most}; what must not be there belongs in `none`"),
        );
    }
    weight
}

/// A word, or an expression between slashes.
fn read_wanted(findings: &mut Findings<'_>, element: &Spanned<DeValue<'_>>, text: &str) -> Option<Wanted> {
    if text.trim().is_empty() {
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
            findings.error(
                element.span(),
                format!("this regular expression cannot be read: {fault}"),
                "in a plain TOML string a backslash is written twice; 'single quotes' take it as it is",
            );
            None
        }
    }
}
