//! A second opinion: complement naive Bayes (Rennie and others, 2003), which weighs a feature for a category by
//! how seldom all the other categories have it. It is linear in the same features, so its vote is added to the
//! planes' weights once and costs nothing afterwards.

use super::matrix::{Rows, Sample};

/// How much the vote counts beside the planes.
const SHARE: f32 = 0.25;

/// What is added to every count, so that a feature seen once does not decide.
const SMOOTHING: f32 = 0.1;

/// The votes, a feature's behind the other's, for each category one; the mean of a feature's votes is 0.
pub(super) fn votes(rows: &Rows, features: usize, categories: usize, samples: &[Sample<'_>]) -> Vec<f32> {
    let mut votes = vec![0.0_f32; features * categories];
    for sample in samples {
        for (feature, value) in rows.row(sample.row) {
            for category in sample.categories {
                if let Some(vote) = votes.get_mut(feature * categories + category) {
                    *vote += value * sample.importance;
                }
            }
        }
    }
    let mut totals = vec![0.0_f32; categories];
    let mut is_known = Vec::with_capacity(features);
    for own in votes.chunks_mut(categories) {
        let all: f32 = own.iter().sum();
        is_known.push(all > 0.0);
        for (count, total) in own.iter_mut().zip(&mut totals) {
            *count = all - *count + SMOOTHING;
            *total += *count;
        }
    }
    for (own, is_known) in votes.chunks_mut(categories).zip(is_known) {
        if !is_known {
            // What no sample has says nothing.
            own.fill(0.0);
            continue;
        }
        for (count, total) in own.iter_mut().zip(&totals) {
            *count = -(*count / total).ln();
        }
        let mean = own.iter().sum::<f32>() / categories.max(1) as f32;
        own.iter_mut().for_each(|vote| *vote = (*vote - mean) * SHARE);
    }
    votes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_speaks_for_the_category_that_has_it_and_a_common_one_for_none() {
        let mut rows = Rows::default();
        rows.push(&[(0, 1.0), (2, 1.0)]);
        rows.push(&[(1, 1.0), (2, 1.0)]);
        let sample = |row, categories| Sample {
            row,
            categories,
            importance: 1.0,
        };
        let votes = votes(&rows, 4, 2, &[sample(0, &[0]), sample(1, &[1])]);
        assert!(votes[0] > 0.0 && votes[1] < 0.0);
        assert!(votes[2] < 0.0 && votes[3] > 0.0);
        assert!(votes[4].abs() < 1e-6);
        assert_eq!(votes[6..], [0.0, 0.0]);
    }
}
