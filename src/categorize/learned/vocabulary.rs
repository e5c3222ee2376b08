//! The features that a model knows, and how much each says by being rare.

use std::collections::HashMap;

/// Known features by key. Looked up by open addressing: the keys are hashes already.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    /// Ascending.
    keys: Vec<u32>,
    /// One for each key: the logarithm of how few examples have it.
    rarities: Vec<f32>,
    /// The rarity of what no example has.
    unknown: f32,
    /// The place of a key plus one, at the key's own slot or the next free one; 0: free.
    slots: Vec<u32>,
}

impl Vocabulary {
    /// The features of the examples; when there are more than `limit`, those that most examples have.
    pub(super) fn new(counted: &[Vec<(u32, f32)>], limit: usize) -> Self {
        let mut spread: HashMap<u32, u32> = HashMap::new();
        for &(key, _) in counted.iter().flatten() {
            *spread.entry(key).or_default() += 1;
        }
        let mut features: Vec<(u32, u32)> = spread.into_iter().collect();
        // No order of a hash map may decide.
        features.sort_unstable_by_key(|&(key, count)| (u32::MAX - count, key));
        features.truncate(limit);
        features.sort_unstable();
        let examples = counted.len() as f32;
        let rarity = |count: u32| ((1.0 + examples) / (1.0 + count as f32)).ln() + 1.0;
        Self::from_parts(
            features.iter().map(|&(key, _)| key).collect(),
            features.iter().map(|&(_, count)| rarity(count)).collect(),
            rarity(0),
        )
    }

    /// Keys and their rarities are of one length, the keys ascending; `unknown` is the rarity of all other keys.
    pub(super) fn from_parts(keys: Vec<u32>, rarities: Vec<f32>, unknown: f32) -> Self {
        let size = (keys.len() * 2).next_power_of_two().max(2);
        let mut slots = vec![0; size];
        for (place, &key) in (1..).zip(&keys) {
            let mut at = key as usize;
            while let Some(slot) = slots.get_mut(at & (size - 1)) {
                if *slot == 0 {
                    *slot = place;
                    break;
                }
                at += 1;
            }
        }
        Self {
            keys,
            rarities,
            unknown,
            slots,
        }
    }

    /// The same, with those features only whose place is kept.
    pub(super) fn only(&self, kept: impl Fn(usize) -> bool) -> Self {
        let of_kept = |(place, (&key, &rarity)): (usize, (&u32, &f32))| kept(place).then_some((key, rarity));
        let all = self.keys.iter().zip(&self.rarities).enumerate();
        let (keys, rarities) = all.filter_map(of_kept).unzip();
        Self::from_parts(keys, rarities, self.unknown)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys, their rarities, and that of unknown ones.
    pub(super) fn parts(&self) -> (&[u32], &[f32], f32) {
        (&self.keys, &self.rarities, self.unknown)
    }

    fn place(&self, key: u32) -> Option<usize> {
        let mut at = key as usize;
        loop {
            let slot = *self.slots.get(at & (self.slots.len().wrapping_sub(1)))?;
            let place = slot.checked_sub(1)? as usize;
            if self.keys.get(place) == Some(&key) {
                return Some(place);
            }
            at += 1;
        }
    }

    /// Counted features as a row, by place. Its length is one, or less by the share of what is unknown: an item of
    /// which little is known is judged with as little confidence as it deserves.
    pub(super) fn weighed(&self, counted: &[(u32, f32)]) -> Vec<(u32, f32)> {
        let mut row = Vec::with_capacity(counted.len());
        let mut length = 0.0_f32;
        for &(key, value) in counted {
            let place = self.place(key);
            let rarity = place.and_then(|place| self.rarities.get(place).copied());
            let value = value * rarity.unwrap_or(self.unknown);
            length += value * value;
            if let Some(place) = place.and_then(|place| u32::try_from(place).ok()) {
                row.push((place, value));
            }
        }
        let length = length.sqrt();
        if length > 0.0 {
            row.iter_mut().for_each(|(_, value)| *value /= length);
        }
        row
    }

    /// The key at a place.
    pub(super) fn key(&self, place: u32) -> Option<u32> {
        self.keys.get(place as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_knows_what_was_seen_and_weighs_the_rare_more() {
        let vocabulary = Vocabulary::new(&[vec![(7, 1.0), (9, 1.0)], vec![(7, 1.0)]], 10);
        let length = |row: &[(u32, f32)]| row.iter().map(|(_, value)| value * value).sum::<f32>();
        let row = vocabulary.weighed(&[(7, 1.0), (9, 1.0)]);
        assert_eq!(row.iter().map(|&(place, _)| place).collect::<Vec<_>>(), [0, 1]);
        assert!(row[1].1 > row[0].1);
        assert!((length(&row) - 1.0).abs() < 1e-5);
        let strange = vocabulary.weighed(&[(7, 1.0), (8, 1.0), (9, 1.0)]);
        assert_eq!(strange.len(), 2);
        assert!(length(&strange) < 0.7);
    }

    #[test]
    fn beyond_the_limit_the_commonest_features_stay() {
        let vocabulary = Vocabulary::new(&[vec![(1, 1.0), (2, 1.0)], vec![(2, 1.0)]], 1);
        assert_eq!((vocabulary.len(), vocabulary.key(0)), (1, Some(2)));
    }

    #[test]
    fn keys_that_share_a_slot_are_all_found_and_an_empty_one_finds_nothing() {
        let keys: Vec<u32> = (0..100).map(|number| number << 16).collect();
        let vocabulary = Vocabulary::from_parts(keys.clone(), vec![1.0; 100], 1.0);
        assert!(
            keys.iter()
                .enumerate()
                .all(|(place, &key)| vocabulary.place(key) == Some(place))
        );
        assert_eq!(vocabulary.place(1), None);
        assert_eq!(Vocabulary::default().place(1), None);
        assert!(Vocabulary::default().weighed(&[(1, 1.0)]).is_empty());
    }
}
