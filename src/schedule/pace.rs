//! The pace after a good visit: the interval with a tenth of jitter, or what the source asks for if that is longer.

use super::dice::Dice;
use super::{Limits, Plan, Visit, hints, words};

/// When to come back after a success. The back-off is over at once.
pub(super) fn after_success(limits: &Limits, visit: &Visit<'_>, dice: &mut Dice) -> Plan {
    let low = (limits.interval - limits.interval / 10).max(limits.floor);
    let high = (limits.interval + limits.interval / 10).min(limits.ceiling);
    let own = dice.between(low, high.max(low));
    let asked = hints::longest(visit.hints, visit.fresh_for)
        .map(|(wait, which)| (wait.min(limits.ceiling), which))
        .filter(|(wait, _)| *wait > own);
    let (gap, reason) = match asked {
        // Later than asked for, never earlier, and not all at once.
        Some((wait, which)) => (
            dice.between(wait, (wait + wait / 20).min(limits.ceiling)),
            format!("in {}: its {which} asks for it", words(wait)),
        ),
        None => (own, format!("in {}: the pace", words(own))),
    };
    Plan {
        gap,
        backoff_ms: 0,
        reason,
    }
}
