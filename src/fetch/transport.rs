//! The seam to the network: one HTTP exchange, without redirects, retries, cookies or decompression.
//!
//! All policy is on this side of it, so that it can be tested without a socket.

use super::Error;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::HeaderMap;
use std::path::PathBuf;
use url::Url;

/// One GET.
#[derive(Clone, Debug)]
pub struct Ask {
    /// http or https, without fragment, user name or password.
    pub url: Url,
    /// All request headers but `Host`.
    pub headers: HeaderMap,
    /// How to get there.
    pub route: Route,
}

/// How a connection is made. Connections are shared by those whose routes are equal, and by no others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Route {
    /// Loopback and private addresses may be connected to.
    pub allow_private_networks: bool,
    /// The proxy to go through: http, https, socks5 or socks5h.
    pub proxy: Option<String>,
    /// HTTP/2 is not offered.
    pub http1_only: bool,
    /// The certificate is not checked.
    pub insecure_tls: bool,
    /// Certificates that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
}

/// The head of what came back, and its body still to be read.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// All response headers.
    pub headers: HeaderMap,
    /// The body as it comes over the wire; dropping it closes what is left of it. It ends with an error where
    /// the message does not end as its framing says (RFC 9112 8).
    pub body: BoxStream<'static, Result<Bytes, Error>>,
}

/// Makes one exchange. Its bounds in time are the caller's, who drops the future.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends the request once and waits for the head of the answer.
    async fn exchange(&self, ask: &Ask) -> Result<Answer, Error>;
}
