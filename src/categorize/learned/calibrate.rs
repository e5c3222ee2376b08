//! From margins to a confidence that means what it says: of all answers with confidence 0.8, eight in ten are
//! right.
//!
//! Each example is judged by planes that have not seen it; one number, the temperature, then makes the shares of
//! the categories fit what came out.

/// From so many examples on, two halves that judge each other say enough.
const MANY_EXAMPLES: usize = 20_000;

/// A category of fewer groups than this is dealt out, group or no group.
const FEWEST_GROUPS: usize = 3;

/// The least and the most that the temperature may be.
const TEMPERATURES: (f32, f32) = (0.1, 40.0);

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
    /// The category of each example.
    pub(super) truth: Vec<usize>,
}

impl HeldBack {
    /// Each example's margins and category.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[f32], usize)> {
        let categories = self.margins.len() / self.truth.len().max(1);
        self.margins
            .chunks(categories.max(1))
            .zip(self.truth.iter().copied())
    }

    /// From which confidence on answers count: the least at which so many of them are right as the floor asks for.
    pub(super) fn threshold(&self, temperature: f32, floor: Floor) -> f32 {
        let answer = |(margins, truth): (&[f32], usize)| {
            let answer = best(margins);
            let confidence = shares(margins, temperature).nth(answer).unwrap_or_default();
            (confidence, answer == truth)
        };
        let mut answers: Vec<(f32, bool)> = self
            .iter()
            .map(answer)
            .filter(|&(confidence, _)| confidence >= floor.least)
            .collect();
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
        let surprise = |(margins, truth): (&[f32], usize)| {
            let share = shares(margins, temperature).nth(truth).unwrap_or_default();
            -f64::from(share.max(1e-9)).ln()
        };
        self.iter().map(surprise).sum()
    }

    /// The temperature at which the truth surprises least.
    pub(super) fn temperature(&self) -> f32 {
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

/// The share of each category, together 1.
pub(super) fn shares(margins: &[f32], temperature: f32) -> impl Iterator<Item = f32> {
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

/// The examples are parted into so many folds, each judged by what was learned from the others. With few examples
/// more of them: what half of them teach would say too little of what all of them do.
pub(super) const fn fold_count(examples: usize) -> usize {
    if examples < MANY_EXAMPLES { 4 } else { 2 }
}

/// Which fold each example is in. All examples of one group are in one fold where every category has groups
/// enough; else each category is dealt out evenly.
pub(super) fn folds(examples: &[(usize, u32)], categories: usize) -> Vec<usize> {
    let count = fold_count(examples.len());
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); categories];
    for &(category, group) in examples {
        if let Some(groups) = groups.get_mut(category)
            && !groups.contains(&group)
        {
            groups.push(group);
        }
    }
    let is_by_group = groups.iter().all(|groups| groups.len() >= FEWEST_GROUPS);
    let mut seen = vec![0_usize; categories];
    let fold = |&(category, group): &(usize, u32)| {
        if is_by_group {
            let own = groups.get(category)?;
            return Some(own.iter().position(|&other| other == group)? % count);
        }
        let seen = seen.get_mut(category)?;
        *seen += 1;
        Some(*seen % count)
    };
    examples.iter().map(fold).map(Option::unwrap_or_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_temperature_makes_confidence_come_true() {
        // Margins of 1 that are right in nine cases of ten.
        let held = HeldBack {
            margins: [1.0, 0.0].repeat(100),
            truth: (0..100).map(|number| usize::from(number % 10 == 0)).collect(),
        };
        let share = shares(&[1.0, 0.0], held.temperature()).next().unwrap();
        assert!((share - 0.9).abs() < 0.01, "{share}");
    }

    #[test]
    fn more_confidence_is_asked_where_answers_are_wrong_too_often() {
        // A thousand that are sure and right, then a thousand of which each second one is wrong.
        let sure = [2.0, 0.0].repeat(1000);
        let unsure = [1.0, 0.0].repeat(1000);
        let held = HeldBack {
            margins: [sure, unsure].concat(),
            truth: (0..2000)
                .map(|number| usize::from(number >= 1000 && number % 2 == 0))
                .collect(),
        };
        let threshold = |least, precision| held.threshold(1.0, Floor { least, precision });
        assert_eq!((threshold(0.7, 0.0), threshold(0.7, 0.7)), (0.7, 0.7));
        let of_the_sure = 1.0 / (1.0 + (-2.0_f32).exp());
        assert!((threshold(0.7, 0.95) - of_the_sure).abs() < 1e-4);
        // Nothing answered is nothing known.
        assert_eq!((threshold(0.9, 0.95), threshold(0.99, 0.95)), (0.95, 0.99));
    }

    #[test]
    fn examples_of_one_source_are_held_back_together_where_sources_suffice() {
        let examples: Vec<(usize, u32)> = (0..96).map(|number| (0, number % 8)).collect();
        let folds = folds(&examples, 1);
        for group in 0..8 {
            let own: Vec<usize> = folds.iter().skip(group).step_by(8).copied().collect();
            assert!(own.iter().all(|&fold| fold == own[0]), "{own:?}");
        }
        assert!((0..4).all(|fold| folds.iter().filter(|&&other| other == fold).count() == 24));
    }

    #[test]
    fn one_source_is_dealt_out() {
        let folds = folds(&[(0, 1); 12], 1);
        assert!((0..4).all(|fold| folds.iter().filter(|&&other| other == fold).count() == 3));
    }

    #[test]
    fn the_first_of_equal_margins_is_best() {
        assert_eq!((best(&[0.0, 2.0, 2.0]), best(&[])), (1, 0));
    }
}
