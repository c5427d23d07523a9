//! Reads model calls of unknown sources by the shape of their attributes.
//!
//! Verb: NORMALISE.
//! Takes: a span that no other adapter claims, with token figures, a provider's answer as JSON, or a model
//! with messages.
//! Gives: a counted call if the figures allow exactly one reading, otherwise a span of kind other with the
//! reason as a note.
//! Never: uses the scope's name, guesses between two readings, or puts contents into a note.

mod adapter;
mod costs;
mod dialect;
mod events;
mod figures;
mod kinds;
mod logs;
mod names;
mod notation;
mod outcome;
mod roles;
mod stream;
mod units;
mod verdict;
mod vocabulary;
mod walk;
mod words;
mod worth;

pub use adapter::Generic;
