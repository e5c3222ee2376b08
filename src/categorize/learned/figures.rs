//! How good a model is, by examples that were held back while it was learned.

use super::calibrate::{Calibration, HeldBack, best};
use serde::{Deserialize, Serialize};

/// What is known of a model's answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Below this confidence nothing is answered.
    pub floor: f32,
    /// Examples.
    pub examples: u32,
    /// Items that nobody sorted and that were learned from besides.
    pub unsorted: u32,
    /// Of the examples, how many have the category that is best for them, whatever the confidence.
    pub right: u32,
    /// Of the examples, how many get a category at the floor.
    pub answered: u32,
    /// One for each category, in the model's order.
    pub categories: Vec<CategoryFigures>,
}

/// What is known of the answers for one category.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryFigures {
    /// Examples of it.
    pub examples: u32,
    /// Of these, how many were put into it: as the best, whatever the confidence, or at the floor.
    pub right: u32,
    /// Examples of any category that were put into it at the floor.
    pub answered: u32,
    /// Of these, how many were right.
    pub answered_right: u32,
}

impl Figures {
    pub(super) fn new(
        held: &HeldBack,
        categories: usize,
        unsorted: usize,
        calibration: Calibration,
        floor: f32,
    ) -> Self {
        let mut figures = Self {
            floor,
            unsorted: u32::try_from(unsorted).unwrap_or(u32::MAX),
            categories: vec![CategoryFigures::default(); categories],
            ..Self::default()
        };
        for (margins, truth) in held.iter() {
            let first = best(margins);
            let confidences = calibration.confidences(margins);
            let is_given = |confidence: f32| confidence >= floor;
            figures.examples += 1;
            figures.right += u32::from(truth.contains(&first));
            figures.answered += u32::from(confidences.iter().any(|&confidence| is_given(confidence)));
            for (place, (own, &confidence)) in figures.categories.iter_mut().zip(&confidences).enumerate() {
                let is_true = truth.contains(&place);
                own.examples += u32::from(is_true);
                own.right += u32::from(is_true && (place == first || is_given(confidence)));
                own.answered += u32::from(is_given(confidence));
                own.answered_right += u32::from(is_true && is_given(confidence));
            }
        }
        figures
    }

    /// The share of examples whose category was found, whatever the confidence.
    pub fn accuracy(&self) -> f32 {
        ratio(self.right, self.examples)
    }

    /// The share of examples that were answered at the floor.
    pub fn coverage(&self) -> f32 {
        ratio(self.answered, self.examples)
    }

    /// The share of the answers at the floor that were right.
    pub fn precision(&self) -> f32 {
        ratio(self.sum(|own| own.answered_right), self.sum(|own| own.answered))
    }

    fn sum(&self, of: impl Fn(&CategoryFigures) -> u32) -> u32 {
        self.categories.iter().map(of).sum()
    }
}

impl CategoryFigures {
    /// The share of its examples that were found.
    pub fn recall(&self) -> f32 {
        ratio(self.right, self.examples)
    }

    /// The share of the answers for it at the floor that were right.
    pub fn precision(&self) -> f32 {
        ratio(self.answered_right, self.answered)
    }
}

/// 0 where there is nothing to divide.
fn ratio(part: u32, whole: u32) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_the_floor_counts_as_unanswered() {
        let held = HeldBack {
            margins: vec![9.0, 0.0, 0.0, 9.0, 0.1, 0.0, 9.0, 0.0],
            truth: vec![vec![0], vec![1], vec![0], vec![1]],
        };
        let figures = Figures::new(&held, 2, 5, Calibration::new(&held), 0.7);
        assert_eq!((figures.examples, figures.unsorted), (4, 5));
        assert_eq!(figures.accuracy(), 0.75);
        assert_eq!(figures.coverage(), 0.75);
        assert!((figures.precision() - 2.0 / 3.0).abs() < 1e-6);
        assert_eq!(
            (figures.categories[0].recall(), figures.categories[1].recall()),
            (1.0, 0.5)
        );
        assert_eq!(figures.categories[1].precision(), 1.0);
    }
}
