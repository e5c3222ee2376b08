//! Which categories an item belongs to, and what says so.
//!
//! The source's own categories always hold; the sections a source names and the admin's `match` rules add to
//! them. All is compiled once for a configuration, so that thousands of rules cost an item microseconds. Where
//! nobody says anything, what was learned from other items may speak, from a confidence on. What is not decided
//! here stays undecided: an item may have no category.

mod features;
mod filter;
/// Categories learned from examples.
pub mod learned;
mod outside;
mod pattern;
mod rule;
mod sections;
/// Which items are examples.
pub mod teaching;

use crate::config::{CategoryConfig, Field, Filter, MatchRule};
use crate::model::{Label, Person, Reason, Tag};
use crate::text::outlet;
use arc_swap::ArcSwapOption;
use filter::{Filters, Places};
use learned::{Answer, Model};
use rule::Rules;
use sections::Sections;
use std::borrow::Cow;
use std::sync::Arc;

/// Only somebody's word is quite sure.
const SUREST_GUESS: f32 = 0.999;

/// What is asked about.
#[derive(Clone, Copy, Debug, Default)]
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
    /// The address of its page; empty where it has none.
    pub url: &'a str,
    /// The feed or outlet it is credited to; a term that looks there looks at the one that its text names (来源), too.
    pub outlet: &'a str,
    /// Who wrote it.
    pub authors: &'a [Person],
    /// BCP 47; empty where nobody says.
    pub language: &'a str,
}

impl Subject<'_> {
    /// What stands in a field; of several values one a line.
    fn field(&self, field: Field) -> Cow<'_, str> {
        let lines = |values: Vec<&str>| Cow::Owned(values.join("\n"));
        match field {
            Field::Title => self.title.into(),
            Field::Body => self.text.into(),
            Field::Url => self.url.into(),
            Field::Source => self.source_name.into(),
            // Where portals reprint agencies, the text alone says whose it is.
            Field::Outlet => match outlet::of(self.text) {
                Some(credited) => Cow::Owned(format!("{}\n{credited}", self.outlet)),
                None => self.outlet.into(),
            },
            Field::Language => self.language.into(),
            Field::Tag => lines(
                self.tags
                    .iter()
                    .flat_map(|tag| [Some(tag.term.as_str()), tag.label.as_deref()])
                    .flatten()
                    .collect(),
            ),
            Field::Author => lines(
                self.authors
                    .iter()
                    .filter_map(|author| author.name.as_deref())
                    .collect(),
            ),
        }
    }
}

/// All categories of a configuration, compiled.
#[derive(Debug)]
pub struct Categorizer {
    names: Vec<String>,
    sections: Sections,
    /// Of each category its `match`, then the filters of those that have one.
    rules: Rules,
    /// Of each category where in the rules its filter stands.
    filtered: Vec<Places>,
    filters: Filters,
    guess: Option<Guess>,
}

/// What speaks for items of which nobody says anything.
#[derive(Debug)]
struct Guess {
    /// Empty until something was learned.
    model: Arc<ArcSwapOption<Model>>,
    floor: f32,
}

impl Categorizer {
    /// Compiles the categories. Patterns are known to be good: one that does not compile matches nothing.
    pub fn new(categories: &[CategoryConfig]) -> Self {
        let mut rules: Vec<&MatchRule> = categories.iter().map(|config| &config.rule).collect();
        let filters = categories.iter().map(|config| &config.filter);
        let filtered = filters.map(|filter| Places::put(&mut rules, filter)).collect();
        Self {
            names: categories
                .iter()
                .map(|config| config.category.name.clone())
                .collect(),
            sections: Sections::new(categories),
            rules: Rules::new(rules),
            filtered,
            filters: Filters::default(),
            guess: None,
        }
    }

    /// The same, with filters: what holds everywhere, and for sources, by their identity.
    pub fn with_filters(mut self, everywhere: &Filter, sources: &[(String, Filter)]) -> Self {
        self.filters = Filters::new(everywhere, sources);
        self
    }

    /// Why an entry of the source of this identity is to become no item; none when it may.
    pub fn refusal(&self, identity: &str, subject: &Subject<'_>) -> Option<Reason> {
        self.filters.refusal(identity, subject)
    }

    /// The same, with what was learned, now or later: it speaks from this confidence on, or
    /// from the one on that it asks for itself.
    pub fn with_learned(mut self, model: Arc<ArcSwapOption<Model>>, floor: f32) -> Self {
        self.guess = Some(Guess { model, floor });
        self
    }

    /// The subject's categories: those that somebody's word puts it into, else those that were learned for it.
    pub fn labels(&self, subject: &Subject<'_>) -> Vec<Label> {
        let sure = self.sure(subject);
        if sure.is_empty() {
            self.guessed(subject)
        } else {
            sure
        }
    }

    /// The categories that were learned for the subject and are sure enough, in the order of the configuration: which is
    /// the surest may change with every model, and is no reason to write an item anew.
    pub fn guessed(&self, subject: &Subject<'_>) -> Vec<Label> {
        let Some(guess) = &self.guess else {
            return Vec::new();
        };
        let model = guess.model.load();
        let Some(model) = model.as_ref() else {
            return Vec::new();
        };
        let floor = guess.floor.max(model.figures.floor);
        let answers = model.answers(titled(subject), subject.text, floor);
        if answers.is_empty() {
            return Vec::new();
        }
        let held = self.rules.matched(subject);
        let label = |answer: &Answer| {
            let category = model.categories.get(answer.category)?;
            let place = self.names.iter().position(|known| known == category)?;
            let filter = self.filtered.get(place).copied().unwrap_or_default();
            let label = || Label {
                category: category.clone(),
                confidence: answer.confidence.min(SUREST_GUESS),
                reason: Reason::new(answer.reason()),
            };
            let is_open = filter.refusal(&held, "").is_none();
            is_open.then(|| (place, label()))
        };
        let mut labels: Vec<(usize, Label)> = answers.iter().filter_map(label).collect();
        labels.sort_by_key(|&(place, _)| place);
        labels.into_iter().map(|(_, label)| label).collect()
    }

    /// A category has this section of a source.
    pub fn knows_section(&self, section: &str) -> bool {
        self.sections.knows(section)
    }

    /// The category that was learned for the subject, and how sure that is, sure enough or not.
    pub fn likeliest(&self, subject: &Subject<'_>) -> Option<(String, f32)> {
        let model = self.guess.as_ref()?.model.load();
        let model = model.as_ref()?;
        let answer = model.answer(titled(subject), subject.text);
        let category = model.categories.get(answer.category)?;
        (!answer.words.is_empty()).then(|| (category.clone(), answer.confidence))
    }

    /// The categories that somebody's word puts the subject into, each once with the strongest reason: first the fixed ones in their order, then the
    /// others in the order of the configuration. The admin's and the source's word is sure: confidence 1.
    pub fn sure(&self, subject: &Subject<'_>) -> Vec<Label> {
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
        let held = self.rules.matched(subject);
        // A category's own filter has the last word on what comes into it.
        let is_open = |name: &str| {
            let place = self.names.iter().position(|known| known == name);
            let places = place.and_then(|place| self.filtered.get(place));
            places.is_none_or(|places| places.refusal(&held, "").is_none())
        };
        for name in subject.fixed.iter().filter(|name| is_open(name)) {
            add(name, &|| format!("fixed for the source {}", subject.source_name));
        }
        let named = self.sections.named(subject.tags).into_iter();
        let named =
            named.map(|(place, section)| (place, format!("the section {section} that its source names")));
        let mut found: Vec<(usize, String)> = named.chain(held.iter().cloned()).collect();
        // Stable: of one category's reasons the section comes first.
        found.sort_by_key(|&(place, _)| place);
        for (place, reason) in found {
            // Behind the categories' rules stand those of their filters.
            if let Some(name) = self.names.get(place).filter(|name| is_open(name)) {
                add(name, &|| reason.clone());
            }
        }
        labels
    }
}

/// Its title as it is learned from.
fn titled<'a>(subject: &Subject<'a>) -> &'a str {
    teaching::without_outlet(subject.title, subject.outlet)
}

#[cfg(test)]
mod tests;
