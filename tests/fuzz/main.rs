//! What reads foreign bytes, against bytes nobody thought of: parse, sanitize, date, charset.
//!
//! Every test makes inputs of a grammar of its own and of the fixtures, changed at random, and holds the result
//! against what is always promised. They are those of one seed, few by default; `NEWSRIVER_FUZZ_SECONDS=60` asks for
//! as many as a slow core tries in a minute a target, and still for the same in every run. To look for more:
//! `NEWSRIVER_FUZZ_SEED=random NEWSRIVER_FUZZ_SECONDS=900` goes on until the time is up and prints the seed, with
//! which a number in its place finds the same again. `NEWSRIVER_FUZZ_CORPUS` names a folder whose files are changed
//! as well. A failing input is made as small as it goes and printed; as a fixture or a test of its own it stays.

// A test may panic: that is how it fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod budget;
mod charset;
mod date;
mod parse;
mod sanitize;
mod seeds;
