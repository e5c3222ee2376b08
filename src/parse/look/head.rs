//! What a document says of the feed as a whole.

use super::text::{self, Kind};
use super::{Place, Reader, extras};
use crate::model::{Feed, FeedFormat, Person, Show, Tag};
use crate::parse::namespace::Space;
use crate::parse::node::Node;
use crate::parse::{address, bounds, line, person};
use std::time::Duration;

/// The longest `ttl` that is believed, in minutes: a year.
const MAX_TTL_MINUTES: u32 = 525_600;

/// What is gathered while the feed is read and settled at its end.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// `alternate` that names a page, against one that only might be one.
    is_link_sure: bool,
    published: Option<crate::model::Timestamp>,
    fallback_description: Option<String>,
    fallback_image: Option<String>,
    fallback_authors: Vec<Person>,
    period: Option<Duration>,
    frequency: Option<u32>,
    show: Show,
}

impl Draft {
    /// What CDF and RDF say in the attributes of the channel.
    pub(super) fn open_channel<'a>(
        &mut self,
        feed: &mut Feed,
        place: &Place,
        attribute: impl Fn(&str) -> Option<&'a str>,
    ) {
        let address =
            |name: &str| attribute(name).and_then(|href| address::absolute(href, place.link_base()));
        feed.link = feed.link.take().or_else(|| address("href"));
        if feed.format == FeedFormat::Rdf && feed.id.is_none() {
            feed.id = attribute("rdf:about")
                .map(str::to_owned)
                .filter(|about| !about.trim().is_empty());
        }
        if feed.self_link.is_none() {
            feed.self_link = address("self");
        }
    }

    /// Settles what depends on the whole document.
    pub(super) fn finish(&mut self, feed: &mut Feed) {
        feed.updated = feed.updated.or(self.published);
        feed.description = feed
            .description
            .take()
            .or_else(|| self.fallback_description.take());
        feed.image = feed.image.take().or_else(|| self.fallback_image.take());
        if feed.authors.is_empty() {
            feed.authors = std::mem::take(&mut self.fallback_authors);
        }
        feed.show = std::mem::take(&mut self.show).boxed();
        if self.period.is_some() || self.frequency.is_some() {
            let period = self.period.unwrap_or(Duration::from_secs(86_400));
            feed.update_period = period.checked_div(self.frequency.unwrap_or(1).max(1));
        }
    }
}

impl Reader<'_> {
    /// One element that stands beside the entries.
    pub(super) fn head(&mut self, node: &Node<'_>) {
        let place = self.place().inside(node.attribute("xml:base"));
        match (node.space, node.name.as_ref()) {
            (Space::Core, "title") => first(&mut self.feed.title, || text::plain(node, self.text_kind)),
            (Space::Core, "link") => self.head_link(node, &place),
            (Space::Core, "description" | "subtitle" | "tagline" | "abstract") => {
                first(&mut self.feed.description, || text::plain(node, self.text_kind));
            }
            (Space::Core, "id") => first(&mut self.feed.id, || node.word()),
            (Space::Core, "image" | "logo") => first(&mut self.feed.image, || image(node, &place)),
            (Space::Core, "icon") => first(&mut self.feed.icon, || image(node, &place)),
            (Space::Core, "generator") => first(&mut self.feed.generator, || text::plain(node, Kind::Text)),
            (Space::Core, "copyright" | "rights") | (Space::DublinCore, "rights") => {
                first(&mut self.feed.rights, || text::plain(node, self.text_kind));
            }
            (Space::Core, "language") | (Space::DublinCore, "language") => {
                if let Some(found) = language(&node.text()) {
                    self.feed.language = Some(found);
                }
            }
            (Space::Core, "author" | "managingeditor") => push(&mut self.feed.authors, author(node, &place)),
            (Space::DublinCore, "creator" | "author") => push(&mut self.feed.authors, author(node, &place)),
            (Space::Core, "category") | (Space::DublinCore, "subject") => self.feed.tags.extend(tags(node)),
            (Space::Itunes, _) => {
                self.podcast_head(node, &place);
                extras::show(&mut self.head.show, node, &place);
            }
            (Space::Podcast, _) => extras::show(&mut self.head.show, node, &place),
            (Space::License, _) => extras::license(&mut self.feed.licenses, node, &place),
            _ => self.schedule(node),
        }
    }

    /// When the feed says it changes, and was changed.
    fn schedule(&mut self, node: &Node<'_>) {
        match (node.space, node.name.as_ref()) {
            (Space::Core, "lastbuilddate" | "updated" | "modified") | (Space::DublinCore, "modified") => {
                self.feed.updated = self.date(node).or(self.feed.updated);
            }
            (Space::Core, "pubdate" | "published" | "issued" | "lastmod")
            | (Space::DublinCore, "date" | "created" | "issued") => {
                self.head.published = self.date(node).or(self.head.published);
            }
            (Space::Core, "ttl") => {
                let minutes = node
                    .text()
                    .trim()
                    .parse()
                    .ok()
                    .filter(|minutes| (1..=MAX_TTL_MINUTES).contains(minutes));
                self.feed.ttl_minutes = minutes.or(self.feed.ttl_minutes);
            }
            (Space::Core, "skiphours") => self.feed.skip_hours = skip_hours(node),
            (Space::Core, "skipdays") => self.feed.skip_days = skip_days(node),
            (Space::Syndication, "updateperiod") => self.head.period = period(&node.text()),
            (Space::Syndication, "updatefrequency") => {
                self.head.frequency = node.text().trim().parse().ok().filter(|times| *times > 0);
            }
            (Space::DublinCore, "title") => first(&mut self.feed.title, || text::plain(node, Kind::Text)),
            (Space::DublinCore, "description") => {
                first(&mut self.head.fallback_description, || {
                    text::plain(node, Kind::Html)
                });
            }
            _ => {}
        }
    }

    fn podcast_head(&mut self, node: &Node<'_>, place: &Place) {
        match node.name.as_ref() {
            "summary" | "subtitle" | "description" => {
                first(&mut self.head.fallback_description, || {
                    text::plain(node, Kind::Html)
                });
            }
            "image" => first(&mut self.head.fallback_image, || image(node, place)),
            "author" => push(&mut self.head.fallback_authors, author(node, place)),
            "owner" if self.head.fallback_authors.is_empty() => {
                push(&mut self.head.fallback_authors, author(node, place))
            }
            "category" => self.feed.tags.extend(tags(node)),
            _ => {}
        }
    }

    fn head_link(&mut self, node: &Node<'_>, place: &Place) {
        let text = node.text();
        let Some(href) = address::absolute(link_written(node).unwrap_or(&text), place.link_base()) else {
            return;
        };
        if is_plain_link(node) && self.feed.format != FeedFormat::Atom {
            self.feed.link = Some(href);
            self.head.is_link_sure = true;
            return;
        }
        let kind = node.attribute("type").unwrap_or_default();
        for rel in relations(node) {
            match rel.as_str() {
                "alternate" => {
                    let is_page = kind.is_empty() || kind.contains("html");
                    if self.feed.link.is_none() || is_page && !self.head.is_link_sure {
                        self.feed.link = Some(href.clone());
                        self.head.is_link_sure = is_page;
                    }
                }
                "license" => extras::license_at(&mut self.feed.licenses, Some(href.clone())),
                "self" => first(&mut self.feed.self_link, || Some(href.clone())),
                "hub" if self.feed.hubs.len() < bounds::MAX_ENCLOSURES && !self.feed.hubs.contains(&href) => {
                    self.feed.hubs.push(href.clone());
                }
                _ => {}
            }
        }
    }
}

/// The address that a link has in an attribute.
pub(super) fn link_written<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.attribute("href")
        .or_else(|| node.local_attribute("resource"))
}

/// A link that says nothing but an address: how RSS names the page.
pub(super) fn is_plain_link(node: &Node<'_>) -> bool {
    node.attribute("rel").is_none() && node.attribute("type").is_none()
}

/// The relations of an Atom link, in lower case; `alternate` where it names none.
pub(super) fn relations(node: &Node<'_>) -> Vec<String> {
    let written = node.attribute("rel").unwrap_or_default();
    let relations: Vec<String> = written
        .split_whitespace()
        .map(|rel| {
            rel.trim_start_matches("http://www.iana.org/assignments/relation/")
                .to_ascii_lowercase()
        })
        .collect();
    if relations.is_empty() {
        vec!["alternate".to_owned()]
    } else {
        relations
    }
}

/// Fills what is empty yet.
pub(super) fn first<T>(slot: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
    if slot.is_none() {
        *slot = value();
    }
}

/// Adds a person who is not named yet.
pub(super) fn push(people: &mut Vec<Person>, person: Option<Person>) {
    if people.len() < bounds::MAX_AUTHORS {
        people.extend(person.filter(|person| !people.contains(person)));
    }
}

/// A language tag, blanks aside.
pub(super) fn language(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= 64).then(|| text.to_owned())
}

/// A person construct of Atom or of podcasts, or a line of text as in RSS.
pub(super) fn author(node: &Node<'_>, place: &Place) -> Option<Person> {
    if !node.has_nodes() {
        return person::parse(&node.text());
    }
    let mut found = Person::default();
    for part in node.nodes() {
        match part.name.as_ref() {
            "name" => first(&mut found.name, || text::plain(part, Kind::Text)),
            "uri" | "url" | "homepage" | "href" => {
                first(&mut found.uri, || {
                    address::absolute(&part.text(), place.link_base())
                });
            }
            "email" => first(&mut found.email, || line::some(line::of_text(&part.text()))),
            _ => {}
        }
    }
    if found == Person::default() {
        return person::parse(&line::of_html(&text::inner_html(node, None)));
    }
    Some(found)
}

/// The tags of a category element: Atom's `term` and `label`, the text of RSS, what podcasts nest.
pub(super) fn tags(node: &Node<'_>) -> Vec<Tag> {
    let attribute = |name: &str| node.attribute(name).map(line::of_text).and_then(line::some);
    let term = attribute("term")
        .or_else(|| text::plain(node, Kind::Html))
        .or_else(|| attribute("text"));
    let label = attribute("label");
    let mut tags = Vec::new();
    if let Some(term) = term.or_else(|| label.clone()) {
        let label = label.filter(|label| *label != term);
        tags.push(Tag {
            term,
            label,
            scheme: attribute("scheme").or_else(|| attribute("domain")),
        });
    }
    for inner in node.nodes().filter(|inner| inner.name == "category") {
        tags.extend(attribute_tag(inner));
    }
    tags
}

fn attribute_tag(node: &Node<'_>) -> Option<Tag> {
    let term = line::some(line::of_text(node.attribute("text")?))?;
    Some(Tag {
        term,
        label: None,
        scheme: None,
    })
}

/// The address of a picture: RSS nests it, Atom says it, podcasts give an attribute.
fn image(node: &Node<'_>, place: &Place) -> Option<String> {
    let nested = node.node(Space::Core, "url").and_then(Node::word);
    let attribute = || {
        link_written(node)
            .or_else(|| node.attribute("url"))
            .map(str::to_owned)
    };
    address::absolute(
        &nested.or_else(attribute).or_else(|| node.word())?,
        place.link_base(),
    )
}

/// `skipHours`: 0 to 23; 24 means 0, and a feed that skips them all skips none.
fn skip_hours(node: &Node<'_>) -> Vec<u8> {
    let hours = node
        .nodes()
        .filter_map(|hour| hour.text().trim().parse::<u8>().ok())
        .filter(|hour| *hour <= 24);
    sorted(hours.map(|hour| hour % 24).collect(), 24)
}

/// `skipDays`, 0 = Monday; a feed that skips them all skips none.
fn skip_days(node: &Node<'_>) -> Vec<u8> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let day = |text: &str| {
        DAYS.iter().position(|day| {
            text.trim()
                .get(..3)
                .is_some_and(|start| start.eq_ignore_ascii_case(day))
        })
    };
    let days = node
        .nodes()
        .filter_map(|node| day(&node.text()))
        .filter_map(|day| u8::try_from(day).ok());
    sorted(days.collect(), 7)
}

fn sorted(mut numbers: Vec<u8>, all: usize) -> Vec<u8> {
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() >= all { Vec::new() } else { numbers }
}

fn period(text: &str) -> Option<Duration> {
    let days = match text.trim().to_ascii_lowercase().as_str() {
        "hourly" => return Some(Duration::from_secs(3600)),
        "daily" => 1,
        "weekly" => 7,
        "monthly" => 30,
        "yearly" => 365,
        _ => return None,
    };
    Some(Duration::from_secs(days * 86_400))
}
