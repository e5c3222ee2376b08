//! What is wrong with a file: each thing with its place, a message and a remedy.
//!
//! Messages and remedies are sentences in lower case without a full stop. Neither they nor the drawn excerpt
//! ever carry a password.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteSpanContents};
use miette::{Severity as Level, SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles};
use std::fmt;
use std::ops::Range;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, and something in it is probably not what was meant.
    Warning,
}

/// Where in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The line, or the part of a long line around the place, as it may be shown.
    pub excerpt: String,
    /// The bytes of `excerpt` that are meant.
    pub marked: Range<usize>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// Where; absent when it is about the file as a whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// Something in a good file that is probably not what was meant.
pub type Warning = Problem;

/// All that is wrong with a file, in its order; at least one error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems {
    /// The file, as it was named.
    pub file: String,
    /// Errors and warnings, in the order of the file.
    pub list: Vec<Problem>,
    /// Errors beyond those listed.
    pub unlisted: usize,
}

/// How diagnostics look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// ASCII alone: for pipes, files and tests.
    Plain,
    /// Lines drawn with box characters: for a terminal with `NO_COLOR`.
    Drawn,
    /// The same in colours: for a terminal.
    Coloured,
}

impl Problems {
    /// The errors alone.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.list
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
    }

    /// How many errors there are.
    pub fn error_count(&self) -> usize {
        self.errors().count() + self.unlisted
    }

    /// All of them drawn, a last line that counts them included.
    pub fn draw(&self, look: Look) -> String {
        let mut drawn = draw(&self.file, &self.list, look);
        drawn.push_str(&self.summary());
        drawn.push('\n');
        drawn
    }

    fn summary(&self) -> String {
        let count = self.error_count();
        let plural = if count == 1 { "" } else { "s" };
        let rest = if self.unlisted == 0 {
            String::new()
        } else {
            format!(", of which the last {} are not shown", self.unlisted)
        };
        format!("{}: {count} error{plural}{rest}", self.file)
    }
}

impl fmt::Display for Problems {
    /// A line for each error: for the log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.errors().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            formatter.write_str(&problem.line(&self.file))?;
        }
        Ok(())
    }
}

impl Problem {
    /// `feeds.toml:3:1: message; remedy`: one line, for the log.
    pub fn line(&self, file: &str) -> String {
        let place = self
            .place
            .as_ref()
            .map_or_else(String::new, |place| format!("{}:{}:", place.line, place.column));
        let remedy = if self.remedy.is_empty() {
            String::new()
        } else {
            format!("; {}", self.remedy)
        };
        format!("{file}:{place} {}{remedy}", self.message)
    }
}

/// Problems drawn one below the other, each with a blank line after it.
pub fn draw(file: &str, problems: &[Problem], look: Look) -> String {
    let handler = handler(look);
    let mut drawn = String::new();
    for problem in problems {
        // Writing into a string cannot fail; an excerpt that cannot be drawn still leaves its line.
        let mut one = String::new();
        if handler
            .render_report(&mut one, &Drawing::new(file, problem))
            .is_err()
        {
            one = problem.line(file);
        }
        for line in one.trim_end().lines() {
            drawn.push_str(line.trim_end());
            drawn.push('\n');
        }
        drawn.push('\n');
    }
    drawn
}

fn handler(look: Look) -> GraphicalReportHandler {
    let mut characters = match look {
        Look::Plain => ThemeCharacters::ascii(),
        Look::Drawn | Look::Coloured => ThemeCharacters::unicode(),
    };
    characters.error = "error:".into();
    characters.warning = "warning:".into();
    characters.underline = '^';
    let styles = match look {
        Look::Plain | Look::Drawn => ThemeStyles::none(),
        Look::Coloured => ThemeStyles::ansi(),
    };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_wrap_lines(false)
        .with_context_lines(0)
        .with_links(false)
}

/// A problem as miette draws it.
struct Drawing<'a> {
    file: &'a str,
    problem: &'a Problem,
    /// The line with a blank behind it, under which the mark of what is missing at its end can stand.
    excerpt: String,
}

impl<'a> Drawing<'a> {
    fn new(file: &'a str, problem: &'a Problem) -> Self {
        let excerpt = problem
            .place
            .as_ref()
            .map_or_else(String::new, |place| format!("{} ", place.excerpt));
        Self {
            file,
            problem,
            excerpt,
        }
    }
}

impl fmt::Debug for Drawing<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.problem, formatter)
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.problem.place.is_none() {
            write!(formatter, "{}: ", self.file)?;
        }
        formatter.write_str(&self.problem.message)
    }
}

impl std::error::Error for Drawing<'_> {}

impl Diagnostic for Drawing<'_> {
    fn severity(&self) -> Option<Level> {
        Some(match self.problem.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let remedy = &self.problem.remedy;
        (!remedy.is_empty()).then(|| Box::new(remedy) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.problem.place.as_ref().map(|_| self as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.problem.place.as_ref()?;
        let label = LabeledSpan::new(None, place.marked.start, place.marked.len().max(1));
        Some(Box::new(std::iter::once(label)))
    }
}

/// The one line of the place stands for the whole file: no other is drawn, however long the file is.
impl SourceCode for Drawing<'_> {
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, miette::MietteError> {
        let place = self
            .problem
            .place
            .as_ref()
            .ok_or(miette::MietteError::OutOfBounds)?;
        let excerpt = &self.excerpt;
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.to_owned(),
            excerpt.as_bytes(),
            SourceSpan::from((0, excerpt.len())),
            place.line - 1,
            place.column - 1,
            1,
        )))
    }
}
