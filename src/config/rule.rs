//! `match = { any, none }`: words and regular expressions.

use super::checked::{MatchRule, Term};
use super::findings::Findings;
use super::names;
use super::text::shown;
use regex::Regex;
use toml::Spanned;
use toml::de::DeValue;

/// A compiled pattern may take so much memory, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

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
    let mut rule = MatchRule::default();
    let mut has_any = false;
    for (key, terms) in table.iter() {
        match key.get_ref().as_ref() {
            "any" => {
                has_any = true;
                rule.any = read_terms(findings, terms);
            }
            "none" => rule.none = read_terms(findings, terms),
            later @ ("all" | "weight" | "weights") => {
                findings.error(
                    key.span(),
                    format!("`{later}` in `match` is not yet supported"),
                    "this version knows `any` and `none`",
                );
            }
            unknown => {
                let near = names::nearest(unknown, ["any", "none"])
                    .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                findings.error(
                    key.span(),
                    format!("unknown key `{}` in `match`", shown(unknown)),
                    format!("{near}it has `any` and `none`"),
                );
            }
        }
    }
    if !has_any && table.contains_key("none") {
        findings.error(
            value.span(),
            "a rule with `none` alone can never hold",
            "add any = [\"…\"]",
        );
    }
    Some(rule)
}

fn read_terms(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Vec<Term> {
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
    let DeValue::String(text) = element.get_ref() else {
        if matches!(element.get_ref(), DeValue::Table(_)) {
            findings.error(
                element.span(),
                "terms with weights are not yet supported",
                "write the word alone, in quotes",
            );
        } else {
            findings.error(element.span(), "this is no word", "put it in double quotes");
        }
        return None;
    };
    if text.trim().is_empty() {
        findings.error(
            element.span(),
            "this word is empty",
            "an empty word would match every item; remove it",
        );
        return None;
    }
    let Some(expression) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) else {
        return Some(Term::Word(text.to_string()));
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
            Some(Term::Pattern(expression.to_owned()))
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
