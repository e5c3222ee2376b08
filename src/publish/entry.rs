//! One item as readers may see it: cleaned, cut to what its source lets us publish, credited.
//!
//! This is the work that all forms share. An entry is made once for each version of an item and handed from
//! edition to edition.

use super::channel::story_path;
use super::standing::Standing;
use super::view::{SourceView, View};
use super::{also, clean, extras, identifier};
use crate::html;
use crate::model::{ContentLevel, Enclosure, Extras, Item, Link, StoryId, Tag, Timestamp};
use crate::store::{StoreIdentity, StoredItem};
use crate::text::outlet;

/// Characters of a teaser on pages and in JSON Feed's `summary`.
const TEASER: usize = 200;

/// Characters of a summary where only a summary may be published.
const SUMMARY: usize = 400;

/// Tags, links, authors and files of one entry: more is noise or an attack, and would go into every document.
const MANY: usize = 64;

/// An item, ready to be written in any form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entry {
    /// A canonical URI.
    pub(crate) id: String,
    /// One line of plain text, never empty.
    pub(crate) title: String,
    /// http or https.
    pub(crate) link: Option<String>,
    /// Other links of relations that feeds know.
    pub(crate) links: Vec<Link>,
    /// The origin's time, else the time of arrival; whole seconds.
    pub(crate) published: Timestamp,
    /// Whole seconds.
    pub(crate) updated: Timestamp,
    /// What tells apart two entries updated in the same second: from the item's number, so that it never
    /// changes, whatever else stands in the document.
    pub(crate) updated_micros: u32,
    /// The time it is ordered by.
    pub(crate) surfaced: Timestamp,
    /// Those with a name; never a mail address.
    pub(crate) authors: Vec<Author>,
    /// Our categories.
    pub(crate) labels: Vec<Shelfmark>,
    /// The source's own tags.
    pub(crate) tags: Vec<Tag>,
    /// Sanitized HTML.
    pub(crate) summary: Option<String>,
    /// Sanitized HTML.
    pub(crate) content: Option<String>,
    /// A line of plain text; empty where nothing but the title is known or may be shown.
    pub(crate) teaser: String,
    /// Attached files.
    pub(crate) enclosures: Vec<Enclosure>,
    /// A picture.
    pub(crate) image: Option<String>,
    /// BCP 47.
    pub(crate) language: Option<String>,
    /// The page of the comments.
    pub(crate) comments: Option<String>,
    /// Plain text.
    pub(crate) rights: Option<String>,
    /// What modules say, cleaned.
    pub(crate) extras: Option<Box<Extras>>,
    /// Who is credited.
    pub(crate) credit: Credit,
    /// The outlet that the text itself says it is from, where that is another.
    pub(crate) outlet: Option<String>,
    /// The sources that carried it, the leading one first.
    pub(crate) carriers: Vec<CarriedBy>,
    /// The story's name.
    pub(crate) story: Option<StoryId>,
    /// Others tell that story too: it has a page.
    pub(crate) is_shared: bool,
    /// Where the story stands in the ranking that this entry is in.
    pub(crate) standing: Option<Standing>,
}

/// A person or outlet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Author {
    /// Plain text, never empty.
    pub(crate) name: String,
    /// http or https.
    pub(crate) url: Option<String>,
}

/// One of our categories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shelfmark {
    /// Its name.
    pub(crate) name: String,
    /// What people read.
    pub(crate) title: String,
}

/// The feed or outlet an entry comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credit {
    /// Plain text, never empty.
    pub(crate) title: String,
    /// A canonical URI.
    pub(crate) id: String,
    /// Its page.
    pub(crate) link: Option<String>,
    /// Its feed.
    pub(crate) feed_url: Option<String>,
}

/// A source that carried an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CarriedBy {
    /// Its name.
    pub(crate) name: String,
    /// Where it shows the entry.
    pub(crate) link: Option<String>,
    /// Since when.
    pub(crate) since: Timestamp,
}

impl Entry {
    /// The entry of a stored item.
    pub(crate) fn new(stored: &StoredItem, view: &View, identity: &StoreIdentity) -> Self {
        let item = stored.item.as_ref();
        let lead = item
            .carriers
            .first()
            .and_then(|carrier| view.source(carrier.source));
        // A source that left feeds.toml took its rights along: what it allowed is not known any more.
        let level = lead.map_or(ContentLevel::Title, |source| source.content);
        let carriers = carriers(item, view);
        let link = item.link.as_deref().and_then(clean::address);
        let mut texts = Texts::new(item, level, link.as_deref());
        texts.name_others(carriers.get(1..).unwrap_or_default(), &view.language);
        let published = item
            .published
            .and_then(plausible)
            .unwrap_or(whole(item.first_seen));
        let title = Some(clean::line(&item.title)).filter(|title| !title.is_empty());
        let credit = Credit::new(item, lead, identity);
        let outlet = item.outlet.as_deref().map(clean::line);
        Self {
            id: identifier::published(&item.id, "item", identity),
            title: title.or_else(|| link.clone()).unwrap_or_else(|| item.id.clone()),
            link,
            links: item.links.iter().filter_map(known_link).take(MANY).collect(),
            published,
            updated: plausible(item.updated).unwrap_or(published),
            updated_micros: u32::try_from(stored.number.0 % 1_000_000).unwrap_or(0),
            surfaced: item.surfaced,
            authors: authors(item),
            labels: shelfmarks(item, view),
            tags: item.tags.iter().filter_map(clean_tag).take(MANY).collect(),
            summary: texts.summary,
            content: texts.content,
            teaser: texts.teaser,
            enclosures: item
                .enclosures
                .iter()
                .filter_map(clean_enclosure)
                .take(MANY)
                .collect(),
            image: item.image.as_deref().and_then(clean::address),
            language: item
                .language
                .as_deref()
                .or_else(|| lead.and_then(|source| source.language.as_deref()))
                .and_then(clean::language),
            comments: item.comments.as_deref().and_then(clean::address),
            rights: item
                .rights
                .as_deref()
                .map(clean::line)
                .filter(|rights| !rights.is_empty()),
            extras: item
                .extras
                .as_deref()
                .and_then(|said| extras::cleaned(said, identity)),
            outlet: outlet.filter(|outlet| !outlet.is_empty() && !outlet::is_same(&credit.title, outlet)),
            credit,
            carriers,
            story: item.story.as_ref().map(|story| story.id),
            is_shared: item.is_shared,
            standing: None,
        }
    }

    /// Bytes of its summary and content.
    pub(crate) fn text_bytes(&self) -> usize {
        [&self.summary, &self.content]
            .into_iter()
            .flatten()
            .map(String::len)
            .sum()
    }

    /// The same with an excerpt in place of its texts.
    pub(crate) fn in_short(&self) -> Self {
        Self {
            summary: Some(html::escape(&self.teaser)).filter(|summary| !summary.is_empty()),
            content: None,
            ..self.clone()
        }
    }

    /// The path of its story's page, where there is one.
    pub(crate) fn story_path(&self) -> Option<String> {
        self.story.filter(|_| self.is_shared).map(story_path)
    }

    /// The same with its standing, which is told after its text too.
    pub(crate) fn ranked(&self, standing: Standing, language: &str) -> Self {
        let mut ranked = Self {
            standing: Some(standing),
            ..self.clone()
        };
        let line = html::escape(&standing.line(language));
        match ranked.content.as_mut().or(ranked.summary.as_mut()) {
            Some(text) => text.push_str(&format!("<p>{line}</p>")),
            None => ranked.summary = Some(line),
        }
        ranked
    }

    /// The instant of `updated` with the fraction that makes it this entry's alone.
    pub(crate) fn updated_exactly(&self) -> (Timestamp, u32) {
        (self.updated, self.updated_micros)
    }
}

impl Credit {
    fn new(item: &Item, lead: Option<&SourceView>, identity: &StoreIdentity) -> Self {
        let origin = &item.origin;
        let name = lead.map(|source| source.name.as_str());
        // The polled address stands in for a feed that does not say where it is; it may hold a secret of ours.
        let feed_url = origin
            .feed_url
            .as_deref()
            .map(clean::without_secrets)
            .or_else(|| lead.map(|source| source.url.clone()))
            .and_then(|url| clean::address(&url));
        let link = origin.link.as_deref().and_then(clean::address);
        let title = origin
            .title
            .as_deref()
            .map(clean::line)
            .filter(|title| !title.is_empty())
            .or_else(|| name.map(str::to_owned))
            .or_else(|| link.clone())
            .unwrap_or_else(|| "?".to_owned());
        let known_as = match (&origin.id, &origin.feed_url, &origin.link, name) {
            (Some(id), ..) => id.clone(),
            (None, Some(url), ..) | (None, None, Some(url), _) => clean::without_secrets(url),
            (None, None, None, Some(name)) => identity.tag(&format!("feed/{}", clean::segment(name))),
            (None, None, None, None) => title.clone(),
        };
        Self {
            id: identifier::published(&known_as, "feed", identity),
            link,
            feed_url,
            title,
        }
    }
}

/// Summary, content and teaser, as far as the level lets them through.
#[derive(Default)]
struct Texts {
    summary: Option<String>,
    content: Option<String>,
    teaser: String,
}

impl Texts {
    fn new(item: &Item, level: ContentLevel, page: Option<&str>) -> Self {
        let written = |text: &Option<String>| {
            text.as_deref()
                .map(|text| clean::text(&html::lead_places_to(text, page)).trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let (mut summary, mut content) = match level {
            ContentLevel::Title => return Self::default(),
            ContentLevel::Summary | ContentLevel::Full => (written(&item.summary), written(&item.content)),
        };
        if summary == content {
            summary = None;
        }
        if level == ContentLevel::Summary {
            summary = summary.or(content.take()).map(shortened);
            content = None;
        }
        let teaser = summary.as_deref().or(content.as_deref()).unwrap_or_default();
        let teaser = clean::line(&html::excerpt(teaser, TEASER));
        Self {
            summary,
            content,
            teaser: if teaser == item.title {
                String::new()
            } else {
                teaser
            },
        }
    }
}

impl Texts {
    /// Says after the text who else carried it.
    fn name_others(&mut self, others: &[CarriedBy], language: &str) {
        let text = self.content.as_mut().or(self.summary.as_mut());
        if let (Some(text), Some(line)) = (text, also::line(others, language)) {
            text.push_str(&line);
        }
    }
}

/// Many sources put the whole article into what they call a description: a summary is never longer than this.
fn shortened(summary: String) -> String {
    let short = html::excerpt(&summary, SUMMARY);
    if short.ends_with('…') && html::plain(&summary).chars().count() > SUMMARY {
        html::escape(&clean::text(&short))
    } else {
        summary
    }
}

/// From 1990 (before that dates are defaults and typing errors, and validators say so) to 2199; whole seconds.
fn plausible(time: Timestamp) -> Option<Timestamp> {
    const FROM: i64 = 631_152_000;
    const TO: i64 = 7_258_118_400;
    (FROM..TO).contains(&time.seconds()).then(|| whole(time))
}

fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_seconds(time.seconds())
}

/// Relations that an entry may carry on; `self`, `edit`, `hub` and those of archives speak of the origin's document.
fn known_link(link: &Link) -> Option<Link> {
    const RELATIONS: [&str; 6] = ["related", "via", "replies", "license", "describedby", "payment"];
    RELATIONS.contains(&link.rel.as_str()).then_some(())?;
    Some(Link {
        rel: link.rel.clone(),
        href: clean::address(&link.href)?,
        mime_type: link.mime_type.as_deref().and_then(clean::media_type),
        title: link
            .title
            .as_deref()
            .map(clean::line)
            .filter(|title| !title.is_empty()),
    })
}

fn authors(item: &Item) -> Vec<Author> {
    let mut authors: Vec<Author> = Vec::new();
    for person in item.authors.iter().take(MANY) {
        let name = person.name.as_deref().map(clean::line).unwrap_or_default();
        if name.is_empty()
            || clean::is_mail_address(&name)
            || authors.iter().any(|author| author.name == name)
        {
            continue;
        }
        authors.push(Author {
            name,
            url: person.uri.as_deref().and_then(clean::address),
        });
    }
    authors
}

/// The categories that are still declared, in the file's order.
fn shelfmarks(item: &Item, view: &View) -> Vec<Shelfmark> {
    view.categories
        .iter()
        .filter(|category| item.categories().any(|name| name == category.name))
        .map(|category| Shelfmark {
            name: category.name.clone(),
            title: clean::line(&category.title),
        })
        .collect()
}

fn clean_tag(tag: &Tag) -> Option<Tag> {
    let term = clean::line(&tag.term);
    let label = tag.label.as_deref().map(clean::line);
    (!term.is_empty()).then(|| Tag {
        label: label.filter(|label| !label.is_empty() && *label != term),
        scheme: tag.scheme.as_deref().and_then(clean::address),
        term,
    })
}

fn clean_enclosure(enclosure: &Enclosure) -> Option<Enclosure> {
    Some(Enclosure {
        url: clean::address(&enclosure.url)?,
        mime_type: enclosure.mime_type.as_deref().and_then(clean::media_type),
        length: enclosure.length,
        title: enclosure
            .title
            .as_deref()
            .map(clean::line)
            .filter(|title| !title.is_empty()),
        duration_seconds: enclosure.duration_seconds,
    })
}

fn carriers(item: &Item, view: &View) -> Vec<CarriedBy> {
    let mut carriers: Vec<CarriedBy> = Vec::new();
    for carrier in &item.carriers {
        let Some(source) = view.source(carrier.source) else {
            continue;
        };
        if carriers.iter().all(|known| known.name != source.name) {
            carriers.push(CarriedBy {
                name: source.name.clone(),
                link: carrier.link.as_deref().and_then(clean::address),
                since: whole(carrier.first_seen),
            });
        }
    }
    carriers
}
