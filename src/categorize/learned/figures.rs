//! How good a model is, by examples that were held back while it was learned.

use super::calibrate::{HeldBack, best, shares};
use serde::{Deserialize, Serialize};

/// What is known of a model's answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Below this confidence nothing is answered.
    pub floor: f32,
    /// One for each category, in the model's order.
    pub categories: Vec<CategoryFigures>,
}

/// What is known of the answers for one category.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryFigures {
    /// Examples of it.
    pub examples: u32,
    /// Of these, how many were put into it whatever the confidence.
    pub right: u32,
    /// Examples of any category that were put into it at the floor.
    pub answered: u32,
    /// Of these, how many were right.
    pub answered_right: u32,
}

impl Figures {
    pub(super) fn new(held: &HeldBack, categories: usize, temperature: f32, floor: f32) -> Self {
        let mut figures = Self {
            floor,
            categories: vec![CategoryFigures::default(); categories],
        };
        for (margins, truth) in held.iter() {
            let answer = best(margins);
            let confidence = shares(margins, temperature).nth(answer).unwrap_or_default();
            if let Some(own) = figures.categories.get_mut(truth) {
                own.examples += 1;
                own.right += u32::from(answer == truth);
            }
            if let Some(own) = figures.categories.get_mut(answer)
                && confidence >= floor
            {
                own.answered += 1;
                own.answered_right += u32::from(answer == truth);
            }
        }
        figures
    }

    /// All examples.
    pub fn examples(&self) -> u32 {
        self.sum(|own| own.examples)
    }

    /// The share of examples whose category was found, whatever the confidence.
    pub fn accuracy(&self) -> f32 {
        ratio(self.sum(|own| own.right), self.examples())
    }

    /// The share of examples that were answered at the floor.
    pub fn coverage(&self) -> f32 {
        ratio(self.sum(|own| own.answered), self.examples())
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
            truth: vec![0, 1, 0, 1],
        };
        let figures = Figures::new(&held, 2, 1.0, 0.9);
        assert_eq!((figures.examples(), figures.accuracy()), (4, 0.75));
        assert_eq!(figures.coverage(), 0.75);
        assert!((figures.precision() - 2.0 / 3.0).abs() < 1e-6);
        assert_eq!(
            (figures.categories[0].recall(), figures.categories[1].recall()),
            (1.0, 0.5)
        );
        assert_eq!(figures.categories[1].precision(), 1.0);
    }
}
