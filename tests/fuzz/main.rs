//! What reads foreign bytes, against bytes nobody thought of: parse, sanitize, date, charset.
//!
//! Every test makes inputs of a grammar of its own and of the fixtures, changed at random, and holds the result
//! against what is always promised. Few cases are tried by default; `NEWSRIVER_FUZZ_SECONDS=60` says for how long
//! to go on instead, `NEWSRIVER_FUZZ_CORPUS` names a folder whose files are changed as well. A failing input is
//! made as small as it goes and printed; as a fixture or a test of its own it stays.

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
