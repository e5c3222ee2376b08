//! Broken XML made well-formed, with as little change as can be.
//!
//! Bare ampersands and references XML does not know are resolved, tags are closed in the order they were opened,
//! the DOCTYPE and comments are left out, prefixes nobody declared are dropped with what they stand before.

use super::entity::{Entities, resolve};
use super::line;
use super::scan::{Scanner, Token, attributes};

/// Elements open at once beyond this are left out, with their tags alone.
const MAX_DEPTH: usize = 512;

/// `text` as well-formed XML.
pub(super) fn well_formed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut open: Vec<&str> = Vec::new();
    let mut entities = None;
    let mut scanner = Scanner::new(text);
    while let Some(token) = scanner.next() {
        let entities = entities.get_or_insert_with(|| Entities::of_doctype(scanner.doctype(), text.len()));
        match token {
            Token::Start {
                name,
                attributes,
                is_empty,
            } => {
                let is_too_deep = open.len() >= MAX_DEPTH;
                if is_too_deep || !is_name(name) {
                    continue;
                }
                write_start(name, attributes, entities, &mut out);
                if is_empty {
                    out.push_str("/>");
                } else {
                    out.push('>');
                    open.push(name);
                }
            }
            Token::End(name) => {
                if let Some(depth) = open
                    .iter()
                    .rev()
                    .take(64)
                    .position(|opened| *opened == name)
                    .map(|above| open.len() - 1 - above)
                {
                    close(&mut open, depth, &mut out);
                }
            }
            _ if open.is_empty() => {}
            Token::Text(raw) => out.push_str(&line::html_of_text(&resolve(raw, entities))),
            Token::Cdata(raw) => out.push_str(&line::html_of_text(raw)),
        }
        if open.is_empty() && !out.is_empty() {
            break;
        }
    }
    close(&mut open, 0, &mut out);
    out
}

fn close(open: &mut Vec<&str>, depth: usize, out: &mut String) {
    while open.len() > depth {
        if let Some(name) = open.pop() {
            out.push_str("</");
            out.push_str(name);
            out.push('>');
        }
    }
}

fn write_start(name: &str, inside: &str, entities: &Entities, out: &mut String) {
    out.push('<');
    out.push_str(name);
    let mut seen: Vec<&str> = Vec::new();
    for (name, raw) in attributes(inside).take(64) {
        if !is_name(name) || seen.contains(&name) {
            continue;
        }
        seen.push(name);
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        out.push_str(&line::html_of_text(&resolve(raw, entities)).replace('"', "&quot;"));
        out.push('"');
    }
}

/// A name that every reader of XML takes.
fn is_name(name: &str) -> bool {
    let plain = |part: &str| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part
                .chars()
                .all(|next| next.is_alphanumeric() || matches!(next, '_' | '-' | '.'))
    };
    match name.split_once(':') {
        Some((prefix, local)) => plain(prefix) && plain(local),
        None => plain(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_becomes_well_formed() {
        assert_eq!(
            well_formed("<a x=1 x='2' y=\"a&b\">b & c&nbsp;d<br>e</a> junk"),
            "<a x=\"1\" y=\"a&amp;b\">b &amp; c\u{a0}d<br>e</br></a>"
        );
        assert_eq!(well_formed("<a><b>c<d e"), "<a><b>c</b></a>");
        assert_eq!(well_formed("<a><![CDATA[<b>]]></x></a>"), "<a>&lt;b&gt;</a>");
    }
}
