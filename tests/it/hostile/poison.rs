//! What a source sends runs in nobody's reader and breaks no document: the vectors of
//! `tests/fixtures/script-vectors.txt` in every field of every format. `tests/e2e/browser.py` shows the same to a
//! browser.

use crate::support::{Newsroom, items, poll_all};
use newsriver::html;
use newsriver::model::Item;
use newsriver::publish::Found;
use newsriver::store::Channel;

/// Every element that readers may get, and the one attribute each that holds an address.
const ELEMENTS: &str = " a abbr address article aside audio b bdi bdo big blockquote br caption cite code col colgroup data dd del \
    details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li main mark ol p picture pre q \
    rp rt ruby s samp section small source span strike strong sub summary sup table tbody td tfoot th thead time tr track tt u ul var \
    video wbr ";
const ATTRIBUTES: &str = " title lang dir href hreflang src alt width height cite datetime start reversed type value open controls \
    poster span colspan rowspan scope kind srclang label rel ";

fn vectors() -> Vec<String> {
    let lines = include_str!("../../fixtures/script-vectors.txt").lines();
    lines
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.replace("FIRE", "alert(1)"))
        .collect()
}

/// Fails unless every tag of `markup` is of the allow-list, and every address leads to the web or to mail.
fn assert_safe(markup: &str, vector: &str) {
    for (at, _) in markup.match_indices('<') {
        let tag = &markup[at + 1..];
        let end = tag
            .find('>')
            .unwrap_or_else(|| panic!("{vector} became {markup}"));
        let tag = tag[..end].trim_start_matches('/').trim_end_matches('/');
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(
            ELEMENTS.contains(&format!(" {name} ")),
            "{vector} became {markup}"
        );
        while let Some((attribute, after)) = rest.split_once("=\"") {
            let (value, after) = after
                .split_once('"')
                .unwrap_or_else(|| panic!("{vector} became {markup}"));
            let attribute = attribute.trim();
            assert!(
                ATTRIBUTES.contains(&format!(" {attribute} ")),
                "{vector} became {markup}"
            );
            if matches!(attribute, "href" | "src" | "cite" | "poster") {
                let leads = ["http://", "https://", "mailto:"]
                    .iter()
                    .any(|scheme| value.starts_with(scheme));
                assert!(leads, "{vector} became {markup}");
            }
            rest = after;
        }
        assert!(rest.trim().is_empty(), "{vector} became {markup}");
    }
}

/// What is stored and published of a document.
struct Outcome {
    items: Vec<Item>,
    documents: Vec<(&'static str, String)>,
}

impl Outcome {
    fn document(&self, path: &str) -> &str {
        &self.documents.iter().find(|(known, _)| *known == path).unwrap().1
    }
}

async fn outcome(document: String) -> Outcome {
    let newsroom =
        Newsroom::new("[publish]\nitems = 500\n[[source]]\nname = \"wire\"\nurl = \"{origin}/feed\"\n");
    newsroom.origin.serve("/feed", document, &[]);
    let engine = newsroom.engine().await;
    let record = poll_all(&engine).await.remove(0);
    assert!(record.new > 0, "{}", record.reason);
    let publisher = engine.publisher().await.unwrap();
    engine.publish(&[Channel::River]).await.unwrap();
    let mut documents = Vec::new();
    for path in ["/rss.xml", "/atom.xml", "/feed.json", "/", "/source/wire/rss.xml"] {
        let Found::Document(found) = publisher.find(path).await.unwrap() else {
            panic!("{path} is no document");
        };
        documents.push((path, String::from_utf8(found.identity().to_vec()).unwrap()));
    }
    let stored = items(&engine, Channel::River).await;
    let items = stored.iter().map(|stored| Item::clone(&stored.item)).collect();
    Outcome { items, documents }
}

fn xml(text: &str) -> String {
    html::escape(text)
}

fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// An RSS document with each vector in every field of an item.
fn rss(vectors: &[String]) -> String {
    let items: String = vectors
        .iter()
        .enumerate()
        .map(|(number, vector)| {
            let escaped = xml(vector);
            format!(
                "<item><guid isPermaLink=\"false\">v{number}</guid><title>{number} {}</title><link>http://wire.example.org/{number}</link>\
                 <dc:creator>{escaped}</dc:creator><author>{escaped}</author><category domain=\"{escaped}\">{escaped}</category>\
                 <source url=\"javascript:alert(1)\">{escaped}</source><media:title type=\"html\">{escaped}</media:title>\
                 <itunes:subtitle>{escaped}</itunes:subtitle><podcast:person href=\"javascript:alert(1)\">{escaped}</podcast:person>\
                 <description>{escaped}</description><content:encoded>{}</content:encoded></item>",
                xml(&escaped),
                cdata(vector)
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\
         <channel><title>{0}</title><link>javascript:alert(1)</link><description>{0}</description>{items}</channel></rss>",
        xml(&vectors[0])
    )
}

#[test]
fn no_vector_leaves_anything_but_the_allow_list() {
    for vector in vectors() {
        for base in [None, Some("https://origin.example/a/b")] {
            let clean = html::sanitize(&vector, base);
            assert_safe(&clean, &vector);
            assert_safe(&html::sanitize(&clean, base), &vector);
            assert_safe(
                &html::sanitize(&format!("<p>{vector}</p><table><td>{vector}"), base),
                &vector,
            );
        }
    }
}

#[tokio::test]
async fn vectors_in_every_field_of_rss_are_words_or_nothing() {
    let vectors = vectors();
    let outcome = outcome(rss(&vectors)).await;
    assert_eq!(outcome.items.len(), vectors.len());
    for item in &outcome.items {
        for markup in [&item.content, &item.summary].into_iter().flatten() {
            assert_safe(markup, &item.title);
        }
        assert_eq!(
            item.origin
                .feed_url
                .as_deref()
                .filter(|url| url.starts_with("javascript")),
            None
        );
    }
    let text = outcome.document("/rss.xml");
    assert_eq!(text.matches("<item>").count(), vectors.len());
    // A reader that takes a title for HTML finds no markup in it either.
    for title in text
        .split("<title>")
        .skip(1)
        .filter_map(|rest| rest.split("</title>").next())
    {
        let once = html::unescape(title);
        assert!(!once.contains('<'), "{title}");
    }
    assert!(text.contains("alert(1)"), "the words are kept");
    let page = outcome.document("/");
    for script in [
        "<script",
        "href=\"javascript:",
        "src=\"javascript:",
        "<iframe",
        "<svg",
        "<style",
    ] {
        let live = page.matches(script).count();
        assert_eq!(live, 0, "{script} in the page");
    }
}

#[tokio::test]
async fn vectors_in_every_field_of_atom_are_words_or_nothing() {
    let vectors = vectors();
    let entries: String = vectors
        .iter()
        .enumerate()
        .map(|(number, vector)| {
            let escaped = xml(vector);
            format!(
                "<entry><id>urn:v:{number}</id><updated>2026-01-01T00:00:00Z</updated><title type=\"html\">{escaped}</title>\
                 <link href=\"http://wire.example.org/{number}\"/><author><name>{escaped}</name><uri>javascript:alert(1)</uri></author>\
                 <category term=\"{escaped}\" label=\"{escaped}\"/><rights type=\"html\">{escaped}</rights>\
                 <summary type=\"html\">{escaped}</summary><content type=\"html\">{escaped}</content></entry>"
            )
        })
        .collect();
    let live = "<entry><id>urn:x</id><title>written out</title><updated>2026-01-01T00:00:00Z</updated><content type=\"xhtml\">\
        <div xmlns=\"http://www.w3.org/1999/xhtml\"><script>alert(1)</script><p onclick=\"alert(1)\" style=\"x\">kept</p>\
        <svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(1)</script></svg>\
        <a xlink:href=\"javascript:alert(1)\" href=\"java&#10;script:alert(1)\">link</a><iframe src=\"javascript:alert(1)\"/></div></content></entry>";
    let outcome = outcome(format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:f</id><title>t</title>{entries}{live}</feed>"
    ))
    .await;
    assert_eq!(outcome.items.len(), vectors.len() + 1);
    for item in &outcome.items {
        for markup in [&item.content, &item.summary].into_iter().flatten() {
            assert_safe(markup, &item.title);
        }
    }
    let xhtml = outcome
        .items
        .iter()
        .find(|item| item.title == "written out")
        .unwrap();
    let content = xhtml.content.as_deref().unwrap();
    assert!(
        content.contains("<p>kept</p>") && content.contains("link"),
        "{content}"
    );
    let text = outcome.document("/atom.xml");
    assert_eq!(text.matches("<entry>").count(), vectors.len() + 1);
    assert!(!text.contains("<uri>javascript"));
}

#[tokio::test]
async fn addresses_that_lead_nowhere_a_reader_may_go_are_left_out_and_the_item_stays() {
    let poisons = [
        "javascript:alert(1)",
        " java\tscript:alert(1)",
        "&#1;javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:http://a.example/1",
        "about:blank",
        "http://",
        "ftp://a.example/x",
        "mailto:a@b.example",
    ];
    let items: String = poisons
        .iter()
        .enumerate()
        .map(|(number, poison)| {
            let poison = poison.replace('\t', "&#9;");
            format!(
                "<item><guid isPermaLink=\"true\">x{poison}{number}</guid><title>kept {number}</title><link>{poison}</link>\
                 <comments>{poison}</comments><enclosure url=\"{poison}\" type=\"audio/mpeg\" length=\"1\"/>\
                 <media:thumbnail url=\"{poison}\"/><itunes:image href=\"{poison}\"/><media:content url=\"{poison}\"/>\
                 <media:player url=\"{poison}\"/><podcast:transcript url=\"{poison}\"/><podcast:chapters url=\"{poison}\"/>\
                 <creativeCommons:license>{poison}</creativeCommons:license><wfw:commentRss>{poison}</wfw:commentRss>\
                 <atom:link rel=\"related\" href=\"{poison}\"/></item>"
            )
        })
        .collect();
    let outcome = outcome(format!("<rss><channel><title>t</title>{items}</channel></rss>")).await;
    assert_eq!(outcome.items.len(), poisons.len());
    for item in &outcome.items {
        assert!(item.title.starts_with("kept"));
        assert_eq!(
            (&item.link, &item.comments, &item.image),
            (&None, &None, &None),
            "{}",
            item.title
        );
        assert!(item.enclosures.is_empty() && item.links.is_empty());
        assert_eq!(item.extras, None, "{}", item.title);
    }
}

#[tokio::test]
async fn text_that_would_end_its_element_or_string_ends_nothing() {
    let breakers = [
        "]]>",
        "]]]]>><![CDATA[",
        "</title></item><item><title>forged</title><guid>f</guid>",
        "</content></entry><entry><id>f</id>",
        "\",\"items\":[{\"id\":\"f\"}],\"x\":\"",
        "<!--",
        "-->",
        "\\",
        "\u{2028}\u{2029}",
        "&lt;/title&gt;",
        "&amp;lt;/title&amp;gt;",
        "<?x?>",
        "%",
        "{{x}}",
    ];
    let items: String = breakers
        .iter()
        .enumerate()
        .map(|(number, breaker)| {
            let escaped = xml(breaker);
            format!(
                "<item><guid isPermaLink=\"false\">b{number}</guid><title>{number} {escaped}</title><category>{escaped}</category>\
                 <dc:creator>{escaped}</dc:creator><description>{escaped}</description><content:encoded>{}</content:encoded></item>",
                cdata(breaker)
            )
        })
        .collect();
    let outcome = outcome(format!("<rss><channel><title>t</title>{items}</channel></rss>")).await;
    assert_eq!(outcome.items.len(), breakers.len());
    assert_eq!(
        outcome.document("/rss.xml").matches("<item>").count(),
        breakers.len()
    );
    assert_eq!(
        outcome.document("/atom.xml").matches("<entry>").count(),
        breakers.len()
    );
    let json: serde_json::Value = serde_json::from_str(outcome.document("/feed.json")).unwrap();
    assert_eq!(json["items"].as_array().unwrap().len(), breakers.len());
    for path in ["/rss.xml", "/atom.xml"] {
        let mut reader = quick_xml::Reader::from_str(outcome.document(path));
        reader.config_mut().check_end_names = true;
        while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    }
}

#[tokio::test]
async fn addresses_in_texts_are_absolute_by_the_base_that_is_in_force() {
    let outcome = outcome(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"http://a.example/one/\"><id>urn:f</id><title>t</title>\
         <entry xml:base=\"two/\"><id>urn:1</id><title>x</title><link href=\"page\"/><link rel=\"enclosure\" href=\"sound.mp3\"/>\
         <content type=\"html\" xml:base=\"three/\">&lt;a href='four'>a&lt;/a> &lt;img src='/five.png'> &lt;a href='#six'>b&lt;/a>\
         &lt;img src='//cdn.example/s.png'></content></entry></feed>"
            .to_owned(),
    )
    .await;
    let item = &outcome.items[0];
    assert_eq!(item.link.as_deref(), Some("http://a.example/one/two/page"));
    assert_eq!(item.enclosures[0].url, "http://a.example/one/two/sound.mp3");
    let content = item.content.as_deref().unwrap();
    for address in [
        "\"http://a.example/one/two/three/four\"",
        "\"http://a.example/five.png\"",
        "\"#six\"",
        "\"http://cdn.example/s.png\"",
    ] {
        assert!(content.contains(address), "{address} in {content}");
    }
    // A place in the text: no base leads there, the page does.
    assert!(
        outcome
            .document("/feed.json")
            .contains("http://a.example/one/two/page#six")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_says_is_one_line_of_plain_words_on_a_terminal() {
    let newsroom = Newsroom::new("[[source]]\nname = \"wire\"\nurl = \"{origin}/feed\"\n");
    let forged = "x\n2026-01-01 ERROR forged: all is lost\r\n\u{1b}[31mred\u{1b}[0m\u{7}\u{9b}2J\u{202e}back";
    let document = format!(
        "<rss><channel><title>{forged}</title><item><guid>1</guid><title>{forged}</title><pubDate>{forged}</pubDate>\
         <link>javascript:{forged}</link></item></channel></rss>"
    );
    newsroom.origin.serve("/feed", document.clone(), &[]);
    let file = newsroom.folder.path().join("feed.xml");
    std::fs::write(&file, document).unwrap();
    for arguments in [
        &["poll"][..],
        &["status"],
        &["why", "wire"],
        &["preview", file.to_str().unwrap()],
    ] {
        let output = newsroom.newsriver(arguments);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        let control = said.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        assert_eq!(control, None, "{arguments:?}: {said:?}");
        assert!(
            !said.lines().any(|line| line.starts_with("2026-01-01 ERROR")),
            "{arguments:?}: {said}"
        );
    }
}
