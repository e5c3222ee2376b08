//! What modules say of an entry or a feed: podcasts, places, licences, threads and their comments.

use super::Place;
use super::head::first;
use super::media;
use super::text::{self, Kind};
use crate::model::{Chapters, Extras, InReplyTo, Participant, Point, Show, Soundbite, Transcript};
use crate::parse::namespace::Space;
use crate::parse::node::Node;
use crate::parse::{address, bounds, line};

/// Takes what one element of a module says of the entry. Pictures, authors, tags and texts that stand in for
/// missing ones are read by [`super::entry`].
pub(super) fn read(extras: &mut Extras, node: &Node<'_>, place: &Place) {
    match node.space {
        Space::Itunes => itunes(extras, node, place),
        Space::Podcast => podcast(extras, node, place),
        Space::Geo => geography(extras, node),
        Space::License => license(&mut extras.licenses, node, place),
        Space::Thread => thread(extras, node, place),
        Space::Slash if node.name == "comments" => {
            extras.comment_count = count(&node.text()).or(extras.comment_count);
        }
        _ => {}
    }
}

fn itunes(extras: &mut Extras, node: &Node<'_>, place: &Place) {
    match node.name.as_ref() {
        "title" => first(&mut extras.podcast_title, || text::plain(node, Kind::Html)),
        "author" => first(&mut extras.podcast_author, || text::plain(node, Kind::Html)),
        "subtitle" => first(&mut extras.podcast_subtitle, || text::plain(node, Kind::Html)),
        "summary" => first(&mut extras.podcast_summary, || text::plain(node, Kind::Html)),
        "image" => first(&mut extras.podcast_image, || picture(node, place)),
        "duration" => first(&mut extras.duration_seconds, || media::seconds(&node.text())),
        "episode" => first(&mut extras.episode, || count(&node.text())),
        "season" => first(&mut extras.season, || count(&node.text())),
        "episodetype" => first(&mut extras.episode_type, || {
            one_of(&node.text(), &["full", "trailer", "bonus"])
        }),
        "explicit" => first(&mut extras.is_explicit, || is_explicit(&node.text())),
        _ => {}
    }
}

fn podcast(extras: &mut Extras, node: &Node<'_>, place: &Place) {
    let address = |name: &str| address::absolute(node.attribute(name)?, place.link_base());
    match node.name.as_ref() {
        "transcript" if extras.transcripts.len() < bounds::MAX_ENCLOSURES => {
            extras.transcripts.extend(address("url").map(|url| Transcript {
                url,
                mime_type: word(node, "type"),
                language: word(node, "language"),
                rel: word(node, "rel"),
            }));
        }
        "chapters" => first(&mut extras.chapters, || {
            Some(Chapters {
                url: address("url")?,
                mime_type: word(node, "type"),
            })
        }),
        "person" if extras.people.len() < bounds::MAX_AUTHORS => {
            extras
                .people
                .extend(text::plain(node, Kind::Html).map(|name| Participant {
                    name,
                    role: word(node, "role"),
                    group: word(node, "group"),
                    image: address("img"),
                    link: address("href"),
                }));
        }
        "soundbite" if extras.soundbites.len() < bounds::MAX_ENCLOSURES => {
            extras.soundbites.extend(soundbite(node));
        }
        "episode" => first(&mut extras.episode, || count(&node.text())),
        "season" => first(&mut extras.season, || count(&node.text())),
        "license" => {
            // A name of the SPDX list has no address of its own: what says where it is read does.
            license_at(&mut extras.licenses, address("url"));
        }
        "location" => {
            first(&mut extras.place, || text::plain(node, Kind::Html));
            first(&mut extras.point, || {
                point(node.attribute("geo")?.strip_prefix("geo:")?)
            });
        }
        _ => {}
    }
}

fn soundbite(node: &Node<'_>) -> Option<Soundbite> {
    let duration_ms = milliseconds(node.attribute("duration")?)?;
    (duration_ms > 0).then_some(Soundbite {
        start_ms: milliseconds(node.attribute("starttime")?)?,
        duration_ms,
        title: text::plain(node, Kind::Html),
    })
}

/// Seconds with a fraction, as milliseconds.
fn milliseconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = fraction.get(..fraction.len().min(3))?;
    let thousandths: u64 = format!("{digits:0<3}").parse().ok()?;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(1000)?
        .checked_add(thousandths)
}

/// GeoRSS Simple and GML (`point`, `pos`), W3C Basic Geo (`lat`, `long`, alone or inside `Point`).
fn geography(extras: &mut Extras, node: &Node<'_>) {
    match node.name.as_ref() {
        "point" | "where" if node.has_nodes() => {
            for inner in node.nodes() {
                geography(extras, inner);
            }
        }
        "point" | "pos" => first(&mut extras.point, || point(&node.text())),
        "featurename" => first(&mut extras.place, || text::plain(node, Kind::Text)),
        "lat" => half_point(extras, &node.text(), true),
        "long" | "lon" => half_point(extras, &node.text(), false),
        _ => {}
    }
}

/// One coordinate: the other is not a number until it is read, and a point that stays half is dropped at the end.
fn half_point(extras: &mut Extras, text: &str, is_latitude: bool) {
    let Some(degrees) = text.trim().parse::<f64>().ok() else {
        return;
    };
    let point = extras.point.get_or_insert(Point {
        latitude: f64::NAN,
        longitude: f64::NAN,
    });
    let half = if is_latitude {
        &mut point.latitude
    } else {
        &mut point.longitude
    };
    if half.is_nan() {
        *half = degrees;
    }
}

/// `45.256 -71.92`, with a blank, a comma or both between.
fn point(text: &str) -> Option<Point> {
    let mut numbers = text
        .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|part| !part.is_empty());
    let point = Point {
        latitude: numbers.next()?.parse().ok()?,
        longitude: numbers.next()?.parse().ok()?,
    };
    is_on_earth(&point).then_some(point)
}

fn is_on_earth(point: &Point) -> bool {
    (-90.0..=90.0).contains(&point.latitude) && (-180.0..=180.0).contains(&point.longitude)
}

/// The address of a licence: as text (RSS), as `rdf:resource` (RDF).
pub(super) fn license(licenses: &mut Vec<String>, node: &Node<'_>, place: &Place) {
    if node.name == "license" {
        let text = node.text();
        let written = node.local_attribute("resource").unwrap_or(&text);
        license_at(licenses, address::absolute(written, place.link_base()));
    }
}

/// Notes a licence that is not noted yet.
pub(super) fn license_at(licenses: &mut Vec<String>, address: Option<String>) {
    if licenses.len() < bounds::MAX_LICENSES {
        licenses.extend(address.filter(|address| !licenses.contains(address)));
    }
}

fn thread(extras: &mut Extras, node: &Node<'_>, place: &Place) {
    let address = |name: &str| address::absolute(node.attribute(name)?, place.link_base());
    match node.name.as_ref() {
        "total" => extras.comment_count = count(&node.text()).or(extras.comment_count),
        "in-reply-to" if extras.in_reply_to.len() < bounds::MAX_ENCLOSURES => {
            let link = address("href");
            let id = node.attribute("ref").map(str::trim).filter(|id| !id.is_empty());
            let id = id.map(str::to_owned).or_else(|| link.clone());
            extras
                .in_reply_to
                .extend(
                    id.filter(|id| id.len() <= bounds::MAX_ADDRESS_BYTES)
                        .map(|id| InReplyTo {
                            id,
                            link,
                            mime_type: word(node, "type"),
                            source: address("source"),
                        }),
                );
        }
        _ => {}
    }
}

/// Settles what depends on the whole entry, which has this title; `None` when no module says anything.
pub(super) fn finish(mut extras: Extras, title: Option<&str>) -> Option<Box<Extras>> {
    extras.point = extras.point.filter(is_on_earth);
    extras.podcast_title = extras.podcast_title.filter(|own| title != Some(own));
    extras.boxed()
}

/// What one element of a podcast module says of the feed. Nobody but publishers of podcasts writes them.
pub(super) fn show(show: &mut Show, node: &Node<'_>, place: &Place) {
    match (node.space, node.name.as_ref()) {
        (Space::Itunes, "author") => first(&mut show.author, || bounded(text::plain(node, Kind::Html))),
        (Space::Itunes, "subtitle") => first(&mut show.subtitle, || bounded(text::plain(node, Kind::Html))),
        (Space::Itunes, "explicit") => first(&mut show.is_explicit, || is_explicit(&node.text())),
        (Space::Itunes, "type") => first(&mut show.kind, || one_of(&node.text(), &["episodic", "serial"])),
        (Space::Itunes, "category") => categories(&mut show.categories, node),
        (Space::Podcast, "guid") => first(&mut show.guid, || {
            node.word().filter(|guid| guid.len() <= bounds::MAX_WORD_BYTES)
        }),
        (Space::Podcast, "medium") => first(&mut show.medium, || {
            node.word()
                .filter(|medium| medium.len() <= bounds::MAX_WORD_BYTES)
                .map(|medium| medium.to_ascii_lowercase())
        }),
        (Space::Podcast, "funding") if show.funding.len() < bounds::MAX_LICENSES => {
            let url = node
                .attribute("url")
                .and_then(|url| address::absolute(url, place.link_base()));
            let words = bounded(text::plain(node, Kind::Html)).unwrap_or_default();
            show.funding.extend(url.map(|url| (url, words)));
        }
        _ => {}
    }
}

fn categories(categories: &mut Vec<String>, node: &Node<'_>) {
    if categories.len() < bounds::MAX_TAGS {
        categories.extend(word(node, "text").filter(|word| !categories.contains(word)));
        for inner in node.nodes().filter(|inner| inner.name == "category") {
            categories.extend(word(inner, "text").filter(|word| !categories.contains(word)));
        }
    }
}

fn bounded(line: Option<String>) -> Option<String> {
    line.map(|mut line| {
        bounds::cut(&mut line, bounds::MAX_TITLE_BYTES);
        line
    })
}

fn picture(node: &Node<'_>, place: &Place) -> Option<String> {
    let written = node.attribute("href").or_else(|| node.attribute("url"));
    let text = node.text();
    address::absolute(written.unwrap_or(&text), place.link_base())
}

/// A short word in an attribute.
fn word(node: &Node<'_>, name: &str) -> Option<String> {
    let word = line::of_text(node.attribute(name)?);
    line::some(word).filter(|word| word.len() <= bounds::MAX_WORD_BYTES)
}

fn one_of(text: &str, known: &[&str]) -> Option<String> {
    let found = known.iter().find(|word| text.trim().eq_ignore_ascii_case(word))?;
    Some((*found).to_owned())
}

fn is_explicit(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "explicit" => Some(true),
        "no" | "false" | "clean" => Some(false),
        _ => None,
    }
}

/// A number of things.
pub(super) fn count(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}
