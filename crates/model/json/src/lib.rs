//! A streaming reader of JSON members and elements, without a tree.
//!
//! Verb: LOOK INTO JSON.
//! Takes: a JSON text in memory.
//! Gives: members and elements as slices of the text, one after another.
//! Never: allocates memory for each value, or copies a text without an escape sequence.

mod names;
mod size;
mod walk;

pub use names::{fold, pick};
pub use serde_json::value::RawValue;
pub use size::{small, tree_bytes};
pub use walk::{Broken, at, elements, is_null, members, raw, text};
