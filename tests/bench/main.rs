//! The hot paths, one file each: `cargo bench`.

// A bench may panic: that is how it fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod classify;
mod cluster;
mod commit;
mod identify;
mod parse;
mod render;
mod rules;
mod serve;

fn main() {
    divan::main();
}
