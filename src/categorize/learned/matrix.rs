//! Examples as rows of numbers: which features each has, weighed by how rare they are, each row of length one.

use super::vocabulary::Vocabulary;

/// The rows, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Where each row ends.
    ends: Vec<usize>,
    features: Vec<u32>,
    values: Vec<f32>,
}

impl Rows {
    /// Rows from features that [`Vocabulary::weighed`] answered.
    pub(super) fn push(&mut self, row: &[(u32, f32)]) {
        self.features.extend(row.iter().map(|&(feature, _)| feature));
        self.values.extend(row.iter().map(|&(_, value)| value));
        self.ends.push(self.features.len());
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Features and values of one row.
    pub(super) fn row(&self, number: usize) -> impl Iterator<Item = (usize, f32)> + Clone {
        let start = number
            .checked_sub(1)
            .and_then(|before| self.ends.get(before).copied())
            .unwrap_or(0);
        let end = self.ends.get(number).copied().unwrap_or(start);
        let features = self.features.get(start..end).unwrap_or_default();
        let values = self.values.get(start..end).unwrap_or_default();
        let features = features.iter().map(|&feature| feature as usize);
        features.zip(values.iter().copied())
    }

    /// The rows of counted features, weighed.
    pub(super) fn new(counted: &[Vec<(u32, f32)>], vocabulary: &Vocabulary) -> Self {
        let mut rows = Self::default();
        for row in counted {
            rows.push(&vocabulary.weighed(row));
        }
        rows
    }
}

/// A row that teaches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    pub(super) row: usize,
    /// The places of the categories it is in.
    pub(super) categories: &'a [usize],
    /// How many examples it counts for.
    pub(super) importance: f32,
}

impl Sample<'_> {
    pub(super) fn is_of(&self, category: usize) -> bool {
        self.categories.contains(&category)
    }
}
