//! What the admin says of how one source is asked: secrets come from files, go home alone, and are shown nowhere.

use super::world::World;
use crate::fetching::origin::{Origin, answer};
use crate::fetching::{FEED, fetcher, request};
use crate::support::rss;
use newsriver::fetch::Request;
use newsriver::model::{Access, HeaderField, Login, Outcome};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

fn file(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn asked(url: &str, access: Access) -> Request {
    Request {
        access: Some(Arc::new(access)),
        ..request(url)
    }
}

#[tokio::test]
async fn secrets_go_to_the_configured_scheme_host_and_port_and_nowhere_else() {
    let folder = TempDir::new().unwrap();
    let there = Origin::always(answer("200 OK", &[], FEED)).await;
    let away = format!("Location: {}", there.url("/feed"));
    let home = Origin::start(move |path| match path {
        "/feed" => answer("302 Found", &["Location: /next"], b""),
        _ => answer("302 Found", &[&away], b""),
    })
    .await;
    let access = Access {
        user_agent: Some("Reader/1 (by hand)".to_owned()),
        headers: vec![HeaderField {
            name: "X-Api-Key".to_owned(),
            value: "k3y".to_owned(),
        }],
        cookie_file: Some(file(folder.path(), "cookies", "session=c00kie\n")),
        login: Some(Login::Basic {
            username: "me".to_owned(),
            password_file: Some(file(folder.path(), "password", "s3cret\n")),
        }),
        ..Access::default()
    };
    let request = asked(&home.url("/feed"), access);
    assert!(!format!("{request:?}").contains("k3y"));
    let fetched = fetcher().get(&request).await.unwrap();
    assert!(!format!("{fetched:?}").contains("s3cret"));
    let secrets = [
        "authorization: Basic bWU6czNjcmV0\r\n",
        "cookie: session=c00kie\r\n",
        "x-api-key: k3y\r\n",
    ];
    assert_eq!(home.heads().len(), 2);
    for head in home.heads() {
        assert!(secrets.iter().all(|secret| head.contains(secret)), "{head}");
        assert!(head.contains("user-agent: Reader/1 (by hand)\r\n"), "{head}");
    }
    let head = there.heads().concat();
    assert!(head.contains("user-agent: Reader/1 (by hand)\r\n"), "{head}");
    for absent in ["authorization", "cookie", "x-api-key"] {
        assert!(!head.contains(absent), "{head}");
    }
    // Asked where it has moved to, with the configured address still its home.
    let moved = Request {
        url: there.url("/feed"),
        home: home.url("/feed"),
        ..request
    };
    fetcher().get(&moved).await.unwrap();
    assert!(!there.heads().concat().contains("authorization"));
}

#[tokio::test]
async fn a_secret_is_read_anew_at_each_poll_and_what_is_wrong_with_its_file_is_said() {
    let world = World::with(
        "[[source]]\nname = \"wire\"\nurl = \"{origin}/feed\"\nbearer_file = \"token\"\nheaders = { X-Odd = \"0dd-s3cret\" }\n",
    )
    .await;
    world.on(
        "/feed",
        answer(
            "200 OK",
            &[],
            rss(&[("1", "One", "http://wire.example.org/1", "")]).as_bytes(),
        ),
    );
    let folder = world.newsroom.folder.path();
    let record = world.poll("wire").await;
    assert_eq!(record.outcome, Outcome::Failed);
    let words = record.reason.as_str();
    assert!(
        words.starts_with("the file that `bearer_file` names for 127.0.0.1"),
        "{words}"
    );
    assert!(
        words.contains("No such file") && !words.contains("token"),
        "{words}"
    );
    assert!(world.origin.heads().is_empty(), "nothing is sent without it");
    for token in ["first-s3cret", "second-s3cret"] {
        file(folder, "token", &format!("{token}\n"));
        assert!(world.poll("wire").await.outcome.is_success());
        let head = world.origin.heads().pop().unwrap();
        assert!(
            head.contains(&format!("authorization: Bearer {token}\r\n")),
            "{head}"
        );
        assert!(head.contains("x-odd: 0dd-s3cret\r\n"), "{head}");
    }
    for path in [
        "/",
        "/rss.xml",
        "/atom.xml",
        "/feed.json",
        "/opml.xml",
        "/sources.opml",
    ] {
        let (_, text) = world.document(path).await;
        assert!(!text.is_empty() && !text.contains("s3cret"), "{path}");
    }
    assert!(!world.status("wire").await.to_string().contains("s3cret"));
}

#[tokio::test]
async fn a_file_is_a_source_where_the_admin_allows_it() {
    let folder = TempDir::new().unwrap();
    let feed = |count: usize| {
        let all = [
            ("1", "One", "http://wire.example.org/1", ""),
            ("2", "Two", "http://wire.example.org/2", ""),
        ];
        rss(&all[..count])
    };
    let path = file(folder.path(), "a feed.xml", &feed(1));
    let url = url::Url::from_file_path(&path).unwrap();
    let source = format!("[[source]]\nname = \"script\"\nurl = \"{url}\"\n");
    let world = World::with(&format!("allow_files = true\n{source}")).await;
    assert_eq!(world.poll("script").await.new, 1);
    assert_eq!(world.poll("script").await.outcome, Outcome::NotModified);
    std::fs::write(&path, feed(2)).unwrap();
    assert_eq!(world.poll("script").await.new, 1);
    std::fs::remove_file(&path).unwrap();
    let record = world.poll("script").await;
    assert_eq!(record.outcome, Outcome::Failed);
    assert!(
        record
            .reason
            .as_str()
            .starts_with("the file of this source cannot be read: ")
    );
    assert_eq!(world.titles().await.len(), 2);
    for path in ["/rss.xml", "/atom.xml", "/feed.json", "/sources.opml"] {
        assert!(!world.document(path).await.1.contains("file:"), "{path}");
    }
    // Without the switch the file is refused when it is read and when it is asked.
    let text = std::fs::read_to_string(world.newsroom.config()).unwrap();
    std::fs::write(world.newsroom.config(), text.replace("allow_files = true\n", "")).unwrap();
    let refused = newsriver::config::load(&world.newsroom.config())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("files are not polled unless it is allowed"),
        "{refused}"
    );
    let error = fetcher().get(&request(url.as_str())).await.unwrap_err();
    assert!(error.is_refusal(), "{error}");
}
