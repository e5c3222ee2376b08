//! Addresses as they are asked, and as they are shown: a request's host, and an address without its secrets.

use super::Error;
use url::Url;

/// Names of query parameters whose values are nobody's business.
const SECRET_WORDS: [&str; 10] = [
    "token",
    "key",
    "secret",
    "pass",
    "pwd",
    "auth",
    "sig",
    "session",
    "credential",
    "jwt",
];

/// An address as asked: http or https, with a host, without fragment, user name or password.
pub(super) fn parse(address: &str) -> Result<Url, Error> {
    let refuse = |why: &str| Error::BadAddress {
        address: shown(address),
        why: why.to_owned(),
    };
    let mut url = Url::parse(address.trim()).map_err(|error| refuse(&error.to_string()))?;
    clean(&mut url).map_err(refuse)?;
    Ok(url)
}

/// Takes off what is never sent, and refuses what cannot be asked.
pub(super) fn clean(url: &mut Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("only http and https are asked");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it names no host");
    }
    if url.port() == Some(0) {
        return Err("nothing listens on port 0");
    }
    url.set_fragment(None);
    // These fail only for addresses without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(())
}

/// The host by which turns are counted and which messages name: lower case, with its port where that is
/// neither 80 nor 443, so that http and https of one host are one.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    match url.port() {
        None | Some(80 | 443) => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    }
}

/// An address fit for a log, a page or a message: user name, password, fragment, and the values of query
/// parameters that sound secret, are replaced by `***`.
pub fn shown(address: &str) -> String {
    let Some(mut url) = Url::parse(address.trim()).ok().filter(Url::has_host) else {
        // No address at all: whatever stands before an `@` could be a password.
        let rest = address.rsplit_once('@').map_or(address, |(_, rest)| rest);
        return rest.chars().filter(|c| !c.is_control()).take(200).collect();
    };
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_username("***");
        let _ = url.set_password(None);
    }
    url.set_fragment(None);
    if let Some(query) = url.query().map(str::to_owned) {
        let masked: Vec<String> = query.split('&').map(masked_pair).collect();
        url.set_query(Some(&masked.join("&")));
    }
    url.into()
}

fn masked_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if sounds_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    }
}

fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_stays_readable() {
        for (address, want) in [
            ("https://me:pw@example.org/a", "https://***@example.org/a"),
            (
                "https://example.org/a?id=3&api_key=abc&Token=x",
                "https://example.org/a?id=3&api_key=***&Token=***",
            ),
            ("https://example.org/a#access=1", "https://example.org/a"),
            ("me:pw@no-address", "no-address"),
        ] {
            assert_eq!(shown(address), want);
        }
    }

    #[test]
    fn only_web_addresses_with_a_host_can_be_asked() {
        for address in [
            "file:///etc/passwd",
            "ftp://example.org/",
            "data:,x",
            "http://",
            "example.org",
            "http://example.org:0/",
        ] {
            assert!(
                matches!(parse(address), Err(Error::BadAddress { .. })),
                "{address}"
            );
        }
        assert_eq!(
            parse(" http://u:p@example.org/a#b ").unwrap().as_str(),
            "http://example.org/a"
        );
    }

    #[test]
    fn both_schemes_of_a_host_share_its_turns() {
        let host = |address: &str| host_of(&Url::parse(address).unwrap());
        assert_eq!(host("http://Example.org./a"), "example.org");
        assert_eq!(host("https://example.org/b"), "example.org");
        assert_eq!(host("https://example.org:80/b"), "example.org");
        assert_eq!(host("http://example.org:8080/b"), "example.org:8080");
    }
}
