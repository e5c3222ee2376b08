//! Which items stand in a feed now.
//!
//! The newest `items` of the list and, besides, all that arrived within `window` of the list's newest arrival:
//! a burst passes no slow reader by, and since the window hangs on an arrival and not on the hour, time alone
//! changes no document. What came with a source's first poll (backlog) arrives in no window, so that a new
//! source floods nobody.

use crate::model::{ItemNumber, MOST_SURFACED_BEFORE, SourceId, Timestamp};
use crate::store::Listing;
use std::collections::HashMap;
use std::time::Duration;

/// A feed's upper bound, unless the admin wants more `items` than that.
pub(crate) const MOST: usize = 500;

/// How far down a list is read for late arrivals: as far as an item's `surfaced` can lie before its arrival.
pub(crate) const REACH: Duration = MOST_SURFACED_BEFORE;

/// Lines of a list that are read at most: a day of a river that swells by twenty thousand items a day.
pub(crate) const DEEPEST: usize = 24_000;

/// How many items a feed has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// The newest so many, in any case.
    pub(crate) items: usize,
    /// And what arrived within this time of the newest arrival.
    pub(crate) window: Duration,
    /// At most so many of one source; 0: no limit.
    pub(crate) per_source: usize,
}

impl Bounds {
    fn most(self) -> usize {
        self.items.max(MOST)
    }

    /// How many lines to read at first: often enough to know that nothing further down belongs here.
    pub(crate) fn first_page(self) -> usize {
        self.items.max(128)
    }

    /// Must the list be read on after these lines, the newest first?
    pub(crate) fn wants_more(self, lines: &[Listing]) -> bool {
        if lines.len() >= DEEPEST {
            return false;
        }
        if self.per_source > 0 && lines.len() < self.items.saturating_mul(4) {
            return true;
        }
        let (Some(newest), Some(last)) = (newest_arrival(lines), lines.last()) else {
            // Nothing but backlog up here: the list is a new source's, or nothing has arrived for long.
            return lines.len() < self.items;
        };
        last.surfaced >= newest.minus(self.window).minus(REACH)
    }
}

/// What `choose` must know before it can go on: the leading sources of these items.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted(pub(crate) Vec<ItemNumber>);

/// The chosen lines, in the list's order. `leads` tells the leading source of an item; it is asked only when
/// the number of one source's entries is bounded.
pub(crate) fn choose(
    lines: &[Listing],
    bounds: Bounds,
    leads: &HashMap<ItemNumber, SourceId>,
) -> Result<Vec<Listing>, Wanted> {
    let since = newest_arrival(lines).map(|newest| newest.minus(bounds.window));
    let mut chosen = Vec::with_capacity(bounds.items.min(lines.len()));
    let mut newest_taken = 0;
    let mut of_source: HashMap<SourceId, usize> = HashMap::new();
    for (place, line) in lines.iter().enumerate() {
        if chosen.len() == bounds.most() {
            break;
        }
        let is_among_newest = newest_taken < bounds.items;
        let is_in_window = !line.is_backlog && since.is_some_and(|since| line.first_seen >= since);
        if !is_among_newest && !is_in_window {
            continue;
        }
        if bounds.per_source > 0 {
            let Some(lead) = leads.get(&line.number) else {
                return Err(Wanted(unknown(lines.get(place..).unwrap_or_default(), leads)));
            };
            let count = of_source.entry(*lead).or_default();
            if *count == bounds.per_source {
                continue;
            }
            *count += 1;
        }
        newest_taken += usize::from(is_among_newest);
        chosen.push(*line);
    }
    Ok(chosen)
}

fn newest_arrival(lines: &[Listing]) -> Option<Timestamp> {
    lines
        .iter()
        .filter(|line| !line.is_backlog)
        .map(|line| line.first_seen)
        .max()
}

fn unknown(lines: &[Listing], leads: &HashMap<ItemNumber, SourceId>) -> Vec<ItemNumber> {
    lines
        .iter()
        .map(|line| line.number)
        .filter(|number| !leads.contains_key(number))
        .take(128)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        items: 2,
        window: Duration::from_secs(7200),
        per_source: 0,
    };

    /// A line of this number whose item surfaced and arrived so many minutes after an epoch.
    fn line(number: u64, surfaced: i64, first_seen: i64) -> Listing {
        Listing {
            number: ItemNumber(number),
            surfaced: Timestamp::from_seconds(surfaced * 60),
            first_seen: Timestamp::from_seconds(first_seen * 60),
            is_backlog: false,
            version: 1,
        }
    }

    fn numbers(lines: &[Listing], bounds: Bounds) -> Vec<u64> {
        choose(lines, bounds, &HashMap::new())
            .unwrap()
            .iter()
            .map(|line| line.number.0)
            .collect()
    }

    #[test]
    fn the_newest_are_always_there() {
        let lines = [line(9, 5000, 5000), line(8, 300, 300), line(7, 200, 200)];
        assert_eq!(numbers(&lines, BOUNDS), [9, 8]);
        assert_eq!(numbers(&[], BOUNDS), [0_u64; 0]);
    }

    #[test]
    fn a_burst_within_the_window_is_there_whole() {
        let lines: Vec<_> = (0..40).map(|place| line(100 - place, 1000, 1000)).collect();
        assert_eq!(numbers(&lines, BOUNDS).len(), 40);
    }

    #[test]
    fn what_arrived_late_with_an_old_date_is_in_the_window() {
        let lines = [
            line(9, 1000, 1000),
            line(8, 990, 990),
            line(7, 500, 500),
            line(10, 400, 995),
        ];
        assert_eq!(numbers(&lines, BOUNDS), [9, 8, 10]);
    }

    #[test]
    fn backlog_passes_no_window() {
        let backlog = |number| Listing {
            is_backlog: true,
            ..line(number, 1000, 1000)
        };
        let lines: Vec<_> = (0..40).map(|place| backlog(100 - place)).collect();
        assert_eq!(numbers(&lines, BOUNDS).len(), 2);
        assert!(!BOUNDS.wants_more(&lines));
    }

    #[test]
    fn a_feed_is_bounded() {
        let lines: Vec<_> = (0..900).map(|place| line(1000 - place, 1000, 1000)).collect();
        assert_eq!(numbers(&lines, BOUNDS).len(), MOST);
        let many = Bounds { items: 700, ..BOUNDS };
        assert_eq!(numbers(&lines, many).len(), 700);
    }

    #[test]
    fn one_source_cannot_fill_a_feed_that_bounds_it() {
        let lines = [line(9, 50, 50), line(8, 40, 40), line(7, 30, 30), line(6, 20, 20)];
        let bounds = Bounds {
            items: 3,
            per_source: 1,
            ..BOUNDS
        };
        let wanted = choose(&lines, bounds, &HashMap::new()).unwrap_err();
        assert_eq!(wanted.0.len(), 4);
        let leads = [(9, 1), (8, 1), (7, 2), (6, 2)]
            .map(|(number, source)| (ItemNumber(number), SourceId(source)))
            .into();
        let chosen = choose(&lines, bounds, &leads).unwrap();
        assert_eq!(
            chosen.iter().map(|line| line.number.0).collect::<Vec<_>>(),
            [9, 7]
        );
    }

    #[test]
    fn a_list_is_read_as_far_as_late_arrivals_can_lie() {
        let recent: Vec<_> = (0..300).map(|place| line(1000 - place, 5000, 5000)).collect();
        assert!(BOUNDS.wants_more(&recent));
        let old = [recent.as_slice(), &[line(1, 0, 0)]].concat();
        assert!(!BOUNDS.wants_more(&old));
    }
}
