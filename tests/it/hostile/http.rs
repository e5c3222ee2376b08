//! Answers that are slow, endless, cut, contradictory or not HTTP at all: every one ends within its bounds, and none is
//! mistaken for a whole one.

use super::{LIMIT, broken_then_whole, brotli, get_and_decode, get_in_time, gzip, send};
use crate::fetching::origin::{Do, Origin, answer, head};
use crate::fetching::{FEED, MAX_BODY, fetcher, get, request};
use newsriver::fetch::{Encoding, Error, Stage};

#[tokio::test]
async fn an_origin_that_says_nothing_costs_one_timeout() {
    for steps in [
        vec![Do::Hang],
        vec![Do::Drip(
            b"HTTP/1.1 200 OK\r\nX-A: aaaaaaaaaaaaaaaaaaa".to_vec(),
            LIMIT / 10,
        )],
        vec![send("HTTP/1.1 200 OK\r\nContent-Le"), Do::Hang],
    ] {
        let error = get_in_time(&Origin::always(steps).await).await;
        assert!(
            matches!(
                error,
                Error::Timeout {
                    stage: Stage::Head,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_body_that_drips_ends_with_the_whole_time_and_not_with_each_byte() {
    let head = send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    let steps = vec![head.clone(), Do::Drip(vec![b'x'; 1000], LIMIT / 10)];
    let error = get_in_time(&Origin::always(steps).await).await;
    assert!(
        matches!(
            error,
            Error::Timeout {
                stage: Stage::Body { .. },
                ..
            }
        ),
        "{error}"
    );
    let error = get_in_time(&Origin::always(vec![head, Do::Hang]).await).await;
    assert!(error.to_string().ends_with("when 0 bytes had come"), "{error}");
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_bound() {
    for framing in ["Connection: close\r\n", "Content-Length: 99999999999\r\n"] {
        let steps = vec![
            send(&format!("HTTP/1.1 200 OK\r\n{framing}\r\n")),
            Do::Forever(vec![b'x'; 8192]),
        ];
        let origin = Origin::always(steps).await;
        let error = get(&origin.url("/")).await.unwrap_err();
        let is_bound = matches!(
            error,
            Error::TooLarge {
                limit_bytes: MAX_BODY,
                unpacked: false,
                ..
            }
        );
        assert!(is_bound, "{error}");
        // What was cut is what the socket buffers hold beyond the bound, not an endless stream.
        assert!(origin.sent_bytes() < 32 * MAX_BODY);
    }
    let chunks = vec![
        send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        send("fffffff\r\n"),
        Do::Forever(vec![b'x'; 8192]),
    ];
    let error = get_and_decode(chunks).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_header_without_end_is_cut() {
    for flood in [b"x".repeat(1000), b"X-More: of the same\r\n".repeat(50)] {
        let steps = vec![send("HTTP/1.1 200 OK\r\nX-Long: "), Do::Forever(flood)];
        let error = get_and_decode(steps).await.unwrap_err();
        assert!(
            matches!(error, Error::HeaderTooLarge { .. } | Error::NotHttp { .. }),
            "{error}"
        );
    }
    let large = format!("X-Large: {}", "y".repeat(70_000));
    let error = get_and_decode(answer("200 OK", &[&large], FEED))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::HeaderTooLarge {
                limit_bytes: 65_536,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn bombs_are_cut_where_they_pass_the_bound() {
    let much = vec![b' '; 48 << 20];
    let zstd = zstd::stream::encode_all(&much[..], 1).unwrap();
    for (label, body) in [
        ("gzip", gzip(&much)),
        ("gzip", gzip(&gzip(&much))),
        ("br", brotli(&much)),
        ("zstd", zstd),
    ] {
        let label = format!("Content-Encoding: {label}");
        let error = get_and_decode(answer("200 OK", &[&label], &body))
            .await
            .unwrap_err();
        let is_bound = matches!(
            error,
            Error::TooLarge {
                limit_bytes: MAX_BODY,
                unpacked: true,
                ..
            }
        );
        assert!(is_bound, "{label}: {error}");
    }
}

#[tokio::test]
async fn a_message_that_is_cut_is_an_error_and_the_next_whole_one_is_taken() {
    let long = "HTTP/1.1 200 OK\r\nETag: \"cut\"\r\nContent-Length: 5000\r\n\r\n<rss></rss>";
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n<rss></rss>";
    let valid = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n<rss></rss>\r\n";
    for steps in [
        vec![send(long), Do::Close],
        vec![send(chunk), Do::Close],
        vec![send(valid), Do::Close],
        vec![send(valid), Do::Reset],
        vec![send("HTTP/1.1 200 O"), Do::Close],
        vec![Do::Close],
        vec![Do::Reset],
    ] {
        let told = format!("{steps:?}");
        let (error, _) = broken_then_whole(steps).await;
        assert!(matches!(error, Error::BrokenOff { .. }), "{error} {told}");
        assert!(error.is_temporary());
    }
}

#[tokio::test]
async fn a_packing_that_is_cut_or_damaged_is_an_error() {
    let whole = gzip(&FEED.repeat(20));
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x55;
    for body in [&whole[..whole.len() - 3], &damaged] {
        let error = get_and_decode(answer("200 OK", &["Content-Encoding: gzip"], body))
            .await
            .unwrap_err();
        let is_gzip = matches!(
            error,
            Error::DamagedEncoding {
                encoding: Encoding::Gzip,
                ..
            }
        );
        assert!(is_gzip, "{error}");
    }
}

#[tokio::test]
async fn a_body_is_read_by_what_its_bytes_are() {
    for (label, body) in [
        ("gzip", FEED.to_vec()),
        ("gzip", gzip(&gzip(FEED))),
        ("identity", gzip(FEED)),
        ("utf-8", FEED.to_vec()),
        ("br", gzip(FEED)),
        ("br", brotli(FEED)),
        ("br", FEED.to_vec()),
        ("x-unknown, , ", FEED.to_vec()),
    ] {
        let label = format!("Content-Encoding: {label}");
        let read = get_and_decode(answer("200 OK", &[&label], &body)).await.unwrap();
        assert_eq!(read, FEED, "{label}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    for text in [
        "<rss></rss>",
        "hello\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss></rss>\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n<rss></rss>",
    ] {
        let error = get_and_decode(vec![send(text), Do::Close]).await.unwrap_err();
        assert!(
            matches!(error, Error::NotHttp { .. } | Error::BrokenOff { .. }),
            "{text:?}: {error}"
        );
    }
    let error = get_and_decode(answer("999 What", &[], FEED)).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 999, .. }), "{error}");
}

#[tokio::test]
async fn old_and_sloppy_http_is_read() {
    let feed = String::from_utf8_lossy(FEED);
    let both = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{feed}\r\n0\r\n\r\n",
        feed.len()
    );
    for text in [
        format!("HTTP/1.0 200 OK\r\n\r\n{feed}"),
        format!("HTTP/1.1 200 OK\nContent-Type: text/xml\n\n{feed}"),
        format!("HTTP/1.1 200\r\n\r\n{feed}"),
        both,
    ] {
        let read = get_and_decode(vec![send(&text), Do::Close]).await.unwrap();
        assert_eq!(read, FEED, "{text:?}");
    }
}

#[tokio::test]
async fn a_second_answer_that_nobody_asked_for_is_not_the_next_ones() {
    let mut twice = Vec::new();
    for body in ["first", "never"] {
        twice.extend(format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}").into_bytes());
    }
    let origin = Origin::start(move |path| match path {
        "/twice" => vec![Do::Send(twice.clone())],
        _ => answer("200 OK", &[], b"right"),
    })
    .await;
    let fetcher = fetcher();
    for _ in 0..10 {
        let first = fetcher.get(&request(&origin.url("/twice"))).await.unwrap();
        assert_eq!(first.response.body, &b"first"[..]);
        let next = fetcher.get(&request(&origin.url("/next"))).await.unwrap();
        assert_eq!(next.response.body, &b"right"[..]);
    }
}

#[tokio::test]
async fn many_headers_and_odd_bytes_in_them_are_ignored_or_refused() {
    let many = vec!["X-Many: 1"; 20_000];
    assert!(get_and_decode(answer("200 OK", &many, FEED)).await.is_err());
    let mut odd = b"HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\nX-Bell: \x07\r\nBad Name: x\r\n: x\r\n".to_vec();
    odd.extend(b"ETag: \"\xff\xfe\"\r\nX-CR: a\rb\r\nContent-Length: 2\r\n\r\nok");
    let origin = Origin::always(vec![Do::Send(odd)]).await;
    match get(&origin.url("/")).await {
        Ok(fetched) => {
            assert_eq!(fetched.response.body, &b"ok"[..]);
            let etag = fetched.response.validators.etag;
            assert_eq!(etag.as_deref(), Some(&b"\"\xff\xfe\""[..]));
        }
        Err(error) => assert!(matches!(error, Error::NotHttp { .. }), "{error}"),
    }
}

#[tokio::test]
async fn interim_answers_are_passed_over_until_the_time_is_over() {
    let hint = head("103 Early Hints", &["Link: </a.css>; rel=preload"]);
    let mut steps = vec![Do::Send(hint.repeat(40))];
    steps.extend(answer("200 OK", &[], FEED));
    assert_eq!(get_and_decode(steps).await.unwrap(), FEED);

    let flood = vec![Do::Forever(head("100 Continue", &[]).repeat(20))];
    let error = get_in_time(&Origin::always(flood).await).await;
    assert!(
        matches!(
            error,
            Error::Timeout {
                stage: Stage::Head,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn half_answers_are_not_taken_for_whole_ones() {
    let error = get_and_decode(answer("304 Not Modified", &[], b""))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::UnaskedNotModified { .. }), "{error}");
    let error = get_and_decode(answer(
        "206 Partial Content",
        &["Content-Range: bytes 0-9/99"],
        FEED,
    ))
    .await
    .unwrap_err();
    assert!(matches!(error, Error::UnaskedPart { .. }), "{error}");
    assert!(
        get_and_decode(vec![Do::Send(head("204 No Content", &[]))])
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn who_is_not_there_is_named() {
    let origin = Origin::always(Vec::new()).await;
    let url = origin.url("/");
    drop(origin);
    tokio::task::yield_now().await;
    let error = get(&url).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionRefused { .. }), "{error}");
    let error = get("http://no-such-host.invalid/").await.unwrap_err();
    let is_lookup = matches!(error, Error::UnknownHost { .. } | Error::ResolverFailed { .. });
    assert!(is_lookup, "{error}");
}
