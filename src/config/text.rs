//! The text of a file with its lines: from a byte to the place that people look for.
//!
//! An excerpt is what may be shown: passwords and tokens are covered, control characters too.

use super::problem::Place;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// The longest part of a line that is drawn, in bytes.
const EXCERPT_BYTES: usize = 160;

/// A text, its lines, and what the reader put into it to go on after a fault.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    content: &'a str,
    line_starts: Vec<usize>,
    insertions: Vec<usize>,
}

impl<'a> Text<'a> {
    /// `content` is as written; `insertions` are the places, rising, of bytes that the text which was parsed
    /// has besides, so that offsets there can be led back.
    pub(crate) fn new(content: &'a str, insertions: Vec<usize>) -> Self {
        let ends = memchr::memchr_iter(b'\n', content.as_bytes());
        let line_starts = std::iter::once(0).chain(ends.map(|end| end + 1)).collect();
        Self {
            content,
            line_starts,
            insertions,
        }
    }

    /// Where an offset of the parsed text is in the written one.
    pub(crate) fn as_written(&self, offset: usize) -> usize {
        let before = self.insertions.partition_point(|insertion| *insertion < offset);
        offset.saturating_sub(before).min(self.content.len())
    }

    /// The line, from 0, of an offset of the written text.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.line_starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// The place of a span of the written text: the part of it on its first line.
    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        let line = self.line(span.start);
        let start = self.line_starts.get(line).copied().unwrap_or(0);
        let end = self
            .line_starts
            .get(line + 1)
            .copied()
            .unwrap_or(self.content.len());
        let whole = self
            .content
            .get(start..end)
            .unwrap_or("")
            .trim_end_matches(['\n', '\r']);
        let from = floor(whole, span.start.saturating_sub(start));
        let to = floor(whole, span.end.saturating_sub(start)).max(from);
        let column = whole.get(..from).unwrap_or("").chars().count();
        let shown = covered(whole);
        let window = floor(
            &shown,
            if from > EXCERPT_BYTES / 2 {
                from - EXCERPT_BYTES / 4
            } else {
                0
            },
        );
        let window_end = floor(&shown, window + EXCERPT_BYTES);
        Place {
            line: line + 1,
            column: column + 1,
            excerpt: shown.get(window..window_end).unwrap_or("").to_owned(),
            marked: from - window..to.min(window_end).max(from) - window,
        }
    }
}

/// The nearest character boundary at or before `index`.
fn floor(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// Foreign text as it may stand in a message: at most 60 characters, no control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(60)
        .map(|character| if character.is_control() { '?' } else { character })
        .collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

/// What is to be covered in a line, as the last group of each pattern.
static SECRETS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // user:password@ of an address.
        r#"://([^/@\s"']*:[^@\s"']*|[^/@\s"']*)@"#,
        // A parameter of an address.
        r#"(?i)[?&;][\w-]*(?:token|key|secret|pass|auth|sig)[\w-]*=([^&"'\s#]+)"#,
        // The value of a key that sounds secret.
        r#"(?i)^\s*["']?[\w.-]*(?:passw|secret|token|key|auth|cookie|bearer|headers|credential)[\w.-]*["']?\s*=(.*)$"#,
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// The line with the same length in bytes, secrets and control characters covered.
fn covered(line: &str) -> String {
    let mut hidden: Vec<Range<usize>> = Vec::new();
    for pattern in SECRETS.iter() {
        hidden.extend(
            pattern
                .captures_iter(line)
                .filter_map(|found| found.get(1))
                .map(|group| group.range()),
        );
    }
    let mut shown = String::with_capacity(line.len());
    for (index, character) in line.char_indices() {
        let is_hidden =
            hidden.iter().any(|range| range.contains(&index)) && !matches!(character, '"' | '\'' | ' ');
        if is_hidden || (character.is_control() && character != '\t') {
            shown.extend(std::iter::repeat_n('*', character.len_utf8()));
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_by_line_and_column() {
        let text = Text::new("a\n财经 = 1\r\n\nlast", Vec::new());
        let place = text.place(&(11..12));
        assert_eq!(
            (place.line, place.column, place.excerpt.as_str()),
            (2, 6, "财经 = 1")
        );
        assert_eq!(place.marked, 9..10);
        let end = text.place(&(99..120));
        assert_eq!((end.line, end.column), (4, 5));
    }

    #[test]
    fn offsets_lead_back_over_what_was_put_in() {
        let text = Text::new("[a\nb = 1\n", vec![2]);
        assert_eq!(
            [text.as_written(1), text.as_written(2), text.as_written(4)],
            [1, 2, 3]
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = "很".repeat(5000);
        let place = Text::new(&line, Vec::new()).place(&(9000..9003));
        assert_eq!(place.column, 3001);
        assert!(place.excerpt.len() <= EXCERPT_BYTES);
        assert_eq!(place.excerpt.get(place.marked).unwrap(), "很");
    }

    #[test]
    fn secrets_are_covered_and_nothing_else_moves() {
        assert_eq!(
            covered(r#"url = "https://me:pw@example.org/a""#),
            r#"url = "https://*****@example.org/a""#
        );
        assert_eq!(
            covered(r#"url = "https://a.org/@me/feed""#),
            r#"url = "https://a.org/@me/feed""#
        );
        assert_eq!(
            covered(r#"url = "https://a.org/?page=2&api_key=abc""#),
            r#"url = "https://a.org/?page=2&api_key=***""#
        );
        assert_eq!(covered(r#"password = "geheim""#), r#"password = "******""#);
        assert_eq!(covered("x = \"\u{1b}[2J\""), "x = \"*[2J\"");
    }
}
