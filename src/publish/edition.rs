//! One channel with its chosen entries, ready to be written in any form.

use super::archive::{Chain, Volume};
use super::channel::{Form, Subject};
use super::clean;
use super::entry::Entry;
use super::page;
use super::view::View;
use crate::model::{FeedHead, Timestamp};
use crate::store::StoreIdentity;
use std::sync::Arc;

/// A channel's documents before they are written.
#[derive(Clone, Debug)]
pub(crate) struct Edition {
    /// What it is of.
    pub(crate) subject: Subject,
    /// Plain text: what pages call it.
    pub(crate) name: String,
    /// Plain text: what feeds call it, the site's title included.
    pub(crate) title: String,
    /// Plain text, never empty.
    pub(crate) description: String,
    /// A `tag:` of ours.
    pub(crate) id: String,
    /// The newest entry's; for an empty channel the day the store was made. Time alone changes nothing.
    pub(crate) updated: (Timestamp, u32),
    /// How this document hangs in the channel's archive.
    pub(crate) chain: Chain,
    /// Newest first.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// Titles, addresses, the zone.
    pub(crate) view: Arc<View>,
}

impl Edition {
    /// The edition of `subject`. `head` is what a source's newest document said of itself.
    pub(crate) fn new(
        subject: Subject,
        view: Arc<View>,
        head: Option<&FeedHead>,
        identity: &StoreIdentity,
        chain: Chain,
        entries: Vec<Arc<Entry>>,
    ) -> Self {
        let name = name(&subject, &view, head);
        let title = match &subject {
            Subject::River => name.clone(),
            Subject::Hot(Some(category)) => {
                let of = clean::line(
                    view.category(category)
                        .map_or(category, |category| &category.title),
                );
                format!("{name} · {of} · {}", view.title)
            }
            _ => format!("{name} · {}", view.title),
        };
        Self {
            description: description(&subject, &view).unwrap_or_else(|| title.clone()),
            id: identity.tag(&subject.tag()),
            updated: entries
                .iter()
                .map(|entry| entry.updated_exactly())
                .max()
                .unwrap_or((founded(identity), 0)),
            subject,
            name,
            title,
            chain,
            entries,
            view,
        }
    }

    /// The path of its document of this form.
    pub(crate) fn path(&self, form: Form) -> String {
        self.path_of(self.chain.volume, form)
    }

    /// The path of a document of the channel's archive, or of the channel's own one.
    pub(crate) fn path_of(&self, volume: Option<Volume>, form: Form) -> String {
        match volume {
            None => self.subject.path(form),
            Some(volume) => self.subject.archived(volume, form),
        }
    }

    /// The absolute address of its document of this form.
    pub(crate) fn address(&self, form: Form) -> String {
        self.view.address(&self.path(form))
    }

    /// What RFC 5005 has a document link to, each with its relation: absolute addresses in this form.
    pub(crate) fn archive_links(&self, form: Form) -> Vec<(&'static str, String)> {
        let address = |volume| self.view.address(&self.path_of(volume, form));
        let previous = self
            .chain
            .previous
            .map(|volume| ("prev-archive", address(Some(volume))));
        let next = self
            .chain
            .next
            .map(|volume| ("next-archive", address(Some(volume))));
        let current = self.chain.volume.map(|_| ("current", address(None)));
        current.into_iter().chain(previous).chain(next).collect()
    }
}

fn name(subject: &Subject, view: &View, head: Option<&FeedHead>) -> String {
    let written = match subject {
        Subject::River => Some(view.title.clone()),
        Subject::Category(name) => view.category(name).map(|category| clean::line(&category.title)),
        Subject::Source(..) => head.and_then(|head| head.title.as_deref()).map(clean::line),
        Subject::Hot(_) => Some(page::hot_title(&view.language).to_owned()),
    };
    let fallback = || match subject {
        Subject::River | Subject::Hot(_) => "newsriver".to_owned(),
        Subject::Category(name) | Subject::Source(_, name) => clean::line(name),
    };
    written.filter(|name| !name.is_empty()).unwrap_or_else(fallback)
}

fn description(subject: &Subject, view: &View) -> Option<String> {
    let Subject::Category(name) = subject else {
        return None;
    };
    let description = clean::line(view.category(name)?.description.as_deref()?);
    Some(description).filter(|description| !description.is_empty())
}

/// The day the store was made, as an instant.
fn founded(identity: &StoreIdentity) -> Timestamp {
    chrono::NaiveDate::parse_from_str(&identity.date, "%Y-%m-%d")
        .ok()
        .and_then(|date| date.and_hms_opt(0, 0, 0))
        .map(|time| time.and_utc().into())
        .unwrap_or_default()
}
