//! Any markup is made safe, and what is safe stays as it is.

use crate::budget;
use newsriver::html::{excerpt, lead_places_to, plain, sanitize};
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<svg>",
    "</svg>",
    "<math>",
    "<mtext>",
    "<mglyph>",
    "<annotation-xml encoding=\"text/html\">",
    "<foreignObject>",
    "<desc>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<noscript>",
    "</noscript>",
    "<template>",
    "</template>",
    "<iframe src=\"https://youtube.com/1\">",
    "</iframe>",
    "<xmp>",
    "<plaintext>",
    "<noembed>",
    "<select>",
    "<option>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<caption>",
    "<colgroup>",
    "<thead>",
    "<th>",
    "</td>",
    "</caption>",
    "<rp>",
    "</dl>",
    "<dd>",
    "</h2>",
    "&#13;",
    "&#10;",
    "<col>",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<a href=\"x\">",
    "<a href='java&#10;script:alert(1)'>",
    "<a title='\" href=#x>' href=' #x\"y'>",
    " href=\"#z\"",
    "</a>",
    "<img src=x onerror=alert(1)>",
    "<img data-src='y' width=1>",
    "<picture><source srcset='a 1x'>",
    "</picture>",
    "<ul><li>",
    "</ul>",
    "<dl><dt>",
    "<ruby>漢<rt>",
    "<form>",
    "<button>",
    "<input autofocus onfocus=alert(1)>",
    "<body onload=alert(1)>",
    "<html>",
    "<head>",
    "<!--",
    "-->",
    "--!>",
    "<!-->",
    "<![CDATA[",
    "]]>",
    "<?x",
    "?>",
    "<!doctype html>",
    "<",
    ">",
    "&",
    "&lt;",
    "&#60;",
    "&amp;lt;",
    "\"",
    "'",
    "`",
    "=",
    "/",
    " onclick=\"x\"",
    " style='x:expression(1)'",
    " title=\"",
    "</",
    "<br/>",
    "<p/",
    "<video controls><track src=x>",
    "<details open ontoggle=x>",
    "\0",
    "\t",
    "\n",
    "\u{c}",
    "央",
    "\u{a0}",
    "&nbsp",
    "&copy=1",
    "<annotation>",
    "<defs>",
    "<h1>",
    "<h2>",
    "<pre>\n",
    "<q cite=x>",
    "<font color=red>",
    "<center>",
    "<x-y>",
    "<a:b>",
];

/// What a browser would make of the result: every tag is of the list, no attribute runs anything.
fn assert_safe(markup: &str) {
    let mut rest = markup;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, next) = after
            .split_once('>')
            .unwrap_or_else(|| panic!("a tag without end in {markup:?}"));
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let refused = [
            "script",
            "style",
            "svg",
            "math",
            "iframe",
            "frame",
            "frameset",
            "object",
            "embed",
            "applet",
            "form",
            "input",
            "button",
            "select",
            "textarea",
            "option",
            "base",
            "meta",
            "link",
            "body",
            "html",
            "head",
            "template",
            "noscript",
            "xmp",
            "plaintext",
            "title",
            "noembed",
        ];
        assert!(
            !name.is_empty() && !refused.contains(&name.as_str()),
            "<{tag}> in {markup:?}"
        );
        let mut attributes = tag;
        while let Some((before, value)) = attributes.split_once("=\"") {
            let attribute = before.rsplit(' ').next().unwrap_or_default();
            let (value, after) = value
                .split_once('"')
                .unwrap_or_else(|| panic!("a value without end in {markup:?}"));
            assert!(
                !attribute.starts_with("on") && attribute != "style" && attribute != "srcdoc",
                "{attribute} in {markup:?}"
            );
            if matches!(attribute, "href" | "src" | "cite" | "poster") {
                assert!(
                    value.starts_with("http://")
                        || value.starts_with("https://")
                        || value.starts_with("mailto:")
                        || attribute == "href" && value.starts_with('#'),
                    "{value} in {markup:?}"
                );
            }
            attributes = after;
        }
        rest = next;
    }
}

/// Whether any tag has an address of a place. Values are in double quotes, and text holds no `<`.
fn links_to_place(markup: &str) -> bool {
    markup.split('<').skip(1).any(|tag| {
        let mut parts = tag.split('"');
        while let Some(outside) = parts.next().filter(|outside| !outside.contains('>')) {
            let value = parts.next().unwrap_or_default();
            if outside.ends_with(" href=") && value.starts_with('#') {
                return true;
            }
        }
        false
    })
}

fn hold(markup: &str) {
    for base in [None, Some("https://origin.example/a/b")] {
        let clean = sanitize(markup, base);
        assert_safe(&clean);
        assert_eq!(sanitize(&clean, base), clean, "{markup:?}");
        for page in [None, base] {
            let published = lead_places_to(&clean, page);
            assert_safe(&published);
            assert_eq!(plain(&published), plain(&clean), "{markup:?}");
            assert!(!links_to_place(&published), "{published:?}");
        }
        assert!(
            clean.len() <= 64 * (markup.len() + 64),
            "{} of {}",
            clean.len(),
            markup.len()
        );
    }
    let text = plain(markup);
    assert!(!text.contains('\n') && text.trim() == text, "{text:?}");
    let short = excerpt(markup, 20);
    assert!(short.chars().count() <= 20, "{short:?}");
}

#[test]
fn any_heap_of_markup_is_made_safe_and_stays_so() {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,5}",
        1 => (prop::sample::select(PIECES), 2_usize..80).prop_map(|(piece, times)| piece.repeat(times)),
    ];
    let heap = prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat());
    budget::run(1, 800, &heap, |markup| {
        hold(&markup);
        Ok(())
    });
}
