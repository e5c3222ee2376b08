//! What an entry says beyond the core formats: Media RSS, podcasts, places, licences, threads.
//!
//! Most entries say none of it, so all of it stands behind one pointer that is empty then. Whatever is here is
//! plain text on one line or an absolute http or https address, bounded like everything a source says.

use serde::{Deserialize, Serialize};

/// What the modules of RSS and Atom say of an entry. Comment feeds (`wfw:commentRss`) are links of relation
/// `replies`, keywords and categories are tags, and files are enclosures besides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Extras {
    /// Pictures, films and sounds as Media RSS describes them, in the document's order. One without contents says
    /// what holds for the entry as a whole.
    pub media: Vec<Media>,
    /// `itunes:title`, where it differs from the title.
    pub podcast_title: Option<String>,
    /// `itunes:author`.
    pub podcast_author: Option<String>,
    /// `itunes:subtitle`.
    pub podcast_subtitle: Option<String>,
    /// `itunes:summary`, as plain text.
    pub podcast_summary: Option<String>,
    /// `itunes:image`.
    pub podcast_image: Option<String>,
    /// `itunes:duration`, in seconds.
    pub duration_seconds: Option<u64>,
    /// `itunes:episode` or `podcast:episode`.
    pub episode: Option<u32>,
    /// `itunes:season` or `podcast:season`.
    pub season: Option<u32>,
    /// `itunes:episodeType`: `full`, `trailer` or `bonus`, in lower case.
    pub episode_type: Option<String>,
    /// `itunes:explicit`.
    pub is_explicit: Option<bool>,
    /// `podcast:transcript`.
    pub transcripts: Vec<Transcript>,
    /// `podcast:chapters`.
    pub chapters: Option<Chapters>,
    /// `podcast:person`.
    pub people: Vec<Participant>,
    /// `podcast:soundbite`.
    pub soundbites: Vec<Soundbite>,
    /// GeoRSS or W3C Basic Geo: where it happened.
    pub point: Option<Point>,
    /// `georss:featureName` or `podcast:location`: the name of the place.
    pub place: Option<String>,
    /// Addresses of licences: Creative Commons of either kind, `link rel="license"` (RFC 4946).
    pub licenses: Vec<String>,
    /// `thr:in-reply-to` (RFC 4685).
    pub in_reply_to: Vec<InReplyTo>,
    /// How many comments there are: `thr:total`, `thr:count` or `slash:comments`.
    pub comment_count: Option<u32>,
}

impl Extras {
    /// These, behind a pointer, unless they say nothing.
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// One picture, film or sound (`media:group`, or a `media:content` of its own) in all its renditions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// The renditions.
    pub contents: Vec<MediaContent>,
    /// `media:title`.
    pub title: Option<String>,
    /// `media:description`, as plain text.
    pub description: Option<String>,
    /// `media:thumbnail`, the most important first.
    pub thumbnails: Vec<Thumbnail>,
    /// `media:credit`.
    pub credits: Vec<Credit>,
    /// `media:player`: a page that plays it.
    pub player: Option<String>,
    /// `media:rating`, of whatever scheme.
    pub rating: Option<String>,
    /// `media:copyright`.
    pub copyright: Option<String>,
}

/// A rendition (`media:content`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaContent {
    /// Where it is.
    pub url: String,
    /// A media type, as written.
    pub mime_type: Option<String>,
    /// `image`, `audio`, `video`, `document` or `executable`.
    pub medium: Option<String>,
    /// Size in bytes.
    pub length: Option<u64>,
    /// Playing time in seconds.
    pub duration_seconds: Option<u64>,
    /// In pixels.
    pub width: Option<u32>,
    /// In pixels.
    pub height: Option<u32>,
    /// In kilobits a second.
    pub bitrate: Option<u32>,
    /// Whether it is the one to take where there are several.
    pub is_default: bool,
    /// BCP 47, as written.
    pub language: Option<String>,
}

/// A small picture (`media:thumbnail`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// Where it is.
    pub url: String,
    /// In pixels.
    pub width: Option<u32>,
    /// In pixels.
    pub height: Option<u32>,
}

/// Who did what (`media:credit`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The person or house.
    pub name: String,
    /// What they did, in lower case.
    pub role: Option<String>,
    /// The vocabulary of the role; absent: that of the European Broadcasting Union.
    pub scheme: Option<String>,
}

/// `podcast:transcript`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// Where it is.
    pub url: String,
    /// A media type.
    pub mime_type: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// `captions`, where it is one with times.
    pub rel: Option<String>,
}

/// `podcast:chapters`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapters {
    /// Where they are.
    pub url: String,
    /// A media type.
    pub mime_type: Option<String>,
}

/// `podcast:person`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Their name.
    pub name: String,
    /// What they do; absent: host.
    pub role: Option<String>,
    /// The group of the role; absent: cast.
    pub group: Option<String>,
    /// A picture.
    pub image: Option<String>,
    /// A page.
    pub link: Option<String>,
}

/// `podcast:soundbite`: a part to play first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Soundbite {
    /// Where it starts, in milliseconds.
    pub start_ms: u64,
    /// How long it is, in milliseconds.
    pub duration_ms: u64,
    /// What it is; absent: the title of the entry.
    pub title: Option<String>,
}

/// A place on earth (WGS 84).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
}

/// What an entry answers to (RFC 4685 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InReplyTo {
    /// The id of that entry.
    pub id: String,
    /// Its page.
    pub link: Option<String>,
    /// The media type of the page.
    pub mime_type: Option<String>,
    /// The feed it stands in.
    pub source: Option<String>,
}

/// What podcast modules say of a feed as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Show {
    /// `itunes:author`.
    pub author: Option<String>,
    /// `itunes:subtitle`.
    pub subtitle: Option<String>,
    /// `itunes:explicit`.
    pub is_explicit: Option<bool>,
    /// `itunes:type`: `episodic` or `serial`, in lower case.
    pub kind: Option<String>,
    /// `itunes:category`, those inside others after them.
    pub categories: Vec<String>,
    /// `podcast:guid`.
    pub guid: Option<String>,
    /// `podcast:medium`, in lower case.
    pub medium: Option<String>,
    /// `podcast:funding`: where one may give, and the words for it.
    pub funding: Vec<(String, String)>,
}

impl Show {
    /// This, behind a pointer, unless it says nothing.
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}
