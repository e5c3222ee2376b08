//! How likely something is, as a logistic curve over a number, fitted to what came out by Newton's method.

use serde::{Deserialize, Serialize};

/// Steps at most; ten are seldom needed.
const STEPS: usize = 30;

/// A step that goes too far is halved so often at most.
const HALVINGS: i32 = 20;

/// When a step gains less than this, it was the last.
const SMALLEST_GAIN: f64 = 1e-6;

/// Slope and offset are held where they began as if by about one observation, so that few do not carry them far.
const HOLD: f64 = 1.0;

/// The logistic of a line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Curve {
    /// Not negative: a larger number never speaks against.
    slope: f32,
    offset: f32,
}

impl Curve {
    /// The logistic of the number itself.
    pub(super) const PLAIN: Self = Self {
        slope: 1.0,
        offset: 0.0,
    };

    /// The value at a number: from 0 to 1.
    pub(super) fn at(&self, number: f32) -> f32 {
        1.0 / (1.0 + (-(self.slope * number + self.offset)).exp())
    }

    /// The curve that fits best what was observed at numbers.
    pub(super) fn fitted(observed: &[(f32, bool)]) -> Self {
        let start = (f64::from(Self::PLAIN.slope), f64::from(Self::PLAIN.offset));
        let (mut now, mut least) = (start, cost(start, start, observed));
        for _ in 0..STEPS {
            let (mut by_slope, mut by_offset) = (HOLD * (start.0 - now.0), HOLD * (start.1 - now.1));
            let (mut slopes, mut both, mut offsets) = (HOLD, 0.0, HOLD);
            for &(number, is_so) in observed {
                let number = f64::from(number);
                let expected = 1.0 / (1.0 + (-(now.0 * number + now.1)).exp());
                let (miss, bend) = (f64::from(u8::from(is_so)) - expected, expected * (1.0 - expected));
                by_slope += miss * number;
                by_offset += miss;
                slopes += bend * number * number;
                both += bend * number;
                offsets += bend;
            }
            // Positive by what holds.
            let determinant = slopes * offsets - both * both;
            let step = (
                (offsets * by_slope - both * by_offset) / determinant,
                (slopes * by_offset - both * by_slope) / determinant,
            );
            // What does not lessen the cost goes too far.
            let nearer = (0..HALVINGS).map(|halved| {
                let share = 0.5_f64.powi(halved);
                let next = ((now.0 + step.0 * share).max(0.0), now.1 + step.1 * share);
                (cost(next, start, observed), next)
            });
            let Some((less, next)) = nearer.into_iter().find(|&(less, _)| less < least) else {
                break;
            };
            let gain = least - less;
            (least, now) = (less, next);
            if gain < SMALLEST_GAIN {
                break;
            }
        }
        Self {
            slope: now.0 as f32,
            offset: now.1 as f32,
        }
    }
}

/// How surprised one is by what was observed, and how far slope and offset were carried.
fn cost((slope, offset): (f64, f64), start: (f64, f64), observed: &[(f32, bool)]) -> f64 {
    let surprise = |&(number, is_so): &(f32, bool)| {
        let sum = slope * f64::from(number) + offset;
        // The logarithm of one and a power, without the power's overflow.
        let against = if is_so { -sum } else { sum };
        against.max(0.0) + (-against.abs()).exp().ln_1p()
    };
    let moved = (slope - start.0).powi(2) + (offset - start.1).powi(2);
    observed.iter().map(surprise).sum::<f64>() + HOLD / 2.0 * moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_goes_through_what_was_observed() {
        // At 1 four times of five, at -1 one time of four.
        let high = (0..500).map(|number| (1.0, number % 5 != 0));
        let low = (0..500).map(|number| (-1.0, number % 4 == 0));
        let curve = Curve::fitted(&high.chain(low).collect::<Vec<_>>());
        assert!((curve.at(1.0) - 0.8).abs() < 0.01, "{curve:?}");
        assert!((curve.at(-1.0) - 0.25).abs() < 0.01, "{curve:?}");
    }

    #[test]
    fn nothing_observed_changes_nothing_and_what_is_always_so_stays_finite() {
        assert_eq!(Curve::fitted(&[]), Curve::PLAIN);
        let curve = Curve::fitted(&[(1.0, true); 1000]);
        assert!(curve.at(1.0) > 0.98 && curve.slope.is_finite(), "{curve:?}");
    }

    #[test]
    fn numbers_far_out_are_no_trouble() {
        let observed: Vec<(f32, bool)> = (0..1000)
            .map(|place| ((place - 500) as f32 * 10.0, place >= 510))
            .collect();
        let curve = Curve::fitted(&observed);
        assert!(curve.at(5000.0) > 0.99 && curve.at(-5000.0) < 0.01, "{curve:?}");
    }

    #[test]
    fn a_larger_number_never_speaks_against() {
        let observed: Vec<(f32, bool)> = (0..100)
            .map(|place| (place as f32 / 50.0 - 1.0, place < 50))
            .collect();
        assert_eq!(Curve::fitted(&observed).slope, 0.0);
    }
}
