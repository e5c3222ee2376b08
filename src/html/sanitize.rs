//! Markup that is safe to put before a reader, whoever wrote it.

use super::allowed::{ELEMENTS, EVERYWHERE};
use super::entities::unescape;
use super::flatten::flatten;
use super::simple;
use crate::text::legal::{legal, legal_owned};
use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use url::Url;

/// `html` with nothing but the elements and attributes of the allow-list, well nested, all addresses absolute by
/// `base` and of http, https or (links) mailto, save those of places in the same text ([`super::lead_places_to`]), at most 256 elements deep, without characters that XML 1.0 forbids.
///
/// Scripts, styles, forms, frames, event handlers and tracking pixels go; the text stays. Frames become links,
/// pictures that a script was to load get their address. What is sanitized already comes out as it went in.
pub fn sanitize(html: &str, base: Option<&str>) -> String {
    if memchr::memchr(b'<', html.as_bytes()).is_none() {
        return text_only(html);
    }
    let base = base.and_then(|base| Url::parse(base).ok());
    let flat = flatten(&legal(html), base.as_ref());
    if let Some(clean) = simple::written(&flat) {
        return clean;
    }
    parsed(&flat)
}

/// What the sanitizer proper makes of it.
fn parsed(flat: &str) -> String {
    let mut clean = legal_owned(SANITIZER.clean(flat).to_string());
    // Only references can have written it, and the next parser takes it for a line end.
    if memchr::memchr(b'\r', clean.as_bytes()).is_some() {
        clean = clean.replace('\r', "\n");
    }
    // The same; the next parser leaves it out.
    if clean.starts_with(BYTE_ORDER_MARK) {
        clean = clean.trim_start_matches(BYTE_ORDER_MARK).to_owned();
    }
    clean
}

/// Text without a tag, written as the sanitizer would write it.
fn text_only(html: &str) -> String {
    if memchr::memchr2(b'&', b'>', html.as_bytes()).is_none() && !html.contains('\u{A0}') {
        return legal(html).into_owned();
    }
    let text = unescape(html);
    let mut written = String::with_capacity(html.len() + 16);
    for letter in legal(&text).chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '\u{A0}' => written.push_str("&nbsp;"),
            _ => written.push(letter),
        }
    }
    written
}

fn only_places(address: &str) -> Option<Cow<'_, str>> {
    address.starts_with('#').then_some(Cow::Borrowed(address))
}

/// What a text that was a file may begin with: no character of it.
pub(super) const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// What every link says of us: that we do not vouch for where it leads.
pub(super) const LINK_REL: &str = "noopener noreferrer nofollow";

/// The sanitizer proper. It is made once: making it costs more than cleaning an item.
static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let attributes: HashMap<&str, HashSet<&str>> = ELEMENTS
        .iter()
        .map(|element| (element.name, element.attributes.iter().copied().collect()))
        .collect();
    let mut builder = Builder::default();
    builder
        .tags(ELEMENTS.iter().map(|element| element.name).collect())
        .tag_attributes(attributes)
        .generic_attributes(EVERYWHERE.iter().copied().collect())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        // All addresses are absolute by now, save those of places; another was hidden from the flattener.
        .url_relative(UrlRelative::Custom(Box::new(only_places)))
        .link_rel(Some(LINK_REL))
        .strip_comments(true);
    builder
});

#[cfg(test)]
mod tests {
    use super::super::allowed::{ADDRESSES, find};
    use super::super::scan::{Piece, Scanner};
    use super::*;
    use proptest::prelude::*;

    fn safe(html: &str) -> String {
        sanitize(html, Some("https://example.org/a/b.html"))
    }

    #[test]
    fn what_readers_need_is_kept() {
        for html in [
            "<p>央行 <strong>降准</strong> <em>x</em><br>y</p>",
            "<h2 lang=\"en\">t</h2><ul><li>a</li></ul><ol start=\"3\"><li>b</li></ol>",
            "<blockquote cite=\"https://example.org/q\"><p>q</p></blockquote><pre><code>a &lt; b</code></pre>",
            "<figure><img src=\"https://example.org/i.png\" alt=\"x\"><figcaption>c</figcaption></figure>",
            "<ruby>漢<rt>kan</rt></ruby> H<sub>2</sub>O <del>a</del><ins>b</ins>",
            "<details><summary>s</summary>d</details><hr>",
            "<video src=\"https://example.org/v.mp4\" controls=\"\"></video>",
        ] {
            assert_eq!(safe(html), html);
        }
        assert_eq!(
            safe("<table><tbody><tr><td colspan=2>a</td></tr></tbody></table>"),
            "<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table>"
        );
    }

    #[test]
    fn links_are_absolute_and_say_who_does_not_vouch_for_them() {
        assert_eq!(
            safe("<a href='c.html' onclick='x()' target=_blank class=y>z</a>"),
            "<a href=\"https://example.org/a/c.html\" rel=\"noopener noreferrer nofollow\">z</a>"
        );
        assert_eq!(sanitize("<a href='c.html'>z</a><img src=i.png>", None), "z");
        assert_eq!(sanitize("<a href=c.html>z</a>", Some("not an address")), "z");
    }

    #[test]
    fn no_vector_comes_through() {
        for html in [
            "<script>alert(1)</script>x",
            "<scr<script>ipt>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<img src='javascript:alert(1)'>",
            "<a href=' java\nscript:alert(1)'>x</a>",
            "<a href='&#106;avascript:alert(1)'>x</a>",
            "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
            "<svg><style><img src=x onerror=alert(1)></style></svg>",
            "<svg><a xlink:href='javascript:alert(1)'>x</a>",
            "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
            "<p style='background:url(javascript:alert(1))'>x</p>",
            "<body onload=alert(1)>",
            "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
            "<form action=javascript:alert(1)><input type=submit></form>",
            "<base href='javascript:alert(1)//'>",
            "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
            "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
            "<!--><img src=x onerror=alert(1)>-->",
            "<textarea></textarea><img src=x onerror=alert(1)>",
            "<video><source onerror='alert(1)' src=x></video>",
            "<plaintext><script>alert(1)</script>",
            "<input onfocus=alert(1) autofocus>",
            "<template><script>alert(1)</script></template>",
        ] {
            let safe = safe(html);
            for piece in Scanner::new(&safe) {
                let Piece::Start(name, attributes) = piece else {
                    continue;
                };
                assert!(find(name).is_some(), "{html} became {safe}");
                for (name, value) in attributes {
                    let is_address = ADDRESSES.contains(&name);
                    assert!(!name.starts_with("on") && name != "style", "{html} became {safe}");
                    assert!(
                        !is_address || value.starts_with("https://example.org/"),
                        "{html} became {safe}"
                    );
                }
            }
        }
    }

    #[test]
    fn markup_in_an_attribute_stays_text() {
        assert_eq!(
            safe("<p title='\"><script>alert(1)</script>'>y</p>"),
            "<p title=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">y</p>"
        );
    }

    #[test]
    fn words_stay_when_their_markup_goes() {
        assert_eq!(
            safe("<font>a</font><marquee>b</marquee><form>c<button>d</button></form>"),
            "abcd"
        );
        assert_eq!(safe("1 < 2 & 3 > 2"), "1 &lt; 2 &amp; 3 &gt; 2");
        assert_eq!(safe("a < b<br>"), "a &lt; b<br>");
    }

    #[test]
    fn forbidden_characters_vanish_even_from_references() {
        assert_eq!(safe("<p>a\0b&#1;c\u{FFFE}d&#xFFFF;</p>"), "<p>abcd</p>");
        assert_eq!(safe("a&#1;b\u{1B}"), "ab");
    }

    #[test]
    fn common_markup_needs_no_tree() {
        for html in [
            "<p>央行 <a href=\"https://example.org/?a=1&amp;b=2\">x</a> <strong>y</strong>&nbsp;&mdash; z</p>\n<h3>t</h3>",
            "<ul><li>a</li><li><p>b</p></li></ul><blockquote><p>q</p></blockquote>",
            "<p><img src=\"http://example.org/i.jpg\" width=\"640\" alt=\"it&#39;s\"></p><hr>",
        ] {
            let flat = flatten(html, None);
            assert_eq!(simple::written(&flat), Some(parsed(&flat)), "{html}");
        }
        for html in [
            "<p>a<p>b</p></p>",
            "<b><b>x</b></b>",
            "<p>a</b>",
            "<pre>\na</pre>",
            "<a href=\"ftp://x/\">y</a>",
        ] {
            assert_eq!(simple::written(html), None, "{html}");
        }
    }

    #[test]
    fn a_byte_order_mark_at_the_beginning_goes_either_way() {
        for html in [
            "\u{FEFF}<p>a</p>",
            "&#xFEFF;<p>a</p>",
            "&#65279;\u{FEFF}&#xFEFF;<p>a</p>",
            "\u{FEFF}&#xFEFF;<P>a",
        ] {
            assert_eq!(safe(html), "<p>a</p>", "{html:?}");
        }
        for html in ["<p>\u{FEFF}a</p>", "&#65279;<pre>a</pre>", "\u{FEFF}<p>a</b>"] {
            let once = safe(html);
            assert_eq!(safe(&once), once, "{html:?}");
            let flat = flatten(html, None);
            assert!(simple::written(&flat).is_none_or(|written| written == parsed(&flat)));
        }
    }

    #[test]
    fn text_without_markup_is_written_the_same_either_way() {
        for text in [
            "plain 央行",
            "a &amp; b &lt; c &gt; d",
            "&nbsp;x\u{A0}y",
            "AT&T &copy 2026",
            "'\"",
            "]]>",
        ] {
            let through_the_parser = SANITIZER.clean(&flatten(text, None)).to_string();
            assert_eq!(sanitize(text, None), through_the_parser, "{text}");
        }
    }

    #[test]
    fn depth_costs_no_more_than_length() {
        // A sanitizer that took time in the square of the depth would be at this for hours.
        for html in [
            "<div>".repeat(200_000),
            "<p><font color=1><b>x".repeat(50_000),
            "<a href=/x><b><i>".repeat(50_000),
        ] {
            let clean = safe(&html);
            assert!(clean.len() <= 8 * html.len());
        }
    }

    proptest! {
        #[test]
        fn simple_markup_is_written_as_the_parser_would_write_it(
            html in "(<(/?)(p|a|b|div|h3|blockquote|li|ul|dt|dl|dd|span|code|img|hr|br|em|section)( (href|src|cite)='(x|#y|https://e.org/&quot;&amp;&apos;\u{A0}|mailto:a@b)'| (title|alt|dir|lang)=\"[a-z<>&;'\u{A0}\n]{0,3}\")?>|[a-z<>&;\"'\n ]{0,4}|央\u{A0}|\u{FEFF}|&#([0-9]{1,3}|65279);|&(mdash|nbsp|lt|gt|amp|NotEqualTilde);?){0,30}"
        ) {
            let base = Url::parse("https://example.org/a/").ok();
            let flat = flatten(&legal(&html), base.as_ref());
            if let Some(written) = simple::written(&flat) {
                prop_assert_eq!(written, parsed(&flat));
            }
        }

        #[test]
        fn simple_markup_is_told_from_all_other_whoever_wrote_it(
            html in "(<(/?)(p|a|b|div|h3|blockquote|li|ul|dt|dl|span|code|img|hr|br|pre|table|td|svg|script)( href=\"(javascript:x|http://e.org/|//e)\"| onclick=\"z\"| src=\"data:x\")?>|</(p|a|b|div|li|ul)>|[a-z<>&;\"' ]{0,3}|&#[0-9]{1,3};){0,12}"
        ) {
            if let Some(written) = simple::written(&html) {
                prop_assert_eq!(written, parsed(&html));
            }
        }

        #[test]
        fn any_markup_is_made_safe_and_then_stays_as_it_is(
            html in "(<(/?)(p|a|b|div|table|tr|td|colgroup|li|ul|dt|dl|ruby|rt|script|svg|img|h2|style|pre|iframe|math)( href=x| src='y'| onclick=\"z\")?>|[a-z<>&;\"' ]{0,4}|央|&#[0-9]{1,3};|<!--|-->){0,30}"
        ) {
            let once = safe(&html);
            prop_assert!(!once.contains("<script") && !once.contains("onclick="));
            prop_assert!(once.chars().all(crate::text::legal::is_legal));
            prop_assert_eq!(safe(&once), once);
        }
    }
}
