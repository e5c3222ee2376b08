//! Markup made simple before the sanitizer's parser sees it: only kept elements and attributes, well nested, at
//! most [`MAX_DEPTH`] deep, addresses absolute.
//!
//! The parser behind the sanitizer follows browsers through every kind of broken nesting, which takes time in the
//! square of the depth and, with formatting left open, memory in the square of the length. Here each start tag is
//! looked at once, against a stack of bounded height. Safety is not for this module to promise: the sanitizer
//! checks all of it again.

use super::absolute::{Scheme, absolute};
use super::allowed::{ADDRESSES, EVERYWHERE, Element, Place, find};
use super::entities::unescape_attribute;
use super::scan::{Attributes, MAX_ATTRIBUTES, Piece, Scanner, is_raw, is_unseen};
use super::{hosts, pictures, push_escaped};
use std::borrow::Cow;
use url::Url;

/// Elements deeper than this lose their tags and keep their text.
pub(super) const MAX_DEPTH: usize = 256;

/// Rewrites `html`; addresses are resolved by `base`.
pub(super) fn flatten(html: &str, base: Option<&Url>) -> String {
    let mut flattened = Flattener {
        markup: String::with_capacity(html.len() + html.len() / 8),
        open: Vec::new(),
        base,
        offered: None,
        is_for_scriptless: false,
        last_picture: String::new(),
    };
    let mut scanner = Scanner::new(html);
    while let Some(piece) = scanner.next() {
        match piece {
            Piece::Text("<") => flattened.markup.push_str("&lt;"),
            Piece::Text(text) => flattened.markup.push_str(text),
            Piece::Start(name, attributes) if is_raw(name) => {
                if name.eq_ignore_ascii_case("iframe") {
                    flattened.link_to_frame(attributes);
                }
                scanner.skip_element(name);
            }
            Piece::Start(name, _) if is_unseen(name) => scanner.skip_closed_element(name),
            Piece::Start(name, attributes) => flattened.start(name, attributes),
            Piece::End(name) => flattened.end(name),
            Piece::Aside => {}
        }
    }
    flattened.close_to(0);
    flattened.markup
}

struct Flattener<'a> {
    markup: String,
    open: Vec<&'static Element>,
    base: Option<&'a Url>,
    /// The first address that a `source` of the open `picture` offers.
    offered: Option<String>,
    /// Inside `noscript`, where pages repeat the pictures that their scripts load late.
    is_for_scriptless: bool,
    /// The address of the last picture.
    last_picture: String,
}

impl Flattener<'_> {
    fn start(&mut self, name: &str, attributes: Attributes<'_>) {
        let Some(element) = find(name) else {
            self.is_for_scriptless |= name.eq_ignore_ascii_case("noscript");
            return;
        };
        match element.name {
            "picture" => self.offered = None,
            // What a browser would choose among: readers get one picture, which all of them can show.
            "source" if self.open.iter().any(|open| open.name == "picture") => {
                if self.offered.is_none() {
                    self.offered = pictures::source(attributes, |written| self.address("src", written));
                }
                return;
            }
            _ => {}
        }
        if !self.make_place(element) || (self.open.len() >= MAX_DEPTH && !element.place.is_void()) {
            return;
        }
        let Some(kept) = self.attributes(element, attributes) else {
            return;
        };
        self.markup.push('<');
        self.markup.push_str(element.name);
        for (name, value) in kept {
            self.markup.push(' ');
            self.markup.push_str(name);
            self.markup.push_str("=\"");
            push_escaped(&mut self.markup, &value);
            self.markup.push('"');
        }
        self.markup.push('>');
        if !element.place.is_void() {
            self.open.push(element);
        }
    }

    /// Ends what this element cannot stand in. False when it has no place here at all.
    fn make_place(&mut self, element: &'static Element) -> bool {
        match element.place {
            Place::Inline if element.name == "a" => return self.make_place_for_link(),
            Place::Inline | Place::Void => {}
            Place::Block | Place::VoidBlock | Place::Table => self.end_paragraph(),
            Place::Heading => {
                self.end_paragraph();
                self.end_last(|open| open.place == Place::Heading);
            }
            Place::Item => self.end_item(Place::Item, &["ul", "ol"]),
            Place::Term => self.end_item(Place::Term, &["dl"]),
            Place::Gloss => self.end_last(|open| open.place == Place::Gloss),
            Place::TablePart | Place::TableGroup => return self.close_down_to(&[Place::Table]),
            Place::VoidColumn => return self.close_down_to(&[Place::TablePart, Place::Table]),
            Place::Row => return self.close_down_to(&[Place::TableGroup, Place::Table]),
            Place::Cell => return self.close_down_to(&[Place::Row, Place::TableGroup, Place::Table]),
        }
        true
    }

    /// Ends the link that is open, for links hold no links. False where it stands around a table whose cells have not
    /// begun: the sanitizer's parser would move a link from there to before the table, into the other.
    fn make_place_for_link(&mut self) -> bool {
        self.end_within_cell(|open| open.name == "a");
        let is_inside =
            |open: &&&Element| matches!(open.place, Place::Cell | Place::TablePart) || open.name == "a";
        let around = self.open.iter().rev().find(is_inside);
        around.is_none_or(|open| open.name != "a")
    }

    fn end_paragraph(&mut self) {
        self.end_within_cell(|open| open.name == "p");
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

    fn end(&mut self, name: &str) {
        let Some(element) = find(name) else {
            self.is_for_scriptless &= !name.eq_ignore_ascii_case("noscript");
            return;
        };
        if element.name == "br" {
            return self.markup.push_str("<br>");
        }
        match element.place {
            Place::Table | Place::TablePart | Place::TableGroup | Place::Row | Place::Cell => {
                let wall = self
                    .open
                    .iter()
                    .rposition(|open| open.place == Place::Table)
                    .unwrap_or(0);
                let found = self.open.iter().rposition(|&open| open == element);
                if let Some(place) = found.filter(|&place| place >= wall) {
                    self.close_to(place);
                }
            }
            _ => self.end_within_cell(|open| open == element),
        }
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

    /// The attributes that are kept, addresses absolute. None when the element is nothing without one it lacks:
    /// a picture without an address, a link to nowhere.
    fn attributes<'v>(
        &mut self,
        element: &'static Element,
        attributes: Attributes<'v>,
    ) -> Option<Vec<(&'static str, Cow<'v, str>)>> {
        let allowed = || element.attributes.iter().chain(EVERYWHERE);
        let mut kept: Vec<(&'static str, Cow<'v, str>)> = Vec::new();
        for (name, value) in attributes.take(MAX_ATTRIBUTES) {
            let Some(&name) = allowed().find(|allowed| name.eq_ignore_ascii_case(allowed)) else {
                continue;
            };
            // The first of two wins (HTML standard, 13.2.5.33).
            if kept.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let value = unescape_attribute(value);
            if !ADDRESSES.contains(&name) {
                kept.push((name, value));
            } else if let Some(address) = self.address(name, &value) {
                kept.push((name, Cow::Owned(address)));
            }
        }
        let has = |kept: &[(&str, _)], wanted| kept.iter().any(|(name, _)| *name == wanted);
        match element.name {
            "a" if !has(&kept, "href") => None,
            "img" => self.picture(attributes, kept),
            "source" | "video" | "audio" | "track" => {
                put_source(
                    &mut kept,
                    pictures::late_source(attributes, |written| self.address("src", written)),
                );
                let needs_source = matches!(element.name, "source" | "track");
                (!needs_source || has(&kept, "src")).then_some(kept)
            }
            _ => Some(kept),
        }
    }

    /// The attributes of a picture; none when it has no address, counts readers, or was shown just before.
    fn picture<'v>(
        &mut self,
        attributes: Attributes<'v>,
        mut kept: Vec<(&'static str, Cow<'v, str>)>,
    ) -> Option<Vec<(&'static str, Cow<'v, str>)>> {
        if pictures::is_pixel(attributes) {
            return None;
        }
        put_source(
            &mut kept,
            pictures::late_source(attributes, |written| self.address("src", written)),
        );
        if !kept.iter().any(|(name, _)| *name == "src") {
            put_source(&mut kept, self.offered.take());
        }
        let (_, address) = kept.iter().find(|(name, _)| *name == "src")?;
        let is_repeated = self.is_for_scriptless && self.last_picture == **address;
        let is_counter = Url::parse(address).is_ok_and(|url| hosts::is_counter(&url));
        if is_repeated || is_counter {
            return None;
        }
        self.last_picture.clear();
        self.last_picture.push_str(address);
        Some(kept)
    }

    fn address(&self, attribute: &str, value: &str) -> Option<String> {
        let scheme = if attribute == "href" {
            Scheme::WebOrMail
        } else {
            Scheme::Web
        };
        absolute(value, self.base, scheme)
    }

    /// A player's page as a link, under the frame's title or the page's host; nothing of any other frame.
    fn link_to_frame(&mut self, attributes: Attributes<'_>) {
        let Some(address) = pictures::source(attributes, |written| self.address("src", written)) else {
            return;
        };
        let Some(url) = Url::parse(&address).ok().filter(hosts::is_player) else {
            return;
        };
        if !self.make_place_for_link() {
            return;
        }
        let title = pictures::value(attributes, "title").filter(|title| !title.trim().is_empty());
        self.markup.push_str("<a href=\"");
        push_escaped(&mut self.markup, &address);
        self.markup.push_str("\">");
        push_escaped(
            &mut self.markup,
            title.as_deref().or(url.host_str()).unwrap_or(&address),
        );
        self.markup.push_str("</a>");
    }
}

fn put_source(kept: &mut Vec<(&'static str, Cow<'_, str>)>, source: Option<String>) {
    if let Some(source) = source {
        kept.retain(|(name, _)| *name != "src");
        kept.insert(0, ("src", Cow::Owned(source)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(html: &str) -> String {
        flatten(html, Url::parse("https://example.org/a/").ok().as_ref())
    }

    #[test]
    fn end_tags_that_were_left_out_are_written() {
        for (html, expected) in [
            ("<p>a<p>b", "<p>a</p><p>b</p>"),
            (
                "<ul><li>a<li>b<ul><li>c</ul><li>d</ul>",
                "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>",
            ),
            (
                "<dl><dt>a<dd>b<dt>c</dl>",
                "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>",
            ),
            (
                "<table><tr><td>a<td>b<tr><th>c</table>d",
                "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>d",
            ),
            (
                "<p>a<table><td><p>b</table>c",
                "<p>a</p><table><td><p>b</p></td></table>c",
            ),
            (
                "<ruby>漢<rt>kan<rt>字</ruby>",
                "<ruby>漢<rt>kan</rt><rt>字</rt></ruby>",
            ),
            ("<h2>a<h3>b</h3>", "<h2>a</h2><h3>b</h3>"),
        ] {
            assert_eq!(flat(html), expected, "{html}");
        }
    }

    #[test]
    fn what_was_nested_wrongly_is_nested_well() {
        assert_eq!(flat("<b><i>a</b>b</i>c"), "<b><i>a</i></b>bc");
        assert_eq!(flat("</p></div>a</b><div>b"), "a<div>b</div>");
        assert_eq!(flat("<tr><td>a</td></tr>"), "a");
        assert_eq!(
            flat("<a href=1>x<a href=2>y"),
            "<a href=\"https://example.org/a/1\">x</a><a href=\"https://example.org/a/2\">y</a>"
        );
        assert_eq!(
            flat("<table><tr><td>a</div></td></table>"),
            "<table><tr><td>a</td></tr></table>"
        );
    }

    #[test]
    fn elements_that_are_not_kept_lose_their_tags_or_all() {
        assert_eq!(
            flat("<form><font color=red>a</font><center>b</center></form>"),
            "ab"
        );
        assert_eq!(
            flat("a<script>b<p></script>c<style>d</style><svg><path/></svg>e<math><mi>f</mi>"),
            "acef"
        );
        assert_eq!(
            flat("<noscript><img src=/x.png></noscript>"),
            "<img src=\"https://example.org/x.png\">"
        );
    }

    #[test]
    fn the_frame_of_a_known_player_becomes_a_link_and_others_go() {
        assert_eq!(
            flat("<iframe src='//player.vimeo.com/1'/>z"),
            "<a href=\"https://player.vimeo.com/1\">player.vimeo.com</a>z"
        );
        assert_eq!(
            flat("<iframe data-src='//www.youtube.com/embed/1?a&amp;b' title='A film'></iframe>z"),
            "<a href=\"https://www.youtube.com/embed/1?a&amp;b\">A film</a>z"
        );
        for other in [
            "/1",
            "//ads.example.net/1",
            "javascript:x",
            "data:text/html,x",
            "",
        ] {
            assert_eq!(flat(&format!("<iframe src='{other}'></iframe>z")), "z", "{other}");
        }
    }

    #[test]
    fn pictures_that_load_late_get_their_address() {
        assert_eq!(
            flat("<img src='data:image/gif;base64,R0' data-src='i.png'>"),
            "<img src=\"https://example.org/a/i.png\">"
        );
        assert_eq!(
            flat("<img srcset='b.png 2x, c.png 3x'>"),
            "<img src=\"https://example.org/a/b.png\">"
        );
        assert_eq!(flat("<img alt=x>"), "");
        assert_eq!(
            flat("<img src=g.gif data-src=i.png width=640 height=360 alt=x>"),
            "<img src=\"https://example.org/a/i.png\" width=\"640\" height=\"360\" alt=\"x\">"
        );
    }

    #[test]
    fn a_picture_in_several_forms_is_one_picture() {
        assert_eq!(
            flat(
                "<picture><source srcset='a.webp 1x'><source srcset='b.png'><img src='data:image/gif;base64,R0'></picture>"
            ),
            "<picture><img src=\"https://example.org/a/a.webp\"></picture>"
        );
        assert_eq!(
            flat("<picture><source srcset='a.webp'><img src=c.png></picture>"),
            "<picture><img src=\"https://example.org/a/c.png\"></picture>"
        );
        assert_eq!(
            flat("<img data-src=c.png><noscript><img src=c.png></noscript><noscript><img src=d.png></noscript><img src=d.png>")
                .matches("<img")
                .count(),
            3
        );
    }

    #[test]
    fn drawings_and_formulas_leave_their_words_and_nothing_that_is_not_shown() {
        assert_eq!(
            flat(
                "<svg><metadata>m</metadata><defs><text>d</text></defs><title>A map</title><text>North</text></svg>"
            ),
            "A mapNorth"
        );
        assert_eq!(
            flat(
                "<math><semantics><mi>x</mi><mo>=</mo><mn>1</mn><annotation encoding='TeX'>x=1</annotation></semantics></math>"
            ),
            "x=1"
        );
        assert_eq!(flat("a<template>b</template>c<defs>d"), "acd");
    }

    #[test]
    fn pixels_that_count_readers_are_left_out() {
        assert_eq!(
            flat("a<img src=/t.gif width=1 height='1'>b<img src=/t.gif style='WIDTH: 1px; height:1px'>c"),
            "abc"
        );
        assert_eq!(
            flat("<img src=/i.png width=1 height=90>").matches("<img").count(),
            1
        );
        assert_eq!(flat("a<img src='https://pixel.wp.com/b.gif?x'>b"), "ab");
    }

    #[test]
    fn a_link_around_a_table_is_not_moved_into_by_another() {
        assert_eq!(
            flat("<a href=x><div><table>?<iframe src='https://youtube.com/1'></iframe><a href=y>z"),
            "<a href=\"https://example.org/a/x\"><div><table>?z</table></div></a>"
        );
        assert_eq!(
            flat("<a href=x><table><td><a href=y>z").matches("<a ").count(),
            2,
            "a cell may hold one of its own"
        );
    }

    fn depth(markup: &str) -> usize {
        let (mut now, mut most) = (0_usize, 0_usize);
        for piece in Scanner::new(markup) {
            match piece {
                Piece::Start(name, _) if !find(name).unwrap().place.is_void() => now += 1,
                Piece::End(_) => now -= 1,
                _ => {}
            }
            most = most.max(now);
        }
        assert_eq!(now, 0);
        most
    }

    #[test]
    fn depth_and_attributes_are_bounded() {
        for html in [
            "<div>".repeat(20_000),
            "<p><b>".repeat(20_000),
            "<table><td>".repeat(10_000),
            "<svg>".repeat(20_000),
            "<ul><li>".repeat(10_000),
            format!("<p {}>x", "a=1 ".repeat(50_000)),
            "</div>".repeat(20_000),
        ] {
            assert!(depth(&flat(&html)) <= MAX_DEPTH);
        }
        let deep = flat(&"<div>".repeat(1000));
        assert_eq!(deep.matches("<div>").count(), MAX_DEPTH);
    }
}
