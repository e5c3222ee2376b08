//! Any feed is read, also a broken one: one bad entry costs no other.

use newsriver::model::{Feed, Quirk};
use newsriver::parse::{Input, read};

/// What is read; nothing at all where the document is refused.
fn parsed(bytes: &[u8]) -> (Feed, Vec<Quirk>) {
    let url = Some("http://origin.example/rss");
    read(&Input {
        bytes,
        url,
        ..Input::default()
    })
    .unwrap_or_default()
}

fn entry(number: usize, more: &[u8]) -> Vec<u8> {
    let mut bytes = format!("<item><guid>urn:n:{number}</guid><title>标题 {number}</title><description>text {number}</description>")
        .into_bytes();
    bytes.extend_from_slice(more);
    bytes.extend_from_slice(b"</item>\n");
    bytes
}

/// Twenty entries, of which the one at `broken` holds `damage`.
fn document(broken: usize, damage: &[u8]) -> Vec<u8> {
    let mut bytes =
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>river</title>\n"
            .to_vec();
    for number in 0..20 {
        bytes.extend(entry(number, if number == broken { damage } else { b"" }));
    }
    bytes.extend_from_slice(b"</channel></rss>");
    bytes
}

#[test]
fn of_twenty_entries_one_broken_costs_at_most_itself() {
    let damages: [&[u8]; 8] = [
        b"<category>\xff\xfe bad \xc3( bytes</category>",
        b"<comments>http://a.example/?a=1&b=2</comments><category>AT&T</category>",
        b"<category>never closed",
        b"<author>\xe8\xae\xb0\xe8\x80\x85\xe5\xbc\xa0\xe4\xb8\x89\xe4\xb8\xb0\xe5\x92\x8c\xe6\x9d\x8e\xe5\x9b\x9b\xef\xbc\x88zhang@example.com\xef\xbc\x89</author>",
        b"<category>&nbsp;&nosuch;&#xD800;&#0;</category>",
        b"<pubDate>32 January</pubDate><enclosure url=\"http://a.example/x.mp3>",
        b"<category>\x00\x08\x1b</category>",
        b"</description></wrong>",
    ];
    for damage in damages {
        for broken in 0..20 {
            let (feed, _) = parsed(&document(broken, damage));
            let sound = (0..20).filter(|number| {
                let guid = format!("urn:n:{number}");
                let title = format!("标题 {number}");
                let text = format!("text {number}");
                feed.entries.iter().any(|entry| {
                    entry.guid.as_ref() == Some(&guid)
                        && entry.title.as_ref() == Some(&title)
                        && entry.summary.as_ref() == Some(&text)
                })
            });
            let (sound, all) = (sound.count(), feed.entries.len());
            assert!(
                sound >= 19 && all <= 20,
                "{sound} of {all} with {}",
                String::from_utf8_lossy(damage)
            );
        }
    }
}

#[test]
fn a_document_cut_anywhere_keeps_every_whole_entry_before_the_cut() {
    let whole = document(20, b"");
    let ends: Vec<usize> = whole
        .windows(7)
        .enumerate()
        .filter(|(_, piece)| *piece == b"</item>")
        .map(|(at, _)| at + 7)
        .collect();
    for cut in (120..whole.len()).step_by(37) {
        let before = ends.iter().filter(|end| **end <= cut).count();
        let (feed, _) = parsed(&whole[..cut]);
        assert!(
            feed.entries.len() >= before,
            "{} of {before} before byte {cut}",
            feed.entries.len()
        );
    }
}

#[test]
fn chinese_is_read_whatever_its_bytes_are_called() {
    let text = "<rss version=\"2.0\"><channel><title>财经</title><item><title>央行宣布降低存款准备金率，朱镕基与陶喆出席</title></item></channel></rss>";
    let (bytes, _, _) = encoding_rs::GB18030.encode(text);
    for declaration in [
        "",
        "<?xml version=\"1.0\" encoding=\"gb2312\"?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
    ] {
        let mut document = declaration.as_bytes().to_vec();
        document.extend_from_slice(&bytes);
        let (feed, _) = parsed(&document);
        assert_eq!(feed.title.as_deref(), Some("财经"), "{declaration}");
        assert_eq!(
            feed.entries[0].title.as_deref(),
            Some("央行宣布降低存款准备金率，朱镕基与陶喆出席")
        );
    }
}

#[test]
fn what_is_odd_is_told_in_words() {
    let (feed, quirks) =
        parsed(b"Warning: something\n<rss><channel><item><title>a & b</title><pubDate>soon</pubDate></item>");
    assert_eq!(feed.entries[0].title.as_deref(), Some("a & b"));
    let words: Vec<&str> = quirks.iter().map(|quirk| quirk.0.as_str()).collect();
    assert!(
        words.contains(&"entry 1: the date \"soon\" is no date"),
        "{words:?}"
    );
    assert!(
        words.contains(&"the document ends before its feed does"),
        "{words:?}"
    );
    assert!(words.contains(&"1 ampersand is not escaped"), "{words:?}");
}

/// What a fixture says of itself: JSON pointers into what `preview` shows, and the value there (`null`: nothing).
fn expectations(name: &str, bytes: &[u8], text: &str) -> serde_json::Map<String, serde_json::Value> {
    let written = if name.ends_with(".json") {
        let document: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        document["_expect"].clone()
    } else {
        let (_, after) = text
            .split_once("Expect: ")
            .unwrap_or_else(|| panic!("{name} says nothing"));
        serde_json::from_str(after.split_once("\n-->").unwrap().0)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    written.as_object().unwrap().clone()
}

#[test]
fn every_fixture_is_read_as_it_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feeds");
    let (mut read, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        // What each expects stands in a charset that is not for the reader under test to tell.
        let text = match name.as_str() {
            "two-bytes.xml" => encoding_rs::UTF_16LE.decode(&bytes).0.into_owned(),
            "short-cyrillic.xml" => encoding_rs::WINDOWS_1251.decode(&bytes).0.into_owned(),
            "big5.xml" => encoding_rs::BIG5.decode(&bytes).0.into_owned(),
            "gb2312.xml" => encoding_rs::GB18030.decode(&bytes).0.into_owned(),
            _ => String::from_utf8(bytes.clone()).unwrap(),
        };
        let input = Input {
            bytes: &bytes,
            site_timezone: Some(chrono_tz::Asia::Shanghai),
            ..Input::default()
        };
        let shown = newsriver::cli::preview::document(&input).unwrap().to_json();
        for (pointer, expected) in expectations(&name, &bytes, &text) {
            let found = shown.pointer(&pointer).unwrap_or(&serde_json::Value::Null);
            if *found != expected {
                wrong.push(format!("{name}: {pointer} is {found}, not {expected}"));
            }
        }
        read += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read >= 30, "{read}");
}
