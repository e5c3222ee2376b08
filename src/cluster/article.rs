//! An item as its duplicates and its story are found by: read once, compared often.

use super::headline::Headline;
use crate::model::{ItemNumber, Timestamp};
use crate::text::sketch::Shingles;
use crate::text::units::Units;

/// A text of fewer shingles proves nothing: such an item is compared by its title.
pub(super) const MIN_SHINGLES: usize = 4;

/// What is compared of an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Article {
    /// Which item.
    pub number: ItemNumber,
    /// When it was published, else first seen.
    pub time: Timestamp,
    /// Digest of the source's name.
    pub source: u32,
    /// Its title.
    pub headline: Headline,
    /// The shingles of its text; fewer than `MIN_SHINGLES` where there is hardly any.
    pub text: Shingles,
    /// The different numbers in its text, sorted.
    pub numbers: Vec<u32>,
}

/// An item's words, read: the article, and what its story is found by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// For duplicates.
    pub article: Article,
    /// The units of the title.
    pub title: Units,
    /// The units of the text.
    pub text: Units,
}

impl Read {
    /// Reads an item. `title` and `text` are plain text; `time` is when it was published, else first seen.
    pub fn new(number: ItemNumber, source: u32, time: Timestamp, title: &str, text: &str) -> Self {
        Self::of_units(number, source, time, title, Units::of(text))
    }

    /// Reads an item whose text is read already.
    pub fn of_units(
        number: ItemNumber,
        source: u32,
        time: Timestamp,
        title: &str,
        text_units: Units,
    ) -> Self {
        let title_units = Units::of(title);
        let article = Article {
            number,
            time,
            source,
            headline: Headline::new(title, &title_units),
            text: Shingles::of(&text_units),
            numbers: text_units.numbers.clone(),
        };
        Self {
            article,
            title: title_units,
            text: text_units,
        }
    }
}

impl Article {
    /// Its text is long enough to be compared.
    pub fn has_text(&self) -> bool {
        self.text.len() >= MIN_SHINGLES
    }
}
