//! The metrics page: families as text.

mod accept;
mod number;
mod write;

pub use accept::Format;
pub(crate) use accept::preferred;
pub(crate) use number::number;
pub(crate) use write::page;
