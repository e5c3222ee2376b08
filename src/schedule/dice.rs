//! Chance from one number: the same number, the same throws.

use super::Limits;
use std::time::Duration;

/// A sequence of throws (splitmix64), evenly spread whatever the seed.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A length from `low` to `high`, both in reach; `low` where they are the wrong way round.
    pub(super) fn between(&mut self, low: Duration, high: Duration) -> Duration {
        low + high.saturating_sub(low).mul_f64(self.fraction())
    }

    /// `gap` give or take a tenth, within the limits.
    pub(super) fn about(&mut self, gap: Duration, limits: &Limits) -> Duration {
        let low = (gap - gap / 10).max(limits.floor);
        let high = (gap + gap / 10).min(limits.ceiling);
        self.between(low, high.max(low))
    }

    /// A factor from `low` to `high`.
    pub(super) fn factor(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.fraction()
    }

    /// From 0 to 1.
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // The upper 53 bits are what a double can hold.
        (mixed >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_seeds_throw_far_apart_and_within_bounds() {
        let second = Duration::from_secs(1);
        let throws: Vec<Duration> = (0..1000)
            .map(|seed| Dice::new(seed).between(second, second * 3))
            .collect();
        assert!(throws.iter().all(|throw| (second..=second * 3).contains(throw)));
        let low_half = throws.iter().filter(|throw| **throw < second * 2).count();
        assert!((400..600).contains(&low_half), "{low_half}");
        assert_eq!(Dice::new(7).between(second, second), second);
    }
}
