//! Why a fetch brought nothing, in the words of the field.

use super::body::Encoding;
use crate::model::{Outcome, Timestamp};
use std::time::Duration;

/// What went wrong on the way to a document, whose fault it is, and what may help.
///
/// Hosts are named, whole addresses only without what may be secret in them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be asked at all.
    #[error("the address {address} cannot be asked: {why}")]
    BadAddress {
        /// The address, its secrets masked.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The guard said no (RFC 6890 special-purpose addresses, `localhost`).
    #[error("{host} is out of bounds ({what}); `allow_private_networks = true` would open it")]
    OutOfBounds {
        /// The host as asked.
        host: String,
        /// Which kind of address it is or leads to.
        what: &'static str,
    },
    /// The host said `Retry-After` a while ago: nothing was sent.
    #[error("{host} asked to be left alone until {until}")]
    HostRests {
        /// The host, with its port where that is unusual.
        host: String,
        /// When it may be asked again.
        until: Timestamp,
    },
    /// No address for the name.
    #[error("the name {host} is not known to the DNS; it may be misspelt or gone")]
    UnknownHost {
        /// The name.
        host: String,
        /// What the resolver said.
        #[source]
        cause: std::io::Error,
    },
    /// The resolver itself failed.
    #[error("the DNS did not answer for {host}; the network here may be down")]
    ResolverFailed {
        /// The name.
        host: String,
        /// What the resolver said.
        #[source]
        cause: std::io::Error,
    },
    /// The proxy, and not the source, is at fault.
    #[error("the proxy {proxy} does not lead to {host}: {why}")]
    Proxy {
        /// The host that was to be reached.
        host: String,
        /// The configured proxy.
        proxy: String,
        /// What went wrong on the way.
        why: String,
    },
    /// A file of the admin's that this source needs.
    #[error("the file that `{key}` names for {host} cannot be used: {why}")]
    Credential {
        /// The host.
        host: String,
        /// The key of `feeds.toml`.
        key: &'static str,
        /// What is wrong with the file, which is not named: its path is nobody's business.
        why: String,
    },
    /// A source that is a file, and cannot be read.
    #[error("the file of this source cannot be read: {why}")]
    File {
        /// What the operating system says, or what it is instead.
        why: String,
    },
    /// A source that is a file, and files may not be polled.
    #[error("files are not polled; `allow_files = true` under [fetch] would allow it")]
    FilesRefused,
    /// Nobody listens.
    #[error("{host} refused the connection; nothing listens there now")]
    ConnectionRefused {
        /// The host.
        host: String,
    },
    /// No connection, for another reason.
    #[error("no connection to {host}: {why}")]
    NoConnection {
        /// The host.
        host: String,
        /// In the operating system's words.
        why: String,
    },
    /// A certificate that must not be believed.
    #[error("the certificate of {host} {fault}; its admin must renew or mend it")]
    Certificate {
        /// The host.
        host: String,
        /// What is wrong with the certificate.
        fault: CertificateFault,
    },
    /// The port does not speak TLS.
    #[error("{host} does not speak TLS on this port; the address may want http instead of https")]
    NotTls {
        /// The host.
        host: String,
    },
    /// TLS failed otherwise.
    #[error("TLS with {host} failed: {why}")]
    Tls {
        /// The host.
        host: String,
        /// In rustls's words.
        why: String,
    },
    /// The time of the whole poll was over.
    #[error("{host} was too slow: {} were over {stage}", humantime::format_duration(*.limit))]
    Timeout {
        /// The host that was being asked.
        host: String,
        /// The bound that was reached.
        limit: Duration,
        /// What it was busy with.
        stage: Stage,
    },
    /// The connection ended before the message did (RFC 9112 8).
    #[error("{host} broke off in the middle of its answer")]
    BrokenOff {
        /// The host.
        host: String,
    },
    /// What came is not HTTP.
    #[error("{host} answered something that is not HTTP")]
    NotHttp {
        /// The host.
        host: String,
    },
    /// More header than anyone needs.
    #[error("{host} sent more than {limit_bytes} bytes of header")]
    HeaderTooLarge {
        /// The host.
        host: String,
        /// The bound.
        limit_bytes: usize,
    },
    /// The body passed `max_body`, on the wire or unpacked.
    #[error("{host} sent more than `max_body` allows ({limit_bytes} bytes{})", if *.unpacked { " once unpacked" } else { "" })]
    TooLarge {
        /// The host.
        host: String,
        /// The bound.
        limit_bytes: u64,
        /// It was small on the wire and grew.
        unpacked: bool,
    },
    /// The compressed body is damaged or cut.
    #[error("{host} sent a damaged {encoding} body: {why}")]
    DamagedEncoding {
        /// The host.
        host: String,
        /// What it was taken for.
        encoding: Encoding,
        /// In the decoder's words.
        why: String,
    },
    /// A status that brings no document.
    #[error("{host} answered {status}{}", advice(*.status))]
    Status {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// `Retry-After`, where it was given and made sense.
        retry_after: Option<Timestamp>,
    },
    /// 410 (RFC 9110 15.5.11).
    #[error("{host} answered 410: this feed is gone for good")]
    Gone {
        /// The host.
        host: String,
    },
    /// 304 to a request that carried no condition (RFC 9110 15.4.5).
    #[error("{host} answered 304 although nothing conditional was asked")]
    UnaskedNotModified {
        /// The host.
        host: String,
    },
    /// 206 to a request that asked for the whole (RFC 9110 15.3.7).
    #[error("{host} answered 206: a part, though the whole was asked for")]
    UnaskedPart {
        /// The host.
        host: String,
    },
    /// A redirect without an address that can be followed.
    #[error("{host} redirects to nowhere: {why}")]
    BadRedirect {
        /// The host.
        host: String,
        /// What is wrong with the `Location`.
        why: String,
    },
    /// A redirect to where we have already been.
    #[error("{host} redirects in a circle")]
    RedirectLoop {
        /// The host that closed the circle.
        host: String,
    },
    /// More hops than a poll follows.
    #[error("{host} redirects on and on; {limit} hops were followed")]
    TooManyRedirects {
        /// The last host.
        host: String,
        /// The bound.
        limit: usize,
    },
    /// Something on our side.
    #[error("newsriver could not ask {host}: {why}")]
    Internal {
        /// The host.
        host: String,
        /// What failed.
        why: String,
    },
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// Its time is over.
    Expired,
    /// Its time has not come (or our clock is behind).
    NotYetValid,
    /// It names other hosts.
    WrongHost,
    /// Nobody we trust signed it.
    UnknownIssuer,
    /// It vouches for itself.
    SelfSigned,
    /// Its issuer took it back.
    Revoked,
    /// Anything else.
    Other,
}

impl std::fmt::Display for CertificateFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Expired => "has expired",
            Self::NotYetValid => "is not valid yet",
            Self::WrongHost => "is for another host",
            Self::UnknownIssuer => "is signed by nobody we trust",
            Self::SelfSigned => "is signed by nobody but itself",
            Self::Revoked => "was revoked",
            Self::Other => "cannot be believed",
        })
    }
}

/// What a poll was busy with when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Looking up the name, connecting, greeting, and waiting for the head of the answer.
    Head,
    /// Reading the body.
    Body {
        /// How much had come.
        received_bytes: u64,
    },
    /// Reading a large body, while others waited for the memory it held.
    Crowded {
        /// How much had come.
        received_bytes: u64,
    },
}

impl std::fmt::Display for Stage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Head => formatter.write_str("before it had begun to answer"),
            Self::Body { received_bytes } => write!(formatter, "when {received_bytes} bytes had come"),
            Self::Crowded { received_bytes } => write!(
                formatter,
                "when {received_bytes} bytes had come, and others waited for the memory they held"
            ),
        }
    }
}

impl Error {
    /// It may pass without anybody's doing. Everything is asked again, with back-off; this tells
    /// whether a person should look.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Status { status, .. } => {
                matches!(status, 408 | 421 | 425 | 429) || (500..600).contains(status)
            }
            Self::HostRests { .. }
            | Self::UnknownHost { .. }
            | Self::ResolverFailed { .. }
            | Self::ConnectionRefused { .. }
            | Self::NoConnection { .. }
            | Self::Tls { .. }
            | Self::Timeout { .. }
            | Self::BrokenOff { .. }
            | Self::NotHttp { .. }
            | Self::DamagedEncoding { .. }
            | Self::UnaskedNotModified { .. }
            | Self::UnaskedPart { .. }
            | Self::Proxy { .. }
            | Self::File { .. }
            | Self::Internal { .. } => true,
            _ => false,
        }
    }

    /// When the host allows the next request, where it said so.
    pub fn retry_after(&self) -> Option<Timestamp> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::HostRests { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Not asked, or told not to ask: out of bounds, or `Retry-After`.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::OutOfBounds { .. } | Self::FilesRefused) || self.retry_after().is_some()
    }

    /// A request went out. Not while the host rests for the sake of an earlier `Retry-After`.
    pub fn was_asked(&self) -> bool {
        !matches!(self, Self::HostRests { .. })
    }

    /// How a poll that ended with this is called.
    pub fn outcome(&self) -> Outcome {
        if self.is_gone() {
            Outcome::Gone
        } else if self.is_refusal() {
            Outcome::Refused
        } else {
            Outcome::Failed
        }
    }

    /// 410: never to be asked again.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone { .. })
    }
}

/// What may help, for the statuses people meet.
fn advice(status: u16) -> &'static str {
    match status {
        401 => "; it wants a name and a password (`username` and `password_file`, or `bearer_file`)",
        402 => "; it wants to be paid",
        403 => " to us; it may want a different User-Agent",
        404 => "; nothing is there, the feed may have moved",
        406 => "; it has nothing in a form that we take",
        407 => "; the proxy wants a password, which is not supported",
        429 => "; it wants to be asked less often",
        451 => "; it may not show this for legal reasons",
        500..=599 => "; the fault is on its side",
        200..=299 => " without a document",
        300..=399 => " without saying where to go",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, retry_after: Option<Timestamp>) -> Error {
        Error::Status {
            host: "example.org".into(),
            status,
            retry_after,
        }
    }

    #[test]
    fn a_refusal_reads_as_a_sentence_with_a_remedy() {
        assert_eq!(
            status(403, None).to_string(),
            "example.org answered 403 to us; it may want a different User-Agent"
        );
        assert_eq!(
            status(401, None).to_string(),
            "example.org answered 401; it wants a name and a password (`username` and `password_file`, or `bearer_file`)"
        );
        let slow = Error::Timeout {
            host: "example.org".into(),
            limit: Duration::from_secs(30),
            stage: Stage::Body { received_bytes: 12 },
        };
        assert_eq!(
            slow.to_string(),
            "example.org was too slow: 30s were over when 12 bytes had come"
        );
        let bomb = Error::TooLarge {
            host: "example.org".into(),
            limit_bytes: 1024,
            unpacked: true,
        };
        assert_eq!(
            bomb.to_string(),
            "example.org sent more than `max_body` allows (1024 bytes once unpacked)"
        );
    }

    #[test]
    fn servers_in_trouble_are_temporary_and_closed_doors_are_not() {
        assert!(status(503, None).is_temporary());
        assert!(status(429, None).is_temporary());
        assert!(!status(404, None).is_temporary());
        let gone = Error::Gone { host: "a".into() };
        assert!(!gone.is_temporary());
        assert_eq!(gone.outcome(), Outcome::Gone);
        assert_eq!(status(404, None).outcome(), Outcome::Failed);
        assert!(!status(429, None).is_refusal());
        assert!(status(429, Some(Timestamp::from_seconds(9))).is_refusal());
    }
}
