//! Elements of modules, before they are those of one writer or the other.
//!
//! Both writers have the same form of foreign elements in types of their own, sorted by prefix and name.

use super::clean;
use crate::html;
use std::collections::BTreeMap;

/// Prefixes and namespaces of the modules we write: the ones that validators know.
const NAMESPACES: [(&str, &str); 5] = [
    ("fh", "http://purl.org/syndication/history/1.0"),
    ("georss", "http://www.georss.org/georss"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("slash", "http://purl.org/rss/1.0/modules/slash/"),
    ("thr", "http://purl.org/syndication/thread/1.0"),
];

/// An element without its prefix, which its children share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    name: &'static str,
    attributes: BTreeMap<&'static str, String>,
    text: Option<String>,
    pub(crate) children: Vec<Element>,
}

impl Element {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    pub(crate) fn with(mut self, attribute: &'static str, value: &str) -> Self {
        self.attributes.insert(attribute, value.to_owned());
        self
    }

    pub(crate) fn maybe(self, attribute: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(attribute, value),
            None => self,
        }
    }

    pub(crate) fn holding(mut self, text: &str) -> Self {
        self.text = Some(text.to_owned());
        self
    }
}

/// Plain text in an element that says whether it holds text or HTML.
pub(crate) fn text(name: &'static str, plain: &str) -> Element {
    let element = Element::new(name);
    if clean::is_ambiguous(plain) {
        element.with("type", "html").holding(&html::escape(plain))
    } else {
        element.with("type", "plain").holding(plain)
    }
}

/// Elements with their prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Elements(Vec<(&'static str, Element)>);

impl Elements {
    pub(crate) fn push(&mut self, prefix: &'static str, element: Element) {
        self.0.push((prefix, element));
    }

    pub(crate) fn for_rss(self) -> rss::extension::ExtensionMap {
        let mut map = rss::extension::ExtensionMap::new();
        for (prefix, element) in self.0 {
            let (name, element) = of_rss(prefix, element);
            let of_prefix = map.entry(prefix.to_owned()).or_default();
            of_prefix.entry(name).or_default().push(element);
        }
        map
    }

    pub(crate) fn for_atom(self) -> atom_syndication::extension::ExtensionMap {
        let mut map = atom_syndication::extension::ExtensionMap::new();
        for (prefix, element) in self.0 {
            let (name, element) = of_atom(prefix, element);
            let of_prefix = map.entry(prefix.to_owned()).or_default();
            of_prefix.entry(name).or_default().push(element);
        }
        map
    }
}

fn of_rss(prefix: &str, element: Element) -> (String, rss::extension::Extension) {
    let mut children: BTreeMap<String, Vec<rss::extension::Extension>> = BTreeMap::new();
    for child in element.children {
        let (name, child) = of_rss(prefix, child);
        children.entry(name).or_default().push(child);
    }
    let written = rss::extension::Extension {
        name: format!("{prefix}:{}", element.name),
        value: element.text,
        attrs: owned(element.attributes),
        children,
    };
    (element.name.to_owned(), written)
}

fn of_atom(prefix: &str, element: Element) -> (String, atom_syndication::extension::Extension) {
    let mut children: BTreeMap<String, Vec<atom_syndication::extension::Extension>> = BTreeMap::new();
    for child in element.children {
        let (name, child) = of_atom(prefix, child);
        children.entry(name).or_default().push(child);
    }
    let written = atom_syndication::extension::Extension {
        name: format!("{prefix}:{}", element.name),
        value: element.text,
        // `atom_syndication` 0.12 writes the values of foreign attributes as they are.
        attrs: owned(element.attributes)
            .into_iter()
            .map(|(name, value)| (name, quick_xml::escape::escape(value).into_owned()))
            .collect(),
        children,
    };
    (element.name.to_owned(), written)
}

fn owned(attributes: BTreeMap<&'static str, String>) -> BTreeMap<String, String> {
    let attributes = attributes.into_iter();
    attributes.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The namespaces to declare for these prefixes: each once, and none that is not used.
pub(crate) fn namespaces<'a>(prefixes: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    let mut namespaces = BTreeMap::new();
    for prefix in prefixes {
        if let Some((known, namespace)) = NAMESPACES.iter().find(|(known, _)| *known == prefix) {
            namespaces.insert((*known).to_owned(), (*namespace).to_owned());
        }
    }
    namespaces
}
