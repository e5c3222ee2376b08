//! A model as bytes: a short head, then its tables as they are.

use super::{Calibration, Figures, Model, Vocabulary};
use serde::{Deserialize, Serialize};

/// What stands before the tables.
#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    categories: Vec<String>,
    figures: Figures,
    text_limit: u32,
    calibration: Calibration,
    biases: Vec<f32>,
    scale: f32,
    unknown: f32,
    features: u32,
}

/// Raised with any change to features or bytes: a model of another version is learned anew.
const VERSION: u32 = 2;

impl Model {
    /// The model as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (keys, rarities, unknown) = self.vocabulary.parts();
        let head = Head {
            version: VERSION,
            categories: self.categories.clone(),
            figures: self.figures.clone(),
            text_limit: u32::try_from(self.text_limit).unwrap_or(u32::MAX),
            calibration: self.calibration,
            biases: self.biases.clone(),
            scale: self.scale,
            unknown,
            features: u32::try_from(self.vocabulary.len()).unwrap_or(u32::MAX),
        };
        // Writing plain values into memory cannot fail; an empty head is read as no model.
        let mut bytes = postcard::to_stdvec(&head).unwrap_or_default();
        bytes.extend(keys.iter().flat_map(|key| key.to_le_bytes()));
        bytes.extend(rarities.iter().flat_map(|rarity| rarity.to_le_bytes()));
        bytes.extend(self.weights.iter().flat_map(|weight| weight.to_le_bytes()));
        bytes
    }

    /// The model that the bytes are of; none when they are of another version or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, tables) = postcard::take_from_bytes::<Head>(bytes).ok()?;
        let (features, categories) = (head.features as usize, head.categories.len());
        let (keys, tables) = tables.split_at_checked(features.checked_mul(4)?)?;
        let (rarities, weights) = tables.split_at_checked(features.checked_mul(4)?)?;
        let keys: Vec<u32> = numbers(keys, u32::from_le_bytes);
        let is_whole = head.version == VERSION
            && head.biases.len() == categories
            && head.figures.categories.len() == categories
            && weights.len() == features.checked_mul(categories)?.checked_mul(2)?
            && keys.is_sorted_by(|one, other| one < other);
        is_whole.then(|| Self {
            categories: head.categories,
            figures: head.figures,
            text_limit: head.text_limit as usize,
            calibration: head.calibration,
            biases: head.biases,
            scale: head.scale,
            weights: numbers(weights, i16::from_le_bytes),
            vocabulary: Vocabulary::from_parts(keys, numbers(rarities, f32::from_le_bytes), head.unknown),
        })
    }
}

/// The numbers that lie one behind the other; what is left at the end is no number.
fn numbers<const SIZE: usize, Number>(bytes: &[u8], read: impl Fn([u8; SIZE]) -> Number) -> Vec<Number> {
    bytes
        .as_chunks::<SIZE>()
        .0
        .iter()
        .map(|&number| read(number))
        .collect()
}
