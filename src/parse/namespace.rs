//! Which vocabulary an element belongs to.
//!
//! Feeds declare the same vocabulary under many addresses, and use prefixes they never declare: both are known
//! here. An element of a vocabulary nobody reads is `Other` and is passed by.

/// A vocabulary that feeds are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS of any version, Atom of any version, and what names no vocabulary at all.
    #[default]
    Core,
    /// `content:encoded`.
    Content,
    /// Dublin Core, elements and terms.
    DublinCore,
    /// Media RSS.
    Media,
    /// Podcasts as Apple describes them, and Google's words that mirror them.
    Itunes,
    /// The podcast namespace.
    Podcast,
    /// Update periods.
    Syndication,
    /// Comment feeds.
    CommentApi,
    /// GeoRSS, W3C Basic Geo, and GML inside the first.
    Geo,
    /// Licences: the Creative Commons module of RSS 2.0, and that of RDF.
    License,
    /// Threads (RFC 4685).
    Thread,
    /// What Slashdot counts: comments.
    Slash,
    /// RDF itself.
    Rdf,
    /// Markup.
    Xhtml,
    /// `xml:base`, `xml:lang`.
    Xml,
    /// Known to somebody else.
    Other,
}

/// The vocabulary behind an address.
pub(super) fn of_address(address: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    let core = address.trim_end_matches(['/', '#']);
    let Some(core) = core
        .split_once("://")
        .map(|(_, rest)| rest.strip_prefix("www.").unwrap_or(rest))
    else {
        return of_name(core);
    };
    match core {
        "w3.org/2005/atom" | "w3.org/2005/12/atom" => Space::Core,
        "purl.org/rss/1.0/modules/content" => Space::Content,
        "purl.org/rss/1.0/modules/syndication" => Space::Syndication,
        "search.yahoo.com/mrss" | "search.yahoo.com/mrss/rss.html" | "video.search.yahoo.com/mrss" => {
            Space::Media
        }
        "itunes.com/dtds/podcast-1.0.dtd"
        | "example.com/dtds/podcast-1.0.dtd"
        | "google.com/schemas/play-podcasts/1.0" => Space::Itunes,
        "podcastindex.org/namespace/1.0" => Space::Podcast,
        "wellformedweb.org/commentapi" => Space::CommentApi,
        "georss.org/georss" | "w3.org/2003/01/geo/wgs84_pos" | "opengis.net/gml" => Space::Geo,
        "backend.userland.com/creativecommonsrssmodule"
        | "cyber.law.harvard.edu/rss/creativecommonsrssmodule.html"
        | "creativecommons.org/ns"
        | "web.resource.org/cc" => Space::License,
        "purl.org/syndication/thread/1.0" => Space::Thread,
        "purl.org/rss/1.0/modules/slash" => Space::Slash,
        "w3.org/1999/02/22-rdf-syntax-ns" => Space::Rdf,
        "w3.org/1999/xhtml" => Space::Xhtml,
        "w3.org/xml/1998/namespace" => Space::Xml,
        _ => of_family(core),
    }
}

/// Addresses that come in many versions.
fn of_family(core: &str) -> Space {
    const FEEDS: [&str; 10] = [
        "purl.org/rss/1.0",
        "purl.org/rss/2.0",
        "purl.org/atom/ns",
        "purl.org/net/rss1.1",
        "my.netscape.com/rdf",
        "channel.netscape.com/rdf",
        "backend.userland.com",
        "blogs.law.harvard.edu/tech/rss",
        "rssboard.org/rss",
        "w3.org/2005/atom",
    ];
    if core.starts_with("purl.org/dc/") {
        Space::DublinCore
    } else if core.starts_with("purl.org/rss/1.0/modules") {
        Space::Other
    } else if core.starts_with("github.com/podcastindex-org/") {
        Space::Podcast
    } else if FEEDS.iter().any(|feed| core.starts_with(feed)) {
        Space::Core
    } else {
        Space::Other
    }
}

/// Addresses that are no web addresses.
fn of_name(name: &str) -> Space {
    match name {
        "" | "uri/of/echo/namespace" | "rss2.0" | "atom" => Space::Core,
        _ => Space::Other,
    }
}

/// The vocabulary a prefix stands for where the document does not declare it.
pub(super) fn of_prefix(prefix: &str) -> Space {
    match prefix.to_ascii_lowercase().as_str() {
        "" | "atom" | "atom10" | "atom03" | "a10" | "rss" | "feed" => Space::Core,
        "content" => Space::Content,
        "dc" | "dcterms" | "dct" => Space::DublinCore,
        "media" | "mrss" => Space::Media,
        "itunes" | "googleplay" => Space::Itunes,
        "podcast" => Space::Podcast,
        "sy" => Space::Syndication,
        "wfw" => Space::CommentApi,
        "georss" | "geo" | "gml" => Space::Geo,
        "creativecommons" | "cc" => Space::License,
        "thr" => Space::Thread,
        "slash" => Space::Slash,
        "rdf" => Space::Rdf,
        "xhtml" | "html" | "xh" => Space::Xhtml,
        "xml" => Space::Xml,
        _ => Space::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_vocabulary_is_known_under_its_many_addresses() {
        for address in [
            "http://www.w3.org/2005/Atom",
            "https://www.w3.org/2005/Atom/",
            "http://purl.org/atom/ns#",
            "",
        ] {
            assert_eq!(of_address(address), Space::Core, "{address}");
        }
        assert_eq!(of_address("http://search.yahoo.com/mrss"), Space::Media);
        assert_eq!(
            of_address("http://purl.org/rss/1.0/modules/content/"),
            Space::Content
        );
        assert_eq!(of_address("http://purl.org/rss/1.0/modules/event/"), Space::Other);
    }

    #[test]
    fn prefixes_that_nobody_declared_are_known_by_custom() {
        assert_eq!(of_prefix("dc"), Space::DublinCore);
        assert_eq!(of_prefix("unheard"), Space::Other);
    }
}
