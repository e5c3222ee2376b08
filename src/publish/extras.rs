//! What modules say of an entry, fit to be published: cleaned, and as elements of XML.
//!
//! Only modules that validators know are written in XML: Media RSS, GeoRSS, threads and Slash. The elements of
//! podcasts are not: with one of `itunes:` in an item, validators ask the channel for an owner with a mail address
//! and a category, which a river of many sources cannot have, and they do not know `podcast:`. What those say and
//! Media RSS can say too is written so (duration, picture, explicit or not, who takes part); transcripts and chapters
//! are links; all of it stands in JSON Feed's `_newsriver`.

use super::clean;
use super::identifier;
use super::marked::{Element, Elements, text};
use crate::model::{
    Chapters, Credit, Enclosure, Extras, InReplyTo, Link, Media, MediaContent, Participant, Thumbnail,
    Transcript,
};
use crate::store::StoreIdentity;
use serde_json::{Map, Value};

/// Media RSS.
const MEDIA: &str = "media";

/// The vocabulary of what people do in a podcast.
const PODCAST: &str = "https://podcastindex.org/namespace/1.0";

/// These extras with nothing in them that may not stand in a document.
pub(crate) fn cleaned(said: &Extras, identity: &StoreIdentity) -> Option<Box<Extras>> {
    Extras {
        media: said
            .media
            .iter()
            .map(clean_media)
            .filter(|media| *media != Media::default())
            .collect(),
        podcast_title: line(&said.podcast_title),
        podcast_author: line(&said.podcast_author).filter(|name| !clean::is_mail_address(name)),
        podcast_subtitle: line(&said.podcast_subtitle),
        podcast_summary: line(&said.podcast_summary),
        podcast_image: address(&said.podcast_image),
        duration_seconds: said.duration_seconds,
        episode: said.episode,
        season: said.season,
        episode_type: line(&said.episode_type),
        is_explicit: said.is_explicit,
        transcripts: said.transcripts.iter().filter_map(clean_transcript).collect(),
        chapters: said.chapters.as_ref().and_then(|chapters| {
            Some(Chapters {
                url: clean::address(&chapters.url)?,
                mime_type: media_type(&chapters.mime_type),
            })
        }),
        people: said.people.iter().filter_map(clean_participant).collect(),
        soundbites: said
            .soundbites
            .iter()
            .cloned()
            .map(|mut bite| {
                bite.title = line(&bite.title);
                bite
            })
            .collect(),
        point: said
            .point
            .filter(|point| point.latitude.abs() <= 90.0 && point.longitude.abs() <= 180.0),
        place: line(&said.place),
        licenses: said
            .licenses
            .iter()
            .filter_map(|license| clean::address(license))
            .collect(),
        in_reply_to: said
            .in_reply_to
            .iter()
            .filter(|reply| !reply.id.is_empty())
            .map(|reply| InReplyTo {
                id: identifier::published(&reply.id, "item", identity),
                link: address(&reply.link),
                mime_type: media_type(&reply.mime_type),
                source: address(&reply.source),
            })
            .collect(),
        comment_count: said.comment_count,
    }
    .boxed()
}

fn clean_media(media: &Media) -> Media {
    Media {
        contents: media.contents.iter().filter_map(clean_content).collect(),
        title: line(&media.title),
        description: line(&media.description),
        thumbnails: media
            .thumbnails
            .iter()
            .filter_map(|thumbnail| {
                Some(Thumbnail {
                    url: clean::address(&thumbnail.url)?,
                    ..thumbnail.clone()
                })
            })
            .collect(),
        credits: media
            .credits
            .iter()
            .filter_map(|credit| {
                let name = clean::line(&credit.name);
                (!name.is_empty() && !clean::is_mail_address(&name)).then(|| Credit {
                    name,
                    role: line(&credit.role).map(|role| role.to_lowercase()),
                    scheme: line(&credit.scheme),
                })
            })
            .collect(),
        player: address(&media.player),
        rating: line(&media.rating),
        copyright: line(&media.copyright),
    }
}

fn clean_content(content: &MediaContent) -> Option<MediaContent> {
    Some(MediaContent {
        url: clean::address(&content.url)?,
        mime_type: media_type(&content.mime_type),
        medium: content.medium.clone().filter(|medium| {
            ["image", "audio", "video", "document", "executable"].contains(&medium.as_str())
        }),
        language: content.language.as_deref().and_then(clean::language),
        ..content.clone()
    })
}

fn clean_transcript(transcript: &Transcript) -> Option<Transcript> {
    Some(Transcript {
        url: clean::address(&transcript.url)?,
        mime_type: media_type(&transcript.mime_type),
        language: transcript.language.as_deref().and_then(clean::language),
        rel: line(&transcript.rel),
    })
}

fn clean_participant(person: &Participant) -> Option<Participant> {
    let name = clean::line(&person.name);
    (!name.is_empty() && !clean::is_mail_address(&name)).then(|| Participant {
        name,
        role: line(&person.role),
        group: line(&person.group),
        image: address(&person.image),
        link: address(&person.link),
    })
}

fn line(text: &Option<String>) -> Option<String> {
    let line = clean::line(text.as_deref()?);
    (!line.is_empty()).then_some(line)
}

fn address(written: &Option<String>) -> Option<String> {
    clean::address(written.as_deref()?)
}

fn media_type(written: &Option<String>) -> Option<String> {
    clean::media_type(written.as_deref()?)
}

/// What podcasts say and core elements can: transcripts and chapters, and the licences (RFC 4946).
pub(crate) fn links(extras: &Extras) -> impl Iterator<Item = Link> {
    let related = |href: &str, mime_type: &Option<String>, title: &str| Link {
        rel: "related".to_owned(),
        href: href.to_owned(),
        mime_type: mime_type.clone(),
        title: Some(title.to_owned()),
    };
    let transcripts = (extras.transcripts.iter())
        .map(move |transcript| related(&transcript.url, &transcript.mime_type, "Transcript"));
    let chapters =
        (extras.chapters.iter()).map(move |chapters| related(&chapters.url, &chapters.mime_type, "Chapters"));
    let licenses = extras.licenses.iter().map(|license| Link {
        rel: "license".to_owned(),
        href: license.clone(),
        ..Link::default()
    });
    transcripts.chain(chapters).chain(licenses)
}

/// The elements of modules. `besides`: files and pictures that core elements do not show, or not wholly; those that
/// Media RSS describes already are left out.
pub(crate) fn elements(
    extras: Option<&Extras>,
    files: &[&Enclosure],
    image: Option<&str>,
    is_atom: bool,
) -> Elements {
    let mut elements = Elements::default();
    let empty = Extras::default();
    let extras = extras.unwrap_or(&empty);
    let described = |url: &str| {
        extras.media.iter().any(|media| {
            media.contents.iter().any(|content| content.url == url)
                || media.thumbnails.iter().any(|thumbnail| thumbnail.url == url)
        })
    };
    for file in files.iter().filter(|file| !described(&file.url)) {
        let content = MediaContent {
            url: file.url.clone(),
            mime_type: file.mime_type.clone(),
            length: file.length,
            duration_seconds: file.duration_seconds,
            ..MediaContent::default()
        };
        elements.push(MEDIA, written_content(&content));
    }
    for picture in image.iter().filter(|picture| !described(picture)) {
        elements.push(MEDIA, Element::new("thumbnail").with("url", picture));
    }
    let mut has_whole = false;
    for media in &extras.media {
        match media.contents.as_slice() {
            [] if has_whole => {}
            [] => {
                has_whole = true;
                // Its title and words would be the entry's once more, and some readers take them for those.
                let whole = Media {
                    title: None,
                    description: None,
                    ..media.clone()
                };
                about(&whole)
                    .into_iter()
                    .for_each(|element| elements.push(MEDIA, element));
            }
            [content] => {
                let mut element = written_content(content);
                element.children = about(media);
                elements.push(MEDIA, element);
            }
            contents => {
                let mut group = Element::new("group");
                group.children = contents.iter().map(written_content).chain(about(media)).collect();
                elements.push(MEDIA, group);
            }
        }
    }
    podcast(&mut elements, extras, described);
    place(&mut elements, extras);
    thread(&mut elements, extras, is_atom);
    elements
}

fn written_content(content: &MediaContent) -> Element {
    let number = |number: Option<u64>| {
        number
            .filter(|number| *number > 0)
            .map(|number| number.to_string())
    };
    let pixels = |number: Option<u32>| {
        number
            .filter(|number| *number > 0)
            .map(|number| number.to_string())
    };
    Element::new("content")
        .with("url", &content.url)
        .maybe("type", content.mime_type.as_deref())
        .maybe("medium", content.medium.as_deref())
        .maybe("fileSize", number(content.length).as_deref())
        .maybe("duration", number(content.duration_seconds).as_deref())
        .maybe("width", pixels(content.width).as_deref())
        .maybe("height", pixels(content.height).as_deref())
        .maybe("bitrate", pixels(content.bitrate).as_deref())
        .maybe("lang", content.language.as_deref())
        .maybe("isDefault", content.is_default.then_some("true"))
}

/// What is said of a picture or film as a whole.
fn about(media: &Media) -> Vec<Element> {
    let pixels = |number: Option<u32>| {
        number
            .filter(|number| *number > 0)
            .map(|number| number.to_string())
    };
    let mut about = Vec::new();
    about.extend(media.title.as_deref().map(|title| text("title", title)));
    about.extend(
        media
            .description
            .as_deref()
            .map(|words| text("description", words)),
    );
    about.extend(media.thumbnails.iter().map(|thumbnail| {
        Element::new("thumbnail")
            .with("url", &thumbnail.url)
            .maybe("width", pixels(thumbnail.width).as_deref())
            .maybe("height", pixels(thumbnail.height).as_deref())
    }));
    about.extend(media.credits.iter().map(credit));
    about.extend(
        media
            .player
            .as_deref()
            .map(|player| Element::new("player").with("url", player)),
    );
    // Ratings of other schemes have words of their own, and the scheme is not known.
    let rating = media
        .rating
        .as_deref()
        .filter(|rating| ["adult", "nonadult"].contains(rating));
    about.extend(rating.map(|rating| {
        Element::new("rating")
            .with("scheme", "urn:simple")
            .holding(rating)
    }));
    let copyright = media
        .copyright
        .as_deref()
        .filter(|words| !clean::is_ambiguous(words));
    about.extend(copyright.map(|words| Element::new("copyright").holding(words)));
    about
}

/// A role without a scheme must be one of the list of the European Broadcasting Union; with another scheme it is any
/// word in lower case. Roles that are neither are left out, the name stays.
fn credit(credit: &Credit) -> Element {
    const ROLES: [&str; 16] = [
        "actor",
        "announcer",
        "anchor person",
        "author",
        "camera operator",
        "composer",
        "correspondent",
        "director",
        "editor",
        "illustrator",
        "interviewer",
        "performer",
        "photographer",
        "producer",
        "reporter",
        "translation",
    ];
    let scheme = credit.scheme.as_deref().and_then(clean::address);
    let role = credit
        .role
        .as_deref()
        .filter(|role| scheme.is_some() || ROLES.contains(role));
    Element::new("credit")
        .maybe("role", role)
        .maybe("scheme", role.and(scheme.as_deref()))
        .holding(&credit.name)
}

/// What podcasts say, in the words of Media RSS.
fn podcast(elements: &mut Elements, extras: &Extras, described: impl Fn(&str) -> bool) {
    if let Some(image) = extras.podcast_image.as_deref().filter(|image| !described(image)) {
        elements.push(MEDIA, Element::new("thumbnail").with("url", image));
    }
    let is_rated = extras
        .media
        .iter()
        .any(|media| media.contents.is_empty() && media.rating.is_some());
    if let Some(is_explicit) = extras.is_explicit.filter(|_| !is_rated) {
        let word = if is_explicit { "adult" } else { "nonadult" };
        elements.push(
            MEDIA,
            Element::new("rating").with("scheme", "urn:simple").holding(word),
        );
    }
    for person in &extras.people {
        let role = person.role.as_deref().unwrap_or("host").to_lowercase();
        let element = Element::new("credit").with("role", &role).with("scheme", PODCAST);
        elements.push(MEDIA, element.holding(&person.name));
    }
}

fn place(elements: &mut Elements, extras: &Extras) {
    if let Some(point) = extras.point {
        let position = format!("{} {}", degrees(point.latitude), degrees(point.longitude));
        elements.push("georss", Element::new("point").holding(&position));
    }
    if let Some(name) = &extras.place {
        elements.push("georss", Element::new("featureName").holding(name));
    }
}

/// Without an exponent, which some readers do not know; to a centimetre.
fn degrees(number: f64) -> String {
    let written = format!("{number:.7}");
    let short = written.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

fn thread(elements: &mut Elements, extras: &Extras, is_atom: bool) {
    for reply in &extras.in_reply_to {
        let element = Element::new("in-reply-to")
            .with("ref", &reply.id)
            .maybe("href", reply.link.as_deref())
            .maybe("type", reply.link.as_ref().and(reply.mime_type.as_deref()))
            .maybe("source", reply.source.as_deref());
        elements.push("thr", element);
    }
    if let Some(count) = extras.comment_count {
        let (prefix, name) = if is_atom {
            ("thr", "total")
        } else {
            ("slash", "comments")
        };
        elements.push(prefix, Element::new(name).holding(&count.to_string()));
    }
}

/// All that is said, under the names that `preview` shows it by; what says nothing is left out.
pub(crate) fn said(extras: &Extras) -> Map<String, Value> {
    match serde_json::to_value(extras).ok().and_then(spoken) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn spoken(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(values) => {
            let values: Vec<Value> = values.into_iter().filter_map(spoken).collect();
            (!values.is_empty()).then(|| values.into())
        }
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields
                .into_iter()
                .filter_map(|(key, value)| Some((key, spoken(value)?)))
                .collect();
            (!fields.is_empty()).then(|| fields.into())
        }
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_written_as_plain_numbers() {
        assert_eq!(degrees(31.230_416), "31.230416");
        assert_eq!(degrees(-0.000_000_001), "0");
        assert_eq!(degrees(121.0), "121");
        assert_eq!(degrees(1e-5), "0.00001");
    }
}
