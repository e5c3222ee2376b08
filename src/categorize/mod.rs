//! Which categories an item belongs to, and what says so.
//!
//! The source's own categories always hold; the sections a source names and the admin's `match` rules add to
//! them. All is compiled once for a configuration, so that thousands of rules cost an item microseconds. What is
//! not decided here stays undecided: an item may have no category.

mod features;
/// Categories learned from examples.
pub mod learned;
mod rule;
mod sections;

use crate::config::CategoryConfig;
use crate::model::{Label, Reason, Tag};
use rule::Rules;
use sections::Sections;

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The name of its source.
    pub source_name: &'a str,
    /// The categories written for its source.
    pub fixed: &'a [String],
    /// The tags and sections that its source gave it.
    pub tags: &'a [Tag],
    /// Plain text.
    pub title: &'a str,
    /// Plain text, without the title.
    pub text: &'a str,
}

/// All categories of a configuration, compiled.
#[derive(Debug)]
pub struct Categorizer {
    names: Vec<String>,
    sections: Sections,
    rules: Rules,
}

impl Categorizer {
    /// Compiles the categories. Patterns are known to be good: one that does not compile matches nothing.
    pub fn new(categories: &[CategoryConfig]) -> Self {
        Self {
            names: categories
                .iter()
                .map(|config| config.category.name.clone())
                .collect(),
            sections: Sections::new(categories),
            rules: Rules::new(categories),
        }
    }

    /// The subject's categories, each once with the strongest reason: first the fixed ones in their order, then the
    /// others in the order of the configuration. The admin's and the source's word is sure: confidence 1.
    pub fn labels(&self, subject: &Subject<'_>) -> Vec<Label> {
        let mut labels: Vec<Label> = Vec::new();
        let mut add = |name: &str, reason: &dyn Fn() -> String| {
            if !labels.iter().any(|label| label.category == name) {
                labels.push(Label {
                    category: name.to_owned(),
                    confidence: 1.0,
                    reason: Reason::new(reason()),
                });
            }
        };
        for name in subject.fixed {
            add(name, &|| format!("fixed for the source {}", subject.source_name));
        }
        let named = self.sections.named(subject.tags).into_iter();
        let named =
            named.map(|(place, section)| (place, format!("the section {section} that its source names")));
        let matched = self.rules.matched(subject.title, subject.text).into_iter();
        let mut found: Vec<(usize, String)> = named.chain(matched).collect();
        // Stable: of one category's reasons the section comes first.
        found.sort_by_key(|&(place, _)| place);
        for (place, reason) in found {
            if let Some(name) = self.names.get(place) {
                add(name, &|| reason.clone());
            }
        }
        labels
    }
}

#[cfg(test)]
mod tests;
