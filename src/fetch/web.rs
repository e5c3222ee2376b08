//! The real network: one exchange through reqwest, with everything switched off that is policy.
//!
//! No redirects, cookies, proxies from the environment, referrers, retries or decompression. Names are resolved by a
//! resolver that drops forbidden addresses, so that the check holds for the very address that is connected to. Each
//! route has a client of its own: no connection of a source that may ask private networks, goes through a proxy or
//! believes any certificate is ever reused for others.
//!
//! Through a proxy the check means less. A literal address and a local name are refused before anything is sent, as
//! always. With `socks5` names are looked up here, and the proxy is asked for an address that was checked; with
//! `http`, `https` and `socks5h` the proxy looks them up again, and what it finds is bounded by its own rules.

use super::failure::{self, Forbidden, NoAddress};
use super::lookup::Lookups;
use super::transport::{Answer, Ask, Route, Transport};
use super::{Error, address, guard};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyDataStream;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, Method, Proxy};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::{Host, Url};

/// What a header block may have at most. hyper's own buffer stops endless ones before they are whole.
pub(super) const MOST_HEADER_BYTES: usize = 64 * 1024;

/// Idle connections are kept for sources that are due together, not until the next poll: thousands of hosts would
/// hold a file descriptor each.
const IDLE: Duration = Duration::from_secs(3);

/// A connection that is being made when its poll has given up may go on so long, for the next poll.
const CONNECT: Duration = Duration::from_secs(60);

/// Where a name leads: the system's resolver, or what a test says.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync>;

/// Exchanges over TCP and TLS.
pub struct Web {
    idle_per_host: usize,
    lookup: Lookup,
    /// A client for each route that was ever taken, made at its first use.
    clients: Mutex<HashMap<Route, Arc<Result<Client, String>>>>,
}

impl Web {
    /// Keeps up to `idle_per_host` connections for a moment. Nothing is opened and no certificate is read before
    /// the first exchange.
    pub fn new(idle_per_host: usize) -> Self {
        let lookups = Lookups::default();
        let lookup: Lookup = Arc::new(move |name| {
            let lookups = lookups.clone();
            async move { lookups.of(&name).await }.boxed()
        });
        Self::with_lookup(idle_per_host, lookup)
    }

    /// The same with names that lead where the caller says.
    pub fn with_lookup(idle_per_host: usize, lookup: Lookup) -> Self {
        Self {
            idle_per_host,
            lookup,
            clients: Mutex::default(),
        }
    }

    fn client(&self, route: &Route) -> Arc<Result<Client, String>> {
        // A panic while one is made leaves a whole table without it.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(route) {
            return Arc::clone(client);
        }
        let client = Arc::new(build(self.idle_per_host, route, &self.lookup));
        clients.insert(route.clone(), Arc::clone(&client));
        client
    }
}

#[async_trait]
impl Transport for Web {
    async fn exchange(&self, ask: &Ask) -> Result<Answer, Error> {
        let host = address::host_of(&ask.url);
        let client = self.client(&ask.route);
        let client = client.as_ref().as_ref().map_err(|why| Error::Internal {
            host: host.clone(),
            why: why.clone(),
        })?;
        let proxy = ask.route.proxy.as_deref();
        if proxy.is_some() && !ask.route.allow_private_networks {
            check_name(&self.lookup, &ask.url, &host).await?;
        }
        let mut request = reqwest::Request::new(Method::GET, ask.url.clone());
        request.headers_mut().clone_from(&ask.headers);
        let response = client
            .execute(request)
            .await
            .map_err(|error| failure::explain(&host, proxy, error))?;
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
                .map_err(move |error| failure::explain(&host, None, error))
                .boxed(),
        })
    }
}

/// What the guard can know of a name that a proxy will look up by itself: where it leads from here. A name that is
/// not known here is left to the proxy, which may be the only one to know any.
async fn check_name(lookup: &Lookup, url: &Url, host: &str) -> Result<(), Error> {
    let Some(Host::Domain(name)) = url.host() else {
        return Ok(());
    };
    let found = lookup(name.to_owned()).await.unwrap_or_default();
    let fault = found.into_iter().filter_map(guard::fault_of).next();
    match fault {
        Some(what) => Err(Error::OutOfBounds {
            host: host.to_owned(),
            what,
        }),
        None => Ok(()),
    }
}

/// As on the wire of HTTP/1.1: name, colon, blank, value, line end.
fn size_of(headers: &HeaderMap) -> usize {
    let line = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 4;
    headers.iter().map(line).sum()
}

fn build(idle_per_host: usize, route: &Route, lookup: &Lookup) -> Result<Client, String> {
    // The whole process uses one provider; that another part installed it first is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let proxy = match &route.proxy {
        Some(proxy) => Some(Proxy::all(proxy).map_err(|error| format!("its proxy cannot be used: {error}"))?),
        None => None,
    };
    let trusted = match &route.ca_file {
        Some(path) => certificates(path)
            .map_err(|why| format!("the file that `ca_file` names cannot be used: {why}"))?,
        None => Vec::new(),
    };
    let resolver = Resolver {
        lookup: Arc::clone(lookup),
        allow_private_networks: route.allow_private_networks,
        proxy: route.proxy.as_deref().and_then(host_name).map(Arc::from),
    };
    let builder = || {
        let builder = Client::builder()
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
            .tls_danger_accept_invalid_certs(route.insecure_tls);
        let builder = if route.http1_only {
            builder.http1_only()
        } else {
            builder
        };
        match &proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        }
    };
    match builder().tls_certs_merge(trusted.clone()).build() {
        Ok(client) => Ok(client),
        Err(error) => {
            // A machine without root certificates can still ask plain http, and says so for the rest.
            tracing::warn!(%error, "no root certificates were found here; https sources will fail");
            builder()
                .tls_certs_only(trusted)
                .build()
                .map_err(|error| error.to_string())
        }
    }
}

/// The certificates of a PEM file; none at all is a mistake.
fn certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let found =
        Certificate::from_pem_bundle(&bytes).map_err(|_| "it holds no certificates in PEM".to_owned())?;
    if found.is_empty() {
        return Err("it holds no certificates in PEM".to_owned());
    }
    Ok(found)
}

fn host_name(address: &str) -> Option<String> {
    Some(Url::parse(address).ok()?.host_str()?.to_ascii_lowercase())
}

/// The system's resolver, less the addresses that are out of bounds. Asked anew for each connection.
#[derive(Clone)]
struct Resolver {
    lookup: Lookup,
    allow_private_networks: bool,
    /// The proxy's own name may lead anywhere: the admin wrote it. Sources of that name are judged before.
    proxy: Option<Arc<str>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_proxy = self
            .proxy
            .as_deref()
            .is_some_and(|proxy| proxy.eq_ignore_ascii_case(name.as_str()));
        let is_open = self.allow_private_networks || is_proxy;
        let looking = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let found = looking.await.map_err(NoAddress)?;
            let allowed = allowed(found, is_open)?;
            Ok(Box::new(allowed.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

fn allowed(mut found: Vec<IpAddr>, is_open: bool) -> Result<Vec<IpAddr>, Forbidden> {
    if is_open {
        return Ok(found);
    }
    let mut fault = None;
    found.retain(|address| {
        let what = guard::fault_of(*address);
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
        let found: Vec<IpAddr> = ["127.0.0.1", "8.8.8.8", "::1"]
            .map(|address| address.parse().unwrap())
            .to_vec();
        let kept = allowed(found.clone(), false).unwrap();
        assert_eq!(kept, ["8.8.8.8".parse::<IpAddr>().unwrap()]);
        assert_eq!(allowed(found.clone(), true).unwrap(), found);
        assert!(allowed(vec!["10.0.0.1".parse().unwrap()], false).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        let web = Web::new(1);
        // Past the check of the address as written, which would have stopped it before.
        let ask = Ask {
            url: Url::parse("http://localhost:9/").unwrap(),
            headers: http::HeaderMap::new(),
            route: Route::default(),
        };
        let error = web.exchange(&ask).await.err().unwrap();
        assert!(matches!(error, Error::OutOfBounds { .. }), "{error}");
    }
}
