//! Fair-share admission: callers share a limited number of bytes or requests.
//!
//! Verb: ADMIT.
//! Takes: a capacity, and callers that request parts of it; each caller is a [`Principal`] or an address.
//! Gives: permits, which return their part when dropped; an error for a caller that already holds its share.
//! Never: grants more than the capacity, except one permit in the overflow slot. Never waits without a
//! deadline, unless the caller asks for that. Never knows HTTP.

mod memory;
mod overflow;
mod partial;
mod pool;
mod principal;
mod share;
mod share_key;

pub use memory::{MemoryPermit, MemoryPool, SharedMemory};
pub use overflow::{Overflow, Slot};
pub use partial::PARTIAL_HEADER;
pub use pool::{Busy, Permit, Pool};
pub use principal::{Principal, PrincipalKind};
pub use share::Refusal;
pub use share_key::ShareKey;
