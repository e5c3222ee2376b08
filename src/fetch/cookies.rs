//! The admin's cookies for one source: as a header says them, or as browsers and curl keep them (cookies.txt).

use url::Url;

/// What stands before the domain of a cookie that scripts may not see.
const HTTP_ONLY: &str = "#HttpOnly_";

/// The value of `Cookie` for this address; nothing when no cookie is meant for it. `now` is in seconds since 1970.
pub(super) fn for_address(text: &str, url: &Url, now: i64) -> Option<String> {
    let lines = || text.lines().map(|line| line.trim_end_matches('\r'));
    let is_list = lines().any(|line| line.matches('\t').count() >= 6);
    let pairs: Vec<String> = if is_list {
        lines().filter_map(|line| listed(line, url, now)).collect()
    } else {
        let written = lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        written
            .map(|line| {
                line.strip_prefix("Cookie:")
                    .unwrap_or(line)
                    .trim()
                    .trim_end_matches(';')
                    .to_owned()
            })
            .collect()
    };
    (!pairs.is_empty()).then(|| pairs.join("; "))
}

/// One line of cookies.txt: domain, whether its subdomains are meant too, path, whether TLS is wanted, the end in
/// seconds since 1970 (0: none), name, value.
fn listed(line: &str, url: &Url, now: i64) -> Option<String> {
    let line = line.strip_prefix(HTTP_ONLY).unwrap_or(line);
    if line.starts_with('#') {
        return None;
    }
    let mut fields = line.splitn(7, '\t');
    let (domain, with_subdomains, path) = (fields.next()?, fields.next()?, fields.next()?);
    let (is_secure, end) = (fields.next()?, fields.next()?);
    let (name, value) = (fields.next()?, fields.next()?);
    let is_yes = |text: &str| text.eq_ignore_ascii_case("TRUE");
    let end: i64 = end.trim().parse().ok()?;
    let is_meant = is_of_domain(url.host_str()?, domain, is_yes(with_subdomains))
        && is_under(url.path(), path)
        && (url.scheme() == "https" || !is_yes(is_secure))
        && (end == 0 || end > now);
    is_meant.then(|| format!("{name}={value}"))
}

/// RFC 6265 5.1.3.
fn is_of_domain(host: &str, domain: &str, with_subdomains: bool) -> bool {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let rest = host.strip_suffix(domain.as_str());
    match rest {
        Some("") => !domain.is_empty(),
        Some(rest) => with_subdomains && rest.ends_with('.') && !domain.is_empty(),
        None => false,
    }
}

/// RFC 6265 5.1.4.
fn is_under(path: &str, cookie_path: &str) -> bool {
    match path.strip_prefix(cookie_path) {
        Some(rest) => rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(text: &str, address: &str) -> Option<String> {
        for_address(text, &Url::parse(address).unwrap(), 1000)
    }

    #[test]
    fn a_header_is_sent_as_it_was_written() {
        for text in ["a=1; b=2\n", "Cookie: a=1; b=2;\r\n", "# mine\na=1\nb=2\n"] {
            assert_eq!(
                cookies(text, "https://example.org/").unwrap(),
                "a=1; b=2",
                "{text:?}"
            );
        }
        assert_eq!(cookies("\n# nothing\n", "https://example.org/"), None);
    }

    #[test]
    fn of_a_browsers_list_only_those_for_the_address_are_sent() {
        let list = "# Netscape HTTP Cookie File\n\
            .example.org\tTRUE\t/\tFALSE\t0\twide\t1\n\
            example.org\tFALSE\t/\tFALSE\t2000\tnarrow\t2\n\
            example.org\tFALSE\t/\tFALSE\t999\told\t3\n\
            example.org\tFALSE\t/news\tFALSE\t0\tnews\t4\n\
            #HttpOnly_example.org\tFALSE\t/\tTRUE\t0\tsecure\t5=5\n\
            notexample.org\tTRUE\t/\tFALSE\t0\tother\t6\n\
            broken\tline\n";
        let sent = |address| cookies(list, address);
        assert_eq!(
            sent("https://example.org/news/feed").unwrap(),
            "wide=1; narrow=2; news=4; secure=5=5"
        );
        assert_eq!(sent("http://example.org/newsroom").unwrap(), "wide=1; narrow=2");
        assert_eq!(sent("http://www.example.org/").unwrap(), "wide=1");
        assert_eq!(sent("http://myexample.org/"), None);
    }
}
