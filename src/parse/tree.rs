//! A document as a walk over its elements, an entry at a time.
//!
//! [`Document`] goes through the outer elements (`rss`, `channel`, `feed`) without keeping them and builds a
//! [`Node`] for each thing inside, so that memory follows the largest entry and not the document. Tags that do
//! not match are mended as they come: an end tag closes what is open inside its element, one that closes nothing
//! is passed by, a new entry ends the one before it, and the end of the text closes everything.

use super::Quirks;
use super::entity::{Entities, resolve};
use super::namespace::{self, Space};
use super::node::{Attribute, Child, Node};
use super::odd::counted;
use super::scan::{Scanner, Token, attributes};
use std::borrow::Cow;

/// Elements deeper than this inside an entry are read as if they stood at this depth.
const MAX_DEPTH: usize = 512;
/// Attributes of one element beyond this are not read.
const MAX_ATTRIBUTES: usize = 256;
/// Namespace declarations in force at once beyond this are not read.
const MAX_NAMESPACES: usize = 64;
/// Elements and texts inside one entry beyond this are not read.
const MAX_CHILDREN: usize = 200_000;
/// So many levels up the partner of an end tag is looked for.
const MAX_CLOSED: usize = 64;

/// An outer element as it opens.
#[derive(Debug)]
pub(super) struct Outer<'a> {
    /// Its name without prefix, in lower case.
    pub(super) name: Cow<'a, str>,
    /// As written, references resolved.
    pub(super) attributes: Vec<Attribute<'a>>,
}

/// What the walk comes upon.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// An outer element opens: `rss`, `rdf:RDF`, `feed`, `channel`.
    Open(Outer<'a>),
    /// The innermost outer element closes.
    Close,
    /// Something inside an outer element, whole.
    Node(Node<'a>),
}

/// The walk through a document.
#[derive(Debug)]
pub(super) struct Document<'a> {
    scanner: Scanner<'a>,
    pending: Option<Token<'a>>,
    entities: Entities,
    document_bytes: usize,
    /// The outer elements that are open, by their names as written.
    outer: Vec<&'a str>,
    /// Prefix, vocabulary and the depth that declared it.
    namespaces: Vec<(&'a str, Space, usize)>,
    /// Something that costs others more than it is worth: see [`Document::is_hazardous`].
    is_hazardous: bool,
    is_cut: bool,
    stray_tags: usize,
    is_declared: bool,
}

impl<'a> Document<'a> {
    /// The walk at the beginning of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            scanner: Scanner::new(text),
            pending: None,
            entities: Entities::default(),
            document_bytes: text.len(),
            outer: Vec::new(),
            namespaces: Vec::new(),
            is_hazardous: false,
            is_cut: false,
            stray_tags: 0,
            is_declared: false,
        }
    }

    /// Whether something was met that other readers answer with quadratic work or endless depth.
    pub(super) const fn is_hazardous(&self) -> bool {
        self.is_hazardous
    }

    /// Whether the text ended inside an entry or with the feed still open.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether the root element says by its default namespace that this is a feed.
    pub(super) const fn is_declared(&self) -> bool {
        self.is_declared
    }

    /// How many outer elements are open.
    pub(super) const fn depth(&self) -> usize {
        self.outer.len()
    }

    /// Tells what was wrong with the document as XML.
    pub(super) fn oddities(&self, quirks: &mut Quirks) {
        if self.stray_tags > 0 {
            quirks.add(|| format!("{} without a partner", counted(self.stray_tags, "tag")));
        }
        if self.is_hazardous {
            quirks.add(|| "more stands in it than is read: elements too deep or too many, or attributes or namespaces".to_owned());
        }
        self.entities.oddities(quirks);
    }

    fn token(&mut self) -> Option<Token<'a>> {
        self.pending.take().or_else(|| self.scanner.next())
    }

    /// The next step; `None` at the end of the text.
    pub(super) fn step(&mut self) -> Option<Step<'a>> {
        loop {
            let Some(token) = self.token() else {
                self.is_cut |= !self.outer.is_empty();
                return None;
            };
            match token {
                Token::Start {
                    name,
                    attributes,
                    is_empty,
                } => return Some(self.open(name, attributes, is_empty)),
                Token::End(name) if self.outer.contains(&name) => {
                    while let Some(closed) = self.outer.pop() {
                        if closed == name {
                            break;
                        }
                    }
                    self.forget_namespaces(self.outer.len());
                    return Some(Step::Close);
                }
                Token::End(_) => self.stray_tags += 1,
                Token::Text(_) | Token::Cdata(_) => {}
            }
        }
    }

    fn open(&mut self, name: &'a str, inside: &'a str, is_empty: bool) -> Step<'a> {
        if self.outer.is_empty() {
            self.entities = Entities::of_doctype(self.scanner.doctype(), self.document_bytes);
        }
        let depth = self.outer.len() + 1;
        let attributes = self.read_attributes(inside, depth);
        let (space, local) = self.resolve_name(name);
        let is_outer = matches!(local.as_ref(), "rss" | "rdf" | "feed" | "channel")
            && (self.outer.is_empty()
                || matches!(space, Space::Core | Space::Other) && local == "channel" && self.outer.len() < 4);
        if is_outer {
            if is_empty {
                self.forget_namespaces(self.outer.len());
            } else {
                self.outer.push(name);
            }
            return Step::Open(Outer {
                name: local,
                attributes,
            });
        }
        let node = Node {
            space,
            name: local,
            attributes,
            children: Vec::new(),
        };
        let node = if is_empty { node } else { self.build(node, name) };
        self.forget_namespaces(self.outer.len());
        Step::Node(node)
    }

    /// Reads up to the end of the element just opened.
    fn build(&mut self, node: Node<'a>, name: &'a str) -> Node<'a> {
        let mut open = Open {
            stack: vec![(name, node)],
            skipped: 0,
            children: 0,
        };
        while let Some(token) = self.token() {
            match token {
                Token::Text(raw) => open.text(resolve(raw, &self.entities)),
                Token::Cdata(raw) => open.text(Cow::Borrowed(raw)),
                Token::Start {
                    name,
                    attributes,
                    is_empty,
                } => {
                    // An entry that closes itself says nothing, and ends nothing.
                    let implied = if is_empty { None } else { open.implied_end(name) };
                    if let Some(depth) = implied {
                        self.stray_tags += 1;
                        if let Some(node) = open.close(depth) {
                            self.pending = Some(token);
                            return node;
                        }
                    }
                    self.start(&mut open, name, attributes, is_empty);
                }
                Token::End(name) => match open.position(name) {
                    Some(depth) => {
                        self.stray_tags += usize::from(depth + 1 != open.stack.len() && open.skipped == 0);
                        if let Some(node) = open.end(depth) {
                            return node;
                        }
                        self.forget_namespaces(self.outer.len() + open.stack.len());
                    }
                    None if self.outer.contains(&name) => {
                        self.pending = Some(token);
                        self.stray_tags += 1;
                        break;
                    }
                    None => self.stray_tags += 1,
                },
            }
        }
        self.is_cut |= self.pending.is_none();
        open.close(0).unwrap_or_else(|| Node {
            space: Space::Other,
            name: Cow::Borrowed(""),
            attributes: Vec::new(),
            children: Vec::new(),
        })
    }

    fn start(&mut self, open: &mut Open<'a>, name: &'a str, inside: &'a str, is_empty: bool) {
        open.children += 1;
        if open.children > MAX_CHILDREN {
            self.is_hazardous = true;
            open.skipped += usize::from(!is_empty);
            return;
        }
        let depth = self.outer.len() + open.stack.len() + 1;
        let attributes = self.read_attributes(inside, depth);
        let (space, local) = self.resolve_name(name);
        let node = Node {
            space,
            name: local,
            attributes,
            children: Vec::new(),
        };
        if is_empty || open.stack.len() >= MAX_DEPTH {
            if !is_empty {
                self.is_hazardous = true;
                open.skipped += 1;
            }
            self.forget_namespaces(depth - 1);
            open.push(node);
        } else {
            open.stack.push((name, node));
        }
    }

    fn read_attributes(&mut self, inside: &'a str, depth: usize) -> Vec<Attribute<'a>> {
        let mut kept = Vec::new();
        if inside.is_empty() {
            return kept;
        }
        for (name, raw) in attributes(inside) {
            if kept.len() == MAX_ATTRIBUTES {
                self.is_hazardous = true;
                break;
            }
            let value = resolve(raw, &self.entities);
            if let Some(prefix) = name.strip_prefix("xmlns") {
                if self.namespaces.len() < MAX_NAMESPACES {
                    let prefix = prefix.strip_prefix(':').unwrap_or(prefix);
                    let is_core = namespace::of_address(&value) == Space::Core && !value.is_empty();
                    self.is_declared |= depth == 1 && prefix.is_empty() && is_core;
                    let space = match namespace::of_address(&value) {
                        // The root's own vocabulary is what the feed is written in, under whatever address.
                        Space::Other if depth == 1 && prefix.is_empty() => Space::Core,
                        space => space,
                    };
                    self.namespaces.push((prefix, space, depth));
                } else {
                    self.is_hazardous = true;
                }
            } else {
                kept.push((name, value));
            }
        }
        kept
    }

    fn resolve_name(&self, name: &'a str) -> (Space, Cow<'a, str>) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let space = self
            .namespaces
            .iter()
            .rev()
            .find(|(declared, _, _)| *declared == prefix)
            .map_or_else(|| namespace::of_prefix(prefix), |(_, space, _)| *space);
        let local = if local.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(local.to_ascii_lowercase())
        } else {
            Cow::Borrowed(local)
        };
        (space, local)
    }

    fn forget_namespaces(&mut self, depth: usize) {
        while self
            .namespaces
            .last()
            .is_some_and(|(_, _, declared)| *declared > depth)
        {
            self.namespaces.pop();
        }
    }
}

/// The elements that are open while one is built, the outermost first.
struct Open<'a> {
    stack: Vec<(&'a str, Node<'a>)>,
    /// Elements too deep to be kept apart that are open still.
    skipped: usize,
    /// How many elements and texts are inside.
    children: usize,
}

impl<'a> Open<'a> {
    fn push(&mut self, node: Node<'a>) {
        if let Some((_, parent)) = self.stack.last_mut() {
            parent.children.push(Child::Node(node));
        }
    }

    fn text(&mut self, text: Cow<'a, str>) {
        self.children += 1;
        if self.children > MAX_CHILDREN {
            return;
        }
        if let Some((_, parent)) = self.stack.last_mut() {
            parent.children.push(Child::Text(text));
        }
    }

    /// Which open element an end tag closes: one near, or the entry or its field.
    fn position(&self, name: &str) -> Option<usize> {
        let near = self.stack.len().saturating_sub(MAX_CLOSED);
        let places = || (near..self.stack.len()).rev().chain((0..near.min(2)).rev());
        let is = |place: &usize, same: fn(&str, &str) -> bool| {
            self.stack.get(*place).is_some_and(|(open, _)| same(open, name))
        };
        places()
            .find(|place| is(place, |open, name| open == name))
            .or_else(|| places().find(|place| is(place, str::eq_ignore_ascii_case)))
    }

    /// Answers an end tag; the whole node when it was the outermost's.
    fn end(&mut self, depth: usize) -> Option<Node<'a>> {
        if self.skipped > 0 && depth + 1 == self.stack.len() {
            self.skipped -= 1;
            return None;
        }
        self.close(depth)
    }

    /// Closes everything down to `depth`; the whole node when that is 0.
    fn close(&mut self, depth: usize) -> Option<Node<'a>> {
        self.skipped = 0;
        while self.stack.len() > depth {
            let (_, node) = self.stack.pop()?;
            if self.stack.is_empty() {
                return Some(node);
            }
            self.push(node);
        }
        None
    }

    /// The depth that a start tag closes although no end tag said so: a new entry ends the open one, and what only
    /// stands directly in an entry ends an unclosed field of it.
    fn implied_end(&self, name: &str) -> Option<usize> {
        let (outermost, _) = self.stack.first()?;
        let local = local_name(name);
        if is_entry(local) {
            // Some entries hold others on purpose: what is quoted or kept beside stays inside.
            let is_quoted = self
                .stack
                .iter()
                .skip(1)
                .take(MAX_CLOSED)
                .any(|(open, _)| *open == "source" || !prefix(open).is_empty());
            return (!is_quoted && (*outermost == name || !is_entry(local_name(outermost)))).then_some(0);
        }
        if !is_entry(local_name(outermost)) || self.stack.len() < 2 {
            return None;
        }
        let (field, node) = self.stack.get(1)?;
        let is_plain = matches!(
            node.name.as_ref(),
            "title" | "link" | "guid" | "pubdate" | "category" | "description"
        );
        let is_field = matches!(
            local,
            "guid" | "pubDate" | "description" | "category" | "enclosure" | "comments"
        ) || matches!(local, "link" | "title")
            && matches!(node.name.as_ref(), "title" | "link" | "guid" | "pubdate");
        (is_plain && is_field && node.space == Space::Core && prefix(field) == prefix(name)).then_some(1)
    }
}

fn local_name(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn is_entry(local: &str) -> bool {
    local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(text: &str) -> Vec<Node<'_>> {
        let mut document = Document::new(text);
        let mut nodes = Vec::new();
        while let Some(step) = document.step() {
            if let Step::Node(node) = step {
                nodes.push(node);
            }
        }
        nodes
    }

    fn titles(text: &str) -> Vec<String> {
        nodes(text)
            .iter()
            .filter_map(|node| node.node(Space::Core, "title")?.word())
            .collect()
    }

    #[test]
    fn entries_come_one_by_one_with_their_text_resolved() {
        let text = "<rss><channel><item><title>a &amp; <![CDATA[<b>]]></title></item><item><title>c</title></item></channel></rss>";
        assert_eq!(titles(text), ["a & <b>", "c"]);
    }

    #[test]
    fn an_unclosed_tag_costs_nothing_beyond_its_own_entry() {
        let text = "<rss><channel><item><title>a</title><description>x<br>y</description></item>\
                    <item><title>b<guid>1</guid></item><item><title>c</title><item><title>d</title></item></channel></rss>";
        assert_eq!(titles(text), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_document_cut_in_the_middle_keeps_what_came_before() {
        let text = "<rss><channel><item><title>a</title></item><item><title>b</title><description>half a sen";
        assert_eq!(titles(text), ["a", "b"]);
        let mut document = Document::new(text);
        while document.step().is_some() {}
        assert!(document.is_cut());
    }

    #[test]
    fn depth_is_bounded_and_said_to_be_hazardous() {
        let text = format!(
            "<rss><item>{}<title>x</title></item><item><title>y</title></item></rss>",
            "<a>".repeat(100_000)
        );
        assert_eq!(titles(&text), ["y"]);
    }

    #[test]
    fn prefixes_are_resolved_by_declaration_then_by_custom() {
        let text = "<rss xmlns:m='http://search.yahoo.com/mrss/'><item><m:content url='u'/><dc:date>d</dc:date></item></rss>";
        let found = nodes(text);
        assert!(found[0].node(Space::Media, "content").is_some());
        assert!(found[0].node(Space::DublinCore, "date").is_some());
    }
}
