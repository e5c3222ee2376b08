//! A good citizen: what hosts ask for is heeded, and nobody is asked more than he would be by a friend.

use crate::fetching::origin::{Origin, answer};
use crate::fetching::{fetcher, request};
use newsriver::fetch::Error;

#[tokio::test]
async fn redirects_go_in_no_circle_nowhere_else_and_not_on_for_ever() {
    let origin = Origin::start(|path| {
        let location = match path {
            "/self" => "/self".to_owned(),
            "/loop" => "/pool".to_owned(),
            "/pool" => "/loop".to_owned(),
            "/file" => "file:///etc/passwd".to_owned(),
            "/data" => "data:text/xml,<rss/>".to_owned(),
            "/ftp" => "ftp://127.0.0.1/".to_owned(),
            "/script" => "javascript:alert(1)".to_owned(),
            "/nobody" => "//".to_owned(),
            "/port" => "http://127.0.0.1:99999/".to_owned(),
            longer => format!("{longer}x"),
        };
        answer("302 Found", &[&format!("Location: {location}")], b"")
    })
    .await;
    let fetcher = fetcher();
    for path in ["/self", "/loop"] {
        let error = fetcher.get(&request(&origin.url(path))).await.unwrap_err();
        assert!(matches!(error, Error::RedirectLoop { .. }), "{path} {error}");
    }
    assert_eq!(origin.heads().len(), 3);
    for path in ["/file", "/data", "/ftp", "/script", "/nobody", "/port"] {
        let error = fetcher.get(&request(&origin.url(path))).await.unwrap_err();
        assert!(matches!(error, Error::BadRedirect { .. }), "{path} {error}");
    }
    let asked = origin.heads().len();
    let error = fetcher.get(&request(&origin.url("/x"))).await.unwrap_err();
    assert!(matches!(error, Error::TooManyRedirects { .. }), "{error}");
    assert_eq!(origin.heads().len() - asked, 11);
}

#[tokio::test]
async fn retry_after_in_any_form_silences_the_host_and_junk_does_not() {
    for (value, is_obeyed) in [
        ("120", true),
        ("Fri, 31 Dec 2100 23:59:59 GMT", true),
        ("1234567890123456789012345", true),
        ("-5", false),
        ("soon", false),
        ("1e3", false),
        ("", false),
    ] {
        for status in ["429 Too Many", "503 Busy"] {
            let line = format!("Retry-After: {value}");
            let origin = Origin::always(answer(status, &[&line], b"")).await;
            let fetcher = fetcher();
            let first = fetcher.get(&request(&origin.url("/1"))).await.unwrap_err();
            assert_eq!(first.retry_after().is_some(), is_obeyed, "{value:?}");
            let second = fetcher.get(&request(&origin.url("/2"))).await.unwrap_err();
            assert_eq!(matches!(second, Error::HostRests { .. }), is_obeyed, "{value:?}");
            assert_eq!(origin.heads().len(), if is_obeyed { 1 } else { 2 });
        }
    }
}
