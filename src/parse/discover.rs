//! The feed behind a page.

use super::{Input, sniff};
use crate::html;
use crate::text::charset;
use url::Url;

/// The address of the first feed that a page names (`link rel="alternate"`); `None` where it names none.
pub fn feed_behind(page: &Input<'_>) -> Option<String> {
    let http_charset = page.content_type.and_then(sniff::charset_of);
    let declared = sniff::declared_charset(page.bytes);
    let decoded = charset::decode(page.bytes, http_charset.as_deref(), declared.as_deref());
    let address = page.url.and_then(|url| Url::parse(url).ok());
    let named = html::alternates(&decoded.text, address.as_ref());
    named.into_iter().next().map(|feed| feed.address)
}
