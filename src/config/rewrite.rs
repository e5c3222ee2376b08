//! `rewrite`: what a source's entries lose on the way in.

use super::findings::Findings;
use super::rule::{read_terms, unknown_key};
use super::settings::Kind;
use super::terms::{Term, Wanted};
use super::value::wrong_type;
use crate::model::{Rewrite, TitlePrefix};
use toml::Spanned;
use toml::de::DeValue;

/// The keys of a rewrite.
const KEYS: [&str; 2] = ["title", "parameters"];

/// Reads `{ title = […], parameters = […] }`; what is wrong with it goes to the findings.
pub(super) fn read(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Option<Rewrite> {
    let DeValue::Table(table) = value.get_ref() else {
        let (message, remedy) = wrong_type(Kind::Rewrite, value.get_ref());
        findings.error(value.span(), message, remedy);
        return None;
    };
    let mut rewrite = Rewrite::default();
    for (key, value) in table.iter() {
        match key.get_ref().as_ref() {
            "title" => rewrite.titles = titles(findings, value),
            "parameters" => rewrite.parameters = parameters(findings, value),
            unknown => unknown_key(findings, key.span(), unknown, "`rewrite`", &KEYS),
        }
    }
    Some(rewrite).filter(|rewrite| *rewrite != Rewrite::default())
}

/// Beginnings of titles: words and patterns.
fn titles(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Vec<TitlePrefix> {
    let is_table = |element: &&Spanned<DeValue<'_>>| element.get_ref().is_table();
    let table = match value.get_ref() {
        DeValue::Array(array) => array.iter().find(is_table),
        _ => None,
    };
    if let Some(table) = table {
        findings.error(
            table.span(),
            "the beginning of a title is a text",
            "write the words in double quotes, or a regular expression as in '/\\[.*?\\]/'",
        );
        return Vec::new();
    }
    let prefix = |term: Term| match term.wanted {
        Wanted::Word(words) => TitlePrefix::Words(words),
        Wanted::Pattern(expression) => TitlePrefix::Pattern(expression),
    };
    read_terms(findings, value).into_iter().map(prefix).collect()
}

/// Names of parameters.
fn parameters(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Vec<String> {
    let example = "write a list of names, as in [\"sid\", \"x-*\"]";
    let DeValue::Array(array) = value.get_ref() else {
        findings.error(value.span(), "this is no list", example);
        return Vec::new();
    };
    let mut names = Vec::with_capacity(array.len());
    for element in array.iter() {
        match element.get_ref() {
            DeValue::String(name) if is_name(name) => names.push(name.to_string()),
            DeValue::String(name) if name.trim_matches('*').is_empty() => findings.error(
                element.span(),
                "this would take every parameter from a link, also those that tell pages apart",
                example,
            ),
            _ => findings.error(element.span(), "this is no name of a parameter", example),
        }
    }
    names
}

/// A name, or the beginning of one with a star after it.
fn is_name(written: &str) -> bool {
    let name = written.strip_suffix('*').unwrap_or(written);
    !name.is_empty()
        && !name.contains(|character: char| {
            matches!(character, '?' | '&' | '=' | '#' | '*')
                || character.is_whitespace()
                || character.is_control()
        })
}
