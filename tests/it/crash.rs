//! Nothing that was acknowledged is lost, and nothing comes twice: not by kills, not by damage to either copy,
//! and the durable store says what the plain one in memory says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what a test's helper cannot do fails the test"
)]

mod damage;
mod full;
mod kills;
mod oracle;
mod world;
