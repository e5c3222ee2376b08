//! The `newsriver` command.

use std::ffi::{c_int, c_long};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc 2 and 3.
const PURGE_DELAY: c_int = 15;

/// How long memory that was let go of stays ours. The allocator's own second keeps a hundred MiB of documents that are
/// long done with; shorter than this saves little more.
const PURGE_DELAY_MS: c_long = 10;

fn main() -> ExitCode {
    give_memory_back_soon();
    newsriver::cli::main()
}

#[allow(unsafe_code, reason = "the allocator's options have no safe way in")]
fn give_memory_back_soon() {
    unsafe extern "C" {
        fn mi_option_set(option: c_int, value: c_long);
    }
    // SAFETY: as mimalloc.h declares it. It writes one entry of a table of its own, which any thread may read meanwhile;
    // there is no other thread yet.
    unsafe { mi_option_set(PURGE_DELAY, PURGE_DELAY_MS) }
}
