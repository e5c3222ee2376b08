//! What becomes of a source's next time when newsriver starts, when `feeds.toml` was read again, and when the clock was
//! turned back. Otherwise it stands as it was decided: a restart neither forgets nor hurries.

use super::{Visit, first, next, schedule_of};
use crate::model::{Source, SourceState, Timestamp};
use std::time::Duration;

/// A clock that goes back by less is one that is being set right.
const SLIGHT: Duration = Duration::from_secs(60);

/// The state with another plan, where the plan must change; `None`: it stands. `before` is the source as `feeds.toml`
/// had it until now.
pub fn replan(
    source: &Source,
    before: Option<&Source>,
    state: &SourceState,
    now: Timestamp,
    total_sources: usize,
    random: u64,
) -> Option<SourceState> {
    let soon = || first(source, now, total_sources, random);
    let Some(last_polled) = state.last_polled else {
        let is_resting = state.not_before.is_some_and(|until| until > now);
        let is_far = state.next_due > now.plus(source.interval + SLIGHT);
        let is_far = is_far && !is_resting && schedule_of(source).is_none();
        return (state.next_due == Timestamp::default() || is_far).then(|| SourceState {
            next_due: soon(),
            next_why: "it was never asked".to_owned(),
            ..state.clone()
        });
    };
    if last_polled > now.plus(SLIGHT) {
        return Some(turned_back(state, last_polled.since(now), now));
    }
    if state.url != source.url {
        return Some(SourceState {
            next_due: soon().max(last_polled.plus(source.min_interval)),
            next_why: "its address in feeds.toml is another".to_owned(),
            is_gone: false,
            failures: 0,
            backoff_ms: 0,
            not_before: None,
            ..state.clone()
        });
    }
    let is_other = before.is_some_and(|before| pacing(before) != pacing(source));
    let is_well = state.failures == 0 && state.last_outcome.is_some_and(|outcome| outcome.is_success());
    (is_other && is_well)
        .then(|| anew(source, state, last_polled, now, random))
        .flatten()
}

/// What the time of the next poll rests on in the file.
fn pacing(source: &Source) -> impl PartialEq + '_ {
    let Source {
        interval,
        min_interval,
        max_interval,
        schedule,
        timezone,
        site_timezone,
        ..
    } = source;
    (
        interval,
        min_interval,
        max_interval,
        schedule,
        timezone,
        site_timezone,
    )
}

/// The plan as the last poll would make it with the settings of now.
fn anew(
    source: &Source,
    state: &SourceState,
    last_polled: Timestamp,
    now: Timestamp,
    random: u64,
) -> Option<SourceState> {
    let visit = Visit {
        outcome: state.last_outcome?,
        fresh_for: state.fresh_until.map(|until| until.since(last_polled)),
        retry_after: state.not_before,
        hints: &state.hints,
        rhythm: &state.rhythm,
    };
    // A schedule names times after now; a pace counts from the last poll, and what is overdue comes spread.
    let from = if source.schedule.is_some() {
        now
    } else {
        last_polled
    };
    let decided = next(source, state, &visit, from, random);
    let spread = Duration::from_millis(random % 60_000);
    let due = if decided.due > now {
        decided.due
    } else {
        now.plus(spread)
    };
    Some(SourceState {
        next_due: due.max(last_polled.plus(source.min_interval)),
        next_why: decided.reason.0,
        ..state.clone()
    })
}

/// All that was stamped by a clock that was `by` ahead, moved back: what was planned is due after the same time.
fn turned_back(state: &SourceState, by: Duration, now: Timestamp) -> SourceState {
    let back = |time: Timestamp| if time > now { time.minus(by) } else { time };
    SourceState {
        next_due: back(state.next_due),
        not_before: state.not_before.map(back),
        fresh_until: state.fresh_until.map(back),
        last_polled: state.last_polled.map(back),
        last_success: state.last_success.map(back),
        first_success: state.first_success.map(back),
        last_new: state.last_new.map(back),
        unchanged_since: state.unchanged_since.map(back),
        rhythm: state.rhythm.until(now),
        ..state.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Rhythm};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_336_200);
    const HOUR: Duration = Duration::from_secs(3600);
    const YEAR: Duration = Duration::from_secs(400 * 86_400);

    fn source() -> Source {
        Source::at("http://a.example/")
    }

    /// Polled an hour ago, due in five.
    fn state() -> SourceState {
        SourceState {
            url: source().url,
            last_polled: Some(NOW.minus(HOUR)),
            last_success: Some(NOW.minus(HOUR)),
            first_success: Some(NOW.minus(YEAR)),
            last_outcome: Some(Outcome::Modified),
            next_due: NOW.plus(5 * HOUR),
            rhythm: Rhythm::default().with([NOW.minus(24 * HOUR)]),
            ..SourceState::default()
        }
    }

    fn replanned(source: &Source, before: Option<&Source>, state: &SourceState) -> Option<SourceState> {
        replan(source, before, state, NOW, 10, 7)
    }

    #[test]
    fn a_restart_leaves_every_plan_as_it_is() {
        assert_eq!(replanned(&source(), None, &state()), None);
        let overdue = SourceState {
            next_due: NOW.minus(HOUR / 2),
            ..state()
        };
        assert_eq!(replanned(&source(), Some(&source()), &overdue), None);
        let gone = SourceState {
            is_gone: true,
            ..state()
        };
        assert_eq!(replanned(&source(), None, &gone), None);
    }

    #[test]
    fn what_was_never_asked_is_asked_soon() {
        let new = replanned(&source(), None, &SourceState::default()).unwrap();
        assert!(new.next_due >= NOW && new.next_due < NOW.plus(HOUR / 60));
        assert_eq!(replanned(&source(), None, &new), None, "once planned it stands");
        let planned_in_the_future = SourceState {
            next_due: NOW.plus(YEAR),
            ..SourceState::default()
        };
        assert!(
            replanned(&source(), None, &planned_in_the_future)
                .unwrap()
                .next_due
                < NOW.plus(HOUR)
        );
    }

    #[test]
    fn another_address_wakes_a_source_that_was_gone_but_not_within_the_minimum() {
        let touched = Source::at("http://b.example/");
        let gone = SourceState {
            is_gone: true,
            failures: 4,
            last_polled: Some(NOW.minus(HOUR / 60)),
            next_due: NOW.plus(100 * YEAR),
            ..state()
        };
        let woken = replanned(&touched, None, &gone).unwrap();
        assert!(!woken.is_gone && woken.failures == 0);
        assert!(woken.next_due >= NOW.plus(Duration::from_secs(240)) && woken.next_due < NOW.plus(HOUR));
    }

    #[test]
    fn another_interval_takes_effect_at_once() {
        let hasty = Source {
            max_interval: HOUR / 2,
            ..source()
        };
        let soon = replanned(&hasty, Some(&source()), &state()).unwrap();
        assert!(soon.next_due <= NOW.plus(HOUR / 60));
        let fresh = SourceState {
            fresh_until: Some(NOW.plus(HOUR)),
            ..state()
        };
        let slow = Source {
            interval: HOUR,
            ..source()
        };
        let later = replanned(&slow, Some(&source()), &fresh).unwrap();
        assert!(later.next_due >= NOW.plus(HOUR), "max-age still holds");
        let scheduled = Source {
            schedule: Some("0 9 * * *".into()),
            ..source()
        };
        let nine = replanned(&scheduled, Some(&source()), &state()).unwrap();
        assert_eq!(nine.next_due, NOW.plus(HOUR / 2));
    }

    #[test]
    fn a_clock_turned_back_moves_the_plan_along() {
        let ahead = |time: Option<Timestamp>| time.map(|time| time.plus(YEAR));
        let stamped = SourceState {
            last_polled: ahead(state().last_polled),
            last_success: ahead(state().last_success),
            not_before: Some(NOW.plus(YEAR)),
            next_due: state().next_due.plus(YEAR),
            rhythm: state().rhythm.with([NOW.plus(YEAR)]),
            ..state()
        };
        let mended = replanned(&source(), None, &stamped).unwrap();
        assert_eq!(mended.last_polled, Some(NOW));
        assert_eq!(
            mended.next_due,
            NOW.plus(6 * HOUR),
            "six hours after the last poll, as before"
        );
        assert_eq!(mended.not_before, Some(NOW.plus(HOUR)));
        assert_eq!(mended.first_success, state().first_success);
        assert_eq!(mended.rhythm, state().rhythm);
        assert_eq!(replanned(&source(), None, &mended), None);
    }
}
