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

/// An error with its causes, in one line: what is told of it where it is handled. A cause whose words the error
/// has taken up itself is not said again.
pub fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !words.contains(&said) {
            words.push_str(": ");
            words.push_str(&said);
        }
        cause = inner.source();
    }
    words
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
