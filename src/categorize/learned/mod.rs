//! Categories learned from examples: a linear model over features of title and text.
//!
//! Learning is a function of the examples: the same ones in the same order give the same model, byte for byte, on
//! any machine. A model answers always with its best category; who asks decides from which confidence on to
//! believe it.

mod calibrate;
mod figures;
mod margin;
mod matrix;
mod saved;
mod spoken;
mod vocabulary;
mod vote;

pub use figures::{CategoryFigures, Figures};

use super::features::Wording;
pub use calibrate::Floor;
use calibrate::{HeldBack, best, fold_count, shares};
use matrix::Rows;
use vocabulary::Vocabulary;

/// A model takes no more bytes than this, whatever it learned from: beyond, the rarest features go.
const MOST_BYTES: usize = 12 << 20;

/// Of a text no more characters than this are read.
const MOST_CHARACTERS: usize = 1500;

/// Nor fewer than this, however many examples there are.
const FEWEST_CHARACTERS: usize = 80;

/// All examples together are read to about so many characters, which bounds the memory that learning takes to
/// some 150 MB.
const ALL_CHARACTERS: usize = 3_000_000;

/// An item whose category is known.
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    /// The category's place among the model's.
    pub category: usize,
    /// Plain text.
    pub title: &'a str,
    /// Plain text, without the title.
    pub text: &'a str,
    /// How many examples it counts for: more than 0.
    pub importance: f32,
    /// Where it comes from: examples of one group are alike for other reasons than their category.
    pub group: u32,
}

/// A learned model.
#[derive(Debug)]
pub struct Model {
    /// The names of the categories.
    pub categories: Vec<String>,
    /// How good it is.
    pub figures: Figures,
    text_limit: usize,
    temperature: f32,
    biases: Vec<f32>,
    /// What one step of a weight means.
    scale: f32,
    /// Of each feature a weight for each category.
    weights: Vec<i16>,
    vocabulary: Vocabulary,
}

/// What a model says of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The best category's place among the model's.
    pub category: usize,
    /// How sure that is, from 0 to 1.
    pub confidence: f32,
    /// What speaks for it, the strongest first, as the text has it in its form for matching.
    pub words: Vec<String>,
}

impl Answer {
    /// Why, in words.
    pub fn reason(&self) -> String {
        let sure = (self.confidence * 100.0).round();
        if self.words.is_empty() {
            return format!("learned: nothing in it speaks for a category ({sure} % sure)");
        }
        format!("learned: {} speak for it ({sure} % sure)", self.words.join(", "))
    }
}

/// The weights of all categories, before they are made small.
struct Weights {
    planes: Vec<f32>,
    biases: Vec<f32>,
}

impl Model {
    /// Learns from examples of at least two categories; none when there are fewer. The figures count the
    /// answers from the floor on.
    pub fn learn(categories: Vec<String>, examples: &[Example<'_>], floor: Floor) -> Option<Self> {
        let count = categories.len();
        let first = examples.first()?.category;
        if examples.iter().any(|example| example.category >= count)
            || examples.iter().all(|example| example.category == first)
        {
            return None;
        }
        let text_limit = (ALL_CHARACTERS / examples.len()).clamp(FEWEST_CHARACTERS, MOST_CHARACTERS);
        let counted: Vec<Vec<(u32, f32)>> = examples
            .iter()
            .map(|example| Wording::new(example.title, example.text, text_limit).counted())
            .collect();
        // A little is left for the head.
        let most_features = MOST_BYTES / (2 * size_of::<u32>() + count * size_of::<i16>());
        let most_features = most_features.saturating_sub(1024).max(1);
        let vocabulary = Vocabulary::new(&counted, most_features);
        let rows = Rows::new(&counted, &vocabulary);
        drop(counted);

        let learner = Learner {
            rows: &rows,
            features: vocabulary.len(),
            categories: count,
            category: examples.iter().map(|example| example.category).collect(),
            importance: examples.iter().map(|example| example.importance).collect(),
        };
        let groups: Vec<(usize, u32)> = examples
            .iter()
            .map(|example| (example.category, example.group))
            .collect();
        let held = learner.hold_back(&calibrate::folds(&groups, count));
        let temperature = held.temperature();
        let floor = held.threshold(temperature, floor);
        let weights = learner.learn(&(0..rows.len()).collect::<Vec<_>>());
        let most = weights
            .planes
            .iter()
            .fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
        let scale = most / f32::from(i16::MAX);
        Some(Self {
            figures: Figures::new(&held, count, temperature, floor),
            categories,
            text_limit,
            temperature,
            biases: weights.biases,
            scale,
            // Within the range by the choice of the scale; `as` stops at the ends.
            weights: weights
                .planes
                .iter()
                .map(|weight| (weight / scale).round() as i16)
                .collect(),
            vocabulary,
        })
    }

    /// The best category for a title and a text, both plain.
    pub fn answer(&self, title: &str, text: &str) -> Answer {
        let wording = Wording::new(title, text, self.text_limit);
        let row = self.vocabulary.weighed(&wording.counted());
        let mut margins = self.biases.clone();
        for &(feature, value) in &row {
            for (margin, &weight) in margins.iter_mut().zip(self.weights_of(feature)) {
                *margin += f32::from(weight) * self.scale * value;
            }
        }
        let category = best(&margins);
        let share = shares(&margins, self.temperature)
            .nth(category)
            .unwrap_or_default();
        // Where nothing is known, how many examples each category had must not decide.
        let guess = 1.0 / margins.len().max(1) as f32;
        Answer {
            category,
            confidence: if row.is_empty() { guess } else { share.max(0.0) },
            words: self.words(&wording, &row, category),
        }
    }

    fn weights_of(&self, feature: u32) -> &[i16] {
        let categories = self.categories.len();
        let from = feature as usize * categories;
        self.weights.get(from..from + categories).unwrap_or_default()
    }

    /// How much a feature speaks for a category, beyond what it says for the categories on average.
    fn speaks(&self, feature: u32, category: usize) -> f32 {
        let weights = self.weights_of(feature);
        let mean = weights.iter().copied().map(f32::from).sum::<f32>() / weights.len().max(1) as f32;
        weights
            .get(category)
            .map_or(0.0, |&weight| f32::from(weight) - mean)
            * self.scale
    }

    fn words(&self, wording: &Wording, row: &[(u32, f32)], category: usize) -> Vec<String> {
        let mut spoken: Vec<(u32, f32)> = row
            .iter()
            .filter_map(|&(feature, value)| {
                Some((
                    self.vocabulary.key(feature)?,
                    self.speaks(feature, category) * value,
                ))
            })
            .collect();
        spoken.sort_unstable_by_key(|&(key, _)| key);
        spoken::words_that_speak(wording, &spoken)
    }
}

/// What learning rests on.
struct Learner<'a> {
    rows: &'a Rows,
    features: usize,
    categories: usize,
    category: Vec<usize>,
    importance: Vec<f32>,
}

impl Learner<'_> {
    fn category_of(&self, row: usize) -> usize {
        self.category.get(row).copied().unwrap_or_default()
    }

    /// The weights that the chosen rows teach.
    fn learn(&self, chosen: &[usize]) -> Weights {
        let category_of = |row: usize| self.category_of(row);
        let mut planes = vote::votes(
            self.rows,
            self.features,
            self.categories,
            chosen,
            category_of,
            &self.importance,
        );
        let mut biases = Vec::with_capacity(self.categories);
        for category in 0..self.categories {
            let is_member = |row: usize| self.category_of(row) == category;
            let plane = margin::separate(self.rows, self.features, chosen, is_member, &self.importance);
            let own = planes.iter_mut().skip(category).step_by(self.categories);
            for (sum, weight) in own.zip(&plane.weights) {
                *sum += weight;
            }
            biases.push(plane.bias);
        }
        Weights { planes, biases }
    }

    /// Judges each row by what the rows of other folds teach.
    fn hold_back(&self, folds: &[usize]) -> HeldBack {
        let mut held = HeldBack::default();
        for fold in 0..fold_count(folds.len()) {
            let (own, others): (Vec<usize>, Vec<usize>) =
                (0..self.rows.len()).partition(|&row| folds.get(row) == Some(&fold));
            let weights = self.learn(&others);
            for row in own {
                let mut margins = weights.biases.clone();
                for (feature, value) in self.rows.row(row) {
                    let from = feature * self.categories;
                    let planes = weights
                        .planes
                        .get(from..from + self.categories)
                        .unwrap_or_default();
                    for (margin, weight) in margins.iter_mut().zip(planes) {
                        *margin += weight * value;
                    }
                }
                held.margins.extend(margins);
                held.truth.push(self.category_of(row));
            }
        }
        held
    }
}

#[cfg(test)]
mod tests;
