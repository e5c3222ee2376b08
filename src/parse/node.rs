//! An element of a document with everything inside, as [`super::tree`] builds it.

use super::namespace::Space;
use std::borrow::Cow;

/// An element with everything inside.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// The vocabulary of its name.
    pub(super) space: Space,
    /// Its name without prefix, in lower case.
    pub(super) name: Cow<'a, str>,
    /// As written, references resolved.
    pub(super) attributes: Vec<Attribute<'a>>,
    /// What is inside, in order.
    pub(super) children: Vec<Child<'a>>,
}

/// A name with its prefix, as written, and a value with its references resolved.
pub(super) type Attribute<'a> = (&'a str, Cow<'a, str>);

/// What stands inside an element.
#[derive(Debug)]
pub(super) enum Child<'a> {
    /// Text with its references resolved.
    Text(Cow<'a, str>),
    /// An element.
    Node(Node<'a>),
}

impl<'a> Node<'a> {
    /// The attribute of this name: without prefix, or with exactly this one; upper and lower case are the same.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(written, _)| written.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_ref())
    }

    /// The attribute whose name after its prefix, whatever that is, is this one.
    pub(super) fn local_attribute(&self, name: &str) -> Option<&str> {
        let is_it = |written: &str| {
            written
                .rsplit(':')
                .next()
                .is_some_and(|local| local.eq_ignore_ascii_case(name))
        };
        self.attributes
            .iter()
            .find(|(written, _)| is_it(written))
            .map(|(_, value)| value.as_ref())
    }

    /// All attributes, in order.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'a str, &str)> {
        self.attributes
            .iter()
            .map(|(name, value)| (*name, value.as_ref()))
    }

    /// The elements directly inside.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node<'a>> {
        self.children.iter().filter_map(|child| match child {
            Child::Node(node) => Some(node),
            Child::Text(_) => None,
        })
    }

    /// The first element of this vocabulary and name directly inside.
    pub(super) fn node(&self, space: Space, name: &str) -> Option<&Node<'a>> {
        self.nodes().find(|node| node.space == space && node.name == name)
    }

    /// Whether it holds elements.
    pub(super) fn has_nodes(&self) -> bool {
        self.nodes().next().is_some()
    }

    /// The text directly inside, not that of elements inside.
    pub(super) fn text(&self) -> Cow<'_, str> {
        let mut texts = self.children.iter().filter_map(|child| match child {
            Child::Text(text) => Some(text.as_ref()),
            Child::Node(_) => None,
        });
        let Some(first) = texts.next() else {
            return Cow::Borrowed("");
        };
        let mut whole = Cow::Borrowed(first);
        for more in texts {
            whole.to_mut().push_str(more);
        }
        whole
    }

    /// The text inside without the blanks around it; `None` when nothing is left.
    pub(super) fn word(&self) -> Option<String> {
        let text = self.text();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}
