//! From a request to its answer.

use super::conditional::{self, Verdict};
use super::headers::{self, Answer};
use super::{Health, HealthReport, negotiate};
use crate::publish::{Document, Found, Publisher};
use http::{HeaderMap, Method, Request, StatusCode, Version, header};
use std::sync::Arc;

/// Answers requests.
pub(super) struct Router {
    publisher: Arc<Publisher>,
    health: HealthReport,
}

impl Router {
    pub(super) fn new(publisher: Arc<Publisher>, health: HealthReport) -> Self {
        Self { publisher, health }
    }

    /// The answer; bodies of requests are never read.
    pub(super) async fn answer<B>(&self, request: &Request<B>) -> Answer {
        if !is_sound(request) {
            return headers::closing(headers::words(
                StatusCode::BAD_REQUEST,
                "this request is not well-formed\n",
            ));
        }
        let answer = match *request.method() {
            Method::GET | Method::HEAD => {
                let answer = self.get(request.uri().path(), request.headers()).await;
                headers::for_method(request.method(), answer)
            }
            Method::OPTIONS => headers::options(),
            _ => headers::not_allowed(),
        };
        if has_body(request.headers()) {
            headers::closing(answer)
        } else {
            answer
        }
    }

    async fn get(&self, path: &str, headers: &HeaderMap) -> Answer {
        if let Some(document) = self.publisher.ready(path) {
            return send(&document, headers).await;
        }
        if self.is_health(path) {
            return health((self.health)());
        }
        match self.publisher.find(path).await {
            Ok(Found::Document(document)) => send(&document, headers).await,
            Ok(Found::Moved(path)) => headers::moved(&path),
            Ok(Found::Nothing(status, page)) => headers::notice(status, page),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    path,
                    "a document cannot be made"
                );
                headers::unavailable()
            }
        }
    }

    fn is_health(&self, path: &str) -> bool {
        path.strip_suffix("/healthz")
            .is_some_and(|prefix| prefix == self.publisher.view().prefix())
    }
}

async fn send(document: &Arc<Document>, headers: &HeaderMap) -> Answer {
    let Some(coding) = negotiate::coding(headers) else {
        let mut answer = headers::words(
            StatusCode::NOT_ACCEPTABLE,
            "there is this in identity, gzip and br\n",
        );
        let vary = http::HeaderValue::from_static("Accept-Encoding");
        answer.headers_mut().insert(header::VARY, vary);
        return answer;
    };
    match conditional::weigh(headers, document, coding) {
        Verdict::NotModified => headers::not_modified(document, coding),
        Verdict::Failed => headers::words(StatusCode::PRECONDITION_FAILED, "this has changed since\n"),
        Verdict::Send => headers::found(document, coding, document.encoded(coding).await),
    }
}

fn health(health: Health) -> Answer {
    let told = |word: &str, reasons: Vec<String>| {
        let mut text = format!("{word}\n");
        for reason in reasons {
            // One reason, one line.
            text.extend(reason.chars().filter(|character| !character.is_control()));
            text.push('\n');
        }
        text
    };
    match health {
        Health::Well => headers::words(StatusCode::OK, "ok\n"),
        Health::Degraded(reasons) => headers::words(StatusCode::OK, told("degraded", reasons)),
        Health::Failing(reasons) => headers::words(StatusCode::SERVICE_UNAVAILABLE, told("failing", reasons)),
    }
}

/// What hyper lets through and should not be answered: no host or two in HTTP/1.1 (RFC 9112 3.2), and a length
/// beside chunks, or chunks at all, which only smuggling has a use for here (6.1).
fn is_sound<B>(request: &Request<B>) -> bool {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let has_host = match request.version() {
        Version::HTTP_11 => hosts == 1,
        _ => hosts <= 1,
    };
    has_host && !request.headers().contains_key(header::TRANSFER_ENCODING)
}

fn has_body(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_LENGTH)
        .is_some_and(|length| length != "0")
}
