//! What goes with each answer.

use crate::publish::{Coding, Document};
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW,
    CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    LAST_MODIFIED, LOCATION, REFERRER_POLICY, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Body;

/// An answer with all its bytes.
pub(super) type Answer = Response<Full<Bytes>>;

/// The methods there are.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

const DOCUMENT_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=60, stale-if-error=86400");
/// What lies below `/assets/` never changes: its address names its bytes.
const ASSET_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-store");
const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("Accept-Encoding");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const ANYONE: HeaderValue = HeaderValue::from_static("*");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");
const NOINDEX: HeaderValue = HeaderValue::from_static("noindex");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// Our style sheet and our icon, and nothing else whatever.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// What a document's representation says of itself, for 200 and 304 alike.
fn of_document(document: &Document, coding: Coding) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    let is_asset = document.path().starts_with("/assets/");
    headers.insert(ETAG, document.etag(coding).clone());
    headers.insert(LAST_MODIFIED, document.last_modified().clone());
    headers.insert(CACHE_CONTROL, if is_asset { ASSET_CACHE } else { DOCUMENT_CACHE });
    headers.insert(VARY, ACCEPT_ENCODING);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if document.content_type() == HTML {
        headers.insert(CONTENT_SECURITY_POLICY, POLICY);
        headers.insert(REFERRER_POLICY, NO_REFERRER);
        if document.is_unlisted() {
            headers.insert(X_ROBOTS_TAG, NOINDEX);
        }
    } else {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANYONE);
    }
    headers
}

/// 200; `bytes` are the document in this encoding.
pub(super) fn found(document: &Document, coding: Coding, bytes: Bytes) -> Answer {
    let mut headers = of_document(document, coding);
    headers.insert(CONTENT_TYPE, document.content_type().clone());
    if let Some(token) = coding.token() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(token));
    }
    with_headers(StatusCode::OK, headers, bytes)
}

/// 304.
pub(super) fn not_modified(document: &Document, coding: Coding) -> Answer {
    with_headers(
        StatusCode::NOT_MODIFIED,
        of_document(document, coding),
        Bytes::new(),
    )
}

/// 301 to a path of ours.
pub(super) fn moved(path: &str) -> Answer {
    // Paths of ours are percent-encoded.
    let Ok(location) = HeaderValue::from_str(path) else {
        return words(StatusCode::NOT_FOUND, "not found\n");
    };
    let mut answer = words(StatusCode::MOVED_PERMANENTLY, "");
    answer.headers_mut().insert(LOCATION, location);
    answer.headers_mut().insert(CACHE_CONTROL, DOCUMENT_CACHE);
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANYONE);
    answer
}

/// A page that says why there is no document.
pub(super) fn notice(status: StatusCode, page: Bytes) -> Answer {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HTML);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(REFERRER_POLICY, NO_REFERRER);
    with_headers(status, headers, page)
}

/// A few words that nobody keeps.
pub(super) fn words(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(CONTENT_TYPE, TEXT);
    headers.insert(CACHE_CONTROL, NO_CACHE);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    with_headers(status, headers, text.into())
}

/// 405.
pub(super) fn not_allowed() -> Answer {
    let mut answer = words(
        StatusCode::METHOD_NOT_ALLOWED,
        "only GET and HEAD are answered here\n",
    );
    answer.headers_mut().insert(ALLOW, METHODS);
    answer
}

/// 204, for OPTIONS and for browsers that ask before a conditional request from elsewhere.
pub(super) fn options() -> Answer {
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(ALLOW, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANYONE);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    let ours = HeaderValue::from_static("If-None-Match, If-Modified-Since");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ours);
    let age = HeaderName::from_static("access-control-max-age");
    headers.insert(age, HeaderValue::from_static("86400"));
    with_headers(StatusCode::NO_CONTENT, headers, Bytes::new())
}

/// 503, for a moment.
pub(super) fn unavailable() -> Answer {
    let mut answer = words(
        StatusCode::SERVICE_UNAVAILABLE,
        "this document cannot be made at the moment\n",
    );
    answer
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("30"));
    answer
}

/// The answer, after which the connection ends.
pub(super) fn closing(mut answer: Answer) -> Answer {
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// The answer as HEAD wants it: the same headers, no bytes.
pub(super) fn for_method(method: &Method, answer: Answer) -> Answer {
    if *method != Method::HEAD {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    if let Some(length) = body.size_hint().exact().filter(|length| *length > 0) {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Full::default())
}

fn with_headers(status: StatusCode, headers: HeaderMap, bytes: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(bytes));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}
