//! Reads attributes of any convention by the ordered tables of `quipu-semconv` into canonical values.
//!
//! Verb: READ.
//! Takes: a span or event as it was sent.
//! Gives: its canonical values, and its messages when somebody looks.
//! Never: drops what it cannot read without a note, or puts content into one.

mod details;
mod event;
mod failure;
mod finish;
mod json;
mod kind;
mod messages;
mod number;
mod pace;
mod params;
mod provider;
mod python;
mod read;
mod slots;
mod source;
mod text;
mod tree;
mod usage;

pub use event::read_event;
pub use json::{parse, pick};
pub use kind::kind;
pub use messages::messages;
pub use read::canonical;
pub use slots::Slots;
pub use source::{any_key_begins, scope_begins, scope_is};
pub use text::label;
pub use tree::Tree;
