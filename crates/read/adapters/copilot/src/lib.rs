//! Reads GitHub Copilot: the chat of editors, the command line, and its SDK.
//!
//! Verb: NORMALISE.
//! Takes: spans of the GenAI conventions with `github.copilot.*` or `copilot_chat.*` attributes, or of
//! services named so.
//! Gives: their canonical values.
//! Never: treats Copilot's own billing units as money.

mod adapter;

pub use adapter::Copilot;
