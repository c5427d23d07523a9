//! Reads spans of OpenInference instrumentations, in any language.
//!
//! Verb: NORMALISE.
//! Takes: a span with OpenInference attributes or from an OpenInference scope.
//! Gives: its canonical values and messages.
//! Never: prefers values of another convention on the same span.

mod adapter;
mod printed;

pub use adapter::OpenInference;
