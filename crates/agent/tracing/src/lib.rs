//! Bridge to `tracing` and `log`.
//!
//! Verb: BRIDGE.
//! Takes: spans and events of `tracing`, records of `log`.
//! Gives: the library's own spans and events; and the library's guards to subscribers of `tracing`.
//! Never: records the same span or event twice.

mod content;
mod entered;
mod events;
mod held;
mod layer;
mod log;
mod mirror;
mod selection;
mod source;
mod spans;
mod text;
mod visit;

pub use layer::{QuipuLayer, layer};
pub use log::{LogTaken, catch_log};
pub use mirror::{MIRROR_TARGET, MirrorTaken, mirror};
pub use selection::Selection;
