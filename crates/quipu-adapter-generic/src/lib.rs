//! Reads model calls of unknown sources by the shape of their attributes.
//!
//! Verb: NORMALISE.
//! Takes: a span that no other adapter claims and that has token figures, a provider's answer as JSON, or a model with messages.
//! Gives: a counted call when the figures allow one reading only, else a span of kind other with the reason as a note.
//! Never: looks at the scope's name, guesses between two readings, or puts contents into a note.

mod adapter;
mod dialect;
mod figures;
mod names;
mod verdict;
mod walk;
mod words;

pub use adapter::Generic;
