//! Which items may leave: those that nobody has listed for the retention, a closed month of the archive at once.
//!
//! A month that is over is one document for good; it does not crumble item by item, but stays until the last of its
//! items that no source lists any more may leave. Items that a source still lists hold nobody back, since they may
//! stay for years. In the month that goes on, each item leaves by itself.

use super::Listing;
use crate::model::{ItemNumber, Month, Timestamp};
use std::collections::HashMap;

/// Told of all that ages, then, if need be, of the river's lines from the oldest on.
pub(super) struct Leaving {
    deadline: Timestamp,
    /// The month that goes on.
    open: Month,
    /// What ages, and whether it may leave.
    ages: HashMap<ItemNumber, bool>,
    month: Month,
    /// What may leave of the month that is told of.
    ripe: Vec<ItemNumber>,
    /// Something of it may not leave yet.
    waits: bool,
}

impl Leaving {
    /// Items that left the lists at `deadline` or before may leave.
    pub(super) fn new(now: Timestamp, deadline: Timestamp) -> Self {
        Self {
            deadline,
            open: Month::of(now),
            ages: HashMap::new(),
            month: Month::FIRST,
            ripe: Vec::new(),
            waits: false,
        }
    }

    /// This item has been in no list since then.
    pub(super) fn ages(&mut self, number: ItemNumber, left: Timestamp) {
        self.ages.insert(number, left <= self.deadline);
    }

    /// Could something that may leave have to wait for others of its month?
    pub(super) fn may_wait(&self) -> bool {
        let may_leave = self.ages.values().filter(|may_leave| **may_leave).count();
        may_leave > 0 && may_leave < self.ages.len()
    }

    /// The next line of the river. Answers whether the one after it matters too.
    pub(super) fn stands(&mut self, line: &Listing) -> bool {
        let month = Month::of(line.surfaced);
        if month != self.month {
            self.close();
            self.month = month;
        }
        match self.ages.get(&line.number) {
            Some(true) => self.ripe.push(line.number),
            Some(false) => self.waits = true,
            None => {}
        }
        month < self.open
    }

    /// The items that may leave, in order.
    pub(super) fn end(mut self) -> Vec<ItemNumber> {
        self.close();
        let mut numbers: Vec<ItemNumber> = self
            .ages
            .into_iter()
            .filter(|(_, may_leave)| *may_leave)
            .map(|(number, _)| number)
            .collect();
        numbers.sort_unstable();
        numbers
    }

    fn close(&mut self) {
        if self.waits && self.month < self.open {
            for number in self.ripe.drain(..) {
                self.ages.insert(number, false);
            }
        }
        self.ripe.clear();
        self.waits = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn line(number: u64, day: i64) -> Listing {
        Listing {
            number: ItemNumber(number),
            surfaced: Timestamp::from_seconds(day * DAY),
            first_seen: Timestamp::from_seconds(day * DAY),
            is_backlog: false,
            version: 1,
        }
    }

    /// Items as (day it surfaced, day it left the lists), numbered from 1, looked at on a day with 30 days kept.
    fn leaving(today: i64, items: &[(i64, Option<i64>)]) -> Vec<u64> {
        let at = |day| Timestamp::from_seconds(day * DAY);
        let mut leaving = Leaving::new(at(today), at(today - 30));
        for ((_, left), number) in items.iter().zip(1..) {
            if let Some(left) = left {
                leaving.ages(ItemNumber(number), at(*left));
            }
        }
        if leaving.may_wait() {
            for ((day, _), number) in items.iter().zip(1..) {
                if !leaving.stands(&line(number, *day)) {
                    break;
                }
            }
        }
        leaving.end().into_iter().map(|number| number.0).collect()
    }

    #[test]
    fn the_items_of_a_closed_month_wait_for_each_other() {
        let items = [(3, Some(5)), (4, Some(20)), (40, Some(41))];
        assert_eq!(leaving(40, &items), [0_u64; 0]);
        assert_eq!(leaving(50, &items), [1, 2]);
        assert_eq!(leaving(71, &items), [1, 2, 3]);
    }

    #[test]
    fn what_is_listed_holds_nobody_back() {
        assert_eq!(leaving(50, &[(3, Some(5)), (4, None), (40, Some(41))]), [1]);
    }

    #[test]
    fn items_of_the_open_month_leave_one_by_one() {
        let items = [(101, Some(102)), (102, Some(109))];
        let at = |day| Timestamp::from_seconds(day * DAY);
        let mut leaving = Leaving::new(at(110), at(105));
        leaving.ages(ItemNumber(1), at(102));
        leaving.ages(ItemNumber(2), at(109));
        assert!(leaving.may_wait());
        for ((day, _), number) in items.iter().zip(1..) {
            leaving.stands(&line(number, *day));
        }
        assert_eq!(leaving.end(), [ItemNumber(1)]);
    }
}
