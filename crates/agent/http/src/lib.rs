//! HTTP: contexts in headers, and the recording of calls to model providers on the wire.
//!
//! Verb: CONNECT.
//! Takes: requests of a server or client.
//! Gives: the same requests, with a span each, their context in the headers, and the usage from the answers.
//! Never: changes a body, delays a stream, or records a key.

#[cfg(feature = "reqwest")]
mod client;
mod headers;
mod method;
mod model_call;
mod server;
pub mod wire;

#[cfg(feature = "reqwest")]
pub use client::{Middleware, Propagate};
pub use headers::{extract, inject, inject_as};
pub use model_call::ModelCall;
pub use server::{Trace, TraceBody, TraceFuture, TraceLayer};
