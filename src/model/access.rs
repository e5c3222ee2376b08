//! How a source is asked, where the admin says something about it.

use std::fmt;
use std::path::PathBuf;

/// What one source's requests carry and how they travel, beyond what holds for all. No secret is in it: secrets are
/// in the files it names, which are read when they are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Instead of our own `User-Agent`.
    pub user_agent: Option<String>,
    /// More header fields, as written.
    pub headers: Vec<HeaderField>,
    /// Holds the cookies to send.
    pub cookie_file: Option<PathBuf>,
    /// How it is told who asks.
    pub login: Option<Login>,
    /// The proxy that its requests go through: an address with the scheme http, https, socks5 or socks5h.
    pub proxy: Option<String>,
    /// HTTP/2 is not offered to it.
    pub http1_only: bool,
    /// Its certificate is not checked.
    pub insecure_tls: bool,
    /// Certificates that are trusted for it besides those of the system.
    pub ca_file: Option<PathBuf>,
}

/// A header field of the admin's own. Its value may be a key to something, so that it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderField {
    /// As written.
    pub name: String,
    /// Visible ASCII and blanks.
    pub value: String,
}

/// What goes into `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// RFC 7617.
    Basic {
        /// The name.
        username: String,
        /// Holds the password; none: an empty one.
        password_file: Option<PathBuf>,
    },
    /// RFC 6750.
    Bearer {
        /// Holds the token.
        token_file: PathBuf,
    },
}

impl fmt::Debug for HeaderField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ***", self.name)
    }
}
