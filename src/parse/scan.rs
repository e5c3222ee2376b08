//! XML as it is found: a scanner that never fails.
//!
//! It cuts a text into start tags, end tags, text and CDATA, skips comments, processing instructions and the
//! DOCTYPE (whose plain entities it keeps), and takes everything that is no markup for text. It does not match
//! end tags with start tags: that is for those who build something of its tokens. Its work is linear in the text.

use memchr::{memchr, memchr_iter, memmem};

/// One piece of a document, borrowed from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name attributes>` or, when `is_empty`, `<name attributes/>`.
    Start {
        /// With its prefix, as written.
        name: &'a str,
        /// The rest of the tag, for [`attributes`].
        attributes: &'a str,
        /// Whether the tag closed itself.
        is_empty: bool,
    },
    /// `</name>`, with its prefix, as written.
    End(&'a str),
    /// Character data in which references are still to be resolved.
    Text(&'a str),
    /// Character data that is to be taken as it stands.
    Cdata(&'a str),
}

/// Cuts a text into tokens.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Which searches have once reached the end of the text in vain, so that they are not made again and again.
    missing: Missing,
    doctype: &'a str,
}

#[derive(Clone, Copy, Debug, Default)]
struct Missing {
    double_quote: bool,
    single_quote: bool,
    comment_end: bool,
    cdata_end: bool,
    instruction_end: bool,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            missing: Missing::default(),
            doctype: "",
        }
    }

    /// The inside of the DOCTYPE, once it has been passed.
    pub(super) const fn doctype(&self) -> &'a str {
        self.doctype
    }

    /// Where in the text the next token begins, in bytes.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Moves `length` bytes on, and to the next character boundary if that is inside a character.
    fn advance(&mut self, length: usize) {
        self.at = self.at.saturating_add(length).min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    /// The text up to `end` (looked for from byte `from` of the rest on), having moved past it; `None` where there is none.
    fn take_until(
        &mut self,
        from: usize,
        end: &str,
        missing: fn(&mut Missing) -> &mut bool,
    ) -> Option<&'a str> {
        if *missing(&mut self.missing) {
            return None;
        }
        let body = self.rest().get(from..)?;
        let Some(length) = memmem::find(body.as_bytes(), end.as_bytes()) else {
            *missing(&mut self.missing) = true;
            return None;
        };
        self.advance(from + length + end.len());
        body.get(..length)
    }

    /// The DOCTYPE with its internal subset, which may hold `>` inside brackets.
    fn skip_doctype(&mut self) {
        let rest = self.rest();
        if !self.doctype.is_empty() {
            // There is one to a document: others are not looked into, or a thousand of them would cost a million.
            let length = memchr(b'>', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
            return self.advance(length);
        }
        let mut is_inside = false;
        let mut end = rest.len();
        for (position, byte) in rest.bytes().enumerate() {
            match byte {
                b'[' => is_inside = true,
                b']' => is_inside = false,
                b'>' if !is_inside => {
                    end = position;
                    break;
                }
                _ => {}
            }
        }
        // A bracket that is never closed would swallow the document: the first `>` ends it then.
        if end == rest.len() {
            end = memchr(b'>', rest.as_bytes()).unwrap_or(end);
        }
        self.doctype = rest.get(..end).unwrap_or_default();
        self.advance(end + 1);
    }

    /// What begins with `<!` or `<?`: a token for CDATA, `None` for what is skipped.
    fn declaration(&mut self) -> Option<Token<'a>> {
        let rest = self.rest();
        if rest.starts_with("<![CDATA[") {
            if let Some(body) = self.take_until(9, "]]>", |missing| &mut missing.cdata_end) {
                return Some(Token::Cdata(body));
            }
            // Never closed: the rest of the document up to the next end tag is what was meant.
            self.advance(9);
            let body = self.rest();
            let length = memmem::find(body.as_bytes(), b"</").unwrap_or(body.len());
            self.advance(length);
            return Some(Token::Cdata(body.get(..length).unwrap_or_default()));
        }
        if rest.starts_with("<!--") {
            if self
                .take_until(4, "-->", |missing| &mut missing.comment_end)
                .is_none()
            {
                self.advance(4);
            }
            return None;
        }
        if rest
            .get(..9)
            .is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"))
        {
            self.skip_doctype();
            return None;
        }
        if rest.starts_with("<?")
            && self
                .take_until(2, "?>", |missing| &mut missing.instruction_end)
                .is_some()
        {
            return None;
        }
        let length = memchr(b'>', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        self.advance(length);
        None
    }

    fn end_tag(&mut self) -> Token<'a> {
        let body = self.rest().get(2..).unwrap_or_default();
        let end = memchr::memchr2(b'>', b'<', body.as_bytes()).unwrap_or(body.len());
        let is_closed = body.as_bytes().get(end) == Some(&b'>');
        self.advance(2 + end + usize::from(is_closed));
        Token::End(body.get(..end).unwrap_or_default().trim())
    }

    /// A start tag; `None` when the document ends inside it.
    fn start_tag(&mut self) -> Option<Token<'a>> {
        let body = self.rest().get(1..)?;
        let name_end = body
            .bytes()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'<'))?;
        let name = body.get(..name_end)?;
        let after_name = body.get(name_end..)?;
        let length = self.attributes_length(after_name)?;
        let inside = after_name.get(..length)?;
        let is_closed = after_name.as_bytes().get(length) == Some(&b'>');
        self.advance(1 + name_end + length + usize::from(is_closed));
        let trimmed = inside.trim_end();
        let is_empty = trimmed.ends_with('/') && !ends_in_unquoted_value(trimmed);
        let attributes = if is_empty {
            trimmed.get(..trimmed.len() - 1)?
        } else {
            trimmed
        };
        Some(Token::Start {
            name,
            attributes,
            is_empty,
        })
    }

    /// How many bytes of `inside` belong to the tag; `None` when the text ends before the tag does.
    fn attributes_length(&mut self, inside: &str) -> Option<usize> {
        let bytes = inside.as_bytes();
        let mut at = 0;
        let mut is_value_due = false;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'>' | b'<' => return Some(at),
                b'=' => is_value_due = true,
                b'"' | b'\'' if is_value_due => {
                    is_value_due = false;
                    if let Some(length) = self.quoted_length(bytes.get(at + 1..)?, byte) {
                        at += 1 + length;
                    }
                }
                _ if !byte.is_ascii_whitespace() => is_value_due = false,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// How long the quoted value is; `None` when its quote is never closed, or only by that of a later tag.
    fn quoted_length(&mut self, value: &[u8], quote: u8) -> Option<usize> {
        let missing = if quote == b'"' {
            &mut self.missing.double_quote
        } else {
            &mut self.missing.single_quote
        };
        if *missing {
            return None;
        }
        let Some(length) = memchr(quote, value) else {
            *missing = true;
            return None;
        };
        let value = value.get(..length)?;
        let is_runaway = memchr(b'<', value).is_some_and(|open| {
            value
                .get(..open)
                .is_some_and(|before| memchr(b'>', before).is_some())
        });
        (!is_runaway).then_some(length)
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.rest();
            let bytes = rest.as_bytes();
            if bytes.is_empty() {
                return None;
            }
            let length = text_length(bytes);
            if length > 0 {
                self.advance(length);
                return Some(Token::Text(rest.get(..length).unwrap_or_default()));
            }
            match bytes.get(1) {
                Some(b'/') => return Some(self.end_tag()),
                Some(b'!' | b'?') => {
                    if let Some(token) = self.declaration() {
                        return Some(token);
                    }
                }
                _ => match self.start_tag() {
                    Some(token) => return Some(token),
                    None => self.at = self.text.len(),
                },
            }
        }
    }
}

/// How many bytes stand before the next `<` that opens markup.
fn text_length(bytes: &[u8]) -> usize {
    memchr_iter(b'<', bytes)
        .find(|&at| opens_markup(bytes.get(at + 1..).unwrap_or_default()))
        .unwrap_or(bytes.len())
}

/// Whether what follows a `<` makes it the start of markup; `a < b` is text.
fn opens_markup(after: &[u8]) -> bool {
    match after {
        [b'/', next, ..] => is_name_start(*next),
        [b'!', next, ..] => matches!(next, b'-' | b'[') || next.is_ascii_alphabetic(),
        [b'?', ..] => true,
        [next, ..] => is_name_start(*next),
        [] => false,
    }
}

const fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80 || matches!(byte, b'_' | b':')
}

/// `<a href=http://example.org/>`: the slash belongs to the value.
fn ends_in_unquoted_value(attributes: &str) -> bool {
    let last = attributes
        .rsplit(|character: char| character.is_ascii_whitespace())
        .next()
        .unwrap_or_default();
    last.split_once('=')
        .is_some_and(|(_, value)| !value.starts_with(['"', '\'']) && value.len() > 1)
}

/// The attributes of a start tag, names and values as written; a name without a value has an empty one.
pub(super) fn attributes(inside: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = inside;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|character: char| {
            character.is_ascii_whitespace() || matches!(character, '/' | '"' | '\'' | '=')
        });
        if rest.is_empty() {
            return None;
        }
        let name_end = rest
            .bytes()
            .position(|byte| byte == b'=' || byte.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(name_end)?;
        let Some(after) = after.trim_start().strip_prefix('=') else {
            rest = after;
            return Some((name, ""));
        };
        let after = after.trim_start();
        let (value, after) = value_of(after);
        rest = after;
        Some((name, value))
    })
}

/// The value at the start of `text` and what follows it.
fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(body) = text.strip_prefix(quote) {
            if let Some(parts) = body.split_once(quote) {
                return parts;
            }
            return body
                .split_once(|character: char| character.is_ascii_whitespace())
                .unwrap_or((body, ""));
        }
    }
    text.split_once(|character: char| character.is_ascii_whitespace())
        .unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        Scanner::new(text).collect()
    }

    fn start<'a>(name: &'a str, attributes: &'a str) -> Token<'a> {
        Token::Start {
            name,
            attributes,
            is_empty: false,
        }
    }

    #[test]
    fn markup_is_cut_into_tokens_and_the_rest_is_text() {
        assert_eq!(
            tokens("<?xml version='1.0'?><a x=\"1>2\">b < c &amp; d<!-- > --><![CDATA[<e>]]></a >"),
            [
                start("a", " x=\"1>2\""),
                Token::Text("b < c &amp; d"),
                Token::Cdata("<e>"),
                Token::End("a"),
            ]
        );
    }

    #[test]
    fn a_self_closing_tag_is_told_from_a_slash_in_a_bare_value() {
        assert_eq!(
            tokens("<br/>"),
            [Token::Start {
                name: "br",
                attributes: "",
                is_empty: true
            }]
        );
        assert_eq!(
            tokens("<a href=http://a.example/>"),
            [start("a", " href=http://a.example/")]
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_its_own_tag_only() {
        assert_eq!(
            tokens("<a href=\"x>text</a><b c=\"d\">"),
            [
                start("a", " href=\"x"),
                Token::Text("text"),
                Token::End("a"),
                start("b", " c=\"d\"")
            ]
        );
    }

    #[test]
    fn the_doctype_is_kept_apart_with_its_entities() {
        let mut scanner = Scanner::new("<!DOCTYPE rss [<!ENTITY a \"b\">]><rss>");
        assert_eq!(scanner.next(), Some(start("rss", "")));
        assert!(scanner.doctype().contains("ENTITY"));
    }

    #[test]
    fn a_document_that_ends_in_a_tag_ends_there() {
        assert_eq!(tokens("<a>b<c d=\"e"), [start("a", ""), Token::Text("b")]);
        assert_eq!(tokens("<a><![CDATA[b"), [start("a", ""), Token::Cdata("b")]);
    }

    #[test]
    fn attributes_are_read_however_they_are_quoted() {
        let found: Vec<_> = attributes(" a='1' b = \"2\" c=3 d").collect();
        assert_eq!(found, [("a", "1"), ("b", "2"), ("c", "3"), ("d", "")]);
    }
}
