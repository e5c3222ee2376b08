//! What is not wanted: `drop` and `keep`, everywhere and of single sources.
//!
//! A dropped entry becomes no item; it is judged again whenever its source lists it, so that a filter that is taken
//! out lets it in.

use super::Subject;
use super::rule::Rules;
use crate::config::{Filter, MatchRule};
use crate::model::Reason;
use std::collections::HashMap;

/// The places of a filter's two rules among all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Places {
    drop: Option<usize>,
    keep: Option<usize>,
}

impl Places {
    /// Puts a filter's rules behind the others.
    pub(super) fn put<'r>(rules: &mut Vec<&'r MatchRule>, filter: &'r Filter) -> Self {
        let mut place = |rule: &'r Option<MatchRule>| {
            let rule = rule.as_ref()?;
            rules.push(rule);
            Some(rules.len() - 1)
        };
        Self {
            drop: place(&filter.drop),
            keep: place(&filter.keep),
        }
    }

    /// Why what matched these rules is not wanted; none when it is.
    pub(super) fn refusal(self, matched: &[(usize, String)], whose: &str) -> Option<Reason> {
        let words = |place: usize| {
            matched
                .iter()
                .find(|&&(rule, _)| rule == place)
                .map(|(_, words)| words)
        };
        if let Some(words) = self.drop.and_then(words) {
            return Some(Reason::new(format!("dropped by `drop` of {whose}: {words}")));
        }
        let keep = self.keep?;
        words(keep)
            .is_none()
            .then(|| Reason::new(format!("dropped since `keep` of {whose} does not hold")))
    }
}

/// The filters of whole items, compiled.
#[derive(Debug, Default)]
pub(super) struct Filters {
    rules: Rules,
    everywhere: Places,
    /// By a source's identity.
    by_source: HashMap<String, Places>,
    has_rules: bool,
}

impl Filters {
    /// Compiles what holds everywhere and what holds for single sources, by their identity.
    pub(super) fn new(everywhere: &Filter, sources: &[(String, Filter)]) -> Self {
        let mut rules = Vec::new();
        let everywhere = Places::put(&mut rules, everywhere);
        let by_source = sources
            .iter()
            .map(|(identity, filter)| (identity.clone(), Places::put(&mut rules, filter)))
            .collect();
        Self {
            has_rules: !rules.is_empty(),
            rules: Rules::new(rules),
            everywhere,
            by_source,
        }
    }

    /// Why an entry of the source of this identity is not wanted; none when it is.
    pub(super) fn refusal(&self, identity: &str, subject: &Subject<'_>) -> Option<Reason> {
        if !self.has_rules {
            return None;
        }
        let matched = self.rules.matched(subject);
        let own = self.by_source.get(identity).copied().unwrap_or_default();
        self.everywhere.refusal(&matched, "[filter]").or_else(|| {
            let whose = format!("the source {}", subject.source_name);
            own.refusal(&matched, &whose)
        })
    }
}
