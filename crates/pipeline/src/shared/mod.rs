//! A store that several processes share: one of them writes, the others reach it through an inbox.

mod inbox;
mod lease;
mod queries;
mod store;

pub use inbox::Inbox;
pub use lease::open_leased;
pub use store::{Mode as StoreMode, SharedStore};
