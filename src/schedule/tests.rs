//! When to ask next: rules with literals, bounds with chance.

use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_seconds(1_795_336_200); // Sun, 22 Nov 2026 08:30:00 GMT
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn source() -> Source {
    Source::at("http://a.example/")
}

static NO_RHYTHM: std::sync::LazyLock<Rhythm> = std::sync::LazyLock::new(Rhythm::default);

fn visit(outcome: Outcome, hints: &Hints) -> Visit<'_> {
    Visit {
        outcome,
        fresh_for: None,
        retry_after: None,
        hints,
        rhythm: &NO_RHYTHM,
    }
}

fn gap(next: &Next) -> Duration {
    next.due.since(NOW)
}

/// The shortest and the longest gap over many throws.
fn range(source: &Source, state: &SourceState, visit: &Visit<'_>) -> (Duration, Duration) {
    let gaps: Vec<Duration> = (0..500)
        .map(|random| gap(&next(source, state, visit, NOW, random)))
        .collect();
    (*gaps.iter().min().unwrap(), *gaps.iter().max().unwrap())
}

#[test]
fn after_a_success_the_interval_is_kept_within_a_tenth() {
    let hints = Hints::default();
    let (low, high) = range(
        &source(),
        &SourceState::default(),
        &visit(Outcome::Modified, &hints),
    );
    assert!(low >= 27 * MINUTE && high <= 33 * MINUTE, "{low:?} {high:?}");
    assert!(high - low > 5 * MINUTE);
}

#[test]
fn a_hundred_thousand_sources_that_answered_at_one_moment_come_back_evenly_spread() {
    let hints = Hints::default();
    let mut minutes = [0_u32; 6];
    for random in 0..100_000 {
        let next = next(
            &source(),
            &SourceState::default(),
            &visit(Outcome::Modified, &hints),
            NOW,
            random,
        );
        let minute = (gap(&next) - 27 * MINUTE).as_secs() / 60;
        minutes[usize::try_from(minute.min(5)).unwrap()] += 1;
    }
    let (least, most) = (minutes.iter().min().unwrap(), minutes.iter().max().unwrap());
    assert!(f64::from(*most) < f64::from(*least) * 1.05, "{minutes:?}");
}

#[test]
fn a_rhythm_is_believed_no_longer_than_the_source_has_been_known() {
    let hints = Hints::default();
    let rhythm = Rhythm::default().with([NOW.minus(400 * 24 * HOUR), NOW.minus(300 * 24 * HOUR)]);
    let silent = Visit {
        rhythm: &rhythm,
        ..visit(Outcome::NotModified, &hints)
    };
    let known_for = |known: Duration| {
        let state = SourceState {
            first_success: Some(NOW.minus(known)),
            ..SourceState::default()
        };
        range(&source(), &state, &silent).1
    };
    assert!(known_for(MINUTE) <= 33 * MINUTE);
    assert!((2 * HOUR..=HOUR * 23 / 10).contains(&known_for(2 * HOUR)));
    assert!(known_for(90 * 24 * HOUR) > 8 * HOUR);
}

#[test]
fn a_success_ends_the_back_off_at_once() {
    let failing = SourceState {
        failures: 9,
        backoff_ms: 86_400_000,
        ..SourceState::default()
    };
    let hints = Hints::default();
    let next = next(&source(), &failing, &visit(Outcome::NotModified, &hints), NOW, 1);
    assert_eq!(next.backoff_ms, 0);
    assert!(gap(&next) <= 33 * MINUTE);
}

#[test]
fn the_longest_hint_is_the_earliest_next_time_up_to_the_ceiling() {
    let hints = Hints {
        ttl_minutes: Some(120),
        ..Hints::default()
    };
    let state = SourceState::default();
    let (low, high) = range(&source(), &state, &visit(Outcome::Unchanged, &hints));
    assert!(
        low >= 2 * HOUR && high <= 2 * HOUR + 6 * MINUTE,
        "{low:?} {high:?}"
    );
    let year = Visit {
        fresh_for: Some(365 * 24 * HOUR),
        ..visit(Outcome::Modified, &hints)
    };
    assert_eq!(range(&source(), &state, &year), (24 * HOUR, 24 * HOUR));
    let words = next(&source(), &state, &visit(Outcome::Unchanged, &hints), NOW, 1).reason;
    assert_eq!(words.as_str(), "in 2h: its ttl asks for it");
}

#[test]
fn hours_of_silence_are_kept_whatever_the_ceiling_says() {
    let hints = Hints {
        skip_hours: (8..24).collect(),
        skip_days: vec![0],
        ..Hints::default()
    };
    let hasty = Source {
        max_interval: HOUR,
        ..source()
    };
    let (low, high) = range(&hasty, &SourceState::default(), &visit(Outcome::Modified, &hints));
    let tuesday = Duration::from_secs(39 * 3600 + 1800);
    assert!(low >= tuesday && high <= tuesday + MINUTE, "{low:?} {high:?}");
}

#[test]
fn retry_after_is_obeyed_beyond_the_ceiling_but_not_beyond_a_week() {
    let hints = Hints::default();
    for outcome in [Outcome::Failed, Outcome::Refused, Outcome::Modified] {
        for (days, most) in [(3, 3), (70, 7)] {
            let told = Visit {
                retry_after: Some(NOW.plus(days * 24 * HOUR)),
                ..visit(outcome, &hints)
            };
            let (low, high) = range(&source(), &SourceState::default(), &told);
            let want = most * 24 * HOUR;
            assert!(low >= want && high <= want + MINUTE, "{low:?} {high:?}");
        }
    }
}

#[test]
fn a_refusal_for_rest_grows_no_back_off() {
    let hints = Hints::default();
    let state = SourceState {
        backoff_ms: 600_000,
        ..SourceState::default()
    };
    let told = Visit {
        retry_after: Some(NOW.plus(10 * MINUTE)),
        ..visit(Outcome::Refused, &hints)
    };
    let next = next(&source(), &state, &told, NOW, 3);
    assert_eq!(next.backoff_ms, 600_000);
    assert!(gap(&next) <= 11 * MINUTE);
}

#[test]
fn a_source_that_is_gone_rests_for_good() {
    let hints = Hints::default();
    let next = next(
        &source(),
        &SourceState::default(),
        &visit(Outcome::Gone, &hints),
        NOW,
        1,
    );
    assert!(next.due > NOW.plus(90 * 365 * 24 * HOUR));
    assert_eq!(next.due.to_rfc3339().len(), 20);
}

#[test]
fn a_schedule_gives_way_to_the_minimum_and_to_rest_but_not_to_hints() {
    let hints = Hints {
        ttl_minutes: Some(600),
        skip_hours: vec![8],
        ..Hints::default()
    };
    let scheduled = |pattern: &str| Source {
        schedule: Some(pattern.to_owned()),
        timezone: Some(Tz::Asia__Shanghai),
        ..source()
    };
    let due = |source: &Source, visit: &Visit<'_>| {
        next(source, &SourceState::default(), visit, NOW, 1)
            .due
            .to_rfc3339()
    };
    let good = visit(Outcome::Modified, &hints);
    assert_eq!(due(&scheduled("*/10 * * * *"), &good), "2026-11-22T08:40:00Z");
    assert_eq!(due(&scheduled("* * * * *"), &good), "2026-11-22T08:35:00Z");
    assert_eq!(due(&scheduled("0 0 17 * * *"), &good), "2026-11-22T09:00:00Z");
    let rest = Visit {
        retry_after: Some(NOW.plus(HOUR)),
        ..good
    };
    assert_eq!(due(&scheduled("*/10 * * * *"), &rest), "2026-11-22T09:40:00Z");
}

#[test]
fn a_schedule_as_short_as_the_minimum_loses_no_time_to_a_late_start() {
    let hints = Hints::default();
    let every_five = Source {
        schedule: Some("*/5 * * * *".to_owned()),
        ..source()
    };
    let late = NOW.plus(Duration::from_millis(40));
    let next = next(
        &every_five,
        &SourceState::default(),
        &visit(Outcome::Modified, &hints),
        late,
        1,
    );
    assert_eq!(next.due, late.plus(5 * MINUTE));
}

#[test]
fn a_scheduled_source_that_fails_leaves_times_out() {
    let hints = Hints::default();
    let scheduled = Source {
        schedule: Some("*/10 * * * *".to_owned()),
        ..source()
    };
    let state = SourceState {
        backoff_ms: 40 * 60_000,
        ..SourceState::default()
    };
    let next = next(&scheduled, &state, &visit(Outcome::Failed, &hints), NOW, 1);
    assert!(gap(&next) >= HOUR && gap(&next) <= 2 * HOUR, "{:?}", gap(&next));
    assert_eq!(next.due.seconds() % 600, 0);
}

#[test]
fn first_visits_begin_at_once_and_thousands_are_spread() {
    let latest = |total: usize| {
        let due = (0..total as u64).map(|random| first(&source(), NOW, total, random));
        due.max().unwrap().since(NOW)
    };
    assert!(latest(24) < Duration::from_secs(2));
    assert!((30..=50).contains(&latest(1000).as_secs()));
    assert!(latest(100_000) > 29 * MINUTE && latest(100_000) <= 30 * MINUTE);
    let scheduled = Source {
        schedule: Some("0 9 * * *".to_owned()),
        ..source()
    };
    assert_eq!(first(&scheduled, NOW, 1, 7), NOW.plus(30 * MINUTE));
}

#[test]
fn sources_that_fail_together_drift_apart() {
    let hints = Hints::default();
    let mut due: Vec<Timestamp> = (0..200u64)
        .map(|which| {
            let (mut state, mut now) = (SourceState::default(), NOW);
            for failure in 0..6 {
                let failed = visit(Outcome::Failed, &hints);
                let next = next(&source(), &state, &failed, now, which * 1000 + failure);
                (state.backoff_ms, now) = (next.backoff_ms, next.due);
            }
            now
        })
        .collect();
    due.sort();
    let window = due[150].since(due[50]);
    assert!(window > HOUR, "{window:?}");
    due.dedup();
    assert!(due.len() > 195);
}

proptest! {
    #[test]
    fn gaps_after_failures_double_about_until_the_ceiling(
        min in 1u64..600, interval in 1u64..10_000, max in 1u64..200_000, seeds in prop::array::uniform20(any::<u64>()),
    ) {
        let seconds = Duration::from_secs;
        let source = Source {
            min_interval: seconds(min),
            interval: seconds(interval),
            max_interval: seconds(max.max(min)),
            ..source()
        };
        let hints = Hints::default();
        let mut state = SourceState::default();
        let mut last: Option<Duration> = None;
        for seed in seeds {
            let next = next(&source, &state, &visit(Outcome::Failed, &hints), NOW, seed);
            let gap = gap(&next);
            prop_assert!(gap >= source.min_interval && gap <= source.max_interval);
            if let Some(last) = last {
                let ratio = gap.as_secs_f64() / last.as_secs_f64();
                let at_ceiling = gap.as_secs_f64() >= source.max_interval.as_secs_f64() * 0.89;
                prop_assert!(at_ceiling || (1.5..=2.5).contains(&ratio), "{ratio}");
            }
            last = Some(gap);
            state.backoff_ms = next.backoff_ms;
        }
    }

    #[test]
    fn nothing_overflows_and_the_minimum_always_holds(
        min in any::<u64>(), interval in any::<u64>(), max in any::<u64>(), now in any::<i64>(),
        fresh in any::<Option<u64>>(), ttl in any::<Option<u32>>(), retry in any::<Option<i64>>(),
        skip_hours in prop::collection::vec(any::<u8>(), 0..30), skip_days in prop::collection::vec(any::<u8>(), 0..9),
        arrivals in prop::collection::vec(any::<i64>(), 0..70), first_success in any::<Option<i64>>(),
        backoff_ms in any::<u64>(), failures in any::<u32>(), which in 0usize..6, random in any::<u64>(),
        cron in prop::option::of(prop::sample::select(vec!["* * * * *", "0 0 30 2 *", "*/7 1 2 * * *"])),
    ) {
        let source = Source {
            min_interval: Duration::from_secs(min),
            interval: Duration::from_secs(interval),
            max_interval: Duration::from_secs(max),
            schedule: cron.map(str::to_owned),
            ..source()
        };
        let outcome = [Outcome::Modified, Outcome::NotModified, Outcome::Unchanged, Outcome::Gone,
            Outcome::Refused, Outcome::Failed][which];
        let rhythm = Rhythm::default().with(arrivals.into_iter().map(Timestamp::from_millis));
        let hints = Hints { ttl_minutes: ttl, update_period: None, skip_hours, skip_days };
        let visit = Visit {
            outcome,
            fresh_for: fresh.map(Duration::from_secs),
            retry_after: retry.map(Timestamp::from_millis),
            hints: &hints,
            rhythm: &rhythm,
        };
        let state = SourceState {
            first_success: first_success.map(Timestamp::from_millis), backoff_ms, failures, ..SourceState::default() };
        let now = Timestamp::from_millis(now);
        let next = next(&source, &state, &visit, now, random);
        prop_assert!(next.due >= now.plus(source.min_interval.min(NEVER)));
        let ahead = first(&source, now, random as usize, random);
        prop_assert!(ahead >= now);
    }
}

#[test]
fn what_came_due_meanwhile_comes_one_after_the_other_and_none_a_gap_late() {
    let step = Duration::from_millis(50);
    let half_an_hour = Duration::from_secs(1800);
    let few = catch_up(&[half_an_hour; 4]);
    assert_eq!(few, [Duration::ZERO, step, step * 2, step * 3]);
    // One that is asked every ten seconds does not wait for a thousand before it.
    let mut gaps = vec![half_an_hour; 2000];
    gaps[1999] = Duration::from_secs(10);
    let waits = catch_up(&gaps);
    assert_eq!(waits[1998], step * 1998);
    assert!(waits[1999] < gaps[1999]);
    let many = catch_up(&vec![half_an_hour; 100_000]);
    assert!(many.iter().all(|wait| *wait < half_an_hour));
    let most = (0..1800)
        .map(|second| many.iter().filter(|wait| wait.as_secs() == second).count())
        .max();
    assert!(most <= Some(56), "{most:?} in one second");
    assert_eq!(catch_up(&[]), Vec::<Duration>::new());
}
