//! Configuration of the C library's allocator for servers on small machines.
//!
//! Verb: SHARE THE HEAP.
//! Takes: nothing; the binary calls it at the start and then from time to time.
//! Gives: few heaps that threads share; free memory returned to the system.
//! Never: fails, or is called by a library, whose host chooses its own allocator.
//!
//! glibc gives threads that allocate in parallel heaps of their own, up to eight for each core. Free memory
//! of one heap cannot serve another. A batch passes through several threads, so each heap grows to the size
//! of the batches. `docs/adr/0037-memory.md` explains the choice of allocator. With another C library both
//! functions do nothing.

mod heap;

pub use heap::{give_back, share};
