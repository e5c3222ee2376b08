//! The running whole: the engine that owns the store, the loops that drive it, and what watches over them.
//!
//! [`run`] starts the loops in order (store, documents, socket, polling), says READY once it serves, and ends
//! them in the opposite order. Commands reach a running daemon through [`control`], and open an
//! [`engine::Engine`] of their own when none runs; both answer a [`control::Request`] by the same code.

pub mod against;
pub mod control;
pub mod engine;
mod explain;
mod filed;
mod health;
mod holds;
pub mod jobs;
mod late;
pub mod learning;
pub mod moved;
mod refresh;
mod reload;
mod run;
pub mod sections;
pub mod shutdown;
mod sorting;
mod sources;
pub mod status;
pub mod systemd;
mod touched;
mod waiting;
mod words;
mod workers;

pub use run::{Options, run};

#[cfg(test)]
mod tests;
