//! Which of a document's entries are kept out, and into which categories the others go.

use super::{Collector, Gathering};
use crate::categorize::Subject;
use crate::model::{Dropped, Entry, Item, Label, Reason};

impl Collector<'_> {
    /// Why a filter keeps the entry out.
    pub(super) fn refusal(&self, entry: &Entry, title: &str, plain: &str) -> Option<Reason> {
        let identity = &self.gathering.source.identity;
        let subject = self.subject(entry, title, plain);
        self.gathering.categorizer.refusal(identity, &subject)
    }

    /// Nothing is remembered of what is kept out but that it was: listed again, it is judged again.
    pub(super) fn keep_out(&mut self, place: usize, entry: &Entry, title: String, reason: Reason) {
        self.targets.push(None);
        let dropped = Dropped {
            title,
            link: entry.link.clone(),
            guid: entry.guid.clone(),
            reason,
        };
        self.dropped.push((place, dropped));
    }

    pub(super) fn labels(&self, entry: &Entry, title: &str, plain: &str) -> Vec<Label> {
        self.gathering
            .categorizer
            .labels(&self.subject(entry, title, plain))
    }

    /// What rules are asked about.
    fn subject<'s>(&'s self, entry: &'s Entry, title: &'s str, plain: &'s str) -> Subject<'s> {
        let Gathering { source, document, .. } = self.gathering;
        Subject {
            source_name: &source.name,
            fixed: &source.categories,
            tags: &entry.tags,
            title,
            text: plain,
            url: entry.link.as_deref().unwrap_or_default(),
            outlet: entry
                .origin
                .as_ref()
                .map_or(&document.feed.title, |origin| &origin.title)
                .as_deref()
                .unwrap_or_default(),
            authors: &entry.authors,
            language: entry
                .language
                .as_deref()
                .or(source.language.as_deref())
                .or(document.feed.language.as_deref())
                .unwrap_or_default(),
        }
    }
}

/// Adds labels, unless the admin filed the item by hand. Where anybody's word is among them, no guess stays; of two guesses the later one holds.
pub(super) fn sort(item: &mut Item, more: Vec<Label>) {
    if item.is_filed {
        return;
    }
    let labels = &mut item.labels;
    let is_sure = |label: &Label| label.confidence >= 1.0;
    if more.iter().any(is_sure) {
        labels.retain(is_sure);
    } else if !labels.iter().any(is_sure) && !more.is_empty() {
        labels.clear();
    } else {
        return;
    }
    for label in more {
        if !labels.iter().any(|known| known.category == label.category) {
            labels.push(label);
        }
    }
}
