//! Fair-share admission: bytes and requests that run short are shared between callers.
//!
//! Verb: ADMIT.
//! Takes: a capacity, and callers that ask for parts of it.
//! Gives: permits, which return their part when they are dropped; and a refusal when a caller holds its share already.
//! Never: waits without a deadline unless the caller asks for that, gives out more than the capacity (one permit in the overflow slot
//! excepted), or knows HTTP.

mod caller;
mod memory;
mod overflow;
mod pool;
mod share;

pub use caller::Caller;
pub use memory::{MemoryPermit, MemoryPool, SharedMemory};
pub use overflow::{Overflow, Slot};
pub use pool::{Busy, Permit, Pool};
pub use share::Refusal;
