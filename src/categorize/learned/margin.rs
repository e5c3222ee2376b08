//! A line between one category and the others: a linear support vector machine with squared hinge, found by dual
//! coordinate descent (Hsieh and others, 2008) with shrinking.

use super::matrix::{Rows, Sample};

/// How dearly an example on the wrong side is paid for.
const COST: f32 = 1.0;

/// Visits to all examples at most.
const MOST_ROUNDS: usize = 60;

/// No example pulls harder than this: near enough.
const ENOUGH: f32 = 0.05;

/// Steps smaller than this change nothing.
const SMALLEST_STEP: f32 = 1e-12;

/// The order of visits is shuffled, always alike.
const SEED: u64 = 0x6e65_7773;

/// A weight a feature, and one for the category as such.
#[derive(Debug)]
pub(super) struct Plane {
    pub(super) weights: Vec<f32>,
    pub(super) bias: f32,
}

impl Plane {
    pub(super) fn side(&self, row: impl Iterator<Item = (usize, f32)>) -> f32 {
        row.fold(self.bias, |sum, (feature, value)| {
            sum + value * self.weights.get(feature).copied().unwrap_or_default()
        })
    }

    fn step(&mut self, by: f32, row: impl Iterator<Item = (usize, f32)>) {
        self.bias += by;
        for (feature, value) in row {
            if let Some(weight) = self.weights.get_mut(feature) {
                *weight += by * value;
            }
        }
    }
}

/// One example while the plane is sought.
struct Pull {
    row: usize,
    /// 1 within the category, -1 outside.
    sign: f32,
    /// What the cost adds to the diagonal.
    slack: f32,
    /// Its length squared, the slack added.
    length: f32,
    /// How hard it pulls now.
    strength: f32,
}

/// The plane that parts the samples of a category from the others.
pub(super) fn separate(rows: &Rows, features: usize, samples: &[Sample<'_>], category: usize) -> Plane {
    let mut plane = Plane {
        weights: vec![0.0; features],
        bias: 0.0,
    };
    let pull = |sample: &Sample<'_>| {
        let slack = 0.5 / (COST * sample.importance);
        let row = rows.row(sample.row);
        Pull {
            row: sample.row,
            sign: if sample.is_of(category) { 1.0 } else { -1.0 },
            slack,
            length: row.map(|(_, value)| value * value).sum::<f32>() + 1.0 + slack,
            strength: 0.0,
        }
    };
    let mut pulls: Vec<Pull> = samples.iter().map(pull).collect();
    let mut dice = fastrand::Rng::with_seed(SEED);
    // Those behind this place lie safely on their side for now.
    let mut active = pulls.len();
    let mut hardest_before = f32::INFINITY;
    for _ in 0..MOST_ROUNDS {
        for place in 0..active {
            let other = dice.usize(place..active);
            pulls.swap(place, other);
        }
        let mut hardest: f32 = 0.0;
        let mut place = 0;
        while place < active {
            let Some(pull) = pulls.get_mut(place) else { break };
            let row = rows.row(pull.row);
            let gradient = pull.sign * plane.side(row.clone()) - 1.0 + pull.strength * pull.slack;
            if pull.strength <= 0.0 && gradient > hardest_before {
                active -= 1;
                pulls.swap(place, active);
                continue;
            }
            let downhill = if pull.strength <= 0.0 {
                gradient.min(0.0)
            } else {
                gradient
            };
            hardest = hardest.max(downhill.abs());
            if downhill.abs() > SMALLEST_STEP {
                let strength = (pull.strength - gradient / pull.length).max(0.0);
                plane.step((strength - pull.strength) * pull.sign, row);
                pull.strength = strength;
            }
            place += 1;
        }
        hardest_before = if hardest > 0.0 { hardest } else { f32::INFINITY };
        if hardest <= ENOUGH {
            if active == pulls.len() {
                break;
            }
            // Once more with all, to be sure of those that were put aside.
            active = pulls.len();
            hardest_before = f32::INFINITY;
        }
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[(u32, f32)]]) -> Rows {
        let mut all = Rows::default();
        rows.iter().for_each(|row| all.push(row));
        all
    }

    fn sample(row: usize, categories: &[usize], importance: f32) -> Sample<'_> {
        Sample {
            row,
            categories,
            importance,
        }
    }

    #[test]
    fn the_plane_lies_between_the_two_sides() {
        let rows = rows(&[
            &[(0, 1.0)],
            &[(0, 0.8), (2, 0.6)],
            &[(1, 1.0)],
            &[(1, 0.8), (2, 0.6)],
        ]);
        let samples: Vec<Sample<'_>> = (0..4)
            .map(|row| sample(row, if row < 2 { &[0] } else { &[1] }, 1.0))
            .collect();
        let plane = separate(&rows, 3, &samples, 0);
        let sides: Vec<bool> = (0..4).map(|row| plane.side(rows.row(row)) > 0.0).collect();
        assert_eq!(sides, [true, true, false, false]);
        assert!(plane.weights[2].abs() < plane.weights[0].abs() / 2.0);
    }

    #[test]
    fn what_counts_more_wins_where_two_contradict() {
        let rows = rows(&[&[(0, 1.0)], &[(0, 1.0)]]);
        let side = |of_the_first, of_the_second| {
            let samples = [sample(0, &[0], of_the_first), sample(1, &[1], of_the_second)];
            separate(&rows, 1, &samples, 0).side(rows.row(0))
        };
        assert!(side(10.0, 1.0) > 0.2);
        assert!(side(1.0, 10.0) < -0.2);
    }

    #[test]
    fn nothing_to_learn_from_is_no_trouble() {
        let plane = separate(&Rows::default(), 2, &[], 0);
        assert_eq!((plane.weights, plane.bias), (vec![0.0, 0.0], 0.0));
    }
}
