//! Marker for spans that look like model calls and are not read as calls.
//!
//! Verb: NORMALISE.
//! Takes: the canonical values of a span, and the reason why it does not count.
//! Gives: a note on the span, and the reason of a marked span.
//! Never: decides what looks like a call.

mod mark;

pub use mark::{GENERIC, is_unread, note};
