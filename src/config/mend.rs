//! Makes a text with syntax errors into one from which the parser reads all that can be read.
//!
//! The toml crate recovers by itself from what is wrong within a value. Three things would make it lose what
//! follows: a bracket that is never closed (it is closed where its line ends), a header that is none (another
//! stands in for it), and a line that is neither (it becomes a comment). Nesting is bounded here too, before
//! anything recursive sees the text. All in one walk over the tokens, linear in their number.

use std::ops::Range;
use toml_parser::lexer::{Token, TokenKind};

/// Keys and brackets within one another, at most. Nothing that newsriver knows is deeper than four.
const MAX_DEPTH: usize = 32;

/// Something wrong with the lines or brackets, in a span of the written text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// A text that the parser reads to its end.
#[derive(Debug, Default)]
pub(crate) struct Mended {
    /// The text to parse.
    pub(crate) text: String,
    /// The places in it, rising, of the bytes that were put in.
    pub(crate) insertions: Vec<usize>,
    /// What was wrong.
    pub(crate) faults: Vec<Fault>,
}

/// Mends a text. One nested too deep comes back as the fault that it is.
pub(crate) fn mend(written: &str) -> Result<Mended, Fault> {
    let tokens = toml_parser::Source::new(written).lex().into_vec();
    let mut mender = Mender {
        tokens: &tokens,
        written,
        open: Vec::new(),
        dots: 0,
        last: None,
        insertions: Vec::new(),
        faults: Vec::new(),
    };
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index = match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Newline | TokenKind::Eof => index + 1,
            _ => mender.statement(index, *token)?,
        };
    }
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

struct Mender<'a> {
    tokens: &'a [Token],
    written: &'a str,
    open: Vec<Open>,
    /// Dots since the line began, or since the comma in a bracket.
    dots: usize,
    /// The last token that says something.
    last: Option<Token>,
    /// What is put where, in the written text.
    insertions: Vec<(usize, &'static str)>,
    faults: Vec<Fault>,
}

impl<'a> Mender<'a> {
    /// Reads a statement and answers where the next may begin.
    fn statement(&mut self, index: usize, first: Token) -> Result<usize, Fault> {
        self.open.clear();
        self.dots = 0;
        self.last = Some(first);
        let start = first.span().start();
        match first.kind() {
            TokenKind::LeftSquareBracket => self.header(index, first),
            // The parser goes on as if a name stood before it.
            TokenKind::Equals => self.value(index + 1),
            kind if is_name(kind) => {
                let (_, next) = self.names(index)?;
                if self.kind(next) == Some(TokenKind::Equals) {
                    return self.value(next + 1);
                }
                let missing = self
                    .tokens
                    .get(next)
                    .map_or(self.written.len(), |token| token.span().start());
                self.fault(missing..missing, "the `=` is missing", "write `key = value`");
                Ok(self.comment_out(index, start))
            }
            _ => {
                self.fault(
                    start..first.span().end(),
                    "a line cannot begin so",
                    "begin it with a key, a [header] or `#`",
                );
                Ok(self.comment_out(index, start))
            }
        }
    }

    /// `[name]` or `[[name]]`. Closers that are missing are put behind the name; the rest of the line is the
    /// parser's.
    fn header(&mut self, index: usize, first: Token) -> Result<usize, Fault> {
        let start = first.span().start();
        let is_list = self.kind(index + 1) == Some(TokenKind::LeftSquareBracket);
        let inside = self.over_blanks(index + 1 + usize::from(is_list));
        if !self.kind(inside).is_some_and(is_name) {
            self.fault(
                start..first.span().end(),
                "this is no header of a table",
                "write [name] or [[name]]",
            );
            self.insertions.push((start, "[[-]]"));
            return Ok(self.comment_out(index, start));
        }
        let (mut end, mut next) = self.names(inside)?;
        let wanted = 1 + usize::from(is_list);
        let mut found = 0;
        while found < wanted && self.kind(next) == Some(TokenKind::RightSquareBracket) {
            end = self.tokens.get(next).map_or(end, |token| token.span().end());
            next += 1;
            found += 1;
        }
        if found < wanted {
            self.fault(
                start..first.span().end(),
                "this `[` is never closed",
                "close it with `]`",
            );
            self.insertions
                .push((end, if found + 1 < wanted { "]]" } else { "]" }));
        }
        Ok(self.end_of_line(next))
    }

    /// `name.name.name` and the blanks behind it: where it ends, and the token that follows.
    fn names(&mut self, index: usize) -> Result<(usize, usize), Fault> {
        let mut next = index;
        let mut end = self.tokens.get(index).map_or(0, |token| token.span().start());
        while let Some(token) = self.tokens.get(next).filter(|token| is_name(token.kind())) {
            end = token.span().end();
            next = self.over_blanks(next + 1);
            if self.kind(next) != Some(TokenKind::Dot) {
                break;
            }
            self.dots += 1;
            self.bound(*token)?;
            next = self.over_blanks(next + 1);
        }
        Ok((end, next))
    }

    /// The value behind `=`, over as many lines as its brackets take.
    fn value(&mut self, from: usize) -> Result<usize, Fault> {
        let mut index = from;
        while let Some(token) = self.tokens.get(index).copied() {
            index += 1;
            match token.kind() {
                TokenKind::Whitespace | TokenKind::Comment => {}
                TokenKind::Eof => break,
                TokenKind::Newline if self.open.is_empty() || self.is_statement(index) => break,
                TokenKind::Newline => self.dots = self.open.last().map_or(0, |open| open.dots),
                _ => self.part(token)?,
            }
        }
        while let Some(open) = self.open.pop() {
            self.put_closer(open);
        }
        Ok(index)
    }

    /// A token of a value.
    fn part(&mut self, token: Token) -> Result<(), Fault> {
        let start = token.span().start();
        match token.kind() {
            kind @ (TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket) => {
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
        self.last = Some(token);
        self.bound(token)
    }

    fn bound(&self, token: Token) -> Result<(), Fault> {
        if self.open.len() + self.dots <= MAX_DEPTH {
            return Ok(());
        }
        Err(Fault {
            span: token.span().start()..token.span().end(),
            message: format!("this is nested more than {MAX_DEPTH} levels deep"),
            remedy: "nothing in feeds.toml is nested so deep; is this the file you meant?".to_owned(),
        })
    }

    /// A text in three quotes that lacks the last three runs to the end of the file. It is told where it begins.
    fn check_closed(&mut self, token: Token) {
        let (start, end) = (token.span().start(), token.span().end());
        let text = self.written.get(start..end).unwrap_or("");
        let quotes = text.get(..3).unwrap_or("");
        if text.len() < 6 || !text.ends_with(quotes) {
            let (message, remedy) = (
                format!("a text begun with {quotes} is never closed"),
                format!("end it with {quotes}"),
            );
            self.faults.push(Fault {
                span: start..start + 3,
                message,
                remedy,
            });
        }
    }

    /// A closing bracket: closes its like, and before it those inside that were left open. One without an
    /// opening one is left for the parser to tell of.
    fn close(&mut self, kind: TokenKind) {
        let wanted = match kind {
            TokenKind::RightSquareBracket => TokenKind::LeftSquareBracket,
            _ => TokenKind::LeftCurlyBracket,
        };
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

    /// Puts a closing bracket behind the last token that says something.
    fn put_closer(&mut self, open: Open) {
        let end = self.last.map_or(0, |token| token.span().end());
        let (message, remedy, closer) = match open.kind {
            TokenKind::LeftSquareBracket => ("this `[` is never closed", "close it with `]`", "]"),
            _ => ("this `{` is never closed", "close it with `}`", "}"),
        };
        self.insertions.push((end, closer));
        self.fault(open.start..open.start + 1, message, remedy);
    }

    /// The line that begins at this token can only be a statement of its own, not the next part of what is open:
    /// a `key =` in a list, or after a finished value in an inline table, or a `[header]`. Only this one line is
    /// looked at: a later one has its own turn.
    fn is_statement(&self, index: usize) -> bool {
        let mut next = self.over_blanks(index);
        let is_bracket = self.kind(next) == Some(TokenKind::LeftSquareBracket);
        while self.kind(next) == Some(TokenKind::LeftSquareBracket) {
            next += 1;
        }
        let first = self.tokens.get(next);
        while self
            .kind(next)
            .is_some_and(|kind| is_name(kind) || matches!(kind, TokenKind::Dot | TokenKind::Whitespace))
        {
            next += 1;
        }
        if is_bracket {
            first.is_some_and(|token| self.is_bare_name(*token))
                && self.kind(next) == Some(TokenKind::RightSquareBracket)
        } else {
            let may_go_on = self
                .open
                .last()
                .is_some_and(|open| open.kind == TokenKind::LeftCurlyBracket)
                && self.last.is_some_and(|token| {
                    matches!(token.kind(), TokenKind::Comma | TokenKind::LeftCurlyBracket)
                });
            first.is_some_and(|token| is_name(token.kind()))
                && self.kind(next) == Some(TokenKind::Equals)
                && !may_go_on
        }
    }

    /// A bare word that is a name and no value.
    fn is_bare_name(&self, token: Token) -> bool {
        let word = self
            .written
            .get(token.span().start()..token.span().end())
            .unwrap_or("");
        token.kind() == TokenKind::Atom
            && word.starts_with(|first: char| first.is_alphabetic())
            && !matches!(word, "true" | "false" | "inf" | "nan")
    }

    /// Makes the line a comment, and all lines of texts that begin on it.
    fn comment_out(&mut self, index: usize, start: usize) -> usize {
        let next = self.end_of_line(index);
        let end = self
            .tokens
            .get(next)
            .map_or(self.written.len(), |token| token.span().start());
        self.insertions.push((start, "#"));
        let text = self.written.as_bytes().get(start..end).unwrap_or_default();
        self.insertions
            .extend(memchr::memchr_iter(b'\n', text).map(|newline| (start + newline + 1, "#")));
        next
    }

    fn end_of_line(&self, from: usize) -> usize {
        let rest = self.tokens.get(from..).unwrap_or_default();
        let line = rest
            .iter()
            .take_while(|token| !matches!(token.kind(), TokenKind::Newline | TokenKind::Eof));
        from + line.count()
    }

    fn over_blanks(&self, from: usize) -> usize {
        let rest = self.tokens.get(from..).unwrap_or_default();
        from + rest
            .iter()
            .take_while(|token| token.kind() == TokenKind::Whitespace)
            .count()
    }

    fn kind(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(Token::kind)
    }

    fn fault(&mut self, span: Range<usize>, message: &str, remedy: &str) {
        self.faults.push(Fault {
            span,
            message: message.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    fn finish(self) -> Mended {
        let mut mended = Mended {
            faults: self.faults,
            ..Mended::default()
        };
        let mut from = 0;
        for (at, put) in self.insertions {
            mended.text.push_str(self.written.get(from..at).unwrap_or(""));
            mended
                .insertions
                .extend(mended.text.len()..mended.text.len() + put.len());
            mended.text.push_str(put);
            from = at;
        }
        mended.text.push_str(self.written.get(from..).unwrap_or(""));
        mended
    }
}

fn is_name(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_faults_stays_as_it_is() {
        let text = "# x\n[a]\nb.c = [\n  1, # y\n  2,\n]\n[[d]]\ne = { f = [\"}\"],\n  g = '''\n[''' }\n\"h i\".j = 1.5\n";
        let mended = mend(text).unwrap();
        assert_eq!(
            (mended.text.as_str(), mended.faults.len(), mended.insertions.len()),
            (text, 0, 0)
        );
    }

    #[test]
    fn what_would_swallow_the_rest_is_mended() {
        for (written, mended) in [
            ("a = [1, 2\nb = 1\n", "a = [1, 2]\nb = 1\n"),
            ("a = [1, # c\n\n[b]\n", "a = [1,] # c\n\n[b]\n"),
            ("a = { b = [1 }\nc = 1", "a = { b = [1] }\nc = 1"),
            ("a = { b = 1\nc = 1", "a = { b = 1}\nc = 1"),
            ("a = [[1, 2", "a = [[1, 2]]"),
            ("[[source] # x\nurl = 1", "[[source]] # x\nurl = 1"),
            ("[ site\n", "[ site]\n"),
            ("[ ]\na = 1", "[[-]]#[ ]\na = 1"),
            ("url 'x'\n", "#url 'x'\n"),
            ("a b = 1\n", "#a b = 1\n"),
            ("a. = 1\n", "a. = 1\n"),
            ("} = 1\nurl = \"\n", "#} = 1\nurl = \"\n"),
            ("url '''\nx = [\n'''\ny = 1", "#url '''\n#x = [\n#'''\ny = 1"),
        ] {
            assert_eq!(mend(written).unwrap().text, mended, "{written}");
        }
    }

    #[test]
    fn lists_of_lists_over_several_lines_are_no_headers() {
        for text in ["a = [\n[1],\n[true],\n[\"x\"],\n]\n", "a = {\nb = 1,\nc = 2\n}\n"] {
            assert_eq!(mend(text).unwrap().faults, [], "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded_however_it_is_written() {
        let dotted = ["a"; 40].join(" . ");
        for text in [
            format!("{dotted} = 1"),
            format!("[{dotted}]"),
            "a = ".to_owned() + &"[".repeat(40),
            "a = ".to_owned() + &"{a.b = ".repeat(20),
        ] {
            assert!(mend(&text).is_err(), "{text}");
        }
    }
}
