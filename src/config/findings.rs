//! Where the checker puts down what it finds, and turns spans into places.

use super::problem::{Problem, Problems, Severity, Warning};
use super::text::Text;
use std::collections::BTreeSet;
use std::ops::Range;

/// More errors than this are counted, not told: nobody reads them, and each costs memory.
const TOLD: usize = 1000;

/// What was found so far. Spans are those of the parsed text.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    text: Text<'a>,
    found: Vec<(usize, Problem)>,
    errors: usize,
    /// Lines with a syntax error: what else seems wrong on them mostly follows from it.
    broken_lines: BTreeSet<usize>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(text: Text<'a>) -> Self {
        Self {
            text,
            found: Vec::new(),
            errors: 0,
            broken_lines: BTreeSet::new(),
        }
    }

    /// A syntax error, in a span of the written text. Only the first of a line is told: the others follow from it.
    pub(crate) fn syntax(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if self.broken_lines.insert(self.text.line(span.start)) {
            self.put(Severity::Error, span, message.into(), remedy.into());
        }
    }

    /// The same in a span of the parsed text.
    pub(crate) fn syntax_parsed(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.syntax(self.written(&span), message, remedy);
    }

    /// Something that makes the file unusable.
    pub(crate) fn error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let span = self.written(&span);
        if !self.broken_lines.contains(&self.text.line(span.start)) {
            self.put(Severity::Error, span, message.into(), remedy.into());
        }
    }

    /// Something that is probably not what was meant.
    pub(crate) fn warning(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let span = self.written(&span);
        self.put(Severity::Warning, span, message.into(), remedy.into());
    }

    /// Something about the file as a whole.
    pub(crate) fn whole(&mut self, severity: Severity, message: &str, remedy: &str) {
        self.errors += usize::from(severity == Severity::Error);
        let problem = Problem {
            severity,
            place: None,
            message: message.to_owned(),
            remedy: remedy.to_owned(),
        };
        self.found.push((0, problem));
    }

    /// The line, from 1, on which a span begins.
    pub(crate) fn line_of(&self, span: &Range<usize>) -> usize {
        self.text.line(self.text.as_written(span.start)) + 1
    }

    /// There is a syntax error.
    pub(crate) fn is_broken(&self) -> bool {
        !self.broken_lines.is_empty()
    }

    /// A syntax error lies on the lines from the beginning of `from` to before `to`: what seems to be missing
    /// there may have been written.
    pub(crate) fn is_broken_between(&self, from: usize, to: Option<usize>) -> bool {
        let first = self.text.line(self.text.as_written(from));
        let last = to.map_or(usize::MAX, |offset| self.text.line(self.text.as_written(offset)));
        self.broken_lines
            .range(first..last.max(first + 1))
            .next()
            .is_some()
    }

    /// So much was found that more would not be told: costly advice may be left out.
    pub(crate) fn is_full(&self) -> bool {
        self.errors >= TOLD
    }

    /// The end of checking: the value, when no error was found.
    pub(crate) fn finish<T>(mut self, file: &str, value: Option<T>) -> Result<(T, Vec<Warning>), Problems> {
        self.found.sort_by_key(|(offset, _)| *offset);
        let list: Vec<Problem> = self.found.into_iter().map(|(_, problem)| problem).collect();
        match value {
            Some(value) if self.errors == 0 => Ok((value, list)),
            _ => Err(Problems {
                file: file.to_owned(),
                list,
                unlisted: self.errors.saturating_sub(TOLD),
            }),
        }
    }

    fn written(&self, span: &Range<usize>) -> Range<usize> {
        self.text.as_written(span.start)..self.text.as_written(span.end)
    }

    fn put(&mut self, severity: Severity, span: Range<usize>, message: String, remedy: String) {
        if severity == Severity::Error {
            self.errors += 1;
        }
        if self.errors > TOLD || self.found.len() > 2 * TOLD {
            return;
        }
        let place = Some(self.text.place(&span));
        self.found.push((
            span.start,
            Problem {
                severity,
                place,
                message,
                remedy,
            },
        ));
    }
}
