//! Bodies alike: are two articles one? The rungs of the ladder that go by words.

use super::article::Article;
use crate::model::{Reason, Timestamp};
use crate::text::sketch::{common, share};
use std::time::Duration;

/// From this share of the smaller text on, two texts are one article.
const SAME_TEXT: f32 = 0.60;

/// From this share on they are one where the titles agree and the times are near.
const SAME_TEXT_AND_TITLE: f32 = 0.30;

/// Of a text of so few shingles, a dateline and a "read more" are the greater part…
const FEW_SHINGLES: usize = 14;

/// …and with agreeing titles this share is enough.
const SAME_FEW: f32 = 0.10;

/// How far apart a title still means the same thing.
pub(super) const TITLE_REACH: Duration = Duration::from_secs(36 * 3600);

/// So many numbers in the smaller text speak for themselves…
const MIN_NUMBERS: usize = 4;

/// …and so much of them must be in the other.
const SAME_NUMBERS: f32 = 0.75;

/// How two articles are one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rung {
    /// One text in the other: the share of the smaller text that both have.
    Text(f32),
    /// Agreeing titles and a part of the text.
    TextAndTitle(f32),
    /// Agreeing titles, where one side has no text.
    Title,
}

impl Rung {
    /// How much it says.
    pub(super) fn weight(self) -> f32 {
        match self {
            Self::Text(share) => 1.0 + share,
            Self::TextAndTitle(share) => share,
            Self::Title => 0.0,
        }
    }

    /// The rung in words.
    pub fn reason(self) -> Reason {
        let per_cent = |share: f32| share * 100.0;
        Reason::new(match self {
            Self::Text(share) => format!("{:.0} % of the shorter text stands in the other", per_cent(share)),
            Self::TextAndTitle(share) => format!(
                "the titles agree and {:.0} % of the shorter text stands in the other",
                per_cent(share)
            ),
            Self::Title => "the titles agree, and one of the two has no text".to_owned(),
        })
    }
}

/// Whether `one` and `other` are the same article by their words, and how. `is_daily`: a title that came on two
/// days says nothing where there is no text. What one source lists as two is two: what its articles share is their
/// frame, and its edits are known by guid and address.
pub fn compare(one: &Article, other: &Article, is_daily: bool) -> Option<Rung> {
    if one.source == other.source {
        return None;
    }
    let is_near = apart(one.time, other.time) <= TITLE_REACH;
    let titles_agree = || is_near && one.headline.agrees_with(&other.headline);
    if !one.has_text() || !other.has_text() {
        let tells = one.headline.tells_enough() && other.headline.tells_enough();
        return (tells && !is_daily && titles_agree()).then_some(Rung::Title);
    }
    let share = one.text.containment(&other.text);
    if share < enough(one.text.len(), other.text.len()) || have_other_numbers(&one.numbers, &other.numbers) {
        return None;
    }
    // Two short texts alone say nothing: "read the whole story on our site" stands under a hundred articles.
    let are_both_short = one.text.len().max(other.text.len()) < FEW_SHINGLES;
    if share >= SAME_TEXT && !are_both_short {
        return Some(Rung::Text(share));
    }
    titles_agree().then_some(Rung::TextAndTitle(share))
}

/// Two texts of so many shingles, of which both have at most so many, may be one article.
pub(super) fn may_be_one_text(one: usize, other: usize, both: usize) -> bool {
    share(both, one.min(other)) >= enough(one, other)
}

/// The least share of the smaller of two texts of so many shingles that says anything.
fn enough(one: usize, other: usize) -> f32 {
    if one.min(other) < FEW_SHINGLES {
        SAME_FEW
    } else {
        SAME_TEXT_AND_TITLE
    }
}

/// The numbers of two texts say that they tell of two days, or two companies.
fn have_other_numbers(one: &[u32], other: &[u32]) -> bool {
    let few = one.len().min(other.len());
    few >= MIN_NUMBERS && share(common(one, other), few) < SAME_NUMBERS
}

/// How far apart two instants are.
pub(super) fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}
