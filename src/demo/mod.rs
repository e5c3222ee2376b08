//! The loopback origin that `demo` and the tests poll, and the `feeds.toml` that goes with it.
//!
//! [`Origin`] plays seventeen invented sources in RSS 2.0, 0.91 and 1.0, Atom and JSON Feed, Chinese and English,
//! with new texts every few seconds, reprints, a correction, and those that misbehave; at paths that a test names it
//! serves what the test likes and goes wrong as told. What it shows at an instant is a function of that instant, so
//! nothing runs beside it. It answers on the address it was given, and asks for nothing.

mod answer;
mod cast;
mod error;
mod formats;
mod origin;
mod render;
mod samples;
mod script;
mod stage;
mod subscription;

pub use answer::{Answer, Fault};
pub use error::Error;
pub use origin::{Counts, Origin, Visit};
pub use subscription::feeds_toml;
