//! Reads GitHub Copilot: the chat of editors, the command line, and its SDK.
//!
//! Verb: NORMALISE.
//! Takes: spans of the GenAI conventions with `github.copilot.*` or `copilot_chat.*` attributes, or of services named so.
//! Gives: what they mean.
//! Never: takes Copilot's own units of account for money.

mod adapter;

pub use adapter::Copilot;
