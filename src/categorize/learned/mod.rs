//! Categories learned from examples: a linear model over features of title and text.
//!
//! Learning is a function of the examples: the same ones in the same order give the same model, byte for byte, on
//! any machine. A model answers always with its best category; who asks decides from which confidence on to
//! believe it.

mod calibrate;
mod figures;
mod folds;
mod learner;
mod logistic;
mod margin;
mod matrix;
mod saved;
mod spoken;
mod vocabulary;
mod vote;

pub use figures::{CategoryFigures, Figures};

use super::features::Wording;
pub use calibrate::Floor;
use calibrate::{Calibration, best};
use folds::folds;
use learner::Learner;
use matrix::{Rows, Sample};
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

/// All items that nobody sorted, as far as they are read: the first ones have so many characters.
const UNSORTED_CHARACTERS: usize = 1_000_000;

/// From so many examples on, items that nobody sorted say nothing new.
const ENOUGH_EXAMPLES: usize = 20_000;

/// An item whose categories are known.
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    /// The places of its categories among the model's: at least one.
    pub categories: &'a [usize],
    /// Plain text.
    pub title: &'a str,
    /// Plain text, without the title.
    pub text: &'a str,
    /// How many examples it counts for: more than 0.
    pub importance: f32,
    /// Where it comes from: examples of one group are alike for other reasons than their category.
    pub group: u32,
}

/// An item whose categories nobody knows.
#[derive(Clone, Copy, Debug)]
pub struct Unsorted<'a> {
    /// Plain text.
    pub title: &'a str,
    /// Plain text, without the title.
    pub text: &'a str,
}

/// A learned model.
#[derive(Debug)]
pub struct Model {
    /// The names of the categories.
    pub categories: Vec<String>,
    /// How good it is.
    pub figures: Figures,
    text_limit: usize,
    calibration: Calibration,
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
    /// The category's place among the model's.
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

/// As many of the first items as there is room for, when of each text so much is read.
fn first_of<'s, 'a>(unsorted: &'s [Unsorted<'a>], text_limit: usize) -> &'s [Unsorted<'a>] {
    let mut left = UNSORTED_CHARACTERS;
    let has_room = |item: &&Unsorted<'_>| {
        let length = item.title.chars().count() + item.text.chars().take(text_limit).count();
        left = left.saturating_sub(length);
        left > 0
    };
    let count = unsorted.iter().take_while(has_room).count();
    unsorted.get(..count).unwrap_or_default()
}

/// An item as the model sees it.
struct Read {
    wording: Wording,
    /// Known features by place.
    row: Vec<(u32, f32)>,
    /// One for each category.
    margins: Vec<f32>,
}

impl Model {
    /// Learns from examples of at least two categories, and from items of the kind that it will be asked about; none
    /// when there are fewer categories. The figures count the answers from the floor on.
    pub fn learn(
        categories: Vec<String>,
        examples: &[Example<'_>],
        unsorted: &[Unsorted<'_>],
        floor: Floor,
    ) -> Option<Self> {
        let places: Vec<usize> = (0..categories.len()).collect();
        let first = examples.first()?.categories;
        let is_known = |example: &Example<'_>| {
            let own = example.categories;
            !own.is_empty() && own.iter().all(|&category| category < places.len())
        };
        if !examples.iter().all(is_known) || examples.iter().all(|example| example.categories == first) {
            return None;
        }
        let text_limit = ALL_CHARACTERS / examples.len();
        let text_limit = text_limit.clamp(FEWEST_CHARACTERS, MOST_CHARACTERS);
        let unsorted = if examples.len() < ENOUGH_EXAMPLES {
            first_of(unsorted, text_limit)
        } else {
            &[]
        };
        let all = examples.iter().map(|example| (example.title, example.text));
        let all = all.chain(unsorted.iter().map(|item| (item.title, item.text)));
        let counted: Vec<Vec<(u32, f32)>> = all
            .map(|(title, text)| Wording::new(title, text, text_limit).counted())
            .collect();
        // A little is left for the head.
        let most_features = MOST_BYTES / (2 * size_of::<u32>() + places.len() * size_of::<i16>());
        let most_features = most_features.saturating_sub(1024).max(1);
        let vocabulary = Vocabulary::new(&counted, most_features);
        let rows = Rows::new(&counted, &vocabulary);
        drop(counted);

        let samples: Vec<Sample<'_>> = (0..)
            .zip(examples)
            .map(|(row, example)| Sample {
                row,
                categories: example.categories,
                importance: example.importance,
            })
            .collect();
        let learner = Learner {
            rows: &rows,
            features: vocabulary.len(),
            categories: &places,
            examples: &samples,
        };
        let group = |example: &Example<'_>| {
            let category = example.categories.first().copied();
            (category.unwrap_or_default(), example.group)
        };
        let groups: Vec<(usize, u32)> = examples.iter().map(group).collect();
        let judged = learner.hold_back(&folds(&groups, places.len()));
        let (held, calibration) = (judged.held, judged.calibration);
        let taught_along = judged.along.map_or(0, |_| unsorted.len());
        let floor = held.threshold(calibration, floor);
        let weights = learner.learn(judged.along);
        // What stands only in items that did not teach is as good as unknown.
        let speaks = |own: &&[f32]| own.iter().any(|&weight| weight != 0.0);
        let of_features: Vec<&[f32]> = weights.planes.chunks(places.len()).collect();
        let vocabulary = vocabulary.only(|place| of_features.get(place).is_some_and(speaks));
        let planes: Vec<f32> = of_features
            .into_iter()
            .filter(speaks)
            .flatten()
            .copied()
            .collect();
        let most = planes
            .iter()
            .fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
        let scale = most / f32::from(i16::MAX);
        Some(Self {
            figures: Figures::new(&held, places.len(), taught_along, calibration, floor),
            categories,
            text_limit,
            calibration,
            biases: weights.biases,
            scale,
            // Within the range by the choice of the scale; `as` stops at the ends.
            weights: planes
                .iter()
                .map(|weight| (weight / scale).round() as i16)
                .collect(),
            vocabulary,
        })
    }

    /// The best category for a title and a text, both plain.
    pub fn answer(&self, title: &str, text: &str) -> Answer {
        let read = self.read(title, text);
        let category = best(&read.margins);
        // Where nothing is known, how many examples each category had must not decide.
        let confidence = if read.row.is_empty() {
            1.0 / read.margins.len().max(1) as f32
        } else {
            self.calibration.best(&read.margins)
        };
        self.answer_of(&read, category, confidence)
    }

    /// The categories that are sure from a floor on, the surest first: the best one where it leads so far, and each that
    /// is so sure by itself. None is where nothing in the item speaks for it.
    pub fn answers(&self, title: &str, text: &str, floor: f32) -> Vec<Answer> {
        let read = self.read(title, text);
        if read.row.is_empty() {
            return Vec::new();
        }
        let confidences = self.calibration.confidences(&read.margins);
        let sure = confidences
            .iter()
            .enumerate()
            .filter(|&(_, &confidence)| confidence >= floor);
        let mut answers: Vec<Answer> = sure
            .map(|(category, &confidence)| self.answer_of(&read, category, confidence))
            .filter(|answer| !answer.words.is_empty())
            .collect();
        // Stable: of equals the first category comes first.
        answers.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        answers
    }

    fn read(&self, title: &str, text: &str) -> Read {
        let wording = Wording::new(title, text, self.text_limit);
        let row = self.vocabulary.weighed(&wording.counted());
        let mut margins = self.biases.clone();
        for &(feature, value) in &row {
            for (margin, &weight) in margins.iter_mut().zip(self.weights_of(feature)) {
                *margin += f32::from(weight) * self.scale * value;
            }
        }
        Read {
            wording,
            row,
            margins,
        }
    }

    fn answer_of(&self, read: &Read, category: usize, confidence: f32) -> Answer {
        Answer {
            category,
            confidence: confidence.clamp(0.0, 1.0),
            words: self.words(&read.wording, &read.row, category),
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

#[cfg(test)]
mod tests;
