//! Reads spans of `AutoGen`'s runtime and agents, and its logged calls of models.
//!
//! Verb: NORMALISE.
//! Takes: spans of scopes that begin with `autogen`, and log records of its event logger.
//! Gives: what they mean, what was said in them, and how they were read; of a team's messages each call once.
//! Never: reads a message where it is sent on; does I/O; keeps state.
//!
//! `AutoGen` has no span for a call of a model. Its tokens are in the messages that agents send, which the runtime puts on the
//! spans of everyone who receives them: <https://microsoft.github.io/autogen/stable/user-guide/core-user-guide/framework/telemetry.html>.

mod adapter;
mod logged;
mod message;

pub use adapter::Autogen;
