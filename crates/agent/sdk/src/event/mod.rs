//! Structured events with level, context and attributes.

mod builder;
mod custom;
mod filter;
mod filtered;
mod macros;
#[cfg_attr(not(feature = "enable"), path = "making_off.rs")]
mod making;
mod private;

pub use builder::{EventBuilder, event, event_at};
pub use custom::{CustomEvent, emit};
pub use filter::{EventFilter, EventPredicate, EventView};
