//! Attached files and pictures: RSS `enclosure` and Media RSS.

use super::Place;
use super::head::first;
use super::text::{self, Kind};
use crate::model::{Credit, Enclosure, Entry, Media, MediaContent, Thumbnail};
use crate::parse::namespace::Space;
use crate::parse::node::Node;
use crate::parse::{address, bounds, line};

/// What the media elements of an entry say besides its enclosures.
#[derive(Debug, Default)]
pub(super) struct Gathered<'n, 'a> {
    /// The first `media:title`.
    pub(super) title: Option<&'n Node<'a>>,
    /// The first `media:description`.
    pub(super) description: Option<&'n Node<'a>>,
    /// Groups and contents, in order.
    media: Vec<Media>,
    /// What stands beside them and holds for the entry.
    common: Media,
    /// Whether the picture found so far was chosen by the source as such.
    has_thumbnail: bool,
}

impl<'n, 'a> Gathered<'n, 'a> {
    /// Reads one Media RSS element with what is inside.
    pub(super) fn read(&mut self, node: &'n Node<'a>, place: &Place, entry: &mut Entry) {
        self.files_and_pictures(node, place, entry);
        if !matches!(node.name.as_ref(), "content" | "group") {
            say(&mut self.common, node, place);
        } else if self.media.len() < bounds::MAX_ENCLOSURES {
            let mut media = Media::default();
            say(&mut media, node, place);
            if media != Media::default() {
                self.media.push(media);
            }
        }
    }

    /// All media of the entry, what holds for all of them first.
    pub(super) fn finish(self) -> Vec<Media> {
        let common = (self.common != Media::default()).then_some(self.common);
        common.into_iter().chain(self.media).collect()
    }

    fn files_and_pictures(&mut self, node: &'n Node<'a>, place: &Place, entry: &mut Entry) {
        match node.name.as_ref() {
            "content" => {
                let file = enclosure(node, place, "url", "filesize");
                if let Some(mut file) = file {
                    file.duration_seconds = node.attribute("duration").and_then(seconds);
                    let is_image = node.attribute("medium") == Some("image")
                        || file
                            .mime_type
                            .as_deref()
                            .is_some_and(|kind| kind.starts_with("image/"));
                    if is_image && entry.image.is_none() {
                        entry.image = Some(file.url.clone());
                    }
                    add(entry, file);
                }
                self.files_inside(node, place, entry);
            }
            "group" => self.files_inside(node, place, entry),
            "thumbnail" => {
                if !self.has_thumbnail
                    && let Some(picture) = thumbnail(node, place)
                {
                    entry.image = Some(picture.url);
                    self.has_thumbnail = true;
                }
            }
            "title" => self.title = self.title.or(Some(node)),
            "description" | "text" => self.description = self.description.or(Some(node)),
            _ => {}
        }
    }

    fn files_inside(&mut self, node: &'n Node<'a>, place: &Place, entry: &mut Entry) {
        for inner in node.nodes().filter(|inner| inner.space == Space::Media) {
            self.files_and_pictures(inner, place, entry);
        }
    }
}

/// Takes what one element says of `media` (Media RSS, optional elements: they hold for what they stand in).
fn say(media: &mut Media, node: &Node<'_>, place: &Place) {
    let inside = |media: &mut Media| {
        for inner in node.nodes().filter(|inner| inner.space == Space::Media) {
            say(media, inner, place);
        }
    };
    match node.name.as_ref() {
        "group" => inside(media),
        "content" => {
            if media.contents.len() < bounds::MAX_ENCLOSURES {
                media.contents.extend(content(node, place));
            }
            inside(media);
        }
        "title" => first(&mut media.title, || text::plain(node, Kind::Html)),
        "description" => first(&mut media.description, || text::plain(node, Kind::Html)),
        "thumbnail" if media.thumbnails.len() < bounds::MAX_ENCLOSURES => {
            media.thumbnails.extend(thumbnail(node, place));
        }
        "credit" if media.credits.len() < bounds::MAX_AUTHORS => media.credits.extend(credit(node)),
        "player" => first(&mut media.player, || {
            address::absolute(node.attribute("url")?, place.link_base())
        }),
        "rating" => first(&mut media.rating, || text::plain(node, Kind::Text)),
        "copyright" => first(&mut media.copyright, || text::plain(node, Kind::Text)),
        _ => {}
    }
}

fn content(node: &Node<'_>, place: &Place) -> Option<MediaContent> {
    let number = |name: &str| node.attribute(name).and_then(whole);
    let word = |name: &str| {
        let word = node.attribute(name).map(line::of_text)?;
        line::some(word).filter(|word| word.len() <= bounds::MAX_WORD_BYTES)
    };
    Some(MediaContent {
        url: address::absolute(node.attribute("url")?, place.link_base())?,
        mime_type: word("type").filter(|kind| kind.contains('/')),
        medium: word("medium").map(|medium| medium.to_ascii_lowercase()),
        length: node
            .attribute("filesize")
            .and_then(|length| length.trim().parse().ok())
            .filter(|length| *length > 0),
        duration_seconds: node.attribute("duration").and_then(seconds),
        width: number("width"),
        height: number("height"),
        bitrate: number("bitrate"),
        is_default: node
            .attribute("isdefault")
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("true")),
        language: word("lang"),
    })
}

fn thumbnail(node: &Node<'_>, place: &Place) -> Option<Thumbnail> {
    let written = node.attribute("url").or_else(|| node.attribute("href"));
    let text = node.text();
    Some(Thumbnail {
        url: address::absolute(written.unwrap_or(&text), place.link_base())?,
        width: node.attribute("width").and_then(whole),
        height: node.attribute("height").and_then(whole),
    })
}

fn credit(node: &Node<'_>) -> Option<Credit> {
    let word = |name: &str| node.attribute(name).map(line::of_text).and_then(line::some);
    Some(Credit {
        name: text::plain(node, Kind::Html)?,
        role: word("role").map(|role| role.to_lowercase()),
        scheme: word("scheme"),
    })
}

/// A whole number above nought, `640px` and `640.0` included.
fn whole(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..digits)?.parse().ok().filter(|number| *number > 0)
}

/// The file that the attributes of an element name.
pub(super) fn enclosure(node: &Node<'_>, place: &Place, url: &str, length: &str) -> Option<Enclosure> {
    let text = node.text();
    let written = node
        .attribute(url)
        .or_else(|| node.attribute("href"))
        .filter(|url| !url.trim().is_empty());
    let url = address::absolute(written.unwrap_or(&text), place.link_base())?;
    let mime_type = node
        .attribute("type")
        .map(str::trim)
        .filter(|kind| kind.contains('/'))
        .map(str::to_owned);
    Some(Enclosure {
        mime_type: mime_type.or_else(|| mime_type_of(&url).map(str::to_owned)),
        length: node
            .attribute(length)
            .and_then(|length| length.trim().parse().ok())
            .filter(|length| *length > 0),
        title: node
            .attribute("title")
            .map(str::to_owned)
            .filter(|title| !title.trim().is_empty()),
        duration_seconds: None,
        url,
    })
}

/// Adds a file, or what it says more to the one of the same address.
pub(in crate::parse) fn add(entry: &mut Entry, file: Enclosure) {
    let is_full = entry.enclosures.len() >= crate::parse::bounds::MAX_ENCLOSURES;
    match entry.enclosures.iter_mut().find(|known| known.url == file.url) {
        Some(known) => {
            known.mime_type = known.mime_type.take().or(file.mime_type);
            known.length = known.length.or(file.length);
            known.title = known.title.take().or(file.title);
            known.duration_seconds = known.duration_seconds.or(file.duration_seconds);
        }
        None if is_full => {}
        None => entry.enclosures.push(file),
    }
}

/// A playing time: seconds, `MM:SS` or `HH:MM:SS`, with or without a fraction.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    for part in text.trim().split(':') {
        let whole = part.split('.').next().unwrap_or_default();
        total = total.checked_mul(60)?.checked_add(whole.trim().parse().ok()?)?;
    }
    (total > 0).then_some(total)
}

/// The media type that the name of a file suggests.
pub(in crate::parse) fn mime_type_of(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next()?;
    let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "oga" => "audio/ogg",
        "opus" => "audio/opus",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "avi" => "video/x-msvideo",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "avif" => "image/avif",
        "pdf" => "application/pdf",
        "epub" => "application/epub+zip",
        "zip" => "application/zip",
        "torrent" => "application/x-bittorrent",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playing_times_are_read_in_every_form_and_never_overflow() {
        assert_eq!(seconds("1:02:03"), Some(3723));
        assert_eq!(seconds("90.5"), Some(90));
        assert_eq!(seconds("99999999999999999999"), None);
        assert_eq!(seconds("18446744073709551615:1"), None);
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn sizes_are_numbers_above_nought() {
        assert_eq!(whole(" 640px"), Some(640));
        for odd in ["0", "", "wide", "-1", "99999999999"] {
            assert_eq!(whole(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_media_type_is_guessed_from_the_name_alone() {
        assert_eq!(
            mime_type_of("http://a.example/b/c.MP3?x=y.png"),
            Some("audio/mpeg")
        );
        assert_eq!(mime_type_of("http://a.example/"), None);
    }
}
