//! A body taken in as it comes: cut at its bound, in memory that was asked for, before its time is over.

use super::budget::{Budget, Share};
use super::countdown::Countdown;
use super::transport::Answer;
use super::{Error, Stage};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The first share of a body that does not say its length.
const FIRST_SHARE_BYTES: u64 = 64 * 1024;

/// The first share of one that does is no larger: a few slow senders of large promises would hold all the memory.
const MOST_ON_TRUST_BYTES: u64 = 256 * 1024;

/// How often a body that says nothing is looked at.
const PACE_CHECK: Duration = Duration::from_secs(1);

/// How long a large body may be slow while others wait for memory.
const SPELL: Duration = Duration::from_secs(5);

/// What is slow then.
const LEAST_BYTES_A_SECOND: u64 = 64 * 1024;

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
    let mut pace = Pace::default();
    loop {
        let received_bytes = gathered.len();
        let next = {
            let moving = countdown.run(answer.body.next());
            tokio::pin!(moving);
            loop {
                let since = Instant::now();
                let next = timeout(PACE_CHECK, &mut moving).await;
                if pace.is_slow(since.elapsed(), received_bytes) && bounds.budget.is_wanted(&share) {
                    return Err(bounds.crowded(received_bytes));
                }
                if let Ok(next) = next {
                    break next;
                }
            }
        };
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

/// How fast a body comes, in spells of the time that its sender took.
#[derive(Default)]
struct Pace {
    waited: Duration,
    bytes_before: u64,
}

impl Pace {
    /// A spell has ended in which too little came for a body that holds what others wait for. Whoever is fast enough
    /// to be done within any usual `timeout` is never that slow.
    fn is_slow(&mut self, waited: Duration, received_bytes: u64) -> bool {
        self.waited += waited;
        if self.waited < SPELL {
            return false;
        }
        let came = received_bytes.saturating_sub(self.bytes_before);
        let least = self.waited.as_secs().saturating_mul(LEAST_BYTES_A_SECOND);
        *self = Self {
            waited: Duration::ZERO,
            bytes_before: received_bytes,
        };
        came < least
    }
}

impl Bounds<'_> {
    fn crowded(&self, received_bytes: u64) -> Error {
        Error::Timeout {
            host: self.host.to_owned(),
            limit: SPELL,
            stage: Stage::Crowded { received_bytes },
        }
    }

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
    use tokio::time::sleep;

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
        let budget = Budget::new(1 << 20, 1 << 18, 8);
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
    async fn a_large_body_that_stands_still_gives_way_when_others_wait() {
        const MIB: u64 = 1 << 20;
        let budget = Budget::new(4 * MIB, MIB, 0);
        let bounds = Bounds {
            host: "example.org",
            max_bytes: MIB,
            budget: &budget,
        };
        let held = budget.claim(MIB).await;
        let stands = |seconds| {
            let chunks = vec![vec![b'x'; 700_000]; 1]
                .into_iter()
                .chain(vec![b"x".to_vec(); 1000]);
            answer(None, chunks.collect(), Duration::from_secs(seconds))
        };
        let mut countdown = Countdown::start(Duration::from_secs(60));
        let alone = whole(stands(1), &bounds, &mut countdown).await.unwrap_err();
        assert!(alone.to_string().contains("1m were over when"), "{alone}");
        // Another takes the lane, and a third waits for it: now what is held is missed.
        let lane = budget.claim(4 * MIB).await;
        let missed = budget.claim(4 * MIB);
        let mut countdown = Countdown::start(Duration::from_secs(60));
        let crowded = whole(stands(1), &bounds, &mut countdown);
        let (crowded, waited) = tokio::join!(crowded, timeout(Duration::from_secs(1000), missed));
        assert!(waited.is_err());
        let crowded = crowded.unwrap_err().to_string();
        assert!(
            crowded.ends_with("and others waited for the memory they held"),
            "{crowded}"
        );
        drop((held, lane));
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_body_waits_for_memory_with_its_clock_stopped() {
        let budget = Budget::new(256 * 1024, 64 * 1024, 0);
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
