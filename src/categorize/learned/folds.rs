//! Which examples are held back together, to be judged by what the others teach.

/// From so many examples on, two halves that judge each other say enough.
const MANY_EXAMPLES: usize = 20_000;

/// A category of fewer groups than this is dealt out, group or no group.
const FEWEST_GROUPS: usize = 3;

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
}
