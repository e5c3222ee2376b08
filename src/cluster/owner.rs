//! Whose an address is: the domain that somebody registered, by which publishers are told apart.
//!
//! The list of public suffixes says under which names one registers (`com.cn`, `co.uk`, `github.io`). Hosts at which
//! everybody may have a name of his own, and that are not in it, are few.

/// Where each name is somebody else's, besides those of the list.
const SHARED: [&str; 7] = [
    "livejournal.com",
    "medium.com",
    "substack.com",
    "tumblr.com",
    "typepad.com",
    "weebly.com",
    "wordpress.com",
];

/// The registered domain of an http or https address, in lower case: `www.bbc.co.uk` and `feeds.bbc.co.uk` are
/// `bbc.co.uk`'s. None where the host is a number or a single label, which say nothing of an owner.
pub fn owner(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let url::Host::Domain(host) = url.host()? else {
        return None;
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if !host.contains('.') {
        return None;
    }
    // What is a public suffix itself has whoever runs it for its owner.
    let registered = psl::domain_str(&host).unwrap_or(&host);
    if SHARED.contains(&registered) {
        let before = host.strip_suffix(registered)?.trim_end_matches('.');
        if let Some(name) = before.rsplit('.').next().filter(|name| !name.is_empty()) {
            return Some(format!("{name}.{registered}"));
        }
    }
    Some(registered.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_of_one_owner_are_one_publisher() {
        for (address, owned) in [
            ("https://www.example.org/a", Some("example.org")),
            ("http://finance.SINA.com.cn/x.html", Some("sina.com.cn")),
            ("https://feeds.bbci.co.uk/news", Some("bbci.co.uk")),
            ("http://news.bj.cn/", Some("news.bj.cn")),
            ("http://www.gov.cn/", Some("www.gov.cn")),
            ("http://gov.cn/", Some("gov.cn")),
            ("https://www.chinanews.com/rss", Some("chinanews.com")),
            ("https://www.city.kobe.jp/", Some("city.kobe.jp")),
            ("http://news.asahi.tokyo.jp/", Some("asahi.tokyo.jp")),
            ("https://www.新闻.中国/", Some("xn--efvy88h.xn--fiqs8s")),
            ("https://someone.substack.com/feed", Some("someone.substack.com")),
            ("https://www.someone.tumblr.com/rss", Some("someone.tumblr.com")),
            ("https://substack.com/feed", Some("substack.com")),
            ("https://other.github.io./x", Some("other.github.io")),
            ("https://t.co/x", Some("t.co")),
            ("http://127.0.0.1:8080/a", None),
            ("http://[::1]/a", None),
            ("http://localhost/a", None),
            ("not an address", None),
        ] {
            assert_eq!(owner(address).as_deref(), owned, "{address}");
        }
    }
}
