//! Connections: one that is crooked, slow or cut off is ended, and holds up no other.

use super::*;

#[tokio::test]
async fn crooked_requests_get_one_refusal_or_none() {
    let server = start().await;
    let many: String = (0..10_000).map(|number| format!("X-{number}: y\r\n")).collect();
    let smuggled = "GET /finance/ HTTP/1.1\r\nHost: a\r\n\r\n";
    let requests = [
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
        ),
        format!("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde{smuggled}"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nabcde{smuggled}"),
        format!("GET / HTTP/1.1\r\nHost : a\r\n\r\n{smuggled}"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n{smuggled}"),
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
        "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n".to_owned(),
        "GET /\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
        format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(200_000)),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}".to_owned(),
    ];
    for request in requests {
        let answer = server.exchange(request.as_bytes()).await;
        let text = String::from_utf8_lossy(&answer);
        let shown: String = request.chars().take(90).collect();
        assert!(text.matches("HTTP/1.1 ").count() <= 1, "{shown:?}: {text}");
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 4"),
            "{shown:?}: {text}"
        );
    }
    assert_eq!(server.get("/").await.status, 200);
}

#[tokio::test]
async fn a_body_that_nobody_asked_for_ends_the_connection() {
    let server = start().await;
    let request = "GET /robots.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd";
    let answer = Answer::read(&server.exchange(request.as_bytes()).await);
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
}

#[tokio::test]
async fn one_connection_serves_request_after_request() {
    let server = start().await;
    let mut request = "GET /robots.txt HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20);
    request.push_str("GET /robots.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let answers = server.exchange(request.as_bytes()).await;
    assert_eq!(
        String::from_utf8_lossy(&answers)
            .matches("HTTP/1.1 200 OK")
            .count(),
        21
    );
    let old = server.exchange(b"GET /robots.txt HTTP/1.0\r\n\r\n").await;
    assert_eq!(Answer::read(&old).status, 200);
}

#[tokio::test]
async fn http_2_without_tls_is_spoken() {
    newsriver_provider();
    let server = start().await;
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .no_proxy()
        .build()
        .unwrap();
    let response = client
        .get(format!("http://{}/finance/atom.xml", server.address))
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.version(), response.status().as_u16()),
        (reqwest::Version::HTTP_2, 200)
    );
    let document = document(&server.publisher, "/finance/atom.xml").await;
    assert_eq!(response.headers()["etag"], document.etag(Coding::Gzip));
    assert_eq!(
        response.bytes().await.unwrap(),
        document.encoded(Coding::Gzip).await
    );
}

/// reqwest wants a provider of cryptography even where none is used.
fn newsriver_provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Room for one connection, and little patience.
fn tight() -> Limits {
    Limits {
        connections: 1,
        look_every: Duration::from_millis(20),
        idle: Duration::from_millis(100),
        stuck: Duration::from_millis(100),
        ..Limits::default()
    }
}

#[tokio::test]
async fn half_a_request_holds_its_place_for_a_bounded_time() {
    let server = Server::start(tight(), Health::Well).await;
    for half in [
        "",
        "G",
        "GET / HTTP/1.1\r\nHost: a\r\nX-",
        "PRI * HTTP/2.0\r\n\r\nSM",
    ] {
        let mut slow = server.connect().await;
        slow.write_all(half.as_bytes()).await.unwrap();
        // There is one place: this is answered because the other has been put out.
        assert_eq!(server.get("/robots.txt").await.status, 200, "{half:?}");
        drop(slow);
    }
}

#[tokio::test]
async fn a_reader_who_does_not_read_is_put_out() {
    let large = Item {
        content: Some("x".repeat(24 << 20)),
        ..item(1, 1)
    };
    let server = Server::with_items(tight(), Health::Well, vec![large], FEEDS).await;
    let mut stuck = server.connect().await;
    stuck
        .write_all(b"GET /atom.xml HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 16];
    stuck.read_exact(&mut first).await.unwrap();
    assert_eq!(&first[..12], b"HTTP/1.1 200");
    assert_eq!(server.get("/robots.txt").await.status, 200);
}

#[tokio::test]
async fn many_halves_hold_up_nobody() {
    let server = start().await;
    let mut halves = Vec::new();
    for _ in 0..300 {
        let mut half = server.connect().await;
        half.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
        halves.push(half);
    }
    assert_eq!(server.get("/").await.status, 200);
}

#[tokio::test]
async fn shutdown_ends_idle_connections_and_comes_back_soon() {
    let mut server = start().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /robots.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    let mut half = server.connect().await;
    half.write_all(b"GET / HT").await.unwrap();
    server.shutdown.cancel();
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, &mut server.serving)
        .await
        .unwrap()
        .unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(limit, idle.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(server.beats.load(Ordering::SeqCst) > 0);
}
