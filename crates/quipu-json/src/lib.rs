//! Looks into JSON texts without building a tree of them.
//!
//! Verb: LOOK INTO JSON.
//! Takes: a JSON text that is in memory already.
//! Gives: members and elements as they stand in the text, one after another.
//! Never: holds memory for each value, or copies a text that has no escape sequence.

mod names;
mod size;
mod walk;

pub use names::{fold, pick};
pub use serde_json::value::RawValue;
pub use size::{small, tree_bytes};
pub use walk::{Broken, at, elements, is_null, members, raw, text};
