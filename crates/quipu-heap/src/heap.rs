//! The two calls, and what they are where the allocator is not glibc's.

/// At most so many heaps for all threads together from now on, and at least one. To be called before the first thread is started: heaps that are
/// there stay.
///
/// Gives whether the allocator took it; `false` where it is not glibc's. A user's own word, `MALLOC_ARENA_MAX`, goes first.
pub fn share(heaps: usize) -> bool {
    let heaps = i32::try_from(heaps.max(1)).unwrap_or(i32::MAX);
    std::env::var_os("MALLOC_ARENA_MAX").is_none() && glibc::share(heaps)
}

/// Gives pages that are free within the heaps back to the system, whose they are again before it returns. It blocks: some 8 ms for each 100 MiB
/// of small pieces with holes between them, in which no other thread gets memory from that heap.
///
/// Gives whether there were any; `false` where the allocator is not glibc's.
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
        // SAFETY: `malloc_trim` takes a number, locks each heap while it looks through it, and touches nothing that is allocated.
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
