//! What is asked, and with which headers: conditional where we know something, honest about who asks.

use super::credentials::Credentials;
use super::transport::{Ask, Route};
use crate::config::Site;
use crate::model::{Access, Source, SourceState, Validators};
use http::header::{ACCEPT, ACCEPT_ENCODING, IF_MODIFIED_SINCE, IF_NONE_MATCH, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Feed types first, then what feeds are often mislabelled as.
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
     application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, \
     text/html;q=0.5, */*;q=0.1";

/// What `body::decode` can undo.
const DECODED: &str = "gzip, br, zstd, deflate";

/// One document to be fetched, with all that binds the way there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The address to begin at, http or https.
    pub url: String,
    /// What the last good answer had; sent byte for byte, never made up.
    pub validators: Validators,
    /// The address that gave those validators: they are sent there and nowhere else.
    pub validators_url: Option<String>,
    /// The bound on everything: names, connections, heads, bodies, all hops.
    pub timeout: Duration,
    /// Loopback and private addresses may be asked.
    pub allow_private_networks: bool,
    /// What the admin says of how this source is asked.
    pub access: Option<Arc<Access>>,
    /// The address that he says it of, where `url` is one that it moved to; empty: the same.
    pub home: String,
}

impl Request {
    /// The request that a poll of `source` makes, knowing what `state` remembers.
    pub fn of(source: &Source, state: &SourceState) -> Self {
        Self {
            url: source.url.clone(),
            validators: state.validators.clone(),
            validators_url: state.validators_url.clone(),
            timeout: source.timeout,
            allow_private_networks: source.allow_private_networks,
            access: source.access.clone(),
            home: source.url.clone(),
        }
    }

    /// The same document asked for whole, whatever is known.
    #[must_use]
    pub fn unconditional(mut self) -> Self {
        self.validators = Validators::default();
        self.validators_url = None;
        self
    }

    /// The exchange for one hop. Tells also whether it carries a condition.
    pub(super) fn ask(
        &self,
        url: &Url,
        user_agent: &HeaderValue,
        credentials: Option<&Credentials>,
    ) -> (Ask, bool) {
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(
            USER_AGENT,
            self.own_user_agent().unwrap_or_else(|| user_agent.clone()),
        );
        headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(DECODED));
        if let Some(credentials) = credentials {
            credentials.add_to(&mut headers, url);
        }
        let is_conditional = self.is_validated_by(url) && self.add_conditions(&mut headers);
        let ask = Ask {
            url: url.clone(),
            headers,
            route: self.route(url),
        };
        (ask, is_conditional)
    }

    /// The configured address, whose secrets go nowhere else.
    pub(super) fn home(&self) -> Option<Url> {
        let home = if self.home.is_empty() {
            &self.url
        } else {
            &self.home
        };
        Url::parse(home.trim()).ok()
    }

    fn own_user_agent(&self) -> Option<HeaderValue> {
        let written = self.access.as_ref()?.user_agent.as_deref()?;
        HeaderValue::from_str(written).ok()
    }

    /// What the admin says of certificates holds for the source's own host; where it redirects to another one, that
    /// one's are checked as everybody's.
    fn route(&self, url: &Url) -> Route {
        let mut route = Route {
            allow_private_networks: self.allow_private_networks,
            ..Route::default()
        };
        if let Some(access) = &self.access {
            route.proxy.clone_from(&access.proxy);
            route.http1_only = access.http1_only;
            if self.home().is_some_and(|home| home.host() == url.host()) {
                route.insecure_tls = access.insecure_tls;
                route.ca_file.clone_from(&access.ca_file);
            }
        }
        route
    }

    fn is_validated_by(&self, url: &Url) -> bool {
        self.validators_url
            .as_deref()
            .is_some_and(|from| from == url.as_str() || Url::parse(from).is_ok_and(|from| from == *url))
    }

    fn add_conditions(&self, headers: &mut HeaderMap) -> bool {
        let known = [
            (IF_NONE_MATCH, &self.validators.etag),
            (IF_MODIFIED_SINCE, &self.validators.last_modified),
        ];
        let mut any = false;
        for (name, bytes) in known {
            // Bytes that cannot stand in a header never came from one; they are left out rather than repaired.
            let value = bytes
                .as_ref()
                .and_then(|bytes| HeaderValue::from_bytes(bytes).ok());
            if let Some(value) = value {
                headers.insert(name, value);
                any = true;
            }
        }
        any
    }
}

/// `newsriver/VERSION (+SITE; CONTACT)`. What cannot stand in a comment of the field (RFC 9110 5.6.5) is left out.
pub(super) fn user_agent(site: Option<&Site>) -> HeaderValue {
    const NAME: &str = concat!("newsriver/", env!("CARGO_PKG_VERSION"));
    let fits = |text: &&str| {
        text.bytes()
            .all(|byte| matches!(byte, b' '..=b'~') && !b"()\\".contains(&byte))
    };
    site.and_then(|site| {
        let contact = site.contact.as_deref().map(str::trim).filter(fits);
        let contact = contact.map_or_else(String::new, |contact| format!("; {contact}"));
        HeaderValue::from_str(&format!("{NAME} (+{}{contact})", site.url)).ok()
    })
    .unwrap_or(HeaderValue::from_static(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditional() -> Request {
        Request {
            url: "http://example.org/feed".into(),
            validators: Validators {
                etag: Some(b"W/\"odd \xe9, yes".to_vec()),
                last_modified: Some(b"yesterday".to_vec()),
            },
            validators_url: Some("http://example.org/feed".into()),
            ..Request::default()
        }
    }

    fn ask(request: &Request, url: &str) -> (Ask, bool) {
        request.ask(&Url::parse(url).unwrap(), &user_agent(None), None)
    }

    #[test]
    fn validators_go_back_byte_for_byte() {
        let (ask, is_conditional) = ask(&conditional(), "http://example.org/feed");
        assert!(is_conditional);
        assert_eq!(ask.headers[IF_NONE_MATCH].as_bytes(), b"W/\"odd \xe9, yes");
        assert_eq!(ask.headers[IF_MODIFIED_SINCE].as_bytes(), b"yesterday");
    }

    #[test]
    fn validators_of_one_address_are_not_sent_to_another() {
        let (sent, is_conditional) = ask(&conditional(), "http://example.org/other");
        assert!(!is_conditional);
        assert!(!sent.headers.contains_key(IF_NONE_MATCH));
        let (sent, is_conditional) = ask(&conditional().unconditional(), "http://example.org/feed");
        assert!(!is_conditional);
        assert!(!sent.headers.contains_key(IF_MODIFIED_SINCE));
    }

    #[test]
    fn an_etag_that_cannot_stand_in_a_header_is_left_out() {
        let mut request = conditional();
        request.validators.etag = Some(b"a\nb".to_vec());
        request.validators.last_modified = None;
        assert!(!ask(&request, "http://example.org/feed").1);
    }

    #[test]
    fn what_is_said_of_certificates_holds_at_home_alone() {
        let access = Access {
            insecure_tls: true,
            http1_only: true,
            user_agent: Some("Mozilla/5.0".to_owned()),
            ..Access::default()
        };
        let request = Request {
            url: "https://example.org/feed".into(),
            access: Some(Arc::new(access)),
            ..Request::default()
        };
        let (at_home, _) = ask(&request, "https://example.org:8443/moved");
        assert!(at_home.route.insecure_tls && at_home.route.http1_only);
        assert_eq!(at_home.headers[USER_AGENT], "Mozilla/5.0");
        let (elsewhere, _) = ask(&request, "https://other.example/feed");
        assert!(!elsewhere.route.insecure_tls && elsewhere.route.http1_only);
    }

    #[test]
    fn the_user_agent_says_who_and_where() {
        let version = env!("CARGO_PKG_VERSION");
        for (contact, said) in [
            (None, ""),
            (Some("editor@river.example"), "; editor@river.example"),
            (Some("编辑部"), ""),
            (Some("a) Mozilla/5.0 (b"), ""),
        ] {
            let site = Site {
                title: "River".into(),
                url: Url::parse("https://river.example/").unwrap(),
                language: "en".into(),
                timezone: None,
                contact: contact.map(str::to_owned),
            };
            let want = format!("newsriver/{version} (+https://river.example/{said})");
            assert_eq!(user_agent(Some(&site)).to_str().unwrap(), want);
        }
    }
}
