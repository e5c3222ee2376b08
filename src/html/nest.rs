//! Elements nested so that no parser has to mend them.
//!
//! The parser of browsers, and of the sanitizer, moves what stands where it cannot: words directly in a table go
//! before it, a link in a link ends the one around it, and so on (HTML standard, 13.2.6). What it moved it may
//! move again when it reads what was written of it. So everything has its place before that parser sees it: end
//! tags that were left out are written, and so are the rows and cells that a table lacks around what it holds.

use super::allowed::{Element, Place, find};
use super::entities::unescape;
use super::push_escaped;
use crate::text::legal::legal;

/// Elements deeper than this lose their tags and keep their text.
pub(super) const MAX_DEPTH: usize = 256;

/// The elements that a table may put around what it holds: group, row, cell.
const TABLE_LEVELS: usize = 3;

/// Markup as it is written, and what is open at its end.
#[derive(Debug, Default)]
pub(super) struct Nest {
    markup: String,
    open: Vec<&'static Element>,
    /// Where the content of the last `pre` begins.
    begin_of_pre: Option<usize>,
}

impl Nest {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            markup: String::with_capacity(bytes),
            ..Self::default()
        }
    }

    /// The markup, all ends written.
    pub(super) fn finish(mut self) -> String {
        self.close_to(0);
        self.markup
    }

    pub(super) fn is_within(&self, name: &str) -> bool {
        self.open.iter().any(|open| open.name == name)
    }

    /// Writes characters, references in them as they are.
    pub(super) fn text(&mut self, text: &str) {
        // A parser leaves out the line end that a `pre` begins with, and the next when it reads what is left.
        if self.begin_of_pre == Some(self.markup.len()) && text.starts_with(['\r', '\n', '&']) {
            let text = unescape(text);
            push_escaped(&mut self.markup, legal(&text).trim_start_matches(['\r', '\n']));
            return;
        }
        if text.bytes().any(|byte| !byte.is_ascii_whitespace()) {
            self.begin_words();
        }
        self.markup.push_str(text);
    }

    /// Ends what `element` cannot stand in. False when it has no place here at all.
    pub(super) fn make_place(&mut self, element: &'static Element) -> bool {
        match element.place {
            Place::Inline if element.name == "a" => self.end_link(),
            Place::Inline | Place::Void => {}
            Place::Block | Place::VoidBlock => self.end_paragraph(),
            Place::Table => self.end_for_table(),
            Place::Heading => {
                self.end_paragraph();
                self.end_last(|open| open.place == Place::Heading);
            }
            Place::Item => self.end_item(Place::Item, &["ul", "ol"]),
            Place::Term => self.end_item(Place::Term, &["dl"]),
            Place::Gloss => self.end_before_gloss(),
            Place::TablePart | Place::TableGroup => return self.close_down_to(&[Place::Table]),
            Place::VoidColumn => return self.make_place_for_column(),
            Place::Row => return self.close_down_to(&[Place::TableGroup, Place::Table]),
            Place::Cell => return self.close_down_to(&[Place::Row, Place::TableGroup, Place::Table]),
        }
        true
    }

    /// Opens what `element`, for which place was made, needs around it. False: it would lie too deep.
    pub(super) fn open_around(&mut self, element: &'static Element) -> bool {
        match element.place {
            Place::TablePart | Place::TableGroup => {}
            Place::Row | Place::Cell => {
                if self.last() == Some(Place::Table) {
                    self.open("tbody");
                }
                if element.place == Place::Cell && self.last() == Some(Place::TableGroup) {
                    self.open("tr");
                }
            }
            Place::VoidColumn => {
                if self.last() == Some(Place::Table) {
                    self.open("colgroup");
                }
            }
            _ => self.begin_words(),
        }
        let levels = if element.place == Place::Table {
            1 + TABLE_LEVELS
        } else {
            1
        };
        element.place.is_void() || self.open.len() + levels <= MAX_DEPTH
    }

    /// Writes a start tag with what `attributes` writes after the name.
    pub(super) fn start(&mut self, element: &'static Element, attributes: impl FnOnce(&mut String)) {
        self.markup.push('<');
        self.markup.push_str(element.name);
        attributes(&mut self.markup);
        self.markup.push('>');
        if element.name == "pre" {
            self.begin_of_pre = Some(self.markup.len());
        }
        if !element.place.is_void() {
            self.open.push(element);
        }
    }

    /// Writes the end tag of the last open `element` and of what is open in it, if there is one.
    pub(super) fn end(&mut self, element: &'static Element) {
        match element.place {
            Place::Table | Place::TablePart | Place::TableGroup | Place::Row | Place::Cell => {
                let wall = self.open.iter().rposition(|open| open.place == Place::Table);
                let found = self.open.iter().rposition(|&open| open == element);
                if let Some(place) = found.filter(|&place| Some(place) >= wall) {
                    self.close_to(place);
                }
            }
            _ => self.end_within_cell(|open| open == element),
        }
    }

    /// Ends the link that is open, for links hold no links.
    fn end_link(&mut self) {
        self.end_within_cell(|open| open.name == "a");
    }

    fn last(&self) -> Option<Place> {
        self.open.last().map(|open| open.place)
    }

    fn open(&mut self, name: &str) {
        if let Some(element) = find(name) {
            self.start(element, |_| {});
        }
    }

    /// In a table, and in none of its cells or its caption.
    fn is_between_cells(&self) -> bool {
        self.open.last().is_some_and(|open| match open.place {
            Place::Table | Place::TableGroup | Place::Row => true,
            Place::TablePart => open.name == "colgroup",
            _ => false,
        })
    }

    /// Words stand in a table's cells and caption alone: opens a cell where they would stand elsewhere in a table.
    fn begin_words(&mut self) {
        if self.is_between_cells()
            && let Some(cell) = find("td")
        {
            self.make_place(cell);
            self.open_around(cell);
            self.start(cell, |_| {});
        }
    }

    fn end_paragraph(&mut self) {
        self.end_within_cell(|open| open.name == "p");
    }

    /// A table that begins between the cells of another ends it.
    fn end_for_table(&mut self) {
        self.end_paragraph();
        let around = self.open.iter().rposition(|open| open.place == Place::Table);
        if let Some(place) = around.filter(|_| self.is_between_cells()) {
            self.close_to(place);
        }
    }

    fn make_place_for_column(&mut self) -> bool {
        if self.open.last().is_some_and(|open| open.name == "colgroup") {
            return true;
        }
        self.close_down_to(&[Place::Table])
    }

    /// In ruby, the gloss ends whatever may go without an end tag, as a parser would.
    fn end_before_gloss(&mut self) {
        let may_end = |open: &Element| {
            open.name == "p" || matches!(open.place, Place::Item | Place::Term | Place::Gloss)
        };
        if self.is_within("ruby") {
            while self.open.last().is_some_and(|open| may_end(open)) {
                self.close_to(self.open.len() - 1);
            }
        }
    }

    /// Ends the last open item unless a list has begun since.
    fn end_item(&mut self, kind: Place, lists: &[&str]) {
        let item = |open: &Element| open.place == kind;
        let found = self.open.iter().rposition(|open| {
            item(open) || lists.contains(&open.name) || matches!(open.place, Place::Cell | Place::Table)
        });
        if let Some(place) = found.filter(|&place| self.open.get(place).is_some_and(|open| item(open))) {
            self.close_to(place);
        }
        self.end_paragraph();
    }

    fn end_last(&mut self, is_it: impl Fn(&Element) -> bool) {
        if self.open.last().is_some_and(|open| is_it(open)) {
            self.close_to(self.open.len() - 1);
        }
    }

    /// Ends the last open element that is asked for, if no table or cell has begun since.
    fn end_within_cell(&mut self, is_it: impl Fn(&Element) -> bool) {
        let is_wall = |open: &Element| matches!(open.place, Place::Cell | Place::Table | Place::TablePart);
        let found = self.open.iter().rposition(|open| is_it(open) || is_wall(open));
        if let Some(place) = found.filter(|&place| self.open.get(place).is_some_and(|open| is_it(open))) {
            self.close_to(place);
        }
    }

    /// Ends everything above the last open one of these places, within the innermost table. False: no table is open.
    fn close_down_to(&mut self, places: &[Place]) -> bool {
        let found = self.open.iter().rposition(|open| places.contains(&open.place));
        if let Some(place) = found {
            self.close_to(place + 1);
        }
        found.is_some()
    }

    /// Writes the end tags of all that is open from `height` up.
    fn close_to(&mut self, height: usize) {
        while self.open.len() > height
            && let Some(element) = self.open.pop()
        {
            self.markup.push_str("</");
            self.markup.push_str(element.name);
            self.markup.push('>');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::flatten::flatten;
    use super::super::sanitize;

    /// What the sanitizer's parser makes of the flattened markup, and makes of that again.
    fn assert_parsed_as_it_stands(html: &str, expected: &str) {
        assert_eq!(flatten(html, None), expected, "{html}");
        assert_eq!(sanitize(html, None), expected, "{html}");
        assert_eq!(sanitize(expected, None), expected, "{html}");
    }

    #[test]
    fn what_stands_between_the_cells_of_a_table_gets_a_cell() {
        for (html, expected) in [
            (
                "<table>a<tr><td>b",
                "<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>",
            ),
            (
                "<table><tr>a<br><td>b</table>c",
                "<table><tbody><tr><td>a<br></td><td>b</td></tr></tbody></table>c",
            ),
            (
                "<table> <tr> <td>a</td> </tr> </table>",
                "<table> <tbody><tr> <td>a</td> </tr> </tbody></table>",
            ),
            (
                "<table><colgroup>?><b>a",
                "<table><colgroup></colgroup><tbody><tr><td>?><b>a</b></td></tr></tbody></table>",
            ),
            (
                "<table><script>x</script><a name=y><img></table>",
                "<table></table>",
            ),
        ] {
            let expected = expected.replace("?>", "?&gt;");
            assert_parsed_as_it_stands(&html.replace("?>", "?&gt;"), &expected);
        }
    }

    #[test]
    fn tables_have_all_of_their_levels() {
        for (html, expected) in [
            (
                "<table><caption>a<col><td>b",
                "<table><caption>a</caption><colgroup><col></colgroup><tbody><tr><td>b</td></tr></tbody></table>",
            ),
            (
                "<table><table><tr><th>a",
                "<table></table><table><tbody><tr><th>a</th></tr></tbody></table>",
            ),
            (
                "<table><tr><td><table><thead><td>a</table></table>",
                "<table><tbody><tr><td><table><thead><tr><td>a</td></tr></thead></table></td></tr></tbody></table>",
            ),
        ] {
            assert_parsed_as_it_stands(html, expected);
        }
    }

    #[test]
    fn a_link_around_tables_stays_around_them() {
        let link = |words: &str| {
            format!("<a href=\"https://example.org/\" rel=\"noopener noreferrer nofollow\">{words}</a>")
        };
        let expected = link(&format!(
            "<dl><dt><dl><dt><table></table><table><colgroup></colgroup><tbody><tr><td>?&gt;{}</td></tr></tbody></table></dt></dl></dt></dl>",
            link("A")
        ));
        let href = "<a href=\"https://example.org/\">";
        let html = format!("{href}<dl><dt><dl><dt><table><table><colgroup>?>{href}A");
        assert_eq!(sanitize(&html, None), expected);
        assert_eq!(sanitize(&expected, None), expected);
    }

    #[test]
    fn a_gloss_ends_what_a_parser_would_end() {
        assert_parsed_as_it_stands("<ruby><p>a<rt>b</ruby>", "<ruby><p>a</p><rt>b</rt></ruby>");
        assert_parsed_as_it_stands("<p>a<rt>b", "<p>a<rt>b</rt></p>");
    }

    #[test]
    fn line_ends_at_the_beginning_of_a_pre_go_all_at_once() {
        for html in [
            "<pre>\n\na\n",
            "<pre>\r\n&#10;<!-- x -->\na\n",
            "<pre>&#1;\n&#13;a\n",
        ] {
            assert_eq!(sanitize(html, None), "<pre>a\n</pre>", "{html:?}");
        }
        assert_parsed_as_it_stands("<pre><code>\na", "<pre><code>\na</code></pre>");
    }
}
