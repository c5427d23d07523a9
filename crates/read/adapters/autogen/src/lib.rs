//! Reads spans of `AutoGen`'s runtime and agents, and its logged model calls.
//!
//! Verb: NORMALISE.
//! Takes: spans of scopes that begin with `autogen`, and log records of its event logger.
//! Gives: their canonical values, messages and lens; each call in a team's messages once.
//! Never: reads a forwarded message; does I/O; keeps state.
//!
//! `AutoGen` has no span for a model call. Its tokens are in the messages that agents send. The runtime puts
//! these on the spans of all receivers:
//! <https://microsoft.github.io/autogen/stable/user-guide/core-user-guide/framework/telemetry.html>.

mod adapter;
mod logged;
mod message;

pub use adapter::Autogen;
