//! Each source's state in words and numbers: what `status`, `why` and the counting for `/healthz` go by.
//!
//! Everything is read off what is remembered of the source; nothing is asked anew. Whose fault a failure is and what
//! may help is said where it happened (`fetch`, `parse`); here it is told whether it may pass by itself, how often it has
//! happened, and when the next try is.

use crate::fetch;
use crate::model::{Source, SourceState, Timestamp};
use crate::poll::moves;
use crate::schedule;
use serde::{Deserialize, Serialize};

/// Said of a source as long as it is so.
const INSECURE: &str = "its certificate is NOT checked (insecure_tls)";

/// One source's line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceHealth {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// `feed`, or `ranking`: a hot list, which publishes nothing.
    #[serde(default)]
    pub kind: String,
    /// `well`; `failing`; `resting` (its host asked to be left alone); `gone`; `waiting` (never asked yet); `off`.
    pub state: String,
    /// RFC 3339.
    pub last_polled: Option<String>,
    /// RFC 3339.
    pub last_success: Option<String>,
    /// RFC 3339.
    pub next_poll: Option<String>,
    /// Why it is asked then.
    pub next_why: Option<String>,
    /// Items it has brought, a day since its first success.
    pub items_a_day: Option<f64>,
    /// Its rhythm in words, as the last weeks and hours have it.
    pub rhythm: Option<String>,
    /// Items it has brought in all.
    pub items: u64,
    /// Failures in a row.
    pub failures: u32,
    /// It is failing, and that may pass without anybody's doing.
    pub is_temporary: bool,
    /// How the last poll ended, in words.
    pub words: String,
    /// Where it has moved for good, or where the page at its address says that the feed is: asked now. What may be secret in it is masked.
    pub moved_to: Option<String>,
    /// What was odd in its newest document.
    pub quirks: Vec<String>,
}

impl SourceHealth {
    /// A source's health as it stands.
    pub fn of(source: &Source, state: &SourceState, now: Timestamp) -> Self {
        let written = |time: Option<Timestamp>| time.map(Timestamp::to_rfc3339);
        let condition = condition(source, state, now);
        let due = Some(state.next_due)
            .filter(|due| condition != "off" && condition != "gone" && *due > Timestamp::default());
        Self {
            name: source.name.clone(),
            url: fetch::shown(&source.url),
            kind: (if source.is_ranking() { "ranking" } else { "feed" }).to_owned(),
            state: condition.to_owned(),
            last_polled: written(state.last_polled),
            last_success: written(state.last_success),
            next_poll: written(due),
            next_why: due
                .and(Some(&state.next_why))
                .filter(|why| !why.is_empty())
                .cloned(),
            items_a_day: items_a_day(state, now),
            rhythm: schedule::rhythm_in_words(source, state, now),
            items: state.items_total,
            failures: state.failures,
            is_temporary: state.failures > 0 && state.is_temporary,
            words: one_line(&state.last_words),
            moved_to: moves::moved_to(source, state).map(fetch::shown),
            quirks: quirks(source, state),
        }
    }

    /// What a person is told of it in one line: how the last poll ended, and what is to be known besides.
    pub fn sentence(&self) -> String {
        let mut words = self.words.clone();
        if self.kind == "ranking" {
            words.insert_str(0, "ranking: ");
        }
        if self.failures > 1 {
            words.push_str(&format!(" ({} times in a row)", self.failures));
        }
        if self.state == "failing" {
            words.push_str(if self.is_temporary {
                "; it may pass by itself"
            } else {
                "; somebody should look"
            });
        }
        if let Some(moved) = &self.moved_to {
            words.push_str(&format!(
                "; its feed is at {moved} for good, `newsriver move {}` writes it into feeds.toml",
                self.name
            ));
        }
        if let Some(quirk) = self.quirks.first() {
            words.push_str(&format!("; {quirk}"));
            match self.quirks.len() - 1 {
                0 => {}
                more => words.push_str(&format!(" (and {more} more: `newsriver why {}`)", self.name)),
            }
        }
        words
    }
}

/// What is odd about the source as it is asked, and about its newest document.
fn quirks(source: &Source, state: &SourceState) -> Vec<String> {
    let insecure = source.is_insecure().then(|| INSECURE.to_owned());
    let said = state.quirks.iter().map(|quirk| one_line(&quirk.0));
    insecure.into_iter().chain(said).collect()
}

/// It brings nothing as things are: failing, or gone.
pub fn is_in_trouble(source: &Source, state: &SourceState, now: Timestamp) -> bool {
    matches!(condition(source, state, now), "failing" | "gone")
}

fn condition(source: &Source, state: &SourceState, now: Timestamp) -> &'static str {
    match state {
        _ if !source.enabled => "off",
        state if state.is_gone => "gone",
        state if state.not_before.is_some_and(|until| until > now) => "resting",
        state if state.failures > 0 => "failing",
        state if state.last_polled.is_none() => "waiting",
        _ => "well",
    }
}

/// Under a day there is no daily figure to speak of.
fn items_a_day(state: &SourceState, now: Timestamp) -> Option<f64> {
    let days = now.since(state.first_success?).as_secs_f64() / 86_400.0;
    (days >= 1.0).then(|| (state.items_total as f64 / days * 10.0).round() / 10.0)
}

/// Line ends and control characters from outside shown as text: one event, one line.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_336_200);

    fn health(state: &SourceState) -> SourceHealth {
        SourceHealth::of(&Source::at("http://a.example/feed"), state, NOW)
    }

    fn failing(words: &str, is_temporary: bool) -> SourceState {
        SourceState {
            url: "http://a.example/feed".into(),
            failures: 3,
            is_temporary,
            last_polled: Some(NOW),
            last_words: words.to_owned(),
            next_due: NOW.plus(Duration::from_secs(60)),
            next_why: "in 1m: back-off after failure 3 in a row".to_owned(),
            ..SourceState::default()
        }
    }

    #[test]
    fn a_failure_says_how_often_and_whether_it_may_pass() {
        let temporary = health(&failing("a.example answered 500; the fault is on its side", true));
        assert_eq!(
            temporary.sentence(),
            "a.example answered 500; the fault is on its side (3 times in a row); it may pass by itself"
        );
        let lasting = health(&failing("a.example answered 404; nothing is there", false));
        assert!(
            lasting
                .sentence()
                .ends_with("(3 times in a row); somebody should look")
        );
        assert_eq!(lasting.state, "failing");
        assert_eq!(lasting.next_poll.as_deref(), Some("2026-11-22T08:31:00Z"));
    }

    #[test]
    fn a_hot_list_is_told_as_one() {
        let state = SourceState {
            last_words: "50 places, 3 of them new; 12 mean stored items".into(),
            ..SourceState::default()
        };
        let list = Source {
            kind: crate::model::SourceKind::Ranking,
            ..Source::at("http://a.example/hot.xml")
        };
        let health = SourceHealth::of(&list, &state, NOW);
        assert_eq!(health.kind, "ranking");
        assert_eq!(
            health.sentence(),
            "ranking: 50 places, 3 of them new; 12 mean stored items"
        );
    }

    #[test]
    fn of_several_quirks_the_first_is_told_and_where_the_others_are() {
        let quirk = |words: &str| crate::model::Quirk::new(words);
        let mut state = SourceState {
            last_words: "3 entries".to_owned(),
            quirks: vec![quirk("no version"), quirk("no date")],
            ..SourceState::default()
        };
        let health = health(&state);
        assert_eq!(
            health.sentence(),
            format!(
                "3 entries; no version (and 1 more: `newsriver why {}`)",
                health.name
            )
        );
        state.quirks.truncate(1);
        assert_eq!(self::health(&state).sentence(), "3 entries; no version");
    }

    #[test]
    fn each_state_has_its_word() {
        let word = |change: fn(&mut SourceState)| {
            let mut state = SourceState {
                last_polled: Some(NOW),
                ..SourceState::default()
            };
            change(&mut state);
            health(&state).state
        };
        assert_eq!(word(|_| {}), "well");
        assert_eq!(word(|state| state.last_polled = None), "waiting");
        assert_eq!(word(|state| state.failures = 1), "failing");
        assert_eq!(word(|state| state.is_gone = true), "gone");
        assert_eq!(
            word(|state| (state.not_before, state.failures) = (Some(NOW.plus(Duration::from_secs(1))), 1)),
            "resting"
        );
        let off = Source {
            enabled: false,
            ..Source::at("http://a.example/")
        };
        assert_eq!(SourceHealth::of(&off, &SourceState::default(), NOW).state, "off");
    }

    #[test]
    fn a_move_is_said_with_its_remedy_and_nothing_from_outside_breaks_the_line() {
        let mut state = failing("", false);
        (state.failures, state.moved_to) = (0, Some("http://b.example/feed".into()));
        state.last_words = "3 entries\n\u{1b}[31mred".into();
        assert_eq!(
            health(&state).sentence(),
            "3 entries\\n\\u{1b}[31mred; its feed is at http://b.example/feed for good, `newsriver move a` writes it into feeds.toml"
        );
    }

    #[test]
    fn items_a_day_are_counted_since_the_first_success() {
        let mut state = SourceState {
            items_total: 50,
            first_success: Some(NOW.minus(Duration::from_secs(3600))),
            ..SourceState::default()
        };
        assert_eq!(health(&state).items_a_day, None);
        state.first_success = Some(NOW.minus(Duration::from_secs(86_400 * 4)));
        assert_eq!(health(&state).items_a_day, Some(12.5));
    }
}
