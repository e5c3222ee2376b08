//! What is remembered of a source after a poll, and when it is asked again.

use super::{Document, moves};
use crate::model::{Outcome, Response, Source, SourceState, Timestamp};
use crate::schedule::{self, Visit};

/// Quirks kept for `status`.
const QUIRKS: usize = 10;

/// What a document brought.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrived {
    /// Items not seen before.
    pub(super) new: usize,
    /// When what is new to this source arrived: published, where that is plausible, else now.
    pub(super) times: Vec<Timestamp>,
    /// An item of the document is one that the last document listed.
    pub(super) is_in_common: bool,
}

/// What is remembered after a document was taken in: `(document, what it brought, words)`.
pub(super) fn taken_in(
    source: &Source,
    state: &SourceState,
    response: &Response,
    (document, arrived, words): (&Document, &Arrived, &str),
    now: Timestamp,
) -> SourceState {
    let mut next = at_success(state, response, now, Outcome::Modified, words);
    next.body_digest = Some(document.digest);
    next.head = document.head();
    next.hints = document.feed.hints();
    next.quirks = document.quirks.iter().take(QUIRKS).cloned().collect();
    next.first_success = state.first_success.or(Some(now));
    next.items_total = state.items_total.saturating_add(arrived.new as u64);
    next.rhythm = state.rhythm.with(arrived.times.iter().copied());
    if arrived.new > 0 {
        next.last_new = Some(now);
    }
    moves::after_success(source, state, &mut next, response, arrived.is_in_common);
    // A document cut short may hold whole items, but its validators would vouch for the missing ones.
    next.is_cut = !document.is_whole;
    if next.is_cut {
        next.validators = state.validators.clone();
        next.validators_url = state.validators_url.clone();
    }
    pace(
        source,
        &mut next,
        state,
        (Outcome::Modified, Some(response), None),
        now,
    );
    next
}

/// What is remembered after a good answer.
pub(super) fn at_success(
    state: &SourceState,
    response: &Response,
    now: Timestamp,
    outcome: Outcome,
    words: &str,
) -> SourceState {
    let mut next = state.clone();
    let newest = &response.validators;
    let is_cut_again = outcome == Outcome::Unchanged && state.is_cut;
    if outcome == Outcome::NotModified {
        // A 304 replaces what it carries and leaves the rest (RFC 9111 4.3.4).
        next.validators.etag = newest.etag.clone().or(next.validators.etag);
        next.validators.last_modified = newest.last_modified.clone().or(next.validators.last_modified);
    } else if !is_cut_again {
        next.validators = newest.clone();
    }
    if !is_cut_again {
        next.validators_url = Some(response.url.clone());
    }
    next.failures = 0;
    next.is_temporary = false;
    next.backoff_ms = 0;
    next.is_gone = false;
    next.not_before = None;
    next.unchanged_since = None;
    next.last_polled = Some(now);
    next.last_success = Some(now);
    next.last_outcome = Some(outcome);
    next.last_words = words.to_owned();
    next
}

/// What is remembered after a bad one: all of the last good one stays.
pub(super) fn at_failure(
    state: &SourceState,
    now: Timestamp,
    outcome: Outcome,
    words: String,
    is_temporary: bool,
) -> SourceState {
    let mut next = state.clone();
    next.failures = state.failures.saturating_add(1);
    next.is_temporary = is_temporary;
    // Polls in a row make a move: this one breaks the row.
    next.moving = None;
    next.last_polled = Some(now);
    next.last_outcome = Some(outcome);
    next.last_words = words;
    next
}

/// How a visit ended, the answer if there was one, and what a refusal said of when to come back.
pub(super) type Ended<'a> = (Outcome, Option<&'a Response>, Option<Timestamp>);

/// Says when to ask again.
pub(super) fn pace(
    source: &Source,
    next: &mut SourceState,
    before: &SourceState,
    ended: Ended<'_>,
    now: Timestamp,
) {
    let (outcome, response, refused_until) = ended;
    let visit = Visit {
        outcome,
        fresh_for: response.and_then(|response| response.fresh_for),
        retry_after: refused_until.or_else(|| response.and_then(|response| response.retry_after)),
        hints: &next.hints,
        rhythm: &next.rhythm,
    };
    let decided = schedule::next(source, before, &visit, now, fastrand::u64(..));
    next.url.clone_from(&source.url);
    if let Some(response) = response {
        next.fresh_until = response.fresh_for.map(|fresh| now.plus(fresh));
    }
    next.next_due = decided.due;
    next.backoff_ms = decided.backoff_ms;
    tracing::debug!(source.name = %source.name, due = %decided.due, "{}", decided.reason);
    next.next_why = decided.reason.0;
}
