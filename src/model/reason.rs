//! Why something was decided, in words.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a verdict is what it is: one sentence, lower case and without full stop, the same that
/// `newsriver why`, `newsriver status` and the log print.
///
/// It is written where the decision is made and carried with it, never made up afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(pub String);

impl Reason {
    /// A reason from its words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
