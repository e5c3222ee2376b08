//! From a file to a tree of tables whose every part knows its place, going on after each syntax error.
//!
//! The toml crate recovers by itself from most faults of a line. A bracket that is never closed is the exception:
//! it would swallow what follows, so it is found beforehand and closed where its line ends. Nesting is bounded
//! before anything recursive sees the text.

use super::findings::Findings;
use super::problem::{Problem, Problems, Severity};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use toml_parser::lexer::{Token, TokenKind};

/// The longest file that is read, in bytes: some 300,000 sources.
const MAX_BYTES: u64 = 64 << 20;

/// Keys and brackets within one another, at most. Nothing that newsriver knows is deeper than four.
const MAX_DEPTH: usize = 32;

/// The text of a file, without byte order mark.
pub(crate) fn file(path: &Path) -> Result<String, Problems> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(whole(path, unreadable(&error)));
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(whole(
            path,
            (
                "is larger than 64 MiB".to_owned(),
                "is this the file you meant?".to_owned(),
            ),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = memchr::memchr_iter(b'\n', error.as_bytes().get(..valid).unwrap_or_default()).count() + 1;
        whole(
            path,
            (
                format!("is not UTF-8: byte {} in line {line} is out of place", valid + 1),
                "save the file as UTF-8".to_owned(),
            ),
        )
    })?;
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        let line = memchr::memchr_iter(b'\n', text.as_bytes().get(..at).unwrap_or_default()).count() + 1;
        let message = format!("is no text: line {line} has a NUL byte");
        return Err(whole(path, (message, "is this the file you meant?".to_owned())));
    }
    Ok(text)
}

fn unreadable(error: &std::io::Error) -> (String, String) {
    match error.kind() {
        std::io::ErrorKind::NotFound => (
            "there is no such file".to_owned(),
            "name another with --config FILE or NEWSRIVER_CONFIG, or begin with the feeds.toml that comes with newsriver".to_owned(),
        ),
        std::io::ErrorKind::IsADirectory => ("is a folder, not a file".to_owned(), "name the file inside it".to_owned()),
        std::io::ErrorKind::PermissionDenied => {
            ("may not be read by this user".to_owned(), "check owner and mode of the file and of the folders above it".to_owned())
        }
        _ => (format!("cannot be read: {error}"), String::new()),
    }
}

/// One problem of the file as a whole.
pub(crate) fn whole(path: &Path, (message, remedy): (String, String)) -> Problems {
    let problem = Problem {
        severity: Severity::Error,
        place: None,
        message,
        remedy,
    };
    Problems {
        file: path.display().to_string(),
        list: vec![problem],
        unlisted: 0,
    }
}

/// Something wrong with the brackets, in a span of the written text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// A text in which every bracket is closed.
#[derive(Debug, Default)]
pub(crate) struct Mended {
    /// The text to parse.
    pub(crate) text: String,
    /// The places in it, rising, of the bytes that were put in.
    pub(crate) insertions: Vec<usize>,
    /// What was wrong.
    pub(crate) faults: Vec<Fault>,
}

/// Closes the brackets that were left open. A text nested too deep comes back as the fault that it is.
pub(crate) fn mend(written: &str) -> Result<Mended, Fault> {
    let tokens = toml_parser::Source::new(written).lex().into_vec();
    let mut mender = Mender {
        tokens: &tokens,
        written,
        ..Mender::default()
    };
    mender.walk()?;
    Ok(mender.finish())
}

/// A bracket that is open.
#[derive(Clone, Copy, Debug)]
struct Open {
    kind: TokenKind,
    start: usize,
    /// The dots outside, to which those inside are added.
    dots: usize,
}

#[derive(Debug, Default)]
struct Mender<'a> {
    tokens: &'a [Token],
    written: &'a str,
    open: Vec<Open>,
    /// Dots since the line began, or since the comma in a bracket.
    dots: usize,
    /// The line is a `[header]`.
    is_header: bool,
    /// The next token begins a line outside of all brackets.
    is_start: bool,
    /// The last token that says something.
    last: Option<Token>,
    insertions: Vec<(usize, char)>,
    faults: Vec<Fault>,
}

impl Mender<'_> {
    fn walk(&mut self) -> Result<(), Fault> {
        self.is_start = true;
        let tokens = self.tokens;
        for (index, token) in tokens.iter().enumerate() {
            match token.kind() {
                TokenKind::Whitespace | TokenKind::Comment => continue,
                TokenKind::Newline => self.end_of_line(index + 1),
                TokenKind::Eof => {
                    self.close_all();
                    continue;
                }
                _ => self.significant(*token)?,
            }
        }
        Ok(())
    }

    fn significant(&mut self, token: Token) -> Result<(), Fault> {
        let start = token.span().start();
        match token.kind() {
            kind @ (TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket) => {
                self.is_header |= self.is_start && kind == TokenKind::LeftSquareBracket;
                self.open.push(Open {
                    kind,
                    start,
                    dots: self.dots,
                });
            }
            kind @ (TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket) => self.close(kind),
            TokenKind::Comma => self.dots = self.open.last().map_or(0, |open| open.dots),
            TokenKind::Dot => self.dots += 1,
            TokenKind::MlBasicString | TokenKind::MlLiteralString => self.check_closed(token),
            _ => {}
        }
        self.is_start = false;
        self.last = Some(token);
        if self.open.len() + self.dots > MAX_DEPTH {
            return Err(Fault {
                span: start..token.span().end(),
                message: format!("this is nested more than {MAX_DEPTH} levels deep"),
                remedy: "nothing in feeds.toml is nested so deep; is this the file you meant?".to_owned(),
            });
        }
        Ok(())
    }

    /// A text in three quotes that lacks the last three runs to the end of the file. It is told where it begins.
    fn check_closed(&mut self, token: Token) {
        let (start, end) = (token.span().start(), token.span().end());
        let text = self.written.get(start..end).unwrap_or("");
        let quotes = text.get(..3).unwrap_or("");
        if text.len() < 6 || !text.ends_with(quotes) {
            self.faults.push(Fault {
                span: start..start + 3,
                message: format!("a text begun with {quotes} is never closed"),
                remedy: format!("end it with {quotes}"),
            });
        }
    }

    /// A closing bracket: closes its like, and before it those inside that were left open.
    fn close(&mut self, kind: TokenKind) {
        let wanted = match kind {
            TokenKind::RightSquareBracket => TokenKind::LeftSquareBracket,
            _ => TokenKind::LeftCurlyBracket,
        };
        // A closing bracket without an opening one is left for the parser to tell of.
        if !self.open.iter().any(|open| open.kind == wanted) {
            return;
        }
        while let Some(open) = self.open.pop() {
            self.dots = open.dots;
            if open.kind == wanted {
                return;
            }
            self.put_closer(open);
        }
    }

    fn end_of_line(&mut self, next: usize) {
        if self.is_header || (!self.open.is_empty() && self.is_statement(next)) {
            self.close_all();
        }
        if self.open.is_empty() {
            self.dots = 0;
            self.is_start = true;
            self.is_header = false;
        } else {
            self.dots = self.open.last().map_or(0, |open| open.dots);
        }
    }

    fn close_all(&mut self) {
        while let Some(open) = self.open.pop() {
            self.put_closer(open);
        }
        self.is_header = false;
    }

    /// Puts a closing bracket behind the last token that says something, and tells of the first one on each line.
    fn put_closer(&mut self, open: Open) {
        let end = self.last.map_or(0, |token| token.span().end());
        let (opener, closer) = match open.kind {
            TokenKind::LeftSquareBracket => ('[', ']'),
            _ => ('{', '}'),
        };
        self.insertions.push((end, closer));
        self.faults.push(Fault {
            span: open.start..open.start + 1,
            message: format!("this `{opener}` is never closed"),
            remedy: format!("close it with `{closer}`"),
        });
    }

    /// The line that begins at this token can only be a statement of its own, not the next part of what is open:
    /// a `key =` in a list, or after a finished value in an inline table, or a `[header]`.
    fn is_statement(&self, next: usize) -> bool {
        // Only this line is looked at: a later one has its own turn, which keeps the whole walk linear.
        let mut ahead = self
            .tokens
            .get(next..)
            .unwrap_or_default()
            .iter()
            .filter(|token| token.kind() != TokenKind::Whitespace);
        let Some(first) = ahead.next() else { return false };
        match first.kind() {
            TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString => {
                let is_key = ahead
                    .find(|token| !is_key_part(token.kind()))
                    .is_some_and(|token| token.kind() == TokenKind::Equals);
                let may_go_on = self
                    .open
                    .last()
                    .is_some_and(|open| open.kind == TokenKind::LeftCurlyBracket)
                    && self.last.is_some_and(|token| {
                        matches!(token.kind(), TokenKind::Comma | TokenKind::LeftCurlyBracket)
                    });
                is_key && !may_go_on
            }
            TokenKind::LeftSquareBracket => {
                let mut inside = ahead.skip_while(|token| token.kind() == TokenKind::LeftSquareBracket);
                let is_name = inside
                    .next()
                    .is_some_and(|token| token.kind() == TokenKind::Atom && self.is_name(token));
                is_name
                    && inside
                        .find(|token| !is_key_part(token.kind()))
                        .is_some_and(|token| token.kind() == TokenKind::RightSquareBracket)
            }
            _ => false,
        }
    }

    /// A bare word that is a name and no value.
    fn is_name(&self, token: &Token) -> bool {
        let word = self
            .written
            .get(token.span().start()..token.span().end())
            .unwrap_or("");
        word.starts_with(|first: char| first.is_alphabetic())
            && !matches!(word, "true" | "false" | "inf" | "nan")
    }

    fn finish(self) -> Mended {
        let mut mended = Mended {
            text: String::with_capacity(self.written.len() + self.insertions.len()),
            ..Mended::default()
        };
        let mut from = 0;
        for (at, closer) in self.insertions {
            mended.text.push_str(self.written.get(from..at).unwrap_or(""));
            mended.insertions.push(mended.text.len());
            mended.text.push(closer);
            from = at;
        }
        mended.text.push_str(self.written.get(from..).unwrap_or(""));
        mended.faults = self.faults;
        mended
    }
}

fn is_key_part(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Dot | TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString
    )
}

/// Tells of a syntax error in our words. Its span is one of the parsed text.
pub(crate) fn tell(findings: &mut Findings<'_>, parsed: &str, error: &toml::de::Error) {
    let span = error.span().unwrap_or(0..0);
    let words = error.message();
    let spot = parsed.get(span.clone()).unwrap_or("");
    // Told already, where the text begins.
    if words.starts_with("invalid multi-line") && span.start >= parsed.trim_end().len() {
        return;
    }
    let (message, remedy) = if words.starts_with("duplicate key") {
        (
            format!("`{}` is written twice", super::text::shown(spot)),
            "keep one of the two".to_owned(),
        )
    } else if words.starts_with("string values must be quoted") && spot.is_empty() {
        (
            "the value is missing".to_owned(),
            "write it after the `=`, or remove the line".to_owned(),
        )
    } else if words.starts_with("string values must be quoted") || words.starts_with("invalid float") {
        (
            "this value is not quoted".to_owned(),
            "put text in double quotes: \"…\"".to_owned(),
        )
    } else if words.starts_with("key with no value") {
        ("the `=` is missing".to_owned(), "write `key = value`".to_owned())
    } else if words.starts_with("invalid unquoted key") {
        (
            "this name needs quotes".to_owned(),
            "names of keys are made of letters, digits, `-` and `_`".to_owned(),
        )
    } else if words.starts_with("invalid basic string") || words.starts_with("invalid literal string") {
        (
            "the text is not closed, or has a character that may not stand there".to_owned(),
            "end it with the quote it began with, on the same line".to_owned(),
        )
    } else if words.starts_with("missing escaped value") {
        (
            "a backslash must be followed by one of b, t, n, f, r, e, \\, \", x, u, U".to_owned(),
            "write `\\\\`, or use single quotes, in which a backslash is a backslash".to_owned(),
        )
    } else if words.starts_with("unexpected key or value") {
        (
            "nothing may follow here".to_owned(),
            "begin a new line, or put `#` before a comment".to_owned(),
        )
    } else {
        let (message, expected) = words.split_once(", expected ").unwrap_or((words, ""));
        let remedy = if expected.is_empty() {
            String::new()
        } else {
            format!("expected here: {expected}")
        };
        (message.to_owned(), remedy)
    };
    findings.syntax_parsed(span, message, remedy);
}
