//! Whose an address is: the domain that somebody registered, by which publishers are told apart.
//!
//! The whole list of public suffixes is half a megabyte and out of date the day it is shipped. Under the domains of
//! countries the second label says it nearly everywhere (`com.cn`, `co.uk`, `gov.au`); hosts at which everybody may
//! have a name of his own are few.

/// Second labels under which a country lets people register.
const SECOND: [&str; 24] = [
    "ac", "asn", "co", "com", "edu", "ed", "firm", "gen", "go", "gob", "gouv", "gov", "govt", "gv", "id",
    "ltd", "mil", "ne", "net", "nom", "or", "org", "plc", "sch",
];

/// Regions of China, under which one registers too (`bj.cn`).
const REGIONS: [&str; 34] = [
    "ah", "bj", "cq", "fj", "gd", "gs", "gx", "gz", "ha", "hb", "he", "hi", "hk", "hl", "hn", "jl", "js",
    "jx", "ln", "mo", "nm", "nx", "qh", "sc", "sd", "sh", "sn", "sx", "tj", "tw", "xj", "xz", "yn", "zj",
];

/// Where each name is somebody else's.
const SHARED: [&str; 16] = [
    "blogspot.com",
    "github.io",
    "gitlab.io",
    "hatenablog.com",
    "herokuapp.com",
    "livejournal.com",
    "medium.com",
    "netlify.app",
    "pages.dev",
    "substack.com",
    "tumblr.com",
    "typepad.com",
    "vercel.app",
    "web.app",
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
    let labels: Vec<&str> = host.split('.').collect();
    let last = |count: usize| {
        labels
            .get(labels.len().checked_sub(count)?..)
            .map(|labels| labels.join("."))
    };
    let pair = last(2)?;
    let is_open = match labels.as_slice() {
        [.., second, top] if top.len() == 2 => {
            SECOND.contains(second) || (*top == "cn" && REGIONS.contains(second))
        }
        _ => false,
    };
    if is_open || SHARED.contains(&pair.as_str()) {
        return last(3).or(Some(pair));
    }
    Some(pair)
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
            ("https://www.chinanews.com/rss", Some("chinanews.com")),
            ("https://someone.substack.com/feed", Some("someone.substack.com")),
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
