//! Which number and name each source has. Given at first sight and fixed: a source that changes its address
//! under a written name, or comes back after years, is the one it was.

use super::{Registered, SourceClaim};
use crate::model::SourceId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A source as enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Enrolled {
    /// Number, identity, name, and whether `feeds.toml` has it now.
    pub(super) registered: Registered,
    /// Whether it is to be polled when it is active.
    pub(super) is_enabled: bool,
}

/// All sources ever seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Roll {
    sources: BTreeMap<SourceId, Enrolled>,
    numbers: HashMap<String, SourceId>,
}

impl Roll {
    /// Puts one source on the roll as it stands, over an earlier entry of the same number.
    pub(super) fn put(&mut self, enrolled: Enrolled) {
        let id = enrolled.registered.id;
        if let Some(before) = self.sources.get(&id) {
            self.numbers.remove(&before.registered.identity);
        }
        self.numbers.insert(enrolled.registered.identity.clone(), id);
        self.sources.insert(id, enrolled);
    }

    /// All of them, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Enrolled> {
        self.sources.values()
    }

    /// It stands in `feeds.toml`: what it lists does not age.
    pub(super) fn is_active(&self, source: SourceId) -> bool {
        self.sources
            .get(&source)
            .is_some_and(|enrolled| enrolled.registered.is_active)
    }

    /// It may be claimed for polling.
    pub(super) fn is_polled(&self, source: SourceId) -> bool {
        self.sources
            .get(&source)
            .is_some_and(|enrolled| enrolled.registered.is_active && enrolled.is_enabled)
    }

    /// Those that may be claimed for polling.
    pub(super) fn polled(&self) -> impl Iterator<Item = SourceId> {
        let ids = self.sources.keys().copied();
        ids.filter(|id| self.is_polled(*id))
    }

    /// Makes exactly the claimed sources active. Answers them in the order of the claims.
    ///
    /// A written name is given as it is (the source that had it by chance moves on to the next free one);
    /// a made one yields with `-2` and so on, and once given stays.
    pub(super) fn register(&mut self, claims: &[SourceClaim]) -> Vec<Registered> {
        for enrolled in self.sources.values_mut() {
            enrolled.registered.is_active = false;
        }
        let written: HashSet<&str> = claims
            .iter()
            .filter(|claim| claim.is_written)
            .map(|claim| claim.name.as_str())
            .collect();
        let ids: Vec<SourceId> = claims.iter().map(|claim| self.number_of(claim)).collect();
        let mut taken = self.settle_written(claims, &ids, &written);
        for (claim, id) in claims.iter().zip(&ids) {
            if let Some(enrolled) = self.sources.get_mut(id)
                && enrolled.registered.name.is_empty()
            {
                enrolled.registered.name = free_name(&claim.name, &taken);
                taken.insert(enrolled.registered.name.clone());
            }
        }
        ids.iter()
            .filter_map(|id| self.sources.get(id))
            .map(|enrolled| enrolled.registered.clone())
            .collect()
    }

    /// The number of a claim's source, new at first sight, and its source active from here on.
    fn number_of(&mut self, claim: &SourceClaim) -> SourceId {
        let next = self
            .sources
            .keys()
            .next_back()
            .map_or(1, |id| id.0.saturating_add(1));
        self.take_on(claim);
        let id = *self
            .numbers
            .entry(claim.identity.clone())
            .or_insert(SourceId(next));
        let enrolled = self.sources.entry(id).or_insert_with(|| Enrolled {
            registered: Registered {
                id,
                identity: claim.identity.clone(),
                name: String::new(),
                is_active: true,
            },
            is_enabled: true,
        });
        enrolled.registered.is_active = true;
        enrolled.is_enabled = claim.enabled;
        id
    }

    /// A source that moved keeps its number and name under its new identity.
    fn take_on(&mut self, claim: &SourceClaim) {
        if self.numbers.contains_key(&claim.identity) {
            return;
        }
        let Some(id) = claim.was.as_ref().and_then(|was| self.numbers.remove(was)) else {
            return;
        };
        self.numbers.insert(claim.identity.clone(), id);
        if let Some(enrolled) = self.sources.get_mut(&id) {
            enrolled.registered.identity.clone_from(&claim.identity);
        }
    }

    /// Gives the written names, moves others off them, and answers all names in use.
    fn settle_written(
        &mut self,
        claims: &[SourceClaim],
        ids: &[SourceId],
        written: &HashSet<&str>,
    ) -> HashSet<String> {
        let owners: HashMap<&str, SourceId> = claims
            .iter()
            .zip(ids)
            .filter(|(claim, _)| claim.is_written)
            .map(|(claim, id)| (claim.name.as_str(), *id))
            .collect();
        let mut taken: HashSet<String> = written.iter().map(|name| (*name).to_owned()).collect();
        for (name, id) in &owners {
            if let Some(enrolled) = self.sources.get_mut(id) {
                (*name).clone_into(&mut enrolled.registered.name);
            }
        }
        let kept = |enrolled: &&Enrolled| !written.contains(enrolled.registered.name.as_str());
        taken.extend(
            self.iter()
                .filter(kept)
                .map(|enrolled| enrolled.registered.name.clone()),
        );
        for (id, enrolled) in &mut self.sources {
            let name = &mut enrolled.registered.name;
            let is_displaced = owners.get(name.as_str()).is_some_and(|owner| owner != id);
            if is_displaced {
                *name = free_name(name, &taken);
                taken.insert(name.clone());
            }
        }
        taken
    }
}

fn free_name(wanted: &str, taken: &HashSet<String>) -> String {
    if !taken.contains(wanted) {
        return wanted.to_owned();
    }
    (2_u64..)
        .map(|number| format!("{wanted}-{number}"))
        .find(|name| !taken.contains(name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(identity: &str, name: &str) -> SourceClaim {
        SourceClaim {
            identity: identity.to_owned(),
            name: name.to_owned(),
            is_written: identity.starts_with("name:"),
            enabled: true,
            was: None,
        }
    }

    fn names(registered: &[Registered]) -> Vec<(u32, &str)> {
        registered
            .iter()
            .map(|source| (source.id.0, source.name.as_str()))
            .collect()
    }

    #[test]
    fn a_made_name_that_is_taken_yields_and_stays_what_it_became() {
        let mut roll = Roll::default();
        let both = [claim("url:a", "example"), claim("url:b", "example")];
        let first = roll.register(&both);
        assert_eq!(names(&first), [(1, "example"), (2, "example-2")]);
        let alone = roll.register(&both[1..]);
        assert_eq!(names(&alone), [(2, "example-2")]);
        assert!(!roll.is_active(SourceId(1)));
    }

    #[test]
    fn a_written_name_is_given_as_it_is() {
        let mut roll = Roll::default();
        roll.register(&[claim("url:a", "example")]);
        let later = roll.register(&[claim("url:a", "example"), claim("name:example", "example")]);
        assert_eq!(names(&later), [(1, "example-2"), (2, "example")]);
    }

    #[test]
    fn a_source_that_moved_keeps_number_and_name_under_its_new_identity() {
        let mut roll = Roll::default();
        roll.register(&[claim("url:a", "old"), claim("url:b", "other")]);
        let moved = SourceClaim {
            was: Some("url:a".to_owned()),
            ..claim("url:c", "new")
        };
        for _ in 0..2 {
            let after = roll.register(&[moved.clone(), claim("url:b", "other")]);
            assert_eq!(names(&after), [(1, "old"), (2, "other")]);
            assert_eq!(after[0].identity, "url:c");
        }
        // Whoever comes under the old address is another source.
        let third = roll.register(&[moved, claim("url:a", "old")]);
        assert_eq!(names(&third), [(1, "old"), (3, "old-2")]);
    }

    #[test]
    fn a_source_that_comes_back_has_its_old_number_and_name() {
        let mut roll = Roll::default();
        roll.register(&[claim("url:a", "old"), claim("url:b", "other")]);
        roll.register(&[]);
        let back = roll.register(&[claim("url:c", "third"), claim("url:a", "renamed")]);
        assert_eq!(names(&back), [(3, "third"), (1, "old")]);
    }
}
