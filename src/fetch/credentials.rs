//! What proves who asks: read from the admin's files when it is used, and sent to the configured address alone.

use super::{Error, cookies};
use crate::model::{Access, HeaderField, Login, Timestamp};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::path::Path;
use url::{Origin, Url};

/// Longer files hold something else.
const MOST_BYTES: u64 = 64 * 1024;

/// Header fields for one origin (RFC 6454: scheme, host and port), all of them marked as secret.
#[derive(Debug)]
pub(super) struct Credentials {
    home: Origin,
    headers: HeaderMap,
    cookies: Option<String>,
}

impl Credentials {
    /// Reads what a source with this address is asked with.
    pub(super) async fn read(access: &Access, home: &Url, now: Timestamp) -> Result<Self, Error> {
        let mut headers = HeaderMap::new();
        for field in &access.headers {
            if let Some((name, value)) = field_of(field) {
                headers.append(name, value);
            }
        }
        if let Some(login) = &access.login {
            let value = authorization(login, home).await?;
            headers.insert(AUTHORIZATION, value);
        }
        let mut cookies = None;
        if let Some(path) = &access.cookie_file {
            let text = text_of(path, "cookie_file", home).await?;
            cookies = cookies::for_address(&text, home, now.millis() / 1000);
        }
        Ok(Self {
            home: home.origin(),
            headers,
            cookies,
        })
    }

    /// Adds what is meant for this address; nothing for any other than the source's own.
    pub(super) fn add_to(&self, headers: &mut HeaderMap, url: &Url) {
        if url.origin() != self.home {
            return;
        }
        for (name, value) in &self.headers {
            // The admin's word goes before ours (`Accept`).
            headers.insert(name.clone(), value.clone());
        }
        if let Some(cookies) = self.cookies.as_deref().and_then(secret) {
            headers.insert(COOKIE, cookies);
        }
    }
}

fn field_of(field: &HeaderField) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
    Some((name, secret(&field.value)?))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

async fn authorization(login: &Login, home: &Url) -> Result<HeaderValue, Error> {
    let (text, key) = match login {
        Login::Basic {
            username,
            password_file,
        } => {
            let password = match password_file {
                Some(path) => first_line(&text_of(path, "password_file", home).await?),
                None => String::new(),
            };
            let pair = format!("{username}:{password}");
            (format!("Basic {}", base64(pair.as_bytes())), "password_file")
        }
        Login::Bearer { token_file } => {
            let token = first_line(&text_of(token_file, "bearer_file", home).await?);
            (format!("Bearer {token}"), "bearer_file")
        }
    };
    secret(&text).ok_or_else(|| unusable(home, key, "it holds what cannot be sent".to_owned()))
}

/// Without what editors and `echo` put at its end.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

async fn text_of(path: &Path, key: &'static str, home: &Url) -> Result<String, Error> {
    let refuse = |why: String| unusable(home, key, why);
    // A pipe that nobody writes to would be waited for without end.
    let found = tokio::fs::metadata(path)
        .await
        .map_err(|error| refuse(error.to_string()))?;
    if !found.is_file() {
        return Err(refuse("it is no file".to_owned()));
    }
    if found.len() > MOST_BYTES {
        return Err(refuse("it is longer than 64 KiB".to_owned()));
    }
    let bytes = tokio::fs::read(path)
        .await
        .map_err(|error| refuse(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8".to_owned()))?;
    if text.trim().is_empty() {
        return Err(refuse("it is empty".to_owned()));
    }
    Ok(text)
}

fn unusable(home: &Url, key: &'static str, why: String) -> Error {
    Error::Credential {
        host: super::address::host_of(home),
        key,
        why,
    }
}

/// RFC 4648 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            let is_padding = digit > chunk.len();
            let letter = DIGITS.get(index as usize).copied().unwrap_or(b'=');
            text.push(if is_padding { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
            ("Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[tokio::test]
    async fn what_is_secret_goes_home_alone_and_is_not_shown() {
        let folder = tempfile::TempDir::new().unwrap();
        let password_file = folder.path().join("password");
        std::fs::write(&password_file, "open sesame\r\n").unwrap();
        let access = Access {
            headers: vec![HeaderField {
                name: "X-Key".to_owned(),
                value: "k3y".to_owned(),
            }],
            login: Some(Login::Basic {
                username: "Aladdin".to_owned(),
                password_file: Some(password_file.clone()),
            }),
            ..Access::default()
        };
        let home = Url::parse("https://example.org/feed").unwrap();
        let credentials = Credentials::read(&access, &home, Timestamp::default())
            .await
            .unwrap();
        assert!(!format!("{credentials:?} {access:?}").contains("k3y"));
        let sent_to = |address: &str| {
            let mut headers = HeaderMap::new();
            credentials.add_to(&mut headers, &Url::parse(address).unwrap());
            headers
        };
        let sent = sent_to("https://example.org:443/other");
        assert_eq!(sent[AUTHORIZATION], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(sent["x-key"], "k3y");
        for elsewhere in [
            "http://example.org/feed",
            "https://example.org:8443/feed",
            "https://www.example.org/feed",
        ] {
            assert!(sent_to(elsewhere).is_empty(), "{elsewhere}");
        }
        std::fs::remove_file(password_file).unwrap();
        let error = Credentials::read(&access, &home, Timestamp::default())
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the file that `password_file` names for example.org cannot be used: "),
            "{error}"
        );
    }
}
