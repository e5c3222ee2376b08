//! Markup made simple before the sanitizer's parser sees it: only kept elements and attributes, well nested
//! (`nest`), addresses absolute.
//!
//! The parser behind the sanitizer follows browsers through every kind of broken nesting, which takes time in the
//! square of the depth and, with formatting left open, memory in the square of the length. Here each start tag is
//! looked at once, against a stack of bounded height. Safety is not for this module to promise: the sanitizer
//! checks all of it again.

use super::absolute::{Scheme, absolute};
use super::allowed::{ADDRESSES, EVERYWHERE, Element, find};
use super::entities::unescape_attribute;
use super::nest::Nest;
use super::places::place;
use super::scan::{Attributes, MAX_ATTRIBUTES, Piece, Scanner, is_raw, is_unseen};
use super::{escape, hosts, pictures, push_escaped};
use std::borrow::Cow;
use url::Url;

/// Rewrites `html`; addresses are resolved by `base`.
pub(super) fn flatten(html: &str, base: Option<&Url>) -> String {
    let mut flattened = Flattener {
        nest: Nest::with_capacity(html.len() + html.len() / 8),
        base,
        offered: None,
        is_for_scriptless: false,
        last_picture: String::new(),
    };
    let mut scanner = Scanner::new(html);
    while let Some(piece) = scanner.next() {
        match piece {
            Piece::Text("<") => flattened.nest.text("&lt;"),
            Piece::Text(text) => flattened.nest.text(text),
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
    flattened.nest.finish()
}

struct Flattener<'a> {
    nest: Nest,
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
            "source" if self.nest.is_within("picture") => {
                if self.offered.is_none() {
                    self.offered = pictures::source(attributes, |written| self.address("src", written));
                }
                return;
            }
            _ => {}
        }
        if !self.nest.make_place(element) {
            return;
        }
        let Some(kept) = self.attributes(element, attributes) else {
            return;
        };
        if self.nest.open_around(element) {
            self.nest.start(element, |markup| {
                for (name, value) in kept {
                    markup.push(' ');
                    markup.push_str(name);
                    markup.push_str("=\"");
                    push_escaped(markup, &value);
                    markup.push('"');
                }
            });
        }
    }

    fn end(&mut self, name: &str) {
        let Some(element) = find(name) else {
            self.is_for_scriptless &= !name.eq_ignore_ascii_case("noscript");
            return;
        };
        if element.name == "br" {
            return self.start("br", Attributes::default());
        }
        self.nest.end(element);
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
        if attribute == "href" {
            place(value).or_else(|| absolute(value, self.base, Scheme::WebOrMail))
        } else {
            absolute(value, self.base, Scheme::Web)
        }
    }

    /// A player's page as a link, under the frame's title or the page's host; nothing of any other frame.
    fn link_to_frame(&mut self, attributes: Attributes<'_>) {
        let Some(address) = pictures::source(attributes, |written| self.address("src", written)) else {
            return;
        };
        let Some(url) = Url::parse(&address).ok().filter(hosts::is_player) else {
            return;
        };
        let title = pictures::value(attributes, "title").filter(|title| !title.trim().is_empty());
        let Some(link) = find("a").filter(|link| self.nest.make_place(link)) else {
            return;
        };
        let is_kept = self.nest.open_around(link);
        if is_kept {
            self.nest.start(link, |markup| {
                markup.push_str(" href=\"");
                push_escaped(markup, &address);
                markup.push('"');
            });
        }
        let words = title.as_deref().or(url.host_str()).unwrap_or(&address);
        self.nest.text(&escape(words));
        if is_kept {
            self.nest.end(link);
        }
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
    use super::super::nest::MAX_DEPTH;
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
                "<table><tbody><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></tbody></table>d",
            ),
            (
                "<p>a<table><td><p>b</table>c",
                "<p>a</p><table><tbody><tr><td><p>b</p></td></tr></tbody></table>c",
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
            "<table><tbody><tr><td>a</td></tr></tbody></table>"
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
            concat!(
                "<a href=\"https://example.org/a/x\"><div><table><tbody><tr><td>?",
                "<a href=\"https://youtube.com/1\">youtube.com</a>",
                "<a href=\"https://example.org/a/y\">z</a></td></tr></tbody></table></div></a>"
            )
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
