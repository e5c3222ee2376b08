//! The pace beside a fixed half hour: how late items are found, and how many requests that takes, on a clock that
//! stands until it is moved.

use newsriver::clock::{Clock, ManualClock};
use newsriver::config;
use newsriver::model::{Hints, Outcome, Rhythm, Source, SourceState, Timestamp};
use newsriver::schedule::{self, Visit};
use newsriver::{model::Feed, parse};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// A source as configured, with this first guess.
fn source(interval: Duration) -> Source {
    let text = format!(
        "[fetch]\ninterval = \"{}s\"\n[[source]]\nurl = \"https://example.org/feed\"\n",
        interval.as_secs()
    );
    let (config, _) = config::check_text(Path::new("feeds.toml"), &text).unwrap();
    config.sources[0].clone()
}

/// How a source is asked.
#[derive(Clone, Copy)]
enum Way {
    Fixed(Duration),
    Pace(Duration),
}

/// What asking one source so came to.
struct Played {
    requests_a_day: f64,
    items_a_day: f64,
    delay: Duration,
}

/// Plays a trace: the first document lists its first half, and polling goes on until the last item is found.
fn play(trace: &[Timestamp], way: Way) -> Played {
    let (listed, coming) = trace.split_at(trace.len() / 2);
    let start = listed.last().unwrap().plus(MINUTE);
    let clock = ManualClock::at(start);
    let interval = match way {
        Way::Fixed(interval) | Way::Pace(interval) => interval,
    };
    let source = source(interval);
    let mut state = SourceState {
        rhythm: Rhythm::default().with(listed.iter().copied()),
        ..SourceState::default()
    };
    let hints = Hints::default();
    let (mut found, mut requests, mut waited) = (0, 0_u64, Duration::ZERO);
    while found < coming.len() {
        let now = clock.now();
        let gap = match way {
            Way::Fixed(interval) => interval,
            Way::Pace(_) => {
                let visit = Visit {
                    outcome: Outcome::Modified,
                    fresh_for: None,
                    retry_after: None,
                    hints: &hints,
                    rhythm: &state.rhythm,
                };
                schedule::next(&source, &state, &visit, now, requests)
                    .due
                    .since(now)
            }
        };
        state.first_success = state.first_success.or(Some(now));
        clock.advance(gap);
        requests += 1;
        let news = coming[found..].iter().take_while(|at| **at <= clock.now());
        let news: Vec<Timestamp> = news.copied().collect();
        waited += news.iter().map(|at| clock.now().since(*at)).sum::<Duration>();
        found += news.len();
        if !news.is_empty() {
            state.rhythm = state.rhythm.with(news);
        }
    }
    let days = clock.now().since(start).as_secs_f64() / DAY.as_secs_f64();
    Played {
        requests_a_day: requests as f64 / days,
        items_a_day: coming.len() as f64 / days,
        delay: waited / u32::try_from(coming.len()).unwrap(),
    }
}

/// Requests a source and day, and how late an item of all these sources is found on the average, in minutes.
fn fleet(traces: &[Vec<Timestamp>], way: Way) -> (f64, f64) {
    let played: Vec<Played> = traces.iter().map(|trace| play(trace, way)).collect();
    let requests: f64 = played.iter().map(|played| played.requests_a_day).sum();
    let items: f64 = played.iter().map(|played| played.items_a_day).sum();
    let late: f64 = played
        .iter()
        .map(|played| played.items_a_day * played.delay.as_secs_f64() / 60.0)
        .sum();
    (requests / traces.len() as f64, late / items)
}

/// Where the feeds of other projects lie, if they are here.
fn corpus() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("NEWSRIVER_SHARED")?).join("corpus");
    folder.is_dir().then_some(folder)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.metadata().is_ok_and(|data| data.len() > 2000) {
            found.push(path);
        }
    }
}

/// The times at which a feed's items were published, when it has ten and more that are believable.
fn trace(feed: &Feed) -> Option<Vec<Timestamp>> {
    let believable = Timestamp::from_seconds(900_000_000)..Timestamp::from_seconds(1_900_000_000);
    let dates = feed.entries.iter().filter_map(|entry| entry.published);
    let minutes: BTreeSet<i64> = dates
        .filter(|date| believable.contains(date))
        .map(|date| date.seconds() / 60)
        .collect();
    let (first, last) = (minutes.first()?, minutes.last()?);
    let is_a_life = last - first < 4000 * 24 * 60;
    (minutes.len() >= 10 && is_a_life).then(|| {
        minutes
            .iter()
            .map(|minute| Timestamp::from_seconds(minute * 60))
            .collect()
    })
}

/// The traces of a folder of feeds, each once.
fn traces(folder: &Path) -> Vec<Vec<Timestamp>> {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    let read = |path: PathBuf| {
        let bytes = std::fs::read(path).ok()?;
        let input = parse::Input {
            bytes: &bytes,
            ..parse::Input::default()
        };
        trace(&parse::read(&input).ok()?.0)
    };
    let distinct: BTreeSet<Vec<Timestamp>> = paths.into_iter().filter_map(read).collect();
    distinct.into_iter().collect()
}

#[test]
fn the_pace_finds_items_of_real_feeds_sooner_than_a_fixed_half_hour_with_fewer_requests() {
    let Some(folder) = corpus() else {
        eprintln!("skipped: NEWSRIVER_SHARED does not name a folder with a corpus of feeds");
        return;
    };
    let traces = traces(&folder);
    let items: usize = traces.iter().map(Vec::len).sum();
    println!("{} feeds, {items} items", traces.len());
    println!("| way | requests a source and day | an item is found after, min |");
    let tell = |words: &str, way: Way| {
        let (requests, late) = fleet(&traces, way);
        println!("| {words} | {requests:.1} | {late:.1} |");
        (requests, late)
    };
    let fixed = tell("fixed 30m", Way::Fixed(30 * MINUTE));
    tell("fixed 1h", Way::Fixed(60 * MINUTE));
    tell("fixed 2h", Way::Fixed(120 * MINUTE));
    let pace = tell("pace, interval 30m", Way::Pace(30 * MINUTE));
    tell("pace, interval 5m", Way::Pace(5 * MINUTE));
    tell("pace, interval 1h", Way::Pace(60 * MINUTE));
    assert!(pace.1 < fixed.1, "sooner: {pace:?} {fixed:?}");
    assert!(pace.0 < fixed.0 / 2.5, "with fewer requests: {pace:?} {fixed:?}");
}

/// A blog of a post a week at lunch, a paper of an item every twenty minutes of the day and none at night, a wire that
/// bursts once in three days.
fn made() -> Vec<Vec<Timestamp>> {
    let start = Timestamp::from_seconds(1_795_305_600); // midnight, GMT
    let at = |minutes: u32| start.plus(MINUTE * minutes);
    let blog = (0..20)
        .map(|week| at(week * 7 * 1440 + 720 + week % 5 * 11))
        .collect();
    let day = |day: u32| (0..30).map(move |n| day * 1440 + 420 + n * 20 + (day * 7 + n * 5) % 13);
    let paper = (0..8).flat_map(day).map(at).collect();
    let burst = |burst: u32| (0..12).map(move |n| burst * 4320 + (burst * 397) % 1440 + n * (3 + burst % 4));
    let wire = (0..12).flat_map(burst).map(at).collect();
    vec![blog, paper, wire]
}

#[test]
fn the_pace_finds_items_of_made_feeds_sooner_than_a_fixed_half_hour_with_fewer_requests() {
    let traces = made();
    assert!(traces.iter().all(|trace| trace.is_sorted()));
    let fixed = fleet(&traces, Way::Fixed(30 * MINUTE));
    let pace = fleet(&traces, Way::Pace(30 * MINUTE));
    assert!(pace.1 < fixed.1, "sooner: {pace:?} {fixed:?}");
    assert!(pace.0 < fixed.0, "with fewer requests: {pace:?} {fixed:?}");
}
