//! Why a document could not be made or written.

use std::path::PathBuf;

/// What stood between the items and the document.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store did not answer.
    #[error("the items to publish cannot be read, or the age of a document not be noted")]
    Store(#[from] crate::store::Error),
    /// A writer refused, which only a defect of ours can make it do.
    #[error("{path} cannot be written as {format}")]
    Format {
        /// The document's path.
        path: String,
        /// The format's name.
        format: &'static str,
        /// The writer's reason.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The thread that made a document ended before its time.
    #[error("{path} was not made to the end: {why}")]
    Broken {
        /// The document's path.
        path: String,
        /// What the thread said.
        why: String,
    },
    /// The folder of an export refused.
    #[error("{action} {}", path.display())]
    Export {
        /// `cannot write`, `cannot remove`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// Waiting may mend it.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Store(error) => error.is_temporary(),
            Self::Export { .. } => true,
            Self::Format { .. } | Self::Broken { .. } => false,
        }
    }
}
