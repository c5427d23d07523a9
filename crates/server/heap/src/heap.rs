//! The two calls to glibc's allocator, and their substitutes on other platforms.

/// Limits the number of heaps of all threads together; at least one. Call it before the first thread starts,
/// because existing heaps stay.
///
/// Returns whether the allocator accepted the limit; `false` if it is not glibc's. `MALLOC_ARENA_MAX` of the
/// environment takes precedence.
pub fn share(heaps: usize) -> bool {
    let heaps = i32::try_from(heaps.max(1)).unwrap_or(i32::MAX);
    std::env::var_os("MALLOC_ARENA_MAX").is_none() && glibc::share(heaps)
}

/// Returns free pages within the heaps to the system before it returns. It blocks: about 8 ms for each 100
/// MiB of small blocks with gaps between them. Meanwhile other threads get no memory from that heap.
///
/// Returns whether there were free pages; `false` if the allocator is not glibc's.
pub fn give_back() -> bool {
    glibc::trim()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    pub(crate) fn share(heaps: i32) -> bool {
        // SAFETY: `mallopt` takes two numbers and locks what it changes (`mallopt(3)`).
        unsafe { libc::mallopt(libc::M_ARENA_MAX, heaps) == 1 }
    }

    pub(crate) fn trim() -> bool {
        // SAFETY: `malloc_trim` takes a number, locks each heap during the search, and does not touch
        // allocated memory.
        unsafe { libc::malloc_trim(0) == 1 }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod glibc {
    pub(crate) const fn share(_heaps: i32) -> bool {
        false
    }

    pub(crate) const fn trim() -> bool {
        false
    }
}
