//! Permanent redirects (RFC 9110 15.4.2, 15.4.9): followed at once, believed after three polls in a row.
//!
//! The login page of a hotel redirects permanently too. So an address is remembered only when it served, three polls in
//! a row, a feed that has an item in common with what the source listed before. `feeds.toml` is not touched by
//! this: the admin's own address stays what it says, and is asked again when the new one fails.

use crate::model::{Hop, Moving, Response, Source, SourceState};

/// So many polls in a row make a redirect a move.
const POLLS: u32 = 3;

/// After so many failures in a row at the new address every second poll tries the configured one.
const FAILURES: u32 = 3;

/// The address that a poll of `source` begins at.
pub(crate) fn address<'a>(source: &'a Source, state: &'a SourceState) -> &'a str {
    let is_doubtful = state.failures >= FAILURES && state.failures % 2 == 1;
    match moved_to(source, state) {
        Some(moved) if !is_doubtful => moved,
        _ => &source.url,
    }
}

/// Where the source has moved, as long as the admin has not written another address.
pub(crate) fn moved_to<'a>(source: &Source, state: &'a SourceState) -> Option<&'a str> {
    state.moved_to.as_deref().filter(|_| state.url == source.url)
}

/// Remembers what the redirects of a good answer say; `is_in_common`: it served a feed with an item that the source
/// listed before.
pub(super) fn after_success(
    source: &Source,
    state: &SourceState,
    next: &mut SourceState,
    response: &Response,
    is_in_common: bool,
) {
    let asked = address(source, state);
    let before = moved_to(source, state);
    let seen = state.moving.as_ref().filter(|_| state.url == source.url);
    let target = permanent(&response.hops).filter(|target| *target != asked);
    (next.moved_to, next.moving) = (before.map(str::to_owned), None);
    match target {
        Some(target) if target == source.url => next.moved_to = None,
        Some(target) if is_in_common => {
            let earlier = seen.filter(|seen| seen.to == target).map_or(0, |seen| seen.polls);
            if earlier + 1 >= POLLS {
                next.moved_to = Some(target.to_owned());
            } else {
                next.moving = Some(Moving {
                    to: target.to_owned(),
                    polls: earlier + 1,
                });
            }
        }
        // The configured address serves the feed itself again.
        None if asked == source.url => next.moved_to = None,
        _ => {}
    }
}

/// Where the permanent redirects at the beginning of a chain lead: what a temporary one says of the way from there on
/// is for this poll alone.
fn permanent(hops: &[Hop]) -> Option<&str> {
    hops.iter()
        .take_while(|hop| matches!(hop.status, 301 | 308))
        .last()
        .map(|hop| hop.to.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "http://old.example/feed";
    const NEW: &str = "http://new.example/feed";
    const ELSEWHERE: &str = "http://elsewhere.example/feed";

    fn source() -> Source {
        Source::at(OLD)
    }

    fn response(hops: &[(u16, &str)]) -> Response {
        let hop = |(status, to): &(u16, &str)| Hop {
            status: *status,
            to: (*to).to_owned(),
        };
        Response {
            hops: hops.iter().map(hop).collect(),
            ..Response::default()
        }
    }

    /// The state after polls that met these hops, each with an item in common or not.
    fn after(polls: &[(&[(u16, &str)], bool)]) -> SourceState {
        let mut state = SourceState::default();
        for (hops, is_in_common) in polls {
            let mut next = state.clone();
            after_success(&source(), &state, &mut next, &response(hops), *is_in_common);
            next.url = OLD.into();
            state = next;
        }
        state
    }

    #[test]
    fn the_third_poll_in_a_row_makes_it_a_move() {
        let moved: (&[(u16, &str)], bool) = (&[(301, NEW)], true);
        assert_eq!(after(&[moved, moved]).moved_to, None);
        let state = after(&[moved, moved, moved]);
        assert_eq!(address(&source(), &state), NEW);
        let settled = after(&[moved, moved, moved, (&[], true)]);
        assert_eq!(settled.moved_to.as_deref(), Some(NEW));
    }

    #[test]
    fn a_break_or_a_feed_without_a_known_item_begins_anew() {
        let moved: (&[(u16, &str)], bool) = (&[(308, NEW)], true);
        for between in [
            (&[][..], true),
            (&[(301, NEW)][..], false),
            (&[(301, ELSEWHERE)][..], true),
        ] {
            let state = after(&[moved, moved, between, moved, moved]);
            assert_eq!(state.moved_to, None, "{between:?}");
            assert_eq!(state.moving.map(|moving| moving.polls), Some(2));
        }
    }

    #[test]
    fn what_stands_behind_a_temporary_redirect_is_never_remembered() {
        let chain: (&[(u16, &str)], bool) = (&[(301, NEW), (302, ELSEWHERE), (301, OLD)], true);
        assert_eq!(after(&[chain; 3]).moved_to.as_deref(), Some(NEW));
        let temporary: (&[(u16, &str)], bool) = (&[(307, NEW), (301, ELSEWHERE)], true);
        let state = after(&[temporary; 5]);
        assert_eq!((state.moved_to, state.moving), (None, None));
    }

    #[test]
    fn a_moved_source_moves_on_and_moves_back() {
        let moved: (&[(u16, &str)], bool) = (&[(301, NEW)], true);
        let on: (&[(u16, &str)], bool) = (&[(301, ELSEWHERE)], true);
        assert_eq!(
            after(&[moved, moved, moved, on, on]).moved_to.as_deref(),
            Some(NEW)
        );
        let state = after(&[moved, moved, moved, on, on, on]);
        assert_eq!(state.moved_to.as_deref(), Some(ELSEWHERE));
        let back = after(&[moved, moved, moved, (&[(301, OLD)], true)]);
        assert_eq!(back.moved_to, None);
    }

    #[test]
    fn another_address_in_the_file_forgets_the_move_and_failures_try_the_old_one() {
        let moved: (&[(u16, &str)], bool) = (&[(301, NEW)], true);
        let mut state = after(&[moved; 3]);
        assert_eq!(address(&Source::at(ELSEWHERE), &state), ELSEWHERE);
        let asked: Vec<bool> = (0..7)
            .map(|failures| {
                state.failures = failures;
                address(&source(), &state) == NEW
            })
            .collect();
        assert_eq!(asked, [true, true, true, false, true, false, true]);
    }
}
