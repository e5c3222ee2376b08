//! The real network: one exchange through reqwest, with everything switched off that is policy.
//!
//! No redirects, cookies, proxies from the environment, referrers, retries or decompression. Names are resolved by a
//! resolver that drops forbidden addresses, so that the check holds for the very address that is connected to. Sources
//! that may ask private networks have a client of their own: no connection of theirs is ever reused for others.

use super::failure::{self, Forbidden, NoAddress};
use super::lookup::Lookups;
use super::transport::{Answer, Ask, Transport};
use super::{Error, address, guard};
use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyDataStream;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Method};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

/// What a header block may have at most. hyper's own buffer stops endless ones before they are whole.
pub(super) const MOST_HEADER_BYTES: usize = 64 * 1024;

/// Idle connections are kept for sources that are due together, not until the next poll: thousands of hosts would
/// hold a file descriptor each.
const IDLE: Duration = Duration::from_secs(3);

/// A connection that is being made when its poll has given up may go on so long, for the next poll.
const CONNECT: Duration = Duration::from_secs(60);

/// Exchanges over TCP and TLS.
#[derive(Debug, Default)]
pub struct Web {
    idle_per_host: usize,
    lookups: Lookups,
    guarded: OnceLock<Result<Client, String>>,
    open: OnceLock<Result<Client, String>>,
}

impl Web {
    /// Keeps up to `idle_per_host` connections for a moment. Nothing is opened and no certificate is read before
    /// the first exchange.
    pub fn new(idle_per_host: usize) -> Self {
        Self {
            idle_per_host,
            ..Self::default()
        }
    }

    fn client(&self, allow_private_networks: bool) -> Result<&Client, &str> {
        let cell = if allow_private_networks {
            &self.open
        } else {
            &self.guarded
        };
        cell.get_or_init(|| {
            let resolver = Resolver {
                allow_private_networks,
                lookups: self.lookups.clone(),
            };
            build(self.idle_per_host, resolver)
        })
        .as_ref()
        .map_err(String::as_str)
    }
}

#[async_trait]
impl Transport for Web {
    async fn exchange(&self, ask: &Ask) -> Result<Answer, Error> {
        let host = address::host_of(&ask.url);
        let client = self
            .client(ask.allow_private_networks)
            .map_err(|why| Error::Internal {
                host: host.clone(),
                why: why.to_owned(),
            })?;
        let mut request = reqwest::Request::new(Method::GET, ask.url.clone());
        request.headers_mut().clone_from(&ask.headers);
        let response = client
            .execute(request)
            .await
            .map_err(|error| failure::explain(&host, error))?;
        let (head, body) = http::Response::from(response).into_parts();
        if size_of(&head.headers) > MOST_HEADER_BYTES {
            return Err(Error::HeaderTooLarge {
                host,
                limit_bytes: MOST_HEADER_BYTES,
            });
        }
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: BodyDataStream::new(body)
                .map_err(move |error| failure::explain(&host, error))
                .boxed(),
        })
    }
}

/// As on the wire of HTTP/1.1: name, colon, blank, value, line end.
fn size_of(headers: &HeaderMap) -> usize {
    let line = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 4;
    headers.iter().map(line).sum()
}

fn build(idle_per_host: usize, resolver: Resolver) -> Result<Client, String> {
    // The whole process uses one provider; that another part installed it first is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .dns_resolver(resolver.clone())
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(idle_per_host)
            .pool_idle_timeout(IDLE)
            .tcp_keepalive(Duration::from_secs(30))
            .http1_ignore_invalid_headers_in_responses(true)
            .http2_max_header_list_size(MOST_HEADER_BYTES as u32)
    };
    match builder().build() {
        Ok(client) => Ok(client),
        Err(error) => {
            // A machine without root certificates can still ask plain http, and says so for the rest.
            tracing::warn!(%error, "no root certificates were found here; https sources will fail");
            builder()
                .tls_certs_only([])
                .build()
                .map_err(|error| error.to_string())
        }
    }
}

/// The system's resolver, less the addresses that are out of bounds. Asked anew for each connection.
#[derive(Clone, Debug)]
struct Resolver {
    allow_private_networks: bool,
    lookups: Lookups,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_open = self.allow_private_networks;
        let lookups = self.lookups.clone();
        Box::pin(async move {
            let found = lookups.of(name.as_str()).await.map_err(NoAddress)?;
            let allowed = allowed(found, is_open)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn allowed(mut found: Vec<SocketAddr>, is_open: bool) -> Result<Vec<SocketAddr>, Forbidden> {
    if is_open {
        return Ok(found);
    }
    let mut fault = None;
    found.retain(|address| {
        let what = guard::fault_of(address.ip());
        fault = fault.or(what);
        what.is_none()
    });
    match fault {
        Some(what) if found.is_empty() => Err(Forbidden(what)),
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_both_kinds_of_addresses_keeps_only_the_open_ones() {
        let found: Vec<SocketAddr> = ["127.0.0.1:0", "8.8.8.8:0", "[::1]:0"]
            .map(|address| address.parse().unwrap())
            .to_vec();
        let kept = allowed(found.clone(), false).unwrap();
        assert_eq!(kept, ["8.8.8.8:0".parse().unwrap()]);
        assert_eq!(allowed(found.clone(), true).unwrap(), found);
        assert!(allowed(vec!["10.0.0.1:0".parse().unwrap()], false).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        let web = Web::new(1);
        // Past the check of the address as written, which would have stopped it before.
        let ask = Ask {
            url: url::Url::parse("http://localhost:9/").unwrap(),
            headers: http::HeaderMap::new(),
            allow_private_networks: false,
        };
        let error = web.exchange(&ask).await.err().unwrap();
        assert!(matches!(error, Error::OutOfBounds { .. }), "{error}");
    }
}
