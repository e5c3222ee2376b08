//! What the layers below say when an exchange fails, put into our words.

use super::Error;
use super::error::CertificateFault;
use super::web::MOST_HEADER_BYTES;
use rustls::CertificateError;
use std::error::Error as StdError;
use std::io::{self, ErrorKind};

/// Every address of a name was out of bounds.
#[derive(Debug, thiserror::Error)]
#[error("every address of this name is out of bounds ({0})")]
pub(super) struct Forbidden(pub(super) &'static str);

/// The resolver found nothing, or failed.
#[derive(Debug, thiserror::Error)]
#[error("no address for this name")]
pub(super) struct NoAddress(#[source] pub(super) io::Error);

/// The cause of a failed exchange, found by walking down to the layer that knows. What fails before a connection
/// through a `proxy` stands is the proxy's matter, unless the guard or a certificate says otherwise.
pub(super) fn explain(host: &str, proxy: Option<&str>, error: reqwest::Error) -> Error {
    let is_connect = error.is_connect();
    let cause = explain_direct(host, error);
    match (proxy, &cause) {
        (
            Some(proxy),
            Error::ConnectionRefused { .. }
            | Error::NoConnection { .. }
            | Error::UnknownHost { .. }
            | Error::ResolverFailed { .. }
            | Error::BrokenOff { .. }
            | Error::NotHttp { .. },
        ) if is_connect => Error::Proxy {
            host: host.to_owned(),
            proxy: super::shown(proxy),
            why: match cause {
                Error::NoConnection { why, .. } => why,
                Error::ConnectionRefused { .. } => "it refused the connection".to_owned(),
                Error::UnknownHost { .. } | Error::ResolverFailed { .. } => {
                    "a name is not known here".to_owned()
                }
                _ => "it broke off, or speaks something else".to_owned(),
            },
        },
        _ => cause,
    }
}

fn explain_direct(host: &str, error: reqwest::Error) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(link) = cause {
        if let Some(found) = explain_link(host, link) {
            return found;
        }
        cause = link.source();
    }
    let host = host.to_owned();
    if error.is_connect() {
        return Error::NoConnection {
            host,
            why: deepest(&error),
        };
    }
    if error.is_body() || error.is_decode() || error.is_request() {
        return Error::BrokenOff { host };
    }
    Error::Internal {
        host,
        why: deepest(&error),
    }
}

fn explain_link(host: &str, link: &(dyn StdError + 'static)) -> Option<Error> {
    let owned = || host.to_owned();
    if let Some(Forbidden(what)) = link.downcast_ref() {
        return Some(Error::OutOfBounds { host: owned(), what });
    }
    if let Some(NoAddress(cause)) = link.downcast_ref() {
        return Some(explain_lookup(host, cause));
    }
    if let Some(error) = link.downcast_ref::<rustls::Error>() {
        return Some(explain_tls(host, error));
    }
    if let Some(error) = link.downcast_ref::<hyper::Error>() {
        return explain_http(host, error);
    }
    if let Some(error) = link.downcast_ref::<io::Error>() {
        return explain_io(host, error);
    }
    None
}

fn explain_lookup(host: &str, cause: &io::Error) -> Error {
    let words = cause.to_string();
    let host = host.to_owned();
    let cause = io::Error::new(cause.kind(), words.clone());
    // The C library tells only in words whether the name or the resolver is at fault.
    if words.contains("emporary failure") || words.contains("try again") {
        Error::ResolverFailed { host, cause }
    } else {
        Error::UnknownHost { host, cause }
    }
}

fn explain_tls(host: &str, error: &rustls::Error) -> Error {
    let host = host.to_owned();
    let fault = match error {
        rustls::Error::InvalidCertificate(fault) => fault,
        rustls::Error::InvalidMessage(_) => return Error::NotTls { host },
        other => {
            return Error::Tls {
                host,
                why: other.to_string(),
            };
        }
    };
    let fault = match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::WrongHost
        }
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
        CertificateError::Revoked => CertificateFault::Revoked,
        // rustls passes this one on as it came from below, where it has no type of ours to match.
        CertificateError::Other(cause) if format!("{cause:?}").contains("CaUsedAsEndEntity") => {
            CertificateFault::SelfSigned
        }
        _ => CertificateFault::Other,
    };
    Error::Certificate { host, fault }
}

fn explain_http(host: &str, error: &hyper::Error) -> Option<Error> {
    let host = host.to_owned();
    if error.is_parse_too_large() {
        return Some(Error::HeaderTooLarge {
            host,
            limit_bytes: MOST_HEADER_BYTES,
        });
    }
    if error.is_parse() {
        return Some(Error::NotHttp { host });
    }
    if error.is_incomplete_message() {
        return Some(Error::BrokenOff { host });
    }
    None
}

fn explain_io(host: &str, error: &io::Error) -> Option<Error> {
    // An io::Error shows what it carries through `get_ref`, not through `source`.
    if let Some(inner) = error.get_ref()
        && let Some(found) = explain_link(host, inner)
    {
        return Some(found);
    }
    let host = host.to_owned();
    match error.kind() {
        ErrorKind::ConnectionRefused => Some(Error::ConnectionRefused { host }),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some(Error::BrokenOff { host }),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => None,
        _ if error.raw_os_error().is_some() || error.kind() == ErrorKind::TimedOut => {
            Some(Error::NoConnection {
                host,
                why: error.to_string(),
            })
        }
        _ => None,
    }
}

/// The innermost cause in its own words: the outer ones only say that something failed.
fn deepest(error: &reqwest::Error) -> String {
    let mut link: &dyn StdError = error;
    let mut is_outermost = true;
    while let Some(next) = link.source() {
        link = next;
        is_outermost = false;
    }
    if is_outermost {
        // reqwest's own words name the whole address, secrets and all.
        "the request failed".to_owned()
    } else {
        link.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_certificates_are_told_apart() {
        for (fault, want) in [
            (CertificateError::Expired, "has expired"),
            (CertificateError::NotValidYet, "is not valid yet"),
            (CertificateError::NotValidForName, "is for another host"),
            (CertificateError::UnknownIssuer, "is signed by nobody we trust"),
            (CertificateError::Revoked, "was revoked"),
            (CertificateError::BadSignature, "cannot be believed"),
        ] {
            let carried = io::Error::other(rustls::Error::InvalidCertificate(fault));
            let error = explain_link("example.org", &carried).unwrap();
            assert_eq!(
                error.to_string(),
                format!("the certificate of example.org {want}; its admin must renew or mend it")
            );
        }
    }

    #[test]
    fn what_the_operating_system_says_is_sorted() {
        let explain = |kind: ErrorKind| explain_link("a", &io::Error::from(kind)).map(|e| e.to_string());
        assert_eq!(
            explain(ErrorKind::ConnectionRefused).unwrap(),
            "a refused the connection; nothing listens there now"
        );
        assert_eq!(
            explain(ErrorKind::ConnectionReset).unwrap(),
            "a broke off in the middle of its answer"
        );
        assert!(
            explain(ErrorKind::TimedOut)
                .unwrap()
                .starts_with("no connection to a: ")
        );
        assert_eq!(explain(ErrorKind::Other), None);
    }

    #[test]
    fn an_unknown_name_and_a_dead_resolver_are_told_apart() {
        let lookup = |words: &str| explain_lookup("a.example", &io::Error::other(words));
        let unknown = lookup("failed to lookup address information: Name or service not known");
        assert!(matches!(unknown, Error::UnknownHost { .. }));
        let dead = lookup("failed to lookup address information: Temporary failure in name resolution");
        assert!(matches!(dead, Error::ResolverFailed { .. }));
    }
}
