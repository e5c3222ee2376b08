//! Sources that are due, waiting by host: those who wait for a slow host hold up nobody else's.
//!
//! A poll that waits for its turn at a host would keep its place among the polls under way. So a source is only handed
//! out when its host is free, and at most so many of one host are under way; hosts take turns among themselves.

use crate::model::SourceId;
use std::collections::{HashMap, HashSet, VecDeque};

/// The queue of each host, and what is under way.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    hosts: HashMap<String, Host>,
    /// Hosts to be tried, the next first. A host that was found busy is not in here.
    turns: VecDeque<String>,
    waiting: HashSet<SourceId>,
    under_way: HashMap<SourceId, String>,
}

#[derive(Debug, Default)]
struct Host {
    sources: VecDeque<SourceId>,
    under_way: usize,
    has_turn: bool,
}

impl Waiting {
    /// This source is due, at this host. One that waits or is under way already stays where it is.
    pub(super) fn add(&mut self, source: SourceId, host: String) {
        if self.under_way.contains_key(&source) || !self.waiting.insert(source) {
            return;
        }
        self.hosts
            .entry(host.clone())
            .or_default()
            .sources
            .push_back(source);
        self.give_turn(host);
    }

    /// It waits, or is under way.
    pub(super) fn has(&self, source: SourceId) -> bool {
        self.waiting.contains(&source) || self.under_way.contains_key(&source)
    }

    /// Takes the next source whose host `is_free` and has fewer than `most` under way. To be told of by
    /// [`Waiting::ended`].
    pub(super) fn take(&mut self, most: usize, is_free: impl Fn(&str) -> bool) -> Option<SourceId> {
        while let Some(name) = self.turns.pop_front() {
            let Some(host) = self.hosts.get_mut(&name) else {
                continue;
            };
            host.has_turn = false;
            if host.under_way >= most || !is_free(&name) {
                continue;
            }
            let Some(source) = host.sources.pop_front() else {
                continue;
            };
            host.under_way += 1;
            self.waiting.remove(&source);
            self.under_way.insert(source, name.clone());
            self.give_turn(name);
            return Some(source);
        }
        None
    }

    /// Its poll is over.
    pub(super) fn ended(&mut self, source: SourceId) {
        let Some(name) = self.under_way.remove(&source) else {
            return;
        };
        if let Some(host) = self.hosts.get_mut(&name) {
            host.under_way = host.under_way.saturating_sub(1);
            if host.under_way == 0 && host.sources.is_empty() {
                self.hosts.remove(&name);
                return;
            }
        }
        self.give_turn(name);
    }

    /// Hosts that were busy are tried again: others than we ask them too.
    pub(super) fn try_all(&mut self) {
        let waiting = |(_, host): &(&String, &mut Host)| !host.has_turn && !host.sources.is_empty();
        for (name, host) in self.hosts.iter_mut().filter(waiting) {
            host.has_turn = true;
            self.turns.push_back(name.clone());
        }
    }

    fn give_turn(&mut self, name: String) {
        if let Some(host) = self.hosts.get_mut(&name)
            && !host.has_turn
            && !host.sources.is_empty()
        {
            host.has_turn = true;
            self.turns.push_back(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 2;

    fn all_free(_: &str) -> bool {
        true
    }

    fn waiting(sources: &[(u32, &str)]) -> Waiting {
        let mut waiting = Waiting::default();
        for (source, host) in sources {
            waiting.add(SourceId(*source), (*host).to_owned());
        }
        waiting
    }

    fn taken(waiting: &mut Waiting, is_free: impl Fn(&str) -> bool) -> Vec<u32> {
        std::iter::from_fn(|| waiting.take(MOST, &is_free).map(|source| source.0)).collect()
    }

    #[test]
    fn hosts_take_turns_and_none_has_more_than_its_share() {
        let slow = (1..=600).map(|source| (source, "slow"));
        let sources: Vec<_> = slow.chain([(601, "a"), (602, "b"), (603, "a")]).collect();
        let mut waiting = waiting(&sources);
        assert_eq!(taken(&mut waiting, all_free), [1, 601, 602, 2, 603]);
        waiting.ended(SourceId(1));
        assert_eq!(taken(&mut waiting, all_free), [3]);
    }

    #[test]
    fn a_busy_host_is_tried_again_when_one_of_its_polls_ends_or_all_are_tried() {
        let mut waiting = waiting(&[(1, "a"), (2, "a"), (3, "b")]);
        assert_eq!(taken(&mut waiting, |host| host != "a"), [3]);
        assert_eq!(
            taken(&mut waiting, all_free),
            Vec::<u32>::new(),
            "nobody said that it may be free"
        );
        waiting.try_all();
        assert_eq!(taken(&mut waiting, all_free), [1, 2]);
    }

    #[test]
    fn a_source_waits_once_and_not_while_it_is_under_way() {
        let mut waiting = waiting(&[(1, "a"), (1, "a")]);
        assert_eq!(taken(&mut waiting, all_free), [1]);
        waiting.add(SourceId(1), "a".to_owned());
        assert!(taken(&mut waiting, all_free).is_empty());
        waiting.ended(SourceId(1));
        assert!(!waiting.has(SourceId(1)) && waiting.hosts.is_empty());
        waiting.add(SourceId(1), "a".to_owned());
        assert_eq!(taken(&mut waiting, all_free), [1]);
    }
}
