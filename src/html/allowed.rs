//! The markup that readers get: one list, by which the flattener and the sanitizer both go.

use std::sync::LazyLock;

/// An element that is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name, lower case.
    pub(super) name: &'static str,
    /// How it stands to its neighbours.
    pub(super) place: Place,
    /// Its attributes besides those of [`EVERYWHERE`].
    pub(super) attributes: &'static [&'static str],
}

/// How an element stands to its neighbours when its source left out end tags (HTML standard, 13.1.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the flow of words.
    Inline,
    /// Ends a paragraph before it.
    Block,
    /// The same, and a heading before it.
    Heading,
    /// Ends the list item before it in its list (`li`).
    Item,
    /// The same in a list of terms (`dt`, `dd`).
    Term,
    /// The same in ruby (`rt`, `rp`).
    Gloss,
    /// A table.
    Table,
    /// Directly in a table: `caption`, `colgroup`.
    TablePart,
    /// `thead`, `tbody`, `tfoot`.
    TableGroup,
    /// `tr`.
    Row,
    /// `td`, `th`.
    Cell,
    /// Has no content, in the flow.
    Void,
    /// Has no content and ends a paragraph (`hr`).
    VoidBlock,
    /// Has no content, in a table (`col`).
    VoidColumn,
}

impl Place {
    /// Has no content and no end tag.
    pub(super) const fn is_void(self) -> bool {
        matches!(self, Self::Void | Self::VoidBlock | Self::VoidColumn)
    }
}

/// Attributes that any kept element may have.
pub(super) const EVERYWHERE: &[&str] = &["title", "lang", "dir"];

/// Attributes that hold an address.
pub(super) const ADDRESSES: &[&str] = &["href", "src", "cite", "poster"];

const fn element(name: &'static str, place: Place, attributes: &'static [&'static str]) -> Element {
    Element {
        name,
        place,
        attributes,
    }
}

/// Every element that is kept, sorted by name.
pub(super) static ELEMENTS: [Element; 79] = [
    element("a", Place::Inline, &["href", "hreflang"]),
    element("abbr", Place::Inline, &[]),
    element("address", Place::Block, &[]),
    element("article", Place::Block, &[]),
    element("aside", Place::Block, &[]),
    element("audio", Place::Inline, &["src", "controls"]),
    element("b", Place::Inline, &[]),
    element("bdi", Place::Inline, &[]),
    element("bdo", Place::Inline, &[]),
    element("big", Place::Inline, &[]),
    element("blockquote", Place::Block, &["cite"]),
    element("br", Place::Void, &[]),
    element("caption", Place::TablePart, &[]),
    element("cite", Place::Inline, &[]),
    element("code", Place::Inline, &[]),
    element("col", Place::VoidColumn, &["span"]),
    element("colgroup", Place::TablePart, &["span"]),
    element("data", Place::Inline, &["value"]),
    element("dd", Place::Term, &[]),
    element("del", Place::Inline, &["cite", "datetime"]),
    element("details", Place::Block, &["open"]),
    element("dfn", Place::Inline, &[]),
    element("div", Place::Block, &[]),
    element("dl", Place::Block, &[]),
    element("dt", Place::Term, &[]),
    element("em", Place::Inline, &[]),
    element("figcaption", Place::Block, &[]),
    element("figure", Place::Block, &[]),
    element("footer", Place::Block, &[]),
    element("h1", Place::Heading, &[]),
    element("h2", Place::Heading, &[]),
    element("h3", Place::Heading, &[]),
    element("h4", Place::Heading, &[]),
    element("h5", Place::Heading, &[]),
    element("h6", Place::Heading, &[]),
    element("header", Place::Block, &[]),
    element("hgroup", Place::Block, &[]),
    element("hr", Place::VoidBlock, &[]),
    element("i", Place::Inline, &[]),
    element("img", Place::Void, &["src", "alt", "width", "height"]),
    element("ins", Place::Inline, &["cite", "datetime"]),
    element("kbd", Place::Inline, &[]),
    element("li", Place::Item, &["value"]),
    element("main", Place::Block, &[]),
    element("mark", Place::Inline, &[]),
    element("ol", Place::Block, &["start", "reversed", "type"]),
    element("p", Place::Block, &[]),
    element("picture", Place::Inline, &[]),
    element("pre", Place::Block, &[]),
    element("q", Place::Inline, &["cite"]),
    element("rp", Place::Gloss, &[]),
    element("rt", Place::Gloss, &[]),
    element("ruby", Place::Inline, &[]),
    element("s", Place::Inline, &[]),
    element("samp", Place::Inline, &[]),
    element("section", Place::Block, &[]),
    element("small", Place::Inline, &[]),
    element("source", Place::Void, &["src", "type"]),
    element("span", Place::Inline, &[]),
    element("strike", Place::Inline, &[]),
    element("strong", Place::Inline, &[]),
    element("sub", Place::Inline, &[]),
    element("summary", Place::Block, &[]),
    element("sup", Place::Inline, &[]),
    element("table", Place::Table, &[]),
    element("tbody", Place::TableGroup, &[]),
    element("td", Place::Cell, &["colspan", "rowspan"]),
    element("tfoot", Place::TableGroup, &[]),
    element("th", Place::Cell, &["colspan", "rowspan", "scope"]),
    element("thead", Place::TableGroup, &[]),
    element("time", Place::Inline, &["datetime"]),
    element("tr", Place::Row, &[]),
    element("track", Place::Void, &["src", "kind", "srclang", "label"]),
    element("tt", Place::Inline, &[]),
    element("u", Place::Inline, &[]),
    element("ul", Place::Block, &[]),
    element("var", Place::Inline, &[]),
    element(
        "video",
        Place::Inline,
        &["src", "controls", "poster", "width", "height"],
    ),
    element("wbr", Place::Void, &[]),
];

/// Where the elements begin whose names begin with each letter, and where the last end.
static BY_LETTER: LazyLock<[usize; 27]> = LazyLock::new(|| {
    let mut begins = [0; 27];
    for (begin, letter) in begins.iter_mut().zip(b'a'..) {
        *begin = ELEMENTS.partition_point(|element| element.name.as_bytes() < [letter].as_slice());
    }
    begins
});

/// The kept element of this name, in any case.
pub(super) fn find(name: &str) -> Option<&'static Element> {
    let letter = usize::from(name.bytes().next()?.to_ascii_lowercase().checked_sub(b'a')?);
    let (begin, end) = (BY_LETTER.get(letter)?, BY_LETTER.get(letter + 1)?);
    let mut elements = ELEMENTS.get(*begin..*end)?.iter();
    elements.find(|element| element.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_finds_each_of_its_elements() {
        assert!(ELEMENTS.is_sorted_by_key(|element| element.name));
        for element in &ELEMENTS {
            assert_eq!(find(&element.name.to_ascii_uppercase()), Some(element));
        }
        for other in ["script", "", "~", "\u{e9}", "z", "ab", "videos", "1"] {
            assert_eq!(find(other), None, "{other}");
        }
        assert_eq!(find("a-very-long-element"), None);
    }
}
