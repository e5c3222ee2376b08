//! What an entry says, as it is kept: markup made safe, plain text, and a title that is never empty.

use crate::html;
use crate::model::Entry;

/// Characters of the text that stand in for a missing title.
const TITLE_CHARS: usize = 80;

/// An entry's markup, made safe, and its plain text for the rules.
pub(super) struct Text {
    pub(super) summary: Option<String>,
    pub(super) content: Option<String>,
    pub(super) plain: String,
}

impl Text {
    /// Sanitizes both texts of an entry.
    pub(super) fn of(entry: &Entry) -> Self {
        let base = entry.base.as_deref().or(entry.link.as_deref());
        let clean = |markup: &Option<String>| {
            markup
                .as_deref()
                .map(|markup| html::sanitize(markup, base))
                .filter(|clean| !clean.trim().is_empty())
        };
        let (summary, content) = (clean(&entry.summary), clean(&entry.content));
        // The same text twice is kept once: as content, which every format can carry.
        let (summary, content) = match (summary, content) {
            (Some(summary), Some(content)) if summary == content => (None, Some(content)),
            both => both,
        };
        let plain = content
            .as_deref()
            .or(summary.as_deref())
            .map(html::plain)
            .unwrap_or_default();
        Self {
            summary,
            content,
            plain,
        }
    }

    /// The entry's title, else one made from its text, else its address: never empty.
    pub(super) fn title(&self, entry: &Entry) -> String {
        if let Some(title) = entry
            .title
            .as_deref()
            .map(str::trim)
            .filter(|title| !title.is_empty())
        {
            return title.to_owned();
        }
        let markup = self
            .content
            .as_deref()
            .or(self.summary.as_deref())
            .unwrap_or_default();
        let start = html::excerpt(markup, TITLE_CHARS);
        if !start.is_empty() {
            return start;
        }
        entry
            .link
            .clone()
            .or_else(|| entry.guid.clone())
            .unwrap_or_else(|| "(untitled)".to_owned())
    }
}
