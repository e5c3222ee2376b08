//! Markup in pieces, cut as the HTML standard's tokenizer cuts it (13.2.5), without building a tree.

/// One piece of markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Characters, references (`&amp;`) still in them. A `<` that opens nothing is a piece of its own.
    Text(&'a str),
    /// A start tag: its name as written, and its attributes.
    Start(&'a str, Attributes<'a>),
    /// An end tag: its name as written.
    End(&'a str),
    /// A comment, declaration or processing instruction.
    Aside,
}

/// Goes through markup from its beginning to its end, once.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    rest: &'a str,
    /// The last start tag ended in `/>`.
    is_empty: bool,
    /// No end tag was looked for in vain yet: looking again and again would cost the square of the length.
    may_close: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(markup: &'a str) -> Self {
        Self {
            rest: markup,
            is_empty: false,
            may_close: true,
        }
    }

    /// After the start tag of `name`, leaves out everything up to and with its end tag; all that is left where there
    /// is none. Nothing after `<iframe … />`: a browser would go on to the end, but XHTML in feeds means what it says.
    pub(super) fn skip_element(&mut self, name: &str) {
        if !self.is_empty && !self.skip_to_end(name) {
            self.rest = "";
        }
    }

    /// The same for an element that ends with what is around it: nothing is left out where it has no end tag.
    pub(super) fn skip_closed_element(&mut self, name: &str) {
        if !self.is_empty && self.may_close {
            self.may_close = self.skip_to_end(name);
        }
    }

    /// Moves past the end tag of `name`; false where there is none.
    fn skip_to_end(&mut self, name: &str) -> bool {
        let bytes = self.rest.as_bytes();
        for place in memchr::memmem::find_iter(bytes, "</") {
            let after = self.rest.get(place + 2..).unwrap_or_default();
            let begins = after
                .get(..name.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(name));
            if begins
                && !after
                    .as_bytes()
                    .get(name.len())
                    .is_some_and(u8::is_ascii_alphanumeric)
            {
                self.rest = after;
                let end = self.rest.find('>').map_or(self.rest.len(), |end| end + 1);
                self.advance(end);
                return true;
            }
        }
        false
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// What begins with `<`.
    fn tag(&mut self) -> Piece<'a> {
        let rest = self.rest;
        match rest.as_bytes() {
            [b'<', b'a'..=b'z' | b'A'..=b'Z', ..] => {
                let (name, after) = name(rest.get(1..).unwrap_or_default());
                let attributes = Attributes { rest: after };
                self.rest = attributes.past();
                let tag = rest.get(..rest.len() - self.rest.len()).unwrap_or_default();
                self.is_empty = tag.ends_with("/>");
                Piece::Start(name, attributes)
            }
            [b'<', b'/', b'a'..=b'z' | b'A'..=b'Z', ..] => {
                let (name, after) = name(rest.get(2..).unwrap_or_default());
                self.rest = Attributes { rest: after }.past();
                Piece::End(name)
            }
            [b'<', b'!', b'-', b'-', ..] => {
                self.comment();
                Piece::Aside
            }
            // A browser takes this for a comment as well, but who writes it means the signs.
            [b'<', b'!', b'\'' | b'"' | b' ' | b'!' | b'?' | b'.' | b',', ..] => {
                self.advance(1);
                Piece::Text("<")
            }
            [b'<', b'!' | b'?' | b'/', ..] => {
                self.advance(rest.find('>').map_or(rest.len(), |end| end + 1));
                Piece::Aside
            }
            _ => {
                self.advance(1);
                Piece::Text("<")
            }
        }
    }

    /// `<!-- … -->`, also ended by `--!>`; `<!-->` and `<!--->` are whole comments.
    fn comment(&mut self) {
        self.advance(4);
        for short in [">", "->"] {
            if let Some(after) = self.rest.strip_prefix(short) {
                self.rest = after;
                return;
            }
        }
        let bytes = self.rest.as_bytes();
        for place in memchr::memmem::find_iter(bytes, "--") {
            match bytes.get(place + 2..) {
                Some([b'>', ..]) => return self.advance(place + 3),
                Some([b'!', b'>', ..]) => return self.advance(place + 4),
                _ => {}
            }
        }
        self.rest = "";
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        match memchr::memchr(b'<', self.rest.as_bytes()) {
            _ if self.rest.is_empty() => None,
            Some(0) => Some(self.tag()),
            found => {
                let (text, rest) = self.rest.split_at(found.unwrap_or(self.rest.len()));
                self.rest = rest;
                Some(Piece::Text(text))
            }
        }
    }
}

/// An element whose content is not markup and not for readers: it reaches to its own end tag, whatever is between.
pub(super) fn is_raw(name: &str) -> bool {
    let raw = ["script", "style", "iframe", "noembed", "noframes"];
    raw.iter().any(|raw| name.eq_ignore_ascii_case(raw))
}

/// An element whose content is markup, and shown to nobody: what scripts use, drawings reuse, or formulas say a
/// second time in another notation.
pub(super) fn is_unseen(name: &str) -> bool {
    let unseen = ["annotation", "annotation-xml", "defs", "metadata", "template"];
    unseen.iter().any(|unseen| name.eq_ignore_ascii_case(unseen))
}

/// The name of a tag and what follows it.
fn name(text: &str) -> (&str, &str) {
    let end = text
        .bytes()
        .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
    text.split_at(end.unwrap_or(text.len()))
}

/// More attributes than this of one element are not looked at.
pub(super) const MAX_ATTRIBUTES: usize = 64;

/// The attributes of a tag: name as written, and value with references still in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Attributes<'a> {
    /// The markup behind the tag.
    fn past(self) -> &'a str {
        let mut attributes = self;
        while attributes.next().is_some() {}
        attributes.rest.strip_prefix('>').unwrap_or(attributes.rest)
    }

    fn skip_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let end = self
            .rest
            .bytes()
            .position(|byte| !belongs(byte))
            .unwrap_or(self.rest.len());
        let (skipped, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        skipped
    }

    fn value(&mut self) -> &'a str {
        self.skip_while(|byte| byte.is_ascii_whitespace());
        for quote in ['"', '\''] {
            if let Some(quoted) = self.rest.strip_prefix(quote) {
                let end = memchr::memchr(u8::try_from(quote).unwrap_or(b'"'), quoted.as_bytes());
                let (value, rest) = quoted.split_at(end.unwrap_or(quoted.len()));
                self.rest = rest.get(1..).unwrap_or_default();
                return value;
            }
        }
        self.skip_while(|byte| !byte.is_ascii_whitespace() && byte != b'>')
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_while(|byte| byte.is_ascii_whitespace() || byte == b'/');
        if self.rest.is_empty() || self.rest.starts_with('>') {
            return None;
        }
        // A name may begin with `=`, and with nothing else that ends one.
        let from = usize::from(self.rest.starts_with('='));
        let tail = self.rest.get(from..).unwrap_or_default();
        let ends = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'=');
        let length = tail.bytes().position(ends).unwrap_or(tail.len());
        let (name, rest) = self
            .rest
            .split_at_checked(from + length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        self.skip_while(|byte| byte.is_ascii_whitespace());
        match self.rest.strip_prefix('=') {
            Some(rest) => {
                self.rest = rest;
                Some((name, self.value()))
            }
            None => Some((name, "")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(markup: &str) -> Vec<String> {
        let show = |piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Start(name, attributes) => format!("<{name} {:?}>", attributes.collect::<Vec<_>>()),
            Piece::End(name) => format!("</{name}>"),
            Piece::Aside => "-".to_owned(),
        };
        Scanner::new(markup).map(show).collect()
    }

    #[test]
    fn tags_are_cut_where_a_browser_cuts_them() {
        assert_eq!(
            pieces("a<A HREF='x>y' title = \"q\" b c=d/e/>z</A >"),
            [
                "a",
                r#"<A [("HREF", "x>y"), ("title", "q"), ("b", ""), ("c", "d/e/")]>"#,
                "z",
                "</A>"
            ]
        );
        assert_eq!(pieces("1 < 2 <3"), ["1 ", "<", " 2 ", "<", "3"]);
        assert_eq!(pieces("<br/><p =x>"), ["<br []>", "<p [(\"=x\", \"\")]>"]);
    }

    #[test]
    fn comments_and_declarations_are_asides() {
        assert_eq!(
            pieces("a<!-- <b> -->b<!-->c<!doctype html>d<?php ?>e<!-- f"),
            ["a", "-", "b", "-", "c", "-", "d", "-", "e", "-"]
        );
        assert_eq!(pieces("<!--a--!>b</>c"), ["-", "b", "-", "c"]);
    }

    #[test]
    fn a_tag_cut_off_by_the_end_is_no_text() {
        assert_eq!(
            pieces("a<a href=\"http://x"),
            ["a", r#"<a [("href", "http://x")]>"#]
        );
    }

    #[test]
    fn an_element_is_left_out_with_what_it_holds() {
        let mut scanner = Scanner::new("<script>x</scripty></SCRIPT >y");
        scanner.next();
        scanner.skip_element("script");
        assert_eq!(scanner.next(), Some(Piece::Text("y")));
        let mut scanner = Scanner::new("<style>x</p>");
        scanner.next();
        scanner.skip_element("style");
        assert_eq!(scanner.next(), None);
        let mut scanner = Scanner::new("<iframe src='x' />y");
        scanner.next();
        scanner.skip_element("iframe");
        assert_eq!(scanner.next(), Some(Piece::Text("y")));
    }
}
