//! What the world does to newsriver, a file for each group of behaviours, against origins that misbehave on real
//! sockets: what passes is read, what does not is said in words, and nothing of it reaches a reader.
#![allow(clippy::unwrap_used, reason = "what the tests set up themselves must work")]

mod access;
mod answers;
mod closed;
mod dates;
mod http;
mod identity;
mod moves;
mod poison;
mod politeness;
mod refusals;
mod tls;
mod validators;
mod wire;
mod world;
mod xml;

use crate::fetching::origin::{Do, Origin, answer};
use crate::fetching::{FEED, fetcher, get, request};
use flate2::Compression;
use flate2::write::GzEncoder;
use newsriver::fetch::{Error, Fetched, Request};
use std::io::Write;
use std::time::{Duration, Instant};

/// Short, for origins that never finish.
pub(super) const LIMIT: Duration = Duration::from_millis(300);

/// Fetches with little time, and sees that it took no longer.
pub(super) async fn get_in_time(origin: &Origin) -> Error {
    let begun = Instant::now();
    let hasty = Request {
        timeout: LIMIT,
        ..request(&origin.url("/"))
    };
    let error = fetcher().get(&hasty).await.unwrap_err();
    assert!(begun.elapsed() < LIMIT * 10, "{error}");
    error
}

pub(super) async fn get_and_decode(steps: Vec<Do>) -> Result<Vec<u8>, Error> {
    let origin = Origin::always(steps).await;
    let mut fetched = get(&origin.url("/")).await?;
    Ok(fetched.decode().await?.to_vec())
}

/// The first request gets `broken`, the next ones the whole feed; both are told of.
pub(super) async fn broken_then_whole(broken: Vec<Do>) -> (Error, Fetched) {
    let origin = Origin::start(move |path| match path {
        "/broken" => broken.clone(),
        _ => answer("200 OK", &["ETag: \"whole\""], FEED),
    })
    .await;
    let fetcher = fetcher();
    let error = fetcher.get(&request(&origin.url("/broken"))).await.unwrap_err();
    let whole = fetcher.get(&request(&origin.url("/whole"))).await.unwrap();
    assert_eq!(whole.response.body, FEED);
    (error, whole)
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 1, 22);
    encoder.write_all(bytes).unwrap();
    encoder.into_inner()
}

pub(super) fn send(text: &str) -> Do {
    Do::Send(text.as_bytes().to_vec())
}
