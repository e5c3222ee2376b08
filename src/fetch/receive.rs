//! A body taken in as it comes: cut at its bound, in memory that was asked for, before its time is over.

use super::budget::{Budget, Share};
use super::countdown::Countdown;
use super::transport::Answer;
use super::{Error, Stage};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;

/// The first share of a body that does not say its length.
const FIRST_SHARE_BYTES: u64 = 64 * 1024;

/// The first share of one that does is no larger: a few slow senders of large promises would hold all the memory.
const MOST_ON_TRUST_BYTES: u64 = 256 * 1024;

/// The bounds of one body.
pub(super) struct Bounds<'a> {
    pub(super) host: &'a str,
    pub(super) max_bytes: u64,
    pub(super) budget: &'a Budget,
}

/// Reads the body to its end. The clock stands while memory is waited for.
pub(super) async fn whole(
    mut answer: Answer,
    bounds: &Bounds<'_>,
    countdown: &mut Countdown,
) -> Result<(Bytes, Share), Error> {
    let length = content_length(&answer.headers);
    if length.is_some_and(|length| length > bounds.max_bytes) {
        return Err(bounds.too_large());
    }
    let most = length.unwrap_or(bounds.max_bytes);
    let mut room = length
        .map_or(FIRST_SHARE_BYTES, |length| length.min(MOST_ON_TRUST_BYTES))
        .min(most);
    let mut share = countdown.stopped(bounds.budget.claim(room)).await;
    let mut gathered = Gathered::default();
    loop {
        let received_bytes = gathered.len();
        let next = countdown.run(answer.body.next()).await;
        let Some(chunk) = next.map_err(|_| bounds.timeout(countdown, received_bytes))? else {
            return Ok((gathered.into_bytes(), share));
        };
        let chunk = chunk?;
        let size = received_bytes.saturating_add(chunk.len() as u64);
        if size > bounds.max_bytes {
            return Err(bounds.too_large());
        }
        if size > room {
            room = size.saturating_mul(2).min(most.max(size));
            countdown.stopped(bounds.budget.grow(&mut share, room)).await;
        }
        gathered.add(chunk, room);
    }
}

impl Bounds<'_> {
    fn too_large(&self) -> Error {
        Error::TooLarge {
            host: self.host.to_owned(),
            limit_bytes: self.max_bytes,
            unpacked: false,
        }
    }

    fn timeout(&self, countdown: &Countdown, received_bytes: u64) -> Error {
        Error::Timeout {
            host: self.host.to_owned(),
            limit: countdown.limit(),
            stage: Stage::Body { received_bytes },
        }
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// The chunks so far. A body that came in one piece is never copied.
#[derive(Default)]
struct Gathered {
    first: Bytes,
    more: BytesMut,
}

impl Gathered {
    fn len(&self) -> u64 {
        (self.first.len() + self.more.len()) as u64
    }

    /// `room` is what the memory asked for so far can hold.
    fn add(&mut self, chunk: Bytes, room: u64) {
        if self.len() == 0 {
            self.first = chunk;
            return;
        }
        if !self.first.is_empty() {
            self.more.reserve(usize::try_from(room).unwrap_or(0));
            self.more.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.more.extend_from_slice(&chunk);
    }

    fn into_bytes(self) -> Bytes {
        if self.more.is_empty() {
            self.first
        } else {
            self.more.freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http::HeaderValue;
    use std::time::Duration;
    use tokio::time::{sleep, timeout};

    fn answer(length: Option<u64>, chunks: Vec<Vec<u8>>, gap: Duration) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let body = stream::iter(chunks).then(move |chunk| async move {
            sleep(gap).await;
            Ok(Bytes::from(chunk))
        });
        Answer {
            status: 200,
            headers,
            body: body.boxed(),
        }
    }

    async fn take(answer: Answer, max_bytes: u64, limit: Duration) -> Result<Bytes, Error> {
        let budget = Budget::new(1 << 20, 1 << 18);
        let bounds = Bounds {
            host: "example.org",
            max_bytes,
            budget: &budget,
        };
        let mut countdown = Countdown::start(limit);
        Ok(whole(answer, &bounds, &mut countdown).await?.0)
    }

    #[tokio::test(start_paused = true)]
    async fn chunks_become_one_body() {
        let day = Duration::from_secs(86_400);
        for length in [None, Some(6), Some(100_000)] {
            let chunks = vec![b"ab".to_vec(), b"cd".to_vec(), b"ef".to_vec()];
            let body = take(answer(length, chunks, Duration::ZERO), 200_000, day)
                .await
                .unwrap();
            assert_eq!(body, &b"abcdef"[..]);
        }
        let empty = take(answer(None, vec![], Duration::ZERO), 1000, day)
            .await
            .unwrap();
        assert!(empty.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_beyond_the_bound_is_cut_whether_it_says_its_length_or_not() {
        let day = Duration::from_secs(86_400);
        let endless = || vec![vec![b'x'; 600]; 1000];
        for length in [None, Some(600_000)] {
            let error = take(answer(length, endless(), Duration::ZERO), 1000, day)
                .await
                .unwrap_err();
            assert!(matches!(
                error,
                Error::TooLarge {
                    limit_bytes: 1000,
                    ..
                }
            ));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_whole_time_counts_and_not_each_piece() {
        let drip = answer(None, vec![b"x".to_vec(); 100], Duration::from_secs(1));
        let error = take(drip, 1000, Duration::from_millis(10_500)).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "example.org was too slow: 10s 500ms were over when 10 bytes had come"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_body_waits_for_memory_with_its_clock_stopped() {
        let budget = Budget::new(256 * 1024, 64 * 1024);
        let bounds = Bounds {
            host: "example.org",
            max_bytes: 64 * 1024,
            budget: &budget,
        };
        let held = [
            budget.claim(128 * 1024).await,
            budget.claim(1 << 30).await, // the lane
        ];
        let mut countdown = Countdown::start(Duration::from_secs(5));
        let large = answer(Some(40_000), vec![vec![b'x'; 40_000]], Duration::from_secs(1));
        let body = whole(large, &bounds, &mut countdown);
        tokio::pin!(body);
        assert!(timeout(Duration::from_secs(3600), &mut body).await.is_err());
        drop(held);
        assert_eq!(body.await.unwrap().0.len(), 40_000);
    }
}
