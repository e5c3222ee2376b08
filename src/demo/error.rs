//! What can keep the origin from starting.

use std::net::SocketAddr;

/// Why there is no origin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address} for the demo's sources; use port 0 to have a free one chosen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// Called where no tokio runtime is.
    #[error("the demo's sources need a tokio runtime to answer from")]
    NoRuntime(#[from] tokio::runtime::TryCurrentError),
}
