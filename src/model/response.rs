//! A fetched representation, after redirects, with what its headers say.

use super::Timestamp;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The two validators exactly as received (RFC 9110 8.8), sent back byte for byte, never made up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`, prefix and quotes included.
    pub etag: Option<Vec<u8>>,
    /// `Last-Modified`, whatever it says.
    pub last_modified: Option<Vec<u8>>,
}

impl Validators {
    /// Nothing to be conditional with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// One redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// Where it led, absolute, without fragment.
    pub to: String,
}

/// The last answer of a fetch. `body` is as it came over the wire: `fetch::body::decode` undoes `content_encoding`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The address that answered.
    pub url: String,
    /// The redirects on the way there.
    pub hops: Vec<Hop>,
    /// The HTTP status.
    pub status: u16,
    /// The validators of this very answer.
    pub validators: Validators,
    /// `Content-Type`, as text.
    pub content_type: Option<String>,
    /// `Content-Language`, as text.
    pub content_language: Option<String>,
    /// `Content-Encoding`, as text.
    pub content_encoding: Option<String>,
    /// Freshness by `Cache-Control: max-age` or `Expires`, less `Age` (RFC 9111 4.2); absent when neither says.
    pub fresh_for: Option<Duration>,
    /// `Retry-After` as an instant, at most seven days ahead; absent when it was junk.
    pub retry_after: Option<Timestamp>,
    /// The bytes as they came; empty for 304.
    pub body: Bytes,
}
