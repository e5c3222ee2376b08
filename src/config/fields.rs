//! Header fields of the admin's own: which may be written, and with what in them (RFC 9110 5).

use super::findings::Findings;
use super::settings::Kind;
use super::text::shown;
use super::value::{Refusal, wrong_type};
use crate::model::HeaderField;
use std::collections::HashSet;
use toml::Spanned;
use toml::de::DeValue;

/// Fields of one source.
const MOST: usize = 32;

/// Fields that a request has already, or that say how it is sent, each with what to write instead.
static RESERVED: [(&str, &str); 21] = [
    ("accept-encoding", "what newsriver can unpack is said already"),
    (
        "authorization",
        "use `username` and `password_file`, or `bearer_file`",
    ),
    ("connection", "how the connection is kept is newsriver's to say"),
    ("content-length", "a poll has no body"),
    ("content-type", "a poll has no body"),
    ("cookie", "use `cookie_file`"),
    ("expect", "a poll has no body"),
    ("host", "the host of `url` is sent"),
    ("if-match", "conditions are newsriver's to make"),
    ("if-modified-since", "conditions are newsriver's to make"),
    ("if-none-match", "conditions are newsriver's to make"),
    ("if-range", "conditions are newsriver's to make"),
    ("if-unmodified-since", "conditions are newsriver's to make"),
    ("keep-alive", "how the connection is kept is newsriver's to say"),
    (
        "proxy-authorization",
        "a proxy that wants a password is not supported",
    ),
    ("range", "a document is always asked for whole"),
    ("te", "how the connection is kept is newsriver's to say"),
    ("trailer", "a poll has no body"),
    ("transfer-encoding", "a poll has no body"),
    ("upgrade", "how the connection is kept is newsriver's to say"),
    ("user-agent", "use `user_agent`"),
];

/// Reads `{ NAME = "value", … }`.
pub(super) fn read(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Option<Vec<HeaderField>> {
    let DeValue::Table(table) = value.get_ref() else {
        let (message, remedy) = wrong_type(Kind::Fields, value.get_ref());
        findings.error(value.span(), message, remedy);
        return None;
    };
    if table.len() > MOST {
        findings.error(
            value.span(),
            format!("these are more than {MOST} header fields"),
            "write those that the source needs",
        );
        return None;
    }
    let mut fields = Vec::with_capacity(table.len());
    let mut seen = HashSet::new();
    for (name, value) in table.iter() {
        if let Err((message, remedy)) = field_name(name.get_ref(), &mut seen) {
            findings.error(name.span(), message, remedy);
            continue;
        }
        let read = match value.get_ref() {
            DeValue::String(text) => field_value(text),
            other => Err(wrong_type(Kind::FieldValue, other)),
        };
        match read {
            Ok(value) => fields.push(HeaderField {
                name: name.get_ref().to_string(),
                value,
            }),
            Err((message, remedy)) => findings.error(value.span(), message, remedy),
        }
    }
    Some(fields)
}

fn field_name(name: &str, seen: &mut HashSet<String>) -> Result<(), Refusal> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > 128 || !name.bytes().all(is_token) {
        return Err((
            format!("\"{}\" is no name of a header field", shown(name)),
            "write letters, digits and hyphens, as in \"Accept-Language\"".to_owned(),
        ));
    }
    let lower = name.to_ascii_lowercase();
    if let Some((_, instead)) = RESERVED.iter().find(|(reserved, _)| *reserved == lower) {
        return Err((format!("`{name}` cannot be set here"), (*instead).to_owned()));
    }
    if seen.insert(lower) {
        Ok(())
    } else {
        Err((
            format!("`{name}` is written twice: case does not matter in names of header fields"),
            "remove one of the two".to_owned(),
        ))
    }
}

/// What may stand in a header field: visible ASCII and blanks. Messages never carry it: it may be a secret.
pub(super) fn field_value(text: &str) -> Result<String, Refusal> {
    let trimmed = text.trim();
    let is_good = |byte: u8| (0x20..0x7f).contains(&byte);
    if trimmed.is_empty() || trimmed.len() > 4096 || !trimmed.bytes().all(is_good) {
        return Err((
            "this cannot stand in a header field".to_owned(),
            "write at least one and at most 4096 letters of plain ASCII, on one line".to_owned(),
        ));
    }
    Ok(trimmed.to_owned())
}
