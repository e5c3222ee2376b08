//! One request after another on one kept connection, client and server on this machine: an upper bound on what a
//! request costs, since the client's share is in it.

use crate::render::Site;
use divan::{Bencher, black_box};
use newsriver::serve::{self, Health};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[divan::bench]
fn plain(bencher: Bencher<'_, '_>) {
    ask(bencher, |_| String::new());
}

#[divan::bench]
fn gzip(bencher: Bencher<'_, '_>) {
    ask(bencher, |_| "Accept-Encoding: gzip\r\n".to_owned());
}

#[divan::bench]
fn not_modified(bencher: Bencher<'_, '_>) {
    ask(bencher, |etag| format!("If-None-Match: {etag}\r\n"));
}

/// Asks for the Atom document of 20 items with the header lines made from its `ETag`.
fn ask(bencher: Bencher<'_, '_>, headers: impl Fn(&str) -> String) {
    let Some(site) = Site::new(20) else { return };
    let Some((address, shutdown)) = start(&site) else {
        return;
    };
    let request =
        |more: &str| format!("GET /atom.xml HTTP/1.1\r\nHost: river.example\r\n{more}\r\n").into_bytes();
    let Ok(mut stream) = TcpStream::connect(address) else {
        return;
    };
    let mut buffer = vec![0; 256 << 10];
    let head = exchange(&mut stream, &request(""), &mut buffer).unwrap_or_default();
    let etag = head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap_or("\"\"");
    let request = request(&headers(etag));
    bencher.bench_local(|| black_box(exchange(&mut stream, &request, &mut buffer).is_some()));
    shutdown.cancel();
}

fn start(site: &Site) -> Option<(SocketAddr, CancellationToken)> {
    let publisher = Arc::new(site.publisher()?);
    let listener = site
        .runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .ok()?;
    let address = listener.local_addr().ok()?;
    let shutdown = CancellationToken::new();
    site.runtime.spawn(serve::run(
        listener,
        publisher,
        Arc::new(|| Health::Well),
        Arc::new(|| {}),
        shutdown.clone(),
    ));
    Some((address, shutdown))
}

/// Sends the request, reads the whole answer, gives back its head.
fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> Option<String> {
    stream.write_all(request).ok()?;
    let mut filled = 0;
    loop {
        filled += stream
            .read(buffer.get_mut(filled..)?)
            .ok()
            .filter(|count| *count > 0)?;
        let read = buffer.get(..filled)?;
        let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(read.get(..end)?).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        if filled >= end + 4 + length {
            return Some(head);
        }
    }
}
