//! Who publishes what when: a pure function of the start, a seed and the present instant.
//!
//! Every [`PERIOD`] one of those with own texts publishes the next of them, in the order of the cast. Those who
//! reprint take every second text of others [`REPRINT_DELAY`] later. A text with a correction is corrected
//! [`CORRECTION_DELAY`] after it came. Each opens with [`BACKLOG`] texts of the hours before the start.

use super::cast::{self, CAST, Player, Texts};
use super::samples::{Filling, Sample};
use crate::model::Timestamp;
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Between two new texts, whoever's.
pub(super) const PERIOD: Duration = Duration::from_secs(3);
/// Texts that each source already has at the start.
pub(super) const BACKLOG: u64 = 4;
const REPRINT_DELAY: Duration = Duration::from_secs(9);
const CORRECTION_DELAY: Duration = Duration::from_secs(20);
const FIRST_CORRECTION_DELAY: Duration = Duration::from_secs(10);
const BACKLOG_STEP: Duration = Duration::from_secs(41 * 60);
const ENGLISH_PLACES: [&str; 5] = [
    "Gullhaven",
    "Wexley Sound",
    "Saltmarsh End",
    "Upper Thistle",
    "Corrie Point",
];
const CHINESE_PLACES: [&str; 5] = ["青石渡", "云杉岭", "白塔镇", "南浦湾", "杏花里"];

/// The play: when it began and what makes one play differ from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Script {
    start: Timestamp,
    seed: u64,
}

/// One text as one source has published it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Whose list it stands in.
    pub(super) player: &'static Player,
    /// Whose text it is: the same, but for reprints.
    pub(super) author: &'static Player,
    /// The text.
    pub(super) sample: &'static Sample,
    /// What its placeholders mean.
    pub(super) filling: Filling,
    /// The how-manieth of its author, from 0.
    pub(super) sequence: u64,
    /// When its author published it.
    pub(super) published: Timestamp,
    /// When it came to stand in this list.
    pub(super) shown: Timestamp,
    /// When it was corrected, if that has happened.
    pub(super) corrected: Option<Timestamp>,
}

impl Piece {
    /// The path of its page, the same wherever it stands.
    pub(super) fn path(&self) -> String {
        format!("/{}/{}.html", self.author.name, self.stamp())
    }

    /// It stands in this list as if it were the list's own.
    pub(super) fn is_passed_off(&self) -> bool {
        matches!(self.player.texts, Texts::Reprints { as_its_own: true, .. })
    }

    /// The path of its page as this list has it.
    pub(super) fn page(&self) -> String {
        if self.is_passed_off() {
            format!("/{}/{}-{}.html", self.player.name, self.author.name, self.stamp())
        } else {
            self.path()
        }
    }

    /// `20261122T083000`: which of its author's it is.
    pub(super) fn stamp(&self) -> String {
        self.published.to_utc().format("%Y%m%dT%H%M%S").to_string()
    }

    pub(super) fn is_reprint(&self) -> bool {
        self.player.name != self.author.name
    }

    /// When anything in this entry last changed.
    pub(super) fn changed(&self) -> Timestamp {
        self.corrected.unwrap_or(self.shown)
    }
}

impl Script {
    /// A play that begins at `start`, to the second.
    pub(super) fn new(start: Timestamp, seed: u64) -> Self {
        Self {
            start: Timestamp::from_seconds(start.seconds()),
            seed,
        }
    }

    /// All that `player` has published until `now`, oldest first.
    pub(super) fn published(&self, player: &'static Player, now: Timestamp) -> Vec<Piece> {
        let mut pieces = match player.texts {
            Texts::Own(_) => self.own(player, now),
            Texts::Still(first) => self.still(player, first),
            Texts::Reprints { of, .. } => self.reprints(player, of, now),
        };
        pieces.sort_by_key(|piece| (piece.shown, piece.published));
        pieces
    }

    /// The text at this path of its author's, if it is out.
    pub(super) fn find(&self, path: &str, now: Timestamp) -> Option<Piece> {
        let (name, _) = path.strip_prefix('/')?.split_once('/')?;
        let pieces = self.published(cast::player(name)?, now);
        pieces
            .into_iter()
            .rev()
            .find(|piece| (!piece.is_reprint() || piece.is_passed_off()) && piece.page() == path)
    }

    fn own(&self, player: &'static Player, now: Timestamp) -> Vec<Piece> {
        let (turn, turns) = turn_of(player);
        let backlog = (0..BACKLOG).map(|sequence| {
            let age = BACKLOG_STEP * whole_u32(BACKLOG - sequence) + Duration::from_secs(7 * 60 * turn);
            (sequence, self.start.minus(age))
        });
        let first = self.start.plus(PERIOD * whole_u32(turn + 1));
        let round = PERIOD * whole_u32(turns);
        let live = (0..).map_while(|step: u64| {
            let at = first.plus(round * whole_u32(step));
            (at <= now).then_some((BACKLOG + step, at))
        });
        let all = backlog.chain(live);
        all.filter_map(|(sequence, at)| self.piece(player, sequence, at, now))
            .collect()
    }

    fn still(&self, player: &'static Player, first: usize) -> Vec<Piece> {
        let chosen = (0_u64..).zip(player.samples()).skip(first).take(2);
        chosen
            .filter_map(|(index, _)| {
                let at = self.start.minus(BACKLOG_STEP * whole_u32(3 + index));
                self.piece(player, index, at, self.start)
            })
            .collect()
    }

    fn reprints(&self, player: &'static Player, of: &[&str], now: Timestamp) -> Vec<Piece> {
        let authors = of.iter().filter_map(|name| cast::player(name));
        let pieces = authors.flat_map(|author| self.own(author, now));
        pieces
            .filter(|piece| piece.sequence % 2 == 0)
            .map(|piece| Piece {
                player,
                shown: self.shown_by_reprinter(&piece),
                // A reprint stays as it was taken.
                corrected: None,
                ..piece
            })
            .filter(|piece| piece.shown <= now)
            .collect()
    }

    fn shown_by_reprinter(&self, piece: &Piece) -> Timestamp {
        if piece.published <= self.start {
            piece.published.plus(Duration::from_secs(300))
        } else {
            piece.published.plus(REPRINT_DELAY)
        }
    }

    fn piece(&self, player: &'static Player, sequence: u64, at: Timestamp, now: Timestamp) -> Option<Piece> {
        let samples = player.samples();
        let index = usize::try_from(sequence).ok()?.checked_rem(samples.len())?;
        let sample = samples.get(index)?;
        let corrected = sample.correction.map(|_| {
            if at <= self.start {
                self.start.plus(FIRST_CORRECTION_DELAY)
            } else {
                at.plus(CORRECTION_DELAY)
            }
        });
        Some(Piece {
            player,
            author: player,
            sample,
            filling: self.filling(player, sequence)?,
            sequence,
            published: at,
            shown: at,
            corrected: corrected.filter(|at| *at <= now),
        })
    }

    fn filling(&self, player: &Player, sequence: u64) -> Option<Filling> {
        let digest = xxh3_64_with_seed(format!("{} {sequence}", player.name).as_bytes(), self.seed);
        let places = if player.is_chinese() {
            CHINESE_PLACES
        } else {
            ENGLISH_PLACES
        };
        let place = usize::try_from(digest % 5).ok()?;
        Some(Filling {
            number: 3 + (digest >> 8) % 60,
            place: places.get(place)?,
        })
    }
}

/// Whose turn `player`'s is, from 0, and how many take turns.
fn turn_of(player: &Player) -> (u64, u64) {
    let mut turns = 0;
    let mut own = 0;
    for other in &CAST {
        if matches!(other.texts, Texts::Own(_)) {
            if other.name == player.name {
                own = turns;
            }
            turns += 1;
        }
    }
    (own, turns)
}

/// Steps of the play fit into 32 bits for some four hundred years.
fn whole_u32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_795_336_200);

    fn script() -> Script {
        Script::new(START.plus(Duration::from_millis(250)), 1)
    }

    fn count(name: &str, seconds: u64) -> usize {
        let player = cast::player(name).unwrap();
        let now = START.plus(Duration::from_secs(seconds));
        script().published(player, now).len()
    }

    #[test]
    fn a_new_text_comes_every_period_from_one_after_the_other() {
        assert_eq!((count("harbour-post", 2), count("harbour-post", 3)), (4, 5));
        assert_eq!((count("linjiang", 5), count("linjiang", 6)), (4, 5));
        assert_eq!((count("harbour-post", 32), count("harbour-post", 33)), (5, 6));
        let all = |seconds| {
            CAST.iter()
                .map(|player| count(player.name, seconds))
                .sum::<usize>()
        };
        assert!(all(60) >= all(0) + 20);
    }

    #[test]
    fn a_reprint_stands_under_the_address_of_its_original() {
        let now = START.plus(Duration::from_secs(60));
        let digest = cast::player("morning-digest").unwrap();
        let reprints = script().published(digest, now);
        assert!(!reprints.is_empty());
        for reprint in reprints {
            let original = script().find(&reprint.path(), now).unwrap();
            assert_eq!(original.player.name, reprint.author.name);
            assert_eq!(original.filling, reprint.filling);
            assert!(original.shown < reprint.shown);
        }
    }

    #[test]
    fn a_text_is_corrected_a_while_after_it_came() {
        let player = cast::player("harbour-post").unwrap();
        let at = |seconds| {
            let pieces = script().published(player, START.plus(Duration::from_secs(seconds)));
            pieces.first().unwrap().corrected
        };
        assert_eq!(at(9), None);
        assert_eq!(at(10), Some(START.plus(Duration::from_secs(10))));
    }

    #[test]
    fn the_same_instant_shows_the_same_and_nothing_ever_leaves_or_moves() {
        for player in &CAST {
            let early = script().published(player, START.plus(Duration::from_secs(40)));
            let late = script().published(player, START.plus(Duration::from_secs(400)));
            for piece in early {
                let same = late.iter().find(|other| other.path() == piece.path()).unwrap();
                assert_eq!(same.published, piece.published);
                assert_eq!(same.filling, piece.filling);
            }
        }
    }
}
