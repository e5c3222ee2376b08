//! The `newsriver` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    give_memory_back_soon();
    newsriver::cli::main()
}

/// The C library keeps what was let go of, for each of up to sixteen threads on two cores: a hundred MiB after a first
/// poll. Two such stores do for our threads, and what is long goes back at once.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "the allocator's options have no safe way in")]
fn give_memory_back_soon() {
    use std::ffi::c_int;
    const TRIM_THRESHOLD: c_int = -1;
    const MMAP_THRESHOLD: c_int = -3;
    const ARENA_MAX: c_int = -8;
    /// Documents and buffers are longer, what items are made of is shorter.
    const LONG: c_int = 64 * 1024;
    unsafe extern "C" {
        fn mallopt(option: c_int, value: c_int) -> c_int;
    }
    for (option, value) in [(ARENA_MAX, 2), (TRIM_THRESHOLD, LONG), (MMAP_THRESHOLD, LONG)] {
        // SAFETY: as malloc.h declares it. There is no other thread yet; an option that is not known is refused.
        unsafe { mallopt(option, value) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_memory_back_soon() {}
