//! The closed door: nothing on this machine or in private networks is asked, however a source leads there.

use super::world::World;
use crate::fetching::origin::{Do, Origin, answer};
use crate::fetching::{FEED, fetcher_over, request};
use crate::support::rss;
use newsriver::fetch::{Error, Lookup, Request, Web};
use newsriver::model::Access;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An address that is open, for names that lead outside; nothing is ever sent to it.
const OUTSIDE: &str = "93.184.215.14";

/// A request that may not go inside.
fn closed(url: &str) -> Request {
    Request {
        allow_private_networks: false,
        ..request(url)
    }
}

fn through(proxy: &str, url: &str) -> Request {
    Request {
        access: Some(Arc::new(Access {
            proxy: Some(proxy.to_owned()),
            ..Access::default()
        })),
        ..closed(url)
    }
}

/// A web in which names lead where `lead` says, asked anew each time.
fn web(lead: impl Fn(&str) -> Vec<&'static str> + Send + Sync + 'static) -> Web {
    let lookup: Lookup = Arc::new(move |name| {
        let found: Vec<IpAddr> = lead(&name).iter().map(|text| text.parse().unwrap()).collect();
        Box::pin(async move {
            match found.is_empty() {
                true => Err(std::io::Error::other("Name or service not known")),
                false => Ok(found),
            }
        })
    });
    Web::with_lookup(2, lookup)
}

#[tokio::test]
async fn no_spelling_of_an_inner_address_is_connected_to() {
    let origin = Origin::always(answer("200 OK", &[], FEED)).await;
    let port = origin.url("").rsplit_once(':').unwrap().1.to_owned();
    let fetcher = fetcher_over(Web::new(2));
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "2130706433",
        "0177.0.0.1",
        "017700000001",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "127.0.1",
        "127.255.255.254",
        "1２7.0.0.1",
        "127。0。0。1",
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "100.64.0.1",
        "100.100.100.200",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
    ] {
        let error = fetcher
            .get(&closed(&format!("http://{host}:{port}/")))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::OutOfBounds { .. }), "{host}: {error}");
        assert!(error.is_refusal());
    }
    assert_eq!(origin.connections(), 0);
}

#[tokio::test]
async fn a_name_is_judged_by_the_address_that_is_connected_to_each_time() {
    let origin = Origin::always(answer("200 OK", &["Connection: close"], FEED)).await;
    let port = origin.url("").rsplit_once(':').unwrap().1.to_owned();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let inside = ["127.0.0.1", "::ffff:127.0.0.1", "::1", "0.0.0.0"];
    let fetcher = fetcher_over(web(move |_| {
        vec![inside[counted.fetch_add(1, Ordering::SeqCst) % inside.len()]]
    }));
    for _ in 0..4 {
        let error = fetcher
            .get(&closed(&format!("http://rebinding.example:{port}/")))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::OutOfBounds { .. }), "{error}");
    }
    assert_eq!(
        asked.load(Ordering::SeqCst),
        4,
        "each connection looks the name up again"
    );
    assert_eq!(origin.connections(), 0);
    // The same name, for a source that may go inside.
    assert!(
        fetcher
            .get(&request(&format!("http://rebinding.example:{port}/")))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn of_a_name_that_leads_to_both_kinds_only_the_open_ones_are_tried() {
    let origin = Origin::always(answer("200 OK", &[], FEED)).await;
    let port = origin.url("").rsplit_once(':').unwrap().1.to_owned();
    // Nothing answers at the discard prefix of documentation, and nothing is sent to the one inside.
    let fetcher = fetcher_over(web(|_| vec!["127.0.0.1", "192.0.2.1", "::1"]));
    let error = fetcher
        .get(&closed(&format!("http://mixed.example:{port}/")))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::OutOfBounds { .. }), "{error}");
    assert_eq!(origin.connections(), 0);
}

#[tokio::test]
async fn a_redirect_that_points_inside_is_not_followed() {
    let secret = Origin::always(answer("200 OK", &[], FEED)).await;
    let inside = secret.url("/admin");
    // The proxy plays the host outside, which sends us back in.
    let proxy = Origin::start(move |_| answer("302 Found", &[&format!("Location: {inside}")], b"")).await;
    let fetcher = fetcher_over(web(|_| vec![OUTSIDE]));
    let error = fetcher
        .get(&through(&proxy.url(""), "http://outside.example/feed"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::OutOfBounds { .. }), "{error}");
    assert_eq!((proxy.heads().len(), secret.connections()), (1, 0));
}

#[tokio::test]
async fn a_proxy_of_the_admins_may_be_inside_and_opens_nothing_else() {
    let proxy = Origin::always(answer("200 OK", &[], FEED)).await;
    let fetcher = fetcher_over(web(|name| match name {
        "outside.example" => vec![OUTSIDE],
        "inside.example" => vec!["10.0.0.1"],
        "mixed.example" => vec![OUTSIDE, "10.0.0.1"],
        "proxy.example" => vec!["127.0.0.1"],
        _ => vec![],
    }));
    let port = proxy.url("").rsplit_once(':').unwrap().1.to_owned();
    for proxy in [proxy.url(""), format!("http://proxy.example:{port}")] {
        for outside in ["outside.example", "known-to-the-proxy-alone.example"] {
            let asked = through(&proxy, &format!("http://{outside}/feed"));
            assert!(fetcher.get(&asked).await.is_ok(), "{outside} by {proxy}");
        }
        for inside in [
            "inside.example",
            "mixed.example",
            "proxy.example",
            "127.0.0.1",
            "[::1]",
            "localhost",
        ] {
            let asked = through(&proxy, &format!("http://{inside}/feed"));
            let error = fetcher.get(&asked).await.unwrap_err();
            assert!(matches!(error, Error::OutOfBounds { .. }), "{inside}: {error}");
        }
    }
    let asked: Vec<String> = proxy
        .heads()
        .iter()
        .map(|head| head.lines().next().unwrap().to_owned())
        .collect();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[0], "GET http://outside.example/feed HTTP/1.1");
}

/// A SOCKS 5 proxy (RFC 1928) that leads every request to one place and writes down what was asked for.
async fn socks(place: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (seen, place) = (Arc::clone(&seen), place.clone());
            tokio::spawn(async move {
                let methods = [stream.read_u8().await.unwrap(), stream.read_u8().await.unwrap()][1];
                stream
                    .read_exact(&mut vec![0; usize::from(methods)])
                    .await
                    .unwrap();
                stream.write_all(&[5, 0]).await.unwrap();
                let mut head = [0; 4];
                stream.read_exact(&mut head).await.unwrap();
                let length = match head[3] {
                    1 => 4,
                    4 => 16,
                    _ => usize::from(stream.read_u8().await.unwrap()),
                };
                let mut host = vec![0; length];
                stream.read_exact(&mut host).await.unwrap();
                stream.read_u16().await.unwrap();
                seen.lock().unwrap().push(match head[3] {
                    1 => IpAddr::from(<[u8; 4]>::try_from(host).unwrap()).to_string(),
                    4 => IpAddr::from(<[u8; 16]>::try_from(host).unwrap()).to_string(),
                    _ => String::from_utf8(host).unwrap(),
                });
                stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
                let mut there = TcpStream::connect(&place).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut there).await;
            });
        }
    });
    (address.to_string(), asked)
}

#[tokio::test]
async fn a_socks_proxy_is_asked_for_the_address_that_was_checked() {
    let origin = Origin::always(answer("200 OK", &[], FEED)).await;
    let place = origin.url("").trim_start_matches("http://").to_owned();
    let (proxy, asked) = socks(place).await;
    let fetcher = fetcher_over(web(|name| match name {
        "inside.example" => vec!["192.168.1.1"],
        _ => vec![OUTSIDE],
    }));
    for scheme in ["socks5", "socks5h"] {
        let proxy = format!("{scheme}://{proxy}");
        fetcher
            .get(&through(&proxy, "http://outside.example/feed"))
            .await
            .unwrap();
        for inside in ["inside.example", "127.0.0.1", "localhost"] {
            let error = fetcher
                .get(&through(&proxy, &format!("http://{inside}/")))
                .await
                .unwrap_err();
            assert!(matches!(error, Error::OutOfBounds { .. }), "{inside}: {error}");
        }
    }
    assert_eq!(*asked.lock().unwrap(), [OUTSIDE, "outside.example"]);
}

#[tokio::test]
async fn a_proxy_that_fails_is_said_to_be_at_fault_and_not_the_source() {
    let gone = Origin::always(Vec::new()).await;
    let nobody = gone.url("");
    drop(gone);
    tokio::task::yield_now().await;
    let silent = Origin::always(vec![Do::Close]).await;
    let fetcher = fetcher_over(web(|_| vec![OUTSIDE]));
    for proxy in [nobody.clone(), nobody.replace("http", "socks5")] {
        let error = fetcher
            .get(&through(&proxy, "http://outside.example/"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Proxy { .. }), "{error:?}");
        assert!(
            error.to_string().starts_with(&format!("the proxy {proxy}")),
            "{error}"
        );
        assert!(error.is_temporary());
    }
    let error = fetcher
        .get(&through(&silent.url(""), "https://outside.example/"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Proxy { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_environment_is_not_used() {
    let proxy = Origin::always(answer("200 OK", &[], b"no feed")).await;
    let world = World::new().await;
    world.on(
        "/feed",
        answer(
            "200 OK",
            &[],
            rss(&[("1", "One", "http://wire.example.org/1", "")]).as_bytes(),
        ),
    );
    // The store is the command's own.
    let World {
        newsroom,
        origin,
        engine,
        ..
    } = world;
    drop(engine);
    let config = newsroom.config();
    let url = proxy.url("");
    let output = tokio::task::spawn_blocking(move || {
        std::process::Command::new(env!("CARGO_BIN_EXE_newsriver"))
            .arg("--config")
            .arg(config)
            .arg("poll")
            .envs(
                [
                    "http_proxy",
                    "HTTP_PROXY",
                    "ALL_PROXY",
                    "all_proxy",
                    "https_proxy",
                ]
                .map(|name| (name, url.clone())),
            )
            .env_remove("RUNTIME_DIRECTORY")
            .output()
    })
    .await
    .unwrap()
    .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!((proxy.connections(), origin.heads().len()), (0, 1));
}

#[tokio::test]
async fn a_feed_that_a_page_names_and_that_is_inside_is_not_asked_for() {
    let secret = Origin::always(answer("200 OK", &[], FEED)).await;
    // The origin plays a proxy, which plays the host outside.
    let tables = format!(
        "[[source]]\nname = \"wire\"\nurl = \"http://{OUTSIDE}/page\"\nproxy = \"{{origin}}\"\nallow_private_networks = false\n"
    );
    let world = World::with(&tables).await;
    let inside = secret.url("/feed");
    let page =
        format!("<html><head><link rel=alternate type=application/rss+xml href={inside}></head></html>");
    let path = format!("http://{OUTSIDE}/page");
    world.on(
        &path,
        answer("200 OK", &["Content-Type: text/html"], page.as_bytes()),
    );
    let record = world.poll("wire").await;
    let words = record.reason.to_string();
    assert!(words.contains("the page names a feed, but"), "{words}");
    assert_eq!((world.origin.heads().len(), secret.connections()), (1, 0));
    assert_eq!(world.status("wire").await["moved_to"], serde_json::Value::Null);
}
