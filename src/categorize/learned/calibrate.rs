//! From margins to a confidence that means what it says: of all answers with confidence 0.8, eight in ten are
//! right.
//!
//! Each example is judged by planes that have not seen it; one number, the temperature, then makes the shares of
//! the categories fit what came out, and where examples have several categories, a curve makes the confidence in each
//! by itself do so.

use super::logistic::Curve;
use serde::{Deserialize, Serialize};

/// The least and the most that the temperature may be.
const TEMPERATURES: (f32, f32) = (0.1, 40.0);

/// So many examples of several categories show how often a second one is right.
const FEWEST_OF_SEVERAL: usize = 20;

/// No share counts for less than this, nor for so much that less than this is left.
const LEAST_SHARE: f32 = 1e-6;

/// However often answers are wrong, no more confidence than this is asked for.
const MOST_ASKED: f32 = 0.95;

/// From which confidence on an answer counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// From none below this.
    pub least: f32,
    /// So large a share of the answers is to be right: where it takes more confidence, more is asked.
    pub precision: f32,
}

impl Floor {
    /// This one, however many answers are right.
    pub const fn at(least: f32) -> Self {
        Self {
            least,
            precision: 0.0,
        }
    }
}

/// The search ends after so many steps, each of which leaves less than two thirds of the range.
const STEPS: usize = 24;

/// The margins of examples that were held back.
#[derive(Debug, Default)]
pub(super) struct HeldBack {
    /// Of each example one margin for each category.
    pub(super) margins: Vec<f32>,
    /// The categories of each example.
    pub(super) truth: Vec<Vec<usize>>,
}

impl HeldBack {
    /// Each example's margins and categories.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[f32], &[usize])> {
        let categories = self.margins.len() / self.truth.len().max(1);
        self.margins
            .chunks(categories.max(1))
            .zip(self.truth.iter().map(Vec::as_slice))
    }

    /// From which confidence on answers count: the least at which so many of them are right as the floor asks for.
    pub(super) fn threshold(&self, calibration: Calibration, floor: Floor) -> f32 {
        let mut answers: Vec<(f32, bool)> = Vec::new();
        for (margins, truth) in self.iter() {
            let given = calibration.confidences(margins).into_iter().enumerate();
            let given = given.map(|(category, confidence)| (confidence, truth.contains(&category)));
            answers.extend(given.filter(|&(confidence, _)| confidence >= floor.least));
        }
        answers.sort_by(|one, other| other.0.total_cmp(&one.0));
        let (mut right, mut enough) = (0_usize, None);
        for (place, &(confidence, is_right)) in answers.iter().enumerate() {
            right += usize::from(is_right);
            let is_sure = right as f32 >= floor.precision * (place as f32 + 1.0);
            match answers.get(place + 1) {
                // Those of one confidence are answered together.
                Some(&(next, _)) if next < confidence => enough = is_sure.then_some(confidence).or(enough),
                Some(_) => {}
                None => enough = is_sure.then_some(floor.least).or(enough),
            }
        }
        let most = MOST_ASKED.max(floor.least);
        enough.map_or(most, |enough| enough.min(most))
    }

    /// How surprised one is by the truth, on average, at a temperature.
    fn surprise(&self, temperature: f32) -> f64 {
        let surprise = |(margins, truth): (&[f32], &[usize])| {
            let shares = shares(margins, temperature).enumerate();
            let right = shares.filter(|(category, _)| truth.contains(category));
            let share: f32 = right.map(|(_, share)| share).sum();
            -f64::from(share.max(1e-9)).ln()
        };
        self.iter().map(surprise).sum()
    }

    /// The temperature at which the truth surprises least.
    fn temperature(&self) -> f32 {
        let golden = 0.618_034;
        let (mut low, mut high) = (TEMPERATURES.0.ln(), TEMPERATURES.1.ln());
        let at = |place: f32| self.surprise(place.exp());
        let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
        let (mut left_surprise, mut right_surprise) = (at(left), at(right));
        for _ in 0..STEPS {
            if left_surprise < right_surprise {
                (high, right, right_surprise) = (right, left, left_surprise);
                left = high - golden * (high - low);
                left_surprise = at(left);
            } else {
                (low, left, left_surprise) = (left, right, right_surprise);
                right = low + golden * (high - low);
                right_surprise = at(right);
            }
        }
        f32::midpoint(low, high).exp()
    }
}

/// What turns margins into confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibration {
    /// How steeply shares follow margins.
    temperature: f32,
    /// How often the best category is right by its share; by as much as the share says where nothing is known.
    best: Curve,
    /// How often a category is right by its own margin, whatever the others' are (Platt, 1999); unknown where too few
    /// examples have several.
    own: Option<Curve>,
}

impl Calibration {
    /// What fits the examples that were held back.
    pub(super) fn new(held: &HeldBack) -> Self {
        let several = held.truth.iter().filter(|truth| truth.len() > 1).count();
        let own = || {
            let each_of = |(margins, truth): (&[f32], &[usize])| {
                let each = margins.iter().enumerate();
                let told = each.map(|(place, &margin)| (margin, truth.contains(&place)));
                told.collect::<Vec<_>>()
            };
            Curve::fitted(&held.iter().flat_map(each_of).collect::<Vec<_>>())
        };
        Self {
            temperature: held.temperature(),
            best: Curve::PLAIN,
            own: (several >= FEWEST_OF_SEVERAL).then(own),
        }
    }

    /// The same where some of what is judged has taught along: its margins lie far out, the others' do not, and no
    /// temperature fits both.
    pub(super) fn bent(held: &HeldBack) -> Self {
        let plain = Self::new(held);
        let told = |(margins, truth): (&[f32], &[usize])| {
            let share = plain.share_of_best(margins);
            (log_odds(share), truth.contains(&best(margins)))
        };
        Self {
            best: Curve::fitted(&held.iter().map(told).collect::<Vec<_>>()),
            ..plain
        }
    }

    /// How sure the best category is beside the others.
    pub(super) fn best(&self, margins: &[f32]) -> f32 {
        self.best.at(log_odds(self.share_of_best(margins)))
    }

    fn share_of_best(&self, margins: &[f32]) -> f32 {
        let share = shares(margins, self.temperature).nth(best(margins));
        share.unwrap_or_default()
    }

    /// How good the answers are, the sure ones above all: of the surest so many the share that is right, on average
    /// over all numbers. 0 where there are none.
    pub(super) fn merit(&self, held: &HeldBack) -> f32 {
        let answer =
            |(margins, truth): (&[f32], &[usize])| (self.best(margins), truth.contains(&best(margins)));
        let mut answers: Vec<(f32, bool)> = held.iter().map(answer).collect();
        answers.sort_by(|one, other| other.0.total_cmp(&one.0));
        let mut right = 0.0;
        let shares = (1..).zip(&answers).map(|(count, &(_, is_right))| {
            right += f64::from(u8::from(is_right));
            right / f64::from(count)
        });
        let sum: f64 = shares.sum();
        (sum / answers.len().max(1) as f64) as f32
    }

    /// Of each category up to which floor it is given: the best one as far as it leads, and each as far as it is sure by
    /// itself.
    pub(super) fn confidences(&self, margins: &[f32]) -> Vec<f32> {
        let mut confidences: Vec<f32> = margins.iter().map(|&margin| self.own(margin)).collect();
        if let Some(confidence) = confidences.get_mut(best(margins)) {
            *confidence = confidence.max(self.best(margins));
        }
        confidences
    }

    /// The categories of which one is so sure; none where one is not. Where items may be in several, each of the others
    /// must be as surely out of the question: what is taught says no to them.
    pub(super) fn decided(&self, margins: &[f32], sure: f32) -> Option<Vec<usize>> {
        if self.own.is_none() {
            return (self.best(margins) >= sure).then(|| vec![best(margins)]);
        }
        let mut given = Vec::new();
        for (place, &margin) in margins.iter().enumerate() {
            let own = self.own(margin);
            if own >= sure {
                given.push(place);
            } else if own > 1.0 - sure {
                return None;
            }
        }
        (!given.is_empty()).then_some(given)
    }

    /// How sure a category is by its own margin.
    fn own(&self, margin: f32) -> f32 {
        self.own.map_or(0.0, |own| own.at(margin))
    }
}

/// The number whose logistic the share is.
fn log_odds(share: f32) -> f32 {
    let share = share.clamp(LEAST_SHARE, 1.0 - LEAST_SHARE);
    (share / (1.0 - share)).ln()
}

/// The share of each category, together 1.
fn shares(margins: &[f32], temperature: f32) -> impl Iterator<Item = f32> {
    let most = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let power = move |margin: f32| ((margin - most) * temperature).exp();
    let whole: f32 = margins.iter().map(|&margin| power(margin)).sum();
    margins.iter().map(move |&margin| power(margin) / whole)
}

/// The place of the largest margin, the first of equals.
pub(super) fn best(margins: &[f32]) -> usize {
    let better = |best: (usize, f32), (place, &margin): (usize, &f32)| {
        if margin > best.1 { (place, margin) } else { best }
    };
    margins.iter().enumerate().fold((0, f32::NEG_INFINITY), better).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_temperature_makes_confidence_come_true() {
        // Margins of 1 that are right in nine cases of ten.
        let held = HeldBack {
            margins: [1.0, 0.0].repeat(100),
            truth: (0..100)
                .map(|number| vec![usize::from(number % 10 == 0)])
                .collect(),
        };
        let confidence = Calibration::new(&held).best(&[1.0, 0.0]);
        assert!((confidence - 0.9).abs() < 0.01, "{confidence}");
    }

    #[test]
    fn more_confidence_is_asked_where_answers_are_wrong_too_often() {
        // A thousand that are sure and right, then a thousand of which each second one is wrong.
        let sure = [2.0, 0.0].repeat(1000);
        let unsure = [1.0, 0.0].repeat(1000);
        let held = HeldBack {
            margins: [sure, unsure].concat(),
            truth: (0..2000)
                .map(|number| vec![usize::from(number >= 1000 && number % 2 == 0)])
                .collect(),
        };
        let calibration = Calibration {
            temperature: 1.0,
            best: Curve::PLAIN,
            own: None,
        };
        let threshold = |least, precision| held.threshold(calibration, Floor { least, precision });
        assert_eq!((threshold(0.7, 0.0), threshold(0.7, 0.7)), (0.7, 0.7));
        let of_the_sure = 1.0 / (1.0 + (-2.0_f32).exp());
        assert!((threshold(0.7, 0.95) - of_the_sure).abs() < 1e-4);
        // Nothing answered is nothing known.
        assert_eq!((threshold(0.9, 0.95), threshold(0.99, 0.95)), (0.95, 0.99));
    }

    #[test]
    fn a_category_by_itself_is_as_sure_as_such_margins_are_right() {
        // Of fifteen margins of 0.5 eleven are right, those of -0.5 never; some examples are in both categories.
        let held = HeldBack {
            margins: [0.5, -0.5, 0.5, 0.5].repeat(100),
            truth: (0..200)
                .map(|number| match number % 10 {
                    0 | 2 => vec![],
                    1 => vec![0],
                    even if even % 2 == 0 => vec![0],
                    3 => vec![1],
                    _ => vec![0, 1],
                })
                .collect(),
        };
        let calibration = Calibration::new(&held);
        let right = 11.0 / 15.0;
        assert!((calibration.own(0.5) - right).abs() < 0.05, "{calibration:?}");
        assert!(calibration.own(-0.5) < 0.05, "{calibration:?}");
    }

    #[test]
    fn where_no_example_has_several_categories_none_is_given_beside_the_best() {
        let held = HeldBack {
            margins: [0.5, 0.4].repeat(100),
            truth: vec![vec![0]; 100],
        };
        let calibration = Calibration::new(&held);
        assert_eq!(calibration.own(0.5), 0.0);
        assert_eq!(calibration.confidences(&[0.5, 0.4])[1], 0.0);
    }

    #[test]
    fn answers_are_better_when_the_sure_ones_are_right() {
        let merit = |truth: [usize; 3]| {
            let held = HeldBack {
                margins: vec![3.0, 0.0, 2.0, 0.0, 1.0, 0.0],
                truth: truth.map(|category| vec![category]).to_vec(),
            };
            let calibration = Calibration {
                temperature: 1.0,
                best: Curve::PLAIN,
                own: None,
            };
            calibration.merit(&held)
        };
        assert_eq!((merit([0, 0, 0]), merit([1, 1, 1])), (1.0, 0.0));
        assert!(merit([0, 0, 1]) > merit([1, 0, 0]));
    }

    #[test]
    fn several_are_given_where_each_is_sure_and_else_the_best_as_far_as_it_leads() {
        // Margins from 0.25 on are right.
        let observed = |is_so| {
            let places = (0..200).map(|place| place as f32 / 100.0 - 0.75);
            let places = places.filter(|&place| (place > 0.25) == is_so);
            places.map(|place| (place, is_so)).collect::<Vec<_>>()
        };
        let calibration = Calibration {
            temperature: 4.0,
            best: Curve::PLAIN,
            own: Some(Curve::fitted(&[observed(true), observed(false)].concat())),
        };
        let of = |margins: [f32; 3]| calibration.confidences(&margins);
        let both = of([0.8, 0.7, -1.0]);
        assert!(both[0] > 0.9 && both[1] > 0.9 && both[2] < 0.1, "{both:?}");
        let torn = of([0.1, 0.05, -1.0]);
        assert!(torn[0] < 0.7 && torn[1] < 0.7, "{torn:?}");
        let one = of([0.2, -1.0, -1.0]);
        assert!(one[0] > 0.9 && one[1] < 0.1, "{one:?}");
        assert!(calibration.confidences(&[]).is_empty());
        let decided = |margins: [f32; 3]| calibration.decided(&margins, 0.7);
        assert_eq!(decided([0.8, 0.7, -1.0]), Some(vec![0, 1]));
        assert_eq!(decided([0.8, 0.25, -1.0]), None);
        assert_eq!(decided([-1.0, -1.0, -1.0]), None);
    }

    #[test]
    fn the_first_of_equal_margins_is_best() {
        assert_eq!((best(&[0.0, 2.0, 2.0]), best(&[])), (1, 0));
    }
}
