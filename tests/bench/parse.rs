//! Reading a feed, beside what it rests on: `feed-rs` alone and `quick-xml`'s tokens alone, on the same bytes.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use newsriver::parse::{Input, read};
use std::fmt::Write as _;

/// A feed of 500 entries of some 6 KiB, its markup in CDATA or escaped.
fn document(is_escaped: bool) -> String {
    let paragraph = "<p>The river of news <a href=\"/story?id=1&amp;x=2\">runs on</a>, 新闻之河川流不息。 &ldquo;Said so&rdquo;.</p>\n";
    let html = paragraph.repeat(55);
    let content = if is_escaped {
        html.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    } else {
        format!("<![CDATA[{html}]]>")
    };
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
                    xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>Bench</title><link>http://bench.example/</link>"
        .to_owned();
    for number in 0..500 {
        _ = write!(
            text,
            "<item><guid isPermaLink=\"false\">urn:bench:{number}</guid><title>Entry number {number}</title>\
             <link>http://bench.example/{number}</link><dc:creator>Ada Byron</dc:creator><category>news</category>\
             <pubDate>Mon, 02 Jan 2006 15:04:05 GMT</pubDate><description>A short word on {number}.</description>\
             <content:encoded>{content}</content:encoded></item>"
        );
    }
    text.push_str("</channel></rss>");
    text
}

#[divan::bench(args = [false, true])]
fn ours(bencher: Bencher<'_, '_>, is_escaped: bool) {
    let text = document(is_escaped);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        read(&Input {
            bytes: black_box(text.as_bytes()),
            url: Some("http://bench.example/rss"),
            ..Input::default()
        })
    });
}

#[divan::bench(args = [false, true])]
fn feed_rs_alone(bencher: Bencher<'_, '_>, is_escaped: bool) {
    let text = document(is_escaped);
    let parser = feed_rs::parser::Builder::new().sanitize_content(false).build();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| parser.parse(black_box(text.as_bytes())));
}

#[divan::bench(args = [false, true])]
fn quick_xml_tokens_alone(bencher: Bencher<'_, '_>, is_escaped: bool) {
    let text = document(is_escaped);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let mut reader = quick_xml::Reader::from_str(black_box(&text));
        let mut events = 0_usize;
        while !matches!(reader.read_event(), Ok(quick_xml::events::Event::Eof) | Err(_)) {
            events += 1;
        }
        events
    });
}
