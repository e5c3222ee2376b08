//! What can go wrong between us and the disk.

use std::path::PathBuf;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something a commit rested on changed since it was read; nothing was written.
    #[error("something changed while this was being decided; it will be decided again")]
    Conflict,
    /// Another process has the store.
    #[error("the store {} is in use by {holder}; stop it first, or use another [store] path", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// `process 1234 (newsriver)` as far as can be told.
        holder: String,
    },
    /// Written by a newer newsriver.
    #[error("the store {} has format {found}, and this newsriver knows formats up to {known}; it was left untouched, use the newer version", path.display())]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The disk is full: nothing was acknowledged.
    #[error("the disk of {} is full; make room, newsriver goes on by itself", path.display())]
    Full {
        /// The folder or file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{action} {}", path.display())]
    Io {
        /// `cannot write to`, `cannot open`, …
        action: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// Its reason.
        #[source]
        source: std::io::Error,
    },
    /// sled refused.
    #[error("the sled store {}", path.display())]
    Sled {
        /// Its folder.
        path: PathBuf,
        /// Its reason.
        #[source]
        source: sled::Error,
    },
    /// Bytes that are not what we wrote.
    #[error("{what} is damaged; `newsriver run` rebuilds what the journal holds")]
    Damaged {
        /// Which record or index.
        what: String,
    },
    /// The writer has stopped after a failure: nothing is acknowledged any more.
    #[error("the store has stopped taking writes after an earlier failure: {why}")]
    Stopped {
        /// That failure, in words.
        why: String,
    },
}

impl Error {
    /// Waiting may mend it.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Conflict | Self::Full { .. })
    }
}
