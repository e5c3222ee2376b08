//! The sections that sources name: tags and breadcrumbs that mean a category.

use crate::config::CategoryConfig;
use crate::model::Tag;
use crate::text::fold::fold;
use std::collections::HashMap;

/// Marks between the steps of a breadcrumb or the words of a list that some feeds put into one tag.
const SEPARATORS: [char; 11] = ['/', '>', '|', '›', '»', ',', '，', '、', ';', '；', '·'];

/// From a section's name, folded, to the categories it means.
#[derive(Debug)]
pub(super) struct Sections(HashMap<String, Vec<usize>>);

impl Sections {
    pub(super) fn new(categories: &[CategoryConfig]) -> Self {
        let mut sections: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, config) in categories.iter().enumerate() {
            for section in &config.sections {
                let places = sections.entry(folded(section)).or_default();
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        sections.remove("");
        Self(sections)
    }

    /// The text, or a step of it, means a category.
    pub(super) fn knows(&self, text: &str) -> bool {
        let steps = text.split(SEPARATORS);
        std::iter::once(text)
            .chain(steps)
            .any(|section| self.0.contains_key(&folded(section.trim())))
    }

    /// The categories that the tags mean, each with the section as the source wrote it, in the tags' order.
    pub(super) fn named<'t>(&self, tags: &'t [Tag]) -> Vec<(usize, &'t str)> {
        let mut named: Vec<(usize, &str)> = Vec::new();
        if self.0.is_empty() {
            return named;
        }
        let texts = tags
            .iter()
            .flat_map(|tag| [Some(tag.term.as_str()), tag.label.as_deref()])
            .flatten();
        for text in texts {
            let steps = text.split(SEPARATORS).filter(|step| step.len() < text.len());
            for section in std::iter::once(text).chain(steps) {
                let section = section.trim();
                for &place in self.0.get(&folded(section)).into_iter().flatten() {
                    if !named.iter().any(|&(known, _)| known == place) {
                        named.push((place, section));
                    }
                }
            }
        }
        named
    }
}

/// One form for all spellings of a section.
fn folded(section: &str) -> String {
    fold(section).split_whitespace().collect::<Vec<_>>().join(" ")
}
