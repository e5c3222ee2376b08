//! Documents that are broken, mislabelled or made to hurt: what can be read is, within bounds, and nothing else
//! is asked for. How much time and memory each takes is held by `tests/e2e/documents.py`, on the program as built.

use crate::support::{Newsroom, items, poll_all};
use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_16LE, WINDOWS_1252};
use newsriver::model::{Feed, FeedFormat, Outcome};
use newsriver::parse::{Error, Input, read};
use newsriver::store::Channel;

fn feed_of(bytes: &[u8], content_type: Option<&str>) -> Result<Feed, Error> {
    let input = Input {
        bytes,
        content_type,
        url: Some("http://origin.example/rss"),
        ..Input::default()
    };
    read(&input).map(|(feed, _)| feed)
}

fn feed(document: impl AsRef<[u8]>) -> Feed {
    feed_of(document.as_ref(), None).unwrap()
}

/// An RSS document whose channel holds `inside` and, after it, one plain item.
fn around(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>river</title>{inside}\
         <item><guid>urn:plain</guid><title>plain</title></item></channel></rss>"
    )
}

fn has_the_plain_item(feed: &Feed) -> bool {
    feed.entries
        .iter()
        .any(|entry| entry.guid.as_deref() == Some("urn:plain") && entry.title.as_deref() == Some("plain"))
}

fn titles(feed: &Feed) -> Vec<&str> {
    feed.entries
        .iter()
        .filter_map(|entry| entry.title.as_deref())
        .collect()
}

fn in_charset(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    if encoding == UTF_16LE {
        return [0xfeff_u16]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
    }
    encoding.encode(text).0.into_owned()
}

/// How deep elements stand inside each other; void ones count as open until something else ends.
fn depth_of(markup: &str) -> usize {
    let (mut now, mut most) = (0_usize, 0_usize);
    for piece in markup.split('<').skip(1) {
        match piece.strip_prefix('/') {
            Some(_) => now = now.saturating_sub(1),
            None => now += 1,
        }
        most = most.max(now);
    }
    most
}

#[test]
fn entities_that_grow_add_no_more_than_the_document_is_long() {
    let mut laughs = "<!DOCTYPE rss [<!ENTITY l0 \"lol lol lol lol lol lol\">".to_owned();
    for level in 1..10 {
        laughs.push_str(&format!(
            "<!ENTITY l{level} \"{}\">",
            format!("&l{};", level - 1).repeat(10)
        ));
    }
    let laughs = format!(
        "{laughs}]>{}",
        around("<item><guid>1</guid><title>&l9;&l0;</title></item>")
    );
    let quadratic = format!(
        "<!DOCTYPE rss [<!ENTITY a \"{}\">]>{}",
        "x".repeat(200),
        around(&format!(
            "<item><guid>1</guid><description>{}</description></item>",
            "&a;".repeat(100_000)
        ))
    );
    for document in [laughs, quadratic] {
        let feed = feed(&document);
        assert!(has_the_plain_item(&feed));
        let text = feed.entries[0]
            .summary
            .as_deref()
            .or(feed.entries[0].title.as_deref())
            .unwrap();
        assert!(text.len() <= 2 * document.len(), "{}", text.len());
    }
}

#[tokio::test]
async fn nothing_that_a_document_names_is_fetched_or_read() {
    let secret = std::env::temp_dir().join("newsriver-hostile-secret");
    std::fs::write(&secret, "S3CRET").unwrap();
    let newsroom = Newsroom::new("[[source]]\nname = \"wire\"\nurl = \"{origin}/feed\"\n");
    let named = newsroom.origin.url("/named");
    newsroom.origin.serve("/named", "S3CRET", &[]);
    let document = format!(
        "<?xml version=\"1.0\"?><?xml-stylesheet href=\"{named}\" type=\"text/xsl\"?>\
         <!DOCTYPE rss PUBLIC \"-//Netscape Communications//DTD RSS 0.91//EN\" \"{named}\" [\
         <!ENTITY file SYSTEM \"file://{}\"><!ENTITY web SYSTEM \"{named}\"><!ENTITY % param SYSTEM \"{named}\"> %param;]>\
         <rss version=\"0.91\" xmlns:xi=\"http://www.w3.org/2001/XInclude\"><channel><title>t</title>\
         <item><guid>1</guid><title>a &file; &web; b</title><description><xi:include href=\"{named}\" parse=\"text\"/></description>\
         <enclosure url=\"{named}\" type=\"image/png\" length=\"1\"/></item><item><guid>2</guid><title>plain</title></item></channel></rss>",
        secret.display()
    );
    newsroom.origin.serve("/feed", document, &[]);
    let engine = newsroom.engine().await;
    assert_eq!(poll_all(&engine).await[0].outcome, Outcome::Modified);
    let stored = items(&engine, Channel::River).await;
    assert_eq!(stored.len(), 2);
    assert!(
        stored
            .iter()
            .all(|stored| !format!("{:?}", stored.item).contains("S3CRET"))
    );
    assert_eq!(newsroom.origin.visits_of("/named").len(), 0);
    std::fs::remove_file(secret).unwrap();
}

#[test]
fn elements_without_end_are_no_deeper_than_the_bound_and_others_are_read() {
    for inside in [
        format!("<item><guid>1</guid>{}</item>", "<a>".repeat(400_000)),
        format!(
            "<item><guid>1</guid>{}{}</item>",
            "<a>".repeat(400_000),
            "</a>".repeat(400_000)
        ),
        "<rss><channel>".repeat(100_000),
        format!(
            "<item><guid>1</guid><description>{}</description></item>",
            "<b>".repeat(100_000)
        ),
    ] {
        assert!(
            has_the_plain_item(&feed(around(&inside))),
            "{}",
            inside.get(..60).unwrap()
        );
    }
}

#[tokio::test]
async fn markup_of_any_depth_is_flattened_in_every_item_and_every_form() {
    let newsroom = Newsroom::new("[[source]]\nname = \"wire\"\nurl = \"{origin}/feed\"\n");
    let deep = |number: usize| {
        let markup =
            ["<div>", "<b><p>", "<table><td>", "<ul><li>", "<a href=x><i>"][number % 5].repeat(20_000);
        let escaped = markup.replace('<', "&lt;");
        format!(
            "<item><guid>{number}</guid><title>{number}</title><description>{escaped} the words</description></item>"
        )
    };
    let deepest: String = (0..10).map(deep).collect();
    let written_out = format!(
        "<item><guid>x</guid><description>{} the words",
        "<div>".repeat(50_000)
    );
    newsroom
        .origin
        .serve("/feed", around(&format!("{deepest}{written_out}")), &[]);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    let stored = items(&engine, Channel::River).await;
    assert!(stored.len() >= 11, "{}", stored.len());
    for stored in stored.iter().filter(|stored| stored.item.title != "plain") {
        let text = stored
            .item
            .content
            .as_deref()
            .or(stored.item.summary.as_deref())
            .unwrap();
        assert!(text.contains("the words"));
        let depth = depth_of(text);
        // Between a table and its cell the sanitizer's parser writes two elements that were left out.
        assert!(depth <= 512, "{depth}");
    }
}

#[test]
fn fields_of_any_size_and_number_are_cut_and_the_items_beside_them_stand() {
    let attributes: String = (0..200_000).map(|number| format!(" a{number}=\"1\"")).collect();
    let namespaces: String = (0..50_000)
        .map(|number| format!(" xmlns:n{number}=\"urn:{number}\""))
        .collect();
    let categories: String = (0..50_000)
        .map(|number| format!("<category>c{number}</category>"))
        .collect();
    let comments = "<!-- c -->".repeat(100_000);
    let name = "x".repeat(4_000_000);
    for inside in [
        format!("<item{attributes}><guid>1</guid><title>t</title></item>"),
        "<item a=\"1\" a=\"2\"><guid a=\"1\" a=\"1\">1</guid><title>t</title></item>".to_owned(),
        format!("<item{namespaces}><guid>1</guid><title>t</title></item>"),
        format!("<item><guid>1</guid><title>t</title><{name}>u</{name}></item>"),
        format!(
            "<item><guid>1</guid><title>{}</title></item>",
            "央".repeat(1_000_000)
        ),
        format!("<item><guid>1</guid><title>t</title>{categories}</item>"),
        format!("{comments}<item><guid>1</guid><title>t{comments}</title></item>"),
        format!(
            "<item><guid>{}</guid><title>t</title></item>",
            "g".repeat(1_000_000)
        ),
    ] {
        let feed = feed(around(&inside));
        assert!(has_the_plain_item(&feed), "{}", inside.get(..60).unwrap());
        assert_eq!(feed.entries.len(), 2);
        let entry = &feed.entries[0];
        let title = entry.title.as_deref().unwrap();
        assert!(title.starts_with('t') || title.starts_with('央') && title.ends_with('央'));
        assert!(title.len() <= 4096 && entry.tags.len() <= 64 && entry.guid.as_ref().unwrap().len() <= 8192);
    }
}

#[test]
fn of_too_many_items_the_newest_are_read() {
    let items: String = (0..100_000)
        .map(|number| {
            format!(
                "<item><guid>{number}</guid><title>{number}</title><pubDate>{}</pubDate></item>",
                1_600_000_000 + number
            )
        })
        .collect();
    let feed = feed(around(&items));
    assert_eq!(feed.entries.len(), 10_000);
    assert!(titles(&feed).contains(&"99999") && !titles(&feed).contains(&"80000"));
}

#[test]
fn ampersands_and_the_entities_of_html_are_read_as_meant() {
    let feed = feed(around(
        "<item><guid>1</guid><title>AT&T &eacute;t&eacute;&nbsp;&amp; co</title><link>http://a.example/?a=1&b=2&copy=3</link></item>",
    ));
    assert_eq!(titles(&feed), ["AT&T été & co", "plain"]);
    assert_eq!(
        feed.entries[0].link.as_deref(),
        Some("http://a.example/?a=1&b=2&copy=3")
    );
}

#[test]
fn what_stands_before_and_after_the_feed_costs_nothing_of_it() {
    let plain = around("");
    let without_prolog = plain.split_once("?>").unwrap().1;
    for document in [
        format!("\n\n   {plain}"),
        format!("{plain}\n<script>alert(1)</script> junk &"),
        without_prolog.to_owned(),
        format!("\u{feff}{plain}"),
        format!("Warning: mysql_connect() in /var/www\n{plain}"),
        format!("{plain}{plain}"),
    ] {
        assert!(
            has_the_plain_item(&feed(&document)),
            "{}",
            document.get(..40).unwrap()
        );
    }
    let utf_16 = in_charset(UTF_16LE, &plain.replace("1.0\"", "1.0\" encoding=\"UTF-16\""));
    assert!(has_the_plain_item(&feed(&utf_16)));
    let without_mark = utf_16.get(2..).unwrap();
    assert!(has_the_plain_item(&feed(without_mark)));
}

#[test]
fn characters_that_xml_forbids_cost_themselves_alone() {
    let mut bytes =
        around("<item><guid>1</guid><title>a\u{0}b\u{1}\u{ffff}c&#0;&#xD800;&#x110000;d</title></item>")
            .into_bytes();
    let at = bytes.windows(3).position(|piece| piece == b"a\0b").unwrap();
    bytes.splice(at..at, *b"\xff\xc3(");
    let feed = feed(&bytes);
    assert!(has_the_plain_item(&feed));
    let kept: String = feed.entries[0]
        .title
        .as_deref()
        .unwrap()
        .chars()
        .filter(|character| character.is_ascii_alphabetic())
        .collect();
    assert_eq!(kept, "abcd");
    let is_legal = |character: char| !matches!(character, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    assert!(feed.entries[0].title.as_deref().unwrap().chars().all(is_legal));
}

#[test]
fn the_bytes_decide_on_the_charset_then_the_header_then_the_declaration() {
    let titled = |declared: &str, title: &str| {
        let declaration = format!("<?xml version=\"1.0\"{declared}?>");
        around(&format!("<item><guid>1</guid><title>{title}</title></item>"))
            .replace("<?xml version=\"1.0\"?>", &declaration)
    };
    let chinese = "央行宣布降低存款准备金率，股市应声上涨，分析人士认为这是为了稳定经济增长";
    let rare = "朱镕基与陶喆在㐀𠀀，央行宣布降低存款准备金率";
    let western = "Côte d’Azur — “déjà vu”";
    let cases: [(&str, &'static Encoding, &str, Option<&str>, &str); 11] = [
        ("no label", GB18030, "", None, chinese),
        (
            "labelled UTF-8 and not",
            GB18030,
            " encoding=\"UTF-8\"",
            None,
            chinese,
        ),
        (
            "labelled gb2312, beyond it",
            GB18030,
            " encoding=\"gb2312\"",
            None,
            rare,
        ),
        (
            "the header is right",
            GBK,
            " encoding=\"UTF-8\"",
            Some("text/xml; charset=gbk"),
            chinese,
        ),
        (
            "the header is wrong",
            encoding_rs::UTF_8,
            "",
            Some("text/xml; charset=iso-8859-1"),
            chinese,
        ),
        (
            "the declaration is wrong",
            encoding_rs::UTF_8,
            " encoding=\"gb2312\"",
            None,
            chinese,
        ),
        (
            "latin-1 that is windows-1252",
            WINDOWS_1252,
            " encoding=\"iso-8859-1\"",
            None,
            western,
        ),
        (
            "a charset nobody knows",
            WINDOWS_1252,
            " encoding=\"x-own\"",
            None,
            western,
        ),
        (
            "a charset nobody knows",
            encoding_rs::UTF_8,
            " encoding=\"x-own\"",
            Some("text/xml; charset=none"),
            chinese,
        ),
        ("Big5", BIG5, " encoding=\"big5\"", None, "台北股市今日上漲"),
        ("UTF-16", UTF_16LE, " encoding=\"UTF-16\"", None, chinese),
    ];
    for (what, encoding, declared, header, title) in cases {
        let bytes = in_charset(encoding, &titled(declared, title));
        let feed = feed_of(&bytes, header).unwrap();
        assert_eq!(titles(&feed), [title, "plain"], "{what}");
    }
}

#[test]
fn utf_7_is_never_decoded() {
    let document = around("<item><guid>1</guid><title>+ADw-script+AD4-</title></item>")
        .replace("1.0\"?", "1.0\" encoding=\"UTF-7\"?");
    let feed = feed_of(document.as_bytes(), Some("text/xml; charset=utf-7")).unwrap();
    assert_eq!(titles(&feed), ["+ADw-script+AD4-", "plain"]);
}

#[test]
fn old_formats_are_read() {
    let rdf = feed(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel rdf:about='http://a.example/'>\
         <title>t</title></channel><item rdf:about='http://a.example/1'><title>one</title><link>http://a.example/1</link></item></rdf:RDF>",
    );
    assert_eq!((rdf.format, titles(&rdf)), (FeedFormat::Rdf, vec!["one"]));
    let netscape = feed(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'>\
         <channel><title>t</title></channel><item><title>one</title><link>http://a.example/1</link></item></rdf:RDF>",
    );
    assert_eq!(titles(&netscape), ["one"]);
    let atom = feed(
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><title>t</title><entry><title>one</title><id>urn:1</id>\
         <issued>2003-12-13T08:29:29Z</issued><content type='text/html' mode='escaped'>&lt;b&gt;x&lt;/b&gt;</content></entry></feed>",
    );
    assert_eq!((atom.format, titles(&atom)), (FeedFormat::Atom, vec!["one"]));
    assert_eq!(atom.entries[0].content.as_deref(), Some("<b>x</b>"));
}

#[test]
fn what_is_no_feed_is_said_to_be_what_it_is() {
    let sitemap = "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>http://a.example/</loc></url></urlset>";
    let said = feed_of(sitemap.as_bytes(), None).unwrap_err().to_string();
    assert!(said.contains("sitemap") || said.contains("urlset"), "{said}");
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(2000).collect();
        assert!(feed_of(&bytes, None).is_err());
    }
    let deep = "[".repeat(1_000_000);
    assert!(feed_of(deep.as_bytes(), None).is_err());
}
