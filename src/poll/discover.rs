//! The feed behind a page: where the address of a source turns out to be a page that names its feed
//! (`link rel="alternate"`), the feed is used, and remembered as a source that has moved is.
//!
//! Only where no feed came from that address before: the login page that stands there for an hour names feeds too.

use super::{Poller, Reader, Visited, moves, our_fault};
use crate::fetch::Request;
use crate::model::{Source, SourceState, in_words};
use crate::store::Error;

/// A page that answers now is the one the admin meant, and not one that stands where a feed was.
pub(super) fn may_be_behind_a_page(source: &Source, state: &SourceState) -> bool {
    // The feed that the page of a hot list names is that of the news.
    if source.is_ranking() {
        return false;
    }
    let never_read = state.first_success.is_none() || state.url != source.url;
    let found_before = moves::moved_to(source, state).is_some();
    (never_read || found_before) && moves::address(source, state) == source.url
}

impl Poller {
    /// Polls the feed at this address in the place of the page that named it.
    pub(super) async fn follow(
        &self,
        source: &Source,
        state: &SourceState,
        address: String,
    ) -> Result<Visited, Error> {
        let but = |words: String| format!("the page names a feed, but {words}");
        let request = Request {
            url: address.clone(),
            ..Request::of(source, state).unconditional()
        };
        let mut fetched = match self.fetcher.get(&request).await {
            Ok(fetched) => fetched,
            // The page may name another one tomorrow.
            Err(error) if error.is_gone() => {
                return self.unreadable(source, state, but(in_words(&error))).await;
            }
            Err(error) => {
                let words = but(in_words(&error));
                return self.failed(source, state, &error, words).await;
            }
        };
        let (body, seat) = match self.seated(&mut fetched).await {
            Ok(seated) => seated,
            Err(error) => {
                let words = but(in_words(&error));
                return self.failed(source, state, &error, words).await;
            }
        };
        let reader = Reader::of(source, &fetched.response, body);
        let visited = match self.desks.run(move || reader.read()).await {
            Ok(Ok(document)) => {
                let found = SourceState {
                    url: source.url.clone(),
                    moved_to: Some(address),
                    // Those of the address before would send the next poll back to the page.
                    failures: 0,
                    ..state.clone()
                };
                self.take_in(source, &found, &fetched.response, document).await
            }
            Ok(Err(unread)) => {
                self.unreadable(source, state, but(unread.error.to_string()))
                    .await
            }
            Err(panic) => self.unreadable(source, state, our_fault(&panic)).await,
        };
        drop((fetched, seat));
        visited
    }
}
