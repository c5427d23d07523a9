//! Reads spans of OpenInference instrumentations, in any language.
//!
//! Verb: NORMALISE.
//! Takes: a span with OpenInference attributes or from an OpenInference scope.
//! Gives: its canonical values and messages.
//! Never: reads what another convention put on the same span in preference to it.

mod adapter;

pub use adapter::OpenInference;
