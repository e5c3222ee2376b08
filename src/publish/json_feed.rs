//! JSON Feed 1.1.
//!
//! `_newsriver` says what the format has no place for: the sources that carried an item, the outlet that is
//! credited, and how a month hangs in the archive. Authors are the item's own, else the outlet.

use super::archive::Volume;
use super::channel::Form;
use super::edition::Edition;
use super::entry::Entry;
use super::extras;
use super::standing::{Standing, Was};
use serde::Serialize;
use serde_json::{Map, Value};

/// The document.
pub(crate) fn write(edition: &Edition) -> Result<Vec<u8>, serde_json::Error> {
    let address_of = |volume: Option<Volume>| {
        volume.map(|volume| edition.view.address(&edition.path_of(Some(volume), Form::Json)))
    };
    let feed = Feed {
        version: "https://jsonfeed.org/version/1.1",
        title: &edition.title,
        home_page_url: edition.address(Form::Page),
        feed_url: edition.address(Form::Json),
        description: (edition.description != edition.title).then_some(&edition.description),
        language: &edition.view.language,
        next_url: address_of(edition.chain.previous),
        hubs: edition
            .view
            .hubs
            .iter()
            .map(|url| Hub { kind: "WebSub", url })
            .collect(),
        newsriver: edition.chain.volume.map(|_| Archive {
            archive: edition.chain.is_closed,
            current: edition.view.address(&edition.path_of(None, Form::Json)),
            next_archive: address_of(edition.chain.next),
        }),
        items: edition.entries.iter().map(|entry| item(entry, edition)).collect(),
    };
    let size = feed
        .items
        .iter()
        .map(|item| 1024 + item.content_html.map_or(0, str::len) * 9 / 8)
        .sum();
    let mut document = Vec::with_capacity(size);
    serde_json::to_writer(&mut document, &feed)?;
    document.push(b'\n');
    Ok(document)
}

#[derive(Serialize)]
struct Feed<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: String,
    feed_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a String>,
    language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hubs: Vec<Hub<'a>>,
    #[serde(rename = "_newsriver", skip_serializing_if = "Option::is_none")]
    newsriver: Option<Archive>,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Hub<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    url: &'a str,
}

/// What RFC 5005 has for XML alone; its `prev-archive` is `next_url`.
#[derive(Serialize)]
struct Archive {
    archive: bool,
    current: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_archive: Option<String>,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    date_published: String,
    date_modified: String,
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(rename = "_newsriver")]
    newsriver: Newsriver<'a>,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: &'a str,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_in_seconds: Option<u64>,
}

#[derive(Serialize)]
struct Newsriver<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    sources: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<Also<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    story: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    story_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hot: Option<Hot>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<&'a str>,
    origin: Origin<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rights: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Related<'a>>,
    #[serde(flatten)]
    said: Map<String, Value>,
}

/// Where the story stands in the hot ranking.
#[derive(Serialize)]
struct Hot {
    rank: usize,
    publishers: usize,
    /// `null`: it was not ranked.
    #[serde(skip_serializing_if = "is_unknown")]
    rank_an_hour_ago: Was,
    #[serde(skip_serializing_if = "is_unknown")]
    rank_a_day_ago: Was,
}

impl Hot {
    fn of(standing: Standing) -> Self {
        Self {
            rank: standing.rank,
            publishers: standing.publishers,
            rank_an_hour_ago: standing.hour,
            rank_a_day_ago: standing.day,
        }
    }
}

fn is_unknown(was: &Was) -> bool {
    !was.is_known()
}

/// Another source that carried the item.
#[derive(Serialize)]
struct Also<'a> {
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Related<'a> {
    rel: &'a str,
    href: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'a str>,
}

#[derive(Serialize)]
struct Origin<'a> {
    title: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed_url: Option<&'a str>,
}

fn item<'a>(entry: &'a Entry, edition: &Edition) -> Item<'a> {
    let markup = entry.content.as_deref().or(entry.summary.as_deref());
    Item {
        id: &entry.id,
        url: entry.link.as_deref(),
        title: &entry.title,
        content_html: markup,
        content_text: markup.is_none().then_some(entry.title.as_str()),
        // Where the summary is all there is, it stands in `content_html` already.
        summary: Some(entry.teaser.as_str()).filter(|teaser| entry.content.is_some() && !teaser.is_empty()),
        image: entry.image.as_deref(),
        date_published: entry.published.to_rfc3339(),
        date_modified: entry.updated.to_rfc3339(),
        authors: authors(entry),
        tags: tags(entry),
        language: entry.language.as_deref(),
        attachments: entry
            .enclosures
            .iter()
            .map(|file| Attachment {
                url: &file.url,
                mime_type: file.mime_type.as_deref().unwrap_or("application/octet-stream"),
                title: file.title.as_deref(),
                size_in_bytes: file.length,
                duration_in_seconds: file.duration_seconds,
            })
            .collect(),
        newsriver: newsriver(entry, edition),
    }
}

fn authors(entry: &Entry) -> Vec<Author<'_>> {
    if entry.authors.is_empty() {
        return vec![Author {
            name: &entry.credit.title,
            url: entry.credit.link.as_deref(),
        }];
    }
    entry
        .authors
        .iter()
        .map(|author| Author {
            name: &author.name,
            url: author.url.as_deref(),
        })
        .collect()
}

/// Our categories and the source's own tags, each once.
fn tags(entry: &Entry) -> Vec<&str> {
    let ours = entry.labels.iter().map(|label| label.name.as_str());
    let theirs = entry.tags.iter().map(|tag| tag.term.as_str());
    let mut tags = Vec::new();
    for tag in ours.chain(theirs) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn newsriver<'a>(entry: &'a Entry, edition: &Edition) -> Newsriver<'a> {
    Newsriver {
        source: entry.carriers.first().map(|carrier| carrier.name.as_str()),
        sources: entry
            .carriers
            .iter()
            .map(|carrier| carrier.name.as_str())
            .collect(),
        also: (entry.carriers.iter().skip(1))
            .map(|carrier| Also {
                source: &carrier.name,
                url: carrier.link.as_deref(),
            })
            .collect(),
        story: entry.story.map(|story| story.to_string()),
        story_url: entry.story_path().map(|path| edition.view.address(&path)),
        hot: entry.standing.map(Hot::of),
        categories: entry.labels.iter().map(|label| label.name.as_str()).collect(),
        origin: Origin {
            title: &entry.credit.title,
            id: &entry.credit.id,
            url: entry.credit.link.as_deref(),
            feed_url: entry.credit.feed_url.as_deref(),
        },
        comments: entry.comments.as_deref(),
        rights: entry.rights.as_deref(),
        links: entry
            .links
            .iter()
            .map(|link| Related {
                rel: &link.rel,
                href: &link.href,
                mime_type: link.mime_type.as_deref(),
            })
            .collect(),
        said: entry.extras.as_deref().map(extras::said).unwrap_or_default(),
    }
}
