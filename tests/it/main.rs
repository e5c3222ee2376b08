//! The promises to users, a file each.

// A test may panic: that is how it fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod archive;
mod categories;
mod commands;
mod configure;
mod crash;
mod duplicates;
mod fetching;
mod filters;
mod floors;
mod hostile;
mod learned;
mod life;
mod pace;
mod portal;
mod publishing;
mod rankings;
mod reading;
mod reload;
mod reprints;
mod running;
mod serving;
mod stories;
mod subscribe;
mod support;
mod systemd;
mod words;

// `support/double.rs` is read from within the crate too.
use newsriver::{model, store};
