//! The C library's allocator, told what a server on a small machine needs.
//!
//! Verb: SHARE THE HEAP.
//! Takes: nothing; it is asked once at the start, and again now and then.
//! Gives: few heaps that threads share, and what is free in them back to the system.
//! Never: is asked by a library, whose host has an allocator of its own choice; fails.
//!
//! glibc gives threads that allocate at once heaps of their own, up to eight a core, and what is free in one is of no use to another. A batch
//! passes through several threads, so each heap grows to what passes through it. Why this and no other allocator: `docs/adr/0037-memory.md`.
//! With another C library there is nothing to tell, and both functions do nothing.

mod heap;

pub use heap::{give_back, share};
