//! When to ask a source next: a function of what is known, with `now` and the dice handed in.
//!
//! After a good visit the source's own rhythm decides, with a tenth of jitter, unless the source asks for longer; after a bad one the
//! gaps about double. A `schedule` stands in for both. Over all of it stand `Retry-After`, 410 and `min_interval`.
//! Nothing here sleeps or keeps a queue: that is the daemon's.

mod backoff;
pub mod cron;
mod dice;
mod hints;
mod pace;
mod replan;

pub use replan::replan;

use crate::model::{Hints, Outcome, Reason, Rhythm, Source, SourceState, Timestamp};
use chrono_tz::Tz;
use dice::Dice;
use std::time::Duration;

/// `Retry-After` is obeyed up to here.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);

/// Far enough never to come, near enough for any calendar.
const NEVER: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// At the start sources are asked no faster than one in so long, however many are due.
const STEP: Duration = Duration::from_millis(50);

/// Those who waited for the same moment come within so long after it.
const AFTER_SILENCE: Duration = Duration::from_secs(60);

/// A cron time missed by less than this for the sake of `min_interval` is kept late rather than left out.
const MOST_LATE: Duration = Duration::from_secs(30);

/// What came of asking a source, as far as the next time depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// How the poll ended.
    pub outcome: Outcome,
    /// How long the answer stays fresh (`max-age`, `Expires`).
    pub fresh_for: Option<Duration>,
    /// Until when the host wants to be left alone.
    pub retry_after: Option<Timestamp>,
    /// What the newest good document says: this poll's, else the remembered one's.
    pub hints: &'a Hints,
    /// When the source's items arrived, this poll's among them.
    pub rhythm: &'a Rhythm,
}

/// When a source is to be asked next, and why then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// Not before this.
    pub due: Timestamp,
    /// What `SourceState::backoff_ms` becomes: the gap the next failure's grows from; 0 after a success.
    pub backoff_ms: u64,
    /// In words.
    pub reason: Reason,
}

/// Decides when `source` is asked again. `state` is what was remembered before this visit, `now` the time at which
/// the source was asked, `random` any number: other numbers for other sources keep them out of step.
///
/// `due` is never before `now` plus `min_interval`, and never beyond `max_interval` unless `Retry-After`, `skipHours`,
/// `skipDays`, a `schedule` or 410 say so.
pub fn next(source: &Source, state: &SourceState, visit: &Visit<'_>, now: Timestamp, random: u64) -> Next {
    if visit.outcome == Outcome::Gone {
        return Next {
            due: now.plus(NEVER),
            backoff_ms: 0,
            reason: Reason::new("gone for good (410): it rests until the admin touches it"),
        };
    }
    let mut dice = Dice::new(random);
    let limits = Limits::of(source);
    let plan = if visit.outcome.is_success() {
        pace::after_success(&limits, state, visit, now, &mut dice)
    } else {
        backoff::after_failure(&limits, state, visit, &mut dice)
    };
    let rest = rest_of(visit, now, &mut dice);
    match schedule_of(source) {
        Some(cron) => scheduled(&cron, source, visit, plan, rest, now),
        None => paced(plan, visit.hints, rest, now, &mut dice),
    }
}

/// When a source that was never asked is asked first: at once, but no more than one source in 50 ms, so that a
/// handful is there in a second and many thousands are spread over their interval. A `schedule` is waited for.
pub fn first(source: &Source, now: Timestamp, total_sources: usize, random: u64) -> Timestamp {
    if let Some(cron) = schedule_of(source) {
        return cron.next(now, zone_of(source)).unwrap_or(now.plus(NEVER));
    }
    let steps = u32::try_from(total_sources).unwrap_or(u32::MAX);
    let window = STEP.saturating_mul(steps).min(source.interval).min(NEVER);
    now.plus(Dice::new(random).between(Duration::ZERO, window))
}

/// How long each of those who came due while nobody asked waits, in their order, the most overdue first: none less than
/// 50 ms after the one before it, as at the start, and none as long as its own gap (`gaps`), so that a hundred thousand
/// come closer together rather than late.
pub fn catch_up(gaps: &[Duration]) -> Vec<Duration> {
    let count = u32::try_from(gaps.len()).unwrap_or(u32::MAX).max(1);
    let waits = (0..count).zip(gaps);
    waits
        .map(|(place, gap)| (STEP * place).min(gap.div_f64(f64::from(count)).mul_f64(f64::from(place))))
        .collect()
}

/// What a source's arrivals say of it, in words: `about 12 items a day, most from 06:00 to 14:00 GMT`; `None` while it
/// has brought nothing.
pub fn rhythm_in_words(source: &Source, state: &SourceState, now: Timestamp) -> Option<String> {
    state.rhythm.arrivals().next()?;
    let tempo = pace::tempo(&state.rhythm, state.first_success, source.interval, now);
    let hours = tempo.busy_hours();
    let hours = hours.map_or_else(String::new, |hours| format!(", most from {hours}"));
    Some(format!("{}{hours}", tempo.words()))
}

/// A gap and what it is for, before schedule, hours of silence and `Retry-After` have their say.
#[derive(Debug)]
struct Plan {
    gap: Duration,
    backoff_ms: u64,
    reason: String,
}

/// A source's bounds, made sane: none beyond [`NEVER`], the ceiling not below the floor.
#[derive(Clone, Copy, Debug)]
struct Limits {
    interval: Duration,
    floor: Duration,
    ceiling: Duration,
}

impl Limits {
    fn of(source: &Source) -> Self {
        let floor = source.min_interval.min(NEVER);
        let ceiling = source.max_interval.clamp(floor, NEVER);
        Self {
            interval: source.interval.clamp(floor, ceiling),
            floor,
            ceiling,
        }
    }
}

/// The source's own `schedule`. One that cannot be read is none: the check of the file has refused it before.
fn schedule_of(source: &Source) -> Option<cron::Cron> {
    cron::parse(source.schedule.as_deref()?).ok()
}

fn zone_of(source: &Source) -> Tz {
    source.timezone.or(source.site_timezone).unwrap_or(Tz::UTC)
}

/// Until when `Retry-After` wants rest, with its words. Those who wait for the same moment come a little apart.
fn rest_of(visit: &Visit<'_>, now: Timestamp, dice: &mut Dice) -> Option<(Timestamp, String)> {
    let until = visit.retry_after?.min(now.plus(LONGEST_RETRY_AFTER));
    let spread = (until.since(now) / 20).min(AFTER_SILENCE);
    let words = format!("its host asked to be left alone until {until} (Retry-After)");
    Some((until.plus(dice.between(Duration::ZERO, spread)), words))
}

/// The pace's gap, after the rest and past the hours in which the source wants silence.
fn paced(
    plan: Plan,
    hints: &Hints,
    rest: Option<(Timestamp, String)>,
    now: Timestamp,
    dice: &mut Dice,
) -> Next {
    let planned = now.plus(plan.gap);
    let (mut due, mut reason) = match rest {
        Some(rest) if rest.0 > planned => rest,
        _ => (planned, plan.reason),
    };
    let open = hints::past_silence(hints, due);
    if open > due {
        due = open.plus(dice.between(Duration::ZERO, AFTER_SILENCE));
        reason = format!("{reason}; its skipHours and skipDays want silence until {open}");
    }
    Next {
        due,
        backoff_ms: plan.backoff_ms,
        reason: Reason::new(reason),
    }
}

/// The schedule's next time, after the rest, and after a failure not before the back-off's gap is over. A time that
/// `min_interval` would miss by a little is kept, late.
fn scheduled(
    cron: &cron::Cron,
    source: &Source,
    visit: &Visit<'_>,
    plan: Plan,
    rest: Option<(Timestamp, String)>,
    now: Timestamp,
) -> Next {
    let floor = Limits::of(source).floor;
    let soonest = now.plus(floor);
    let (planned, why) = if visit.outcome.is_success() {
        (soonest.minus(MOST_LATE.min(floor / 10)), None)
    } else {
        (now.plus(plan.gap), Some(plan.reason))
    };
    let (from, why) = match rest {
        Some((until, words)) if until > planned => (until, Some(words)),
        _ => (planned, why),
    };
    // The schedule answers times after the one it is given; `from` itself would do.
    let found = cron.next(from.minus(Duration::from_millis(1)).max(now), zone_of(source));
    let reason = match (found, why) {
        (None, _) => "its schedule names no time that ever comes".to_owned(),
        (_, None) => "its schedule".to_owned(),
        (_, Some(why)) => format!("its schedule, where {why}"),
    };
    Next {
        due: found.unwrap_or(now.plus(NEVER)).max(soonest),
        backoff_ms: plan.backoff_ms,
        reason: Reason::new(reason),
    }
}

/// A length of time as people say it: no finer than its size asks for.
fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let rounded = match seconds {
        0 => Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(0)),
        1..=3599 => Duration::from_secs(seconds),
        _ => Duration::from_secs(seconds / 60 * 60),
    };
    humantime::format_duration(rounded).to_string()
}

#[cfg(test)]
mod tests;
