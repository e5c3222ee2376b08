//! Words of one line: titles, names, tags.

use super::bounds;
use super::entity::{Entities, resolve};
use crate::html;
use std::borrow::Cow;

/// The plain text of markup on one line: tags gone, references resolved, blanks squeezed.
pub(super) fn of_html(markup: &str) -> String {
    if memchr::memchr(b'<', markup.as_bytes()).is_some_and(|at| opens_tag(markup, at)) {
        return of_text(&html::plain(markup));
    }
    // Most titles hold no tag at all: no need to build a tree for them.
    of_text(&resolve(markup, &Entities::default()))
}

/// Whether any `<` from the first one on is read as a tag: what is never closed is text (`A<B`).
fn opens_tag(markup: &str, first: usize) -> bool {
    let mut rest = markup.get(first..).unwrap_or_default();
    if rest.contains("<!--") {
        return true;
    }
    if memchr::memchr(b'>', rest.as_bytes()).is_none() {
        return false;
    }
    while let Some((_, after)) = rest.split_once('<') {
        if after.starts_with(|next: char| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')) {
            return after.contains('>');
        }
        rest = after;
    }
    false
}

/// Plain text on one line, blanks squeezed.
pub(super) fn of_text(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// The same, `None` when nothing is left.
pub(super) fn some(line: String) -> Option<String> {
    (!line.is_empty()).then_some(line)
}

/// Foreign words fit to be shown on one line: without controls, at most 80 bytes.
pub(super) fn shown(text: &str) -> String {
    let mut words = of_text(text);
    words.retain(|character| !character.is_control());
    bounds::cut(&mut words, 80);
    words
}

/// HTML of plain text.
pub(super) fn html_of_text(text: &str) -> Cow<'_, str> {
    if memchr::memchr3(b'&', b'<', b'>', text.as_bytes()).is_some() {
        Cow::Owned(html::escape(text))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_of_plain_text() {
        assert_eq!(of_html("A<B &amp; <c"), "A<B & <c");
        assert_eq!(of_html(" AT&amp;T\n &lt;b&gt; "), "AT&T <b>");
        assert_eq!(of_html("1 < 2 & 3"), "1 < 2 & 3");
        assert_eq!(of_text(" a \n b\u{a0}c "), "a b c");
    }
}
