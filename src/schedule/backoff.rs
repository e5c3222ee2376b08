//! Gaps after failures: each about twice the last, up to the ceiling, and no two sources in step.

use super::dice::Dice;
use super::{Limits, Plan, Visit, words};
use crate::model::{Outcome, SourceState};
use std::time::Duration;

/// The first gap is short, whatever the interval: most failures pass in a minute.
const FIRST: Duration = Duration::from_secs(60);

/// Each gap is so many times the last: within the 1.5 to 2.5 we promise, with room for a late start.
const GROWTH: (f64, f64) = (1.6, 2.4);

/// When to try again. The gap grows from the last one; chance in every step takes sources that failed together
/// ever further apart. A refusal with a `Retry-After` was no try and grows nothing.
pub(super) fn after_failure(
    limits: &Limits,
    state: &SourceState,
    visit: &Visit<'_>,
    dice: &mut Dice,
) -> Plan {
    if visit.outcome == Outcome::Refused && visit.retry_after.is_some() {
        return Plan {
            gap: limits.floor,
            backoff_ms: state.backoff_ms,
            reason: "its host asked for rest".to_owned(),
        };
    }
    let last = Duration::from_millis(state.backoff_ms);
    let wanted = if last.is_zero() {
        let first = FIRST.min(limits.interval).max(limits.floor);
        dice.between(first, first + first / 2)
    } else {
        let last = last.clamp(limits.floor, limits.ceiling);
        last.mul_f64(dice.factor(GROWTH.0, GROWTH.1))
    };
    let gap = if wanted < limits.ceiling {
        wanted
    } else {
        let low = (limits.ceiling - limits.ceiling / 10).max(limits.floor);
        dice.between(low, limits.ceiling)
    };
    let failures = state.failures.saturating_add(1);
    Plan {
        gap,
        // Rounded up: a gap below a millisecond must not read as none.
        backoff_ms: u64::try_from(gap.as_millis()).unwrap_or(u64::MAX).max(1),
        reason: format!("in {}: back-off after failure {failures} in a row", words(gap)),
    }
}
