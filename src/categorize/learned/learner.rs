//! Weights from examples, and from items whose categories nobody knows.
//!
//! Few examples know few of the words that will be met. Items that wait to be sorted have those words: what the
//! examples teach is asked about them, and where it is sure enough of its answer, the item teaches along, at half an
//! example's price (self-training; Yarowsky, 1995). That is done twice. Examples that are held back to judge the
//! outcome are treated as such items all the way, so that what is said of the answers is true of them; where their
//! answers are no better for it, the examples teach alone.

use super::calibrate::{Calibration, HeldBack};
use super::folds::fold_count;
use super::margin;
use super::matrix::{Rows, Sample};
use super::vote;
use std::ops::Range;

/// An item that nobody sorted teaches from this confidence on.
const SURE_ENOUGH: f32 = 0.7;

/// It counts for so many examples.
const IMPORTANCE: f32 = 0.5;

/// By so much the answers must be better for it.
const WORTHWHILE: f32 = 0.002;

/// So often the answers for them are learned from.
const ROUNDS: usize = 2;

/// The weights of all categories, before they are made small.
pub(super) struct Weights {
    /// Of each feature one for each category.
    pub(super) planes: Vec<f32>,
    /// One for each category.
    pub(super) biases: Vec<f32>,
}

/// What learning rests on.
pub(super) struct Learner<'a> {
    /// The examples', then those of the items that nobody sorted.
    pub(super) rows: &'a Rows,
    pub(super) features: usize,
    /// The places of all categories.
    pub(super) categories: &'a [usize],
    /// One for each of the first rows.
    pub(super) examples: &'a [Sample<'a>],
}

/// Examples that were held back, judged.
pub(super) struct Judged {
    pub(super) held: HeldBack,
    pub(super) calibration: Calibration,
    /// How sure one can be before items teach that nobody sorted; none where they are not to teach.
    pub(super) along: Option<Calibration>,
}

impl Judged {
    fn merit(&self) -> f32 {
        self.calibration.merit(&self.held)
    }
}

impl Learner<'_> {
    /// The weights that the examples teach, and the items that nobody sorted where they are to teach along.
    pub(super) fn learn(&self, along: Option<Calibration>) -> Weights {
        let weights = self.weights(self.examples);
        let Some(calibration) = along else {
            return weights;
        };
        let unsorted: Vec<usize> = self.unsorted().collect();
        let margins = self.margins(&unsorted, &weights);
        drop(weights);
        self.learn_along(self.examples, &unsorted, margins, calibration)
    }

    /// Judges each example by what those of other folds teach, and the items that nobody sorted where that makes the
    /// answers better.
    pub(super) fn hold_back(&self, folds: &[usize]) -> Judged {
        let mut before = HeldBack::default();
        let mut begun = Vec::new();
        for fold in 0..fold_count(self.examples.len()) {
            let is_own = |row: &usize| folds.get(*row) == Some(&fold);
            let (own, others): (Vec<usize>, Vec<usize>) = (0..self.examples.len()).partition(is_own);
            let others: Vec<Sample<'_>> = others
                .iter()
                .filter_map(|&row| self.examples.get(row).copied())
                .collect();
            let weights = self.weights(&others);
            self.judge(&own, &weights, &mut before);
            if !self.unsorted().is_empty() {
                let waiting: Vec<usize> = own.iter().copied().chain(self.unsorted()).collect();
                let margins = self.margins(&waiting, &weights);
                begun.push((own, others, waiting, margins));
            }
        }
        let alone = Judged {
            calibration: Calibration::new(&before),
            held: before,
            along: None,
        };
        if begun.is_empty() {
            return alone;
        }
        let mut after = HeldBack::default();
        for (own, others, waiting, margins) in begun {
            let weights = self.learn_along(&others, &waiting, margins, alone.calibration);
            self.judge(&own, &weights, &mut after);
        }
        let along = Judged {
            calibration: Calibration::bent(&after),
            held: after,
            along: Some(alone.calibration),
        };
        if along.merit() >= alone.merit() + WORTHWHILE {
            along
        } else {
            alone
        }
    }

    fn unsorted(&self) -> Range<usize> {
        self.examples.len()..self.rows.len()
    }

    /// What samples teach together with the rows that wait for a category, from the margins of these on.
    fn learn_along(
        &self,
        samples: &[Sample<'_>],
        waiting: &[usize],
        mut margins: Vec<f32>,
        calibration: Calibration,
    ) -> Weights {
        let mut round = 1;
        loop {
            let of_each = margins.chunks(self.categories.len().max(1));
            let decided = waiting
                .iter()
                .zip(of_each)
                .filter_map(|(&row, margins)| Some((row, calibration.decided(margins, SURE_ENOUGH)?)));
            let decided: Vec<(usize, Vec<usize>)> = decided.collect();
            let sure = decided.iter().map(|(row, categories)| Sample {
                row: *row,
                categories,
                importance: IMPORTANCE,
            });
            let all: Vec<Sample<'_>> = samples.iter().copied().chain(sure).collect();
            let weights = self.weights(&all);
            if round == ROUNDS {
                return weights;
            }
            margins = self.margins(waiting, &weights);
            round += 1;
        }
    }

    /// The weights that samples teach.
    fn weights(&self, samples: &[Sample<'_>]) -> Weights {
        let count = self.categories.len();
        let mut planes = vote::votes(self.rows, self.features, count, samples);
        let mut biases = Vec::with_capacity(count);
        for &category in self.categories {
            let plane = margin::separate(self.rows, self.features, samples, category);
            let own = planes.iter_mut().skip(category).step_by(count);
            for (sum, weight) in own.zip(&plane.weights) {
                *sum += weight;
            }
            biases.push(plane.bias);
        }
        Weights { planes, biases }
    }

    fn judge(&self, rows: &[usize], weights: &Weights, held: &mut HeldBack) {
        held.margins.extend(self.margins(rows, weights));
        for &row in rows {
            let example = self.examples.get(row);
            held.truth
                .push(example.map_or_else(Vec::new, |example| example.categories.to_vec()));
        }
    }

    /// Of each row one margin for each category.
    fn margins(&self, rows: &[usize], weights: &Weights) -> Vec<f32> {
        let count = self.categories.len();
        let mut all = Vec::with_capacity(rows.len() * count);
        for &row in rows {
            let from = all.len();
            all.extend(&weights.biases);
            let margins = all.get_mut(from..).unwrap_or_default();
            for (feature, value) in self.rows.row(row) {
                let from = feature * count;
                let planes = weights.planes.get(from..from + count).unwrap_or_default();
                for (margin, weight) in margins.iter_mut().zip(planes) {
                    *margin += weight * value;
                }
            }
        }
        all
    }
}
