//! Marks spans that look like model calls and are not read, and knows them again.
//!
//! Verb: NORMALISE.
//! Takes: the canonical values of a span, and the reason why it does not count.
//! Gives: a note on the span, and the reason of a span that has one.
//! Never: decides what looks like a call.

mod mark;

pub use mark::{GENERIC, is_unread, note};
