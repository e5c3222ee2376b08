//! What the origin answers at each path, as a function of the script, the instant and the request.

use super::answer::Answer;
use super::cast::{Behaviour, CAST, Player};
use super::render::{self, Document};
use super::script::{Piece, Script};
use crate::model::Timestamp;
use flate2::{Compression, write::GzEncoder};
use http::HeaderMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// The newest so many stand in a source's document.
const LISTED: usize = 15;

/// How long the slow source takes: beyond the time-out that `feeds_toml` writes.
pub(super) const SLOW: Duration = Duration::from_secs(20);

/// An answer and what is to happen before it is given.
pub(super) struct Scene {
    pub(super) answer: Answer,
    pub(super) delay: Duration,
}

/// The answer at `path` (without query) to a request with these fields. `visits` is how many requests this path has
/// had before. `base` is the origin's address without a final slash.
pub(super) fn scene(
    script: &Script,
    path: &str,
    fields: &HeaderMap,
    visits: u64,
    now: Timestamp,
    base: &str,
) -> Scene {
    if let Some(player) = CAST.iter().find(|player| player.path() == path) {
        return Scene {
            answer: feed(script, player, fields, visits, now, base),
            delay: match player.behaviour {
                Behaviour::Slow => SLOW,
                _ => Duration::ZERO,
            },
        };
    }
    let answer = if path == "/" {
        programme(base)
    } else if path == "/ledger.json" {
        let value = render::ledger(&everything(script, now), base);
        Answer::ok(value.to_string(), &[("Content-Type", "application/json")])
    } else if let Some(piece) = script.find(path, now) {
        answer(render::page(&piece, base)).conditional(fields)
    } else {
        missing()
    };
    Scene {
        answer,
        delay: Duration::ZERO,
    }
}

fn feed(
    script: &Script,
    player: &'static Player,
    fields: &HeaderMap,
    visits: u64,
    now: Timestamp,
    base: &str,
) -> Answer {
    let mut pieces = script.published(player, now);
    pieces.reverse();
    pieces.truncate(LISTED);
    let answer = answer(render::feed(player, &pieces, base));
    let is_conditional = fields.contains_key("if-none-match") || fields.contains_key("if-modified-since");
    match player.behaviour {
        Behaviour::Missing => missing(),
        Behaviour::NotModifiedOnly if is_conditional => answer.not_modified(),
        Behaviour::TurningEtag => turned(answer, visits),
        Behaviour::Gzip if takes_gzip(fields) => compressed(answer).conditional(fields),
        Behaviour::Ordinary | Behaviour::Slow | Behaviour::NotModifiedOnly | Behaviour::Gzip => {
            answer.conditional(fields)
        }
    }
}

fn answer(document: Document) -> Answer {
    let etag = format!("\"{:016x}\"", xxh3_64(&document.bytes));
    let changed = document.changed.to_http_date();
    Answer::ok(
        document.bytes,
        &[
            ("Content-Type", document.content_type),
            ("ETag", &etag),
            ("Last-Modified", &changed),
        ],
    )
}

fn missing() -> Answer {
    let page = "<!doctype html><title>Not here</title><p>There is nothing at this address.</p>\n";
    Answer::with_status(404, page, &[("Content-Type", "text/html; charset=utf-8")])
}

/// The same bytes under a tag that nobody has seen, and no date: a conditional request can never match.
fn turned(mut answer: Answer, visits: u64) -> Answer {
    answer.headers.retain(|(name, _)| name == "Content-Type");
    answer
        .headers
        .push(("ETag".to_owned(), format!("\"turn-{visits}\"")));
    answer
}

fn takes_gzip(fields: &HeaderMap) -> bool {
    let accepted = fields.get_all("accept-encoding").iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.split(';').next().is_some_and(|name| name.trim() == "gzip"))
}

/// Compressed, under a tag of its own (RFC 9110 8.8.3.3); plain when the compressor fails, which it does not in memory.
fn compressed(answer: Answer) -> Answer {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(&answer.body).and_then(|()| encoder.finish());
    let Ok(bytes) = written else {
        return answer;
    };
    let mut headers = answer.headers;
    for (name, value) in &mut headers {
        if name == "ETag" {
            *value = value.replacen('"', "\"gzip-", 1);
        }
    }
    headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
    headers.push(("Vary".to_owned(), "Accept-Encoding".to_owned()));
    Answer {
        headers,
        body: bytes.into(),
        ..answer
    }
}

fn everything(script: &Script, now: Timestamp) -> Vec<(&'static Player, Vec<Piece>)> {
    let players = CAST
        .iter()
        .filter(|player| player.behaviour != Behaviour::Missing);
    players
        .map(|player| (player, script.published(player, now)))
        .collect()
}

/// The page at `/`: who is playing.
fn programme(base: &str) -> Answer {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>The demo's sources</title></head>\n\
         <body><h1>The demo’s sources</h1>\n<p>All invented, all on this machine.</p>\n<ul>\n",
    );
    for player in &CAST {
        let _ = writeln!(
            page,
            "<li><a href=\"{base}{}\">{}</a>: {} ({:?}, {:?})</li>",
            player.path(),
            player.title.replace('&', "&amp;"),
            player.description.replace('&', "&amp;"),
            player.format,
            player.behaviour
        );
    }
    page.push_str("</ul></body></html>\n");
    Answer::ok(page, &[("Content-Type", "text/html; charset=utf-8")])
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_795_336_200);

    fn ask(path: &str, fields: &[(&str, &str)], visits: u64, seconds: u64) -> Scene {
        let script = Script::new(START, 1);
        let fields = Answer::ok("", fields).header_map();
        let now = START.plus(Duration::from_secs(seconds));
        scene(&script, path, &fields, visits, now, "http://127.0.0.1:4000")
    }

    #[test]
    fn an_ordinary_source_answers_304_until_something_changes() {
        let first = ask("/lantern/atom.xml", &[], 0, 0).answer;
        let etag = first.header("ETag").unwrap().to_owned();
        let again = |seconds| ask("/lantern/atom.xml", &[("If-None-Match", &etag)], 1, seconds).answer;
        assert_eq!(again(5).status, 304);
        assert_eq!(again(9).status, 200);
    }

    #[test]
    fn the_source_that_only_says_304_does_so_whatever_the_validator() {
        assert_eq!(ask("/standing-stone/rss.xml", &[], 0, 0).answer.status, 200);
        let wrong = [("If-None-Match", "\"something else\"")];
        assert_eq!(ask("/standing-stone/rss.xml", &wrong, 1, 0).answer.status, 304);
    }

    #[test]
    fn the_turning_tag_never_matches_and_the_bytes_stay() {
        let first = ask("/weathercock/atom.xml", &[], 0, 0).answer;
        let etag = first.header("ETag").unwrap().to_owned();
        let second = ask("/weathercock/atom.xml", &[("If-None-Match", &etag)], 1, 50).answer;
        assert_eq!(second.status, 200);
        assert_ne!(second.header("ETag"), Some(etag.as_str()));
        assert_eq!(second.body, first.body);
    }

    #[test]
    fn the_compressed_source_has_a_tag_for_each_coding() {
        let plain = ask("/pressed-flowers/rss.xml", &[], 0, 0).answer;
        let gzip = ask(
            "/pressed-flowers/rss.xml",
            &[("Accept-Encoding", "br, gzip")],
            0,
            0,
        )
        .answer;
        assert_eq!(gzip.header("Content-Encoding"), Some("gzip"));
        assert!(gzip.body.starts_with(&[0x1f, 0x8b]));
        assert_ne!(gzip.header("ETag"), plain.header("ETag"));
    }

    #[test]
    fn one_is_missing_and_one_is_slow() {
        assert_eq!(ask("/vanished/rss.xml", &[], 0, 0).answer.status, 404);
        assert_eq!(ask("/snail/rss.xml", &[], 0, 0).delay, SLOW);
        assert_eq!(ask("/no/such/path", &[], 0, 0).answer.status, 404);
    }

    #[test]
    fn every_article_in_a_feed_can_be_opened() {
        let ledger = ask("/ledger.json", &[], 0, 60).answer;
        let value: serde_json::Value = serde_json::from_slice(&ledger.body).unwrap();
        for source in value["sources"].as_array().unwrap() {
            for item in source["items"].as_array().unwrap() {
                let address = item["article"].as_str().unwrap();
                let path = address.strip_prefix("http://127.0.0.1:4000").unwrap();
                assert_eq!(ask(path, &[], 0, 60).answer.status, 200, "{path}");
            }
        }
    }
}
