//! The words of an open story, as they are kept: tens of thousands of stories are open at once, nearly all of one item.

use super::vector::{Lookup, PARTS, Vector};
use serde::{Deserialize, Serialize};

/// A vector in as few bytes as hold its weights exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vector", into = "Vector")]
pub(super) enum Sum {
    /// No weight is above two: each is a number of parts in two bytes.
    Small {
        /// The terms, sorted.
        terms: Box<[u32]>,
        /// The weight of each.
        parts: Box<[u16]>,
    },
    /// Of a story of many items.
    Large(Vector),
}

impl Default for Sum {
    fn default() -> Self {
        Self::from(Vector::default())
    }
}

impl From<Vector> for Sum {
    fn from(vector: Vector) -> Self {
        let small: Option<Vec<u16>> = vector.iter().map(|(_, weight)| parts(weight)).collect();
        match small {
            Some(parts) => Self::Small {
                terms: vector.iter().map(|(term, _)| term).collect(),
                parts: parts.into_boxed_slice(),
            },
            None => Self::Large(vector),
        }
    }
}

impl From<Sum> for Vector {
    fn from(sum: Sum) -> Self {
        match sum {
            Sum::Small { terms, parts } => Self::new(weighed(&terms, &parts).collect()),
            Sum::Large(vector) => vector,
        }
    }
}

impl Sum {
    /// The same as a vector.
    pub(super) fn to_vector(&self) -> Vector {
        Vector::from(self.clone())
    }

    /// The sum of the products of the weights of common terms.
    pub(super) fn dot(&self, with: &Lookup) -> f32 {
        match self {
            Self::Small { terms, parts } => with.sum(weighed(terms, parts)),
            Self::Large(vector) => with.dot(vector),
        }
    }
}

fn weighed(terms: &[u32], parts: &[u16]) -> impl Iterator<Item = (u32, f32)> {
    let weights = parts.iter().map(|&parts| f32::from(parts) / PARTS);
    terms.iter().copied().zip(weights)
}

/// A weight in parts, where it is a whole number of them that two bytes hold.
fn parts(weight: f32) -> Option<u16> {
    let parts = weight * PARTS;
    let is_held = parts.fract() == 0.0 && (0.0..=f32::from(u16::MAX)).contains(&parts);
    is_held.then_some(parts as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sum_is_kept_to_the_last_bit() {
        let with = Lookup::new(&Vector::new(vec![(1, 0.5), (4, 3.0), (9, 0.25)]));
        for (weights, is_small) in [
            (vec![], true),
            (vec![(1, 1.0 / PARTS), (4, 0.5), (5, 65_535.0 / PARTS)], true),
            (vec![(4, 2.0)], false),
            (vec![(4, 0.3), (9, 1.0)], false),
        ] {
            let vector = Vector::new(weights);
            let sum = Sum::from(vector.clone());
            assert_eq!(matches!(sum, Sum::Small { .. }), is_small, "{vector:?}");
            assert_eq!(sum.dot(&with), with.dot(&vector));
            assert_eq!(sum.to_vector(), vector);
        }
    }
}
