//! The gateway to model providers.
//!
//! Verb: PASS THROUGH.
//! Takes: requests in the forms of OpenAI, Anthropic and Gemini, with the caller's own key.
//! Gives: the provider's own answer, byte for byte, or an error in the provider's form; a record of a call.
//! Never: keeps a key, changes a body unless configured, delays a stream, invents an answer, or lets a call
//! bypass a budget.

mod asked;
mod body;
mod call;
mod client;
mod coding;
mod config;
mod dialect;
mod doubt;
mod figures;
mod gateway;
mod headers;
mod memory;
mod money;
mod pass;
mod path;
mod recording;
mod routes;
mod send;
mod sessions;
mod upstream;
mod usage;
mod watched;
mod who;

pub use config::{GatewayConfig, Undelivered, Unjudged, UpstreamConfig};
pub use dialect::Dialect;
pub use gateway::{Gateway, GatewayParts};
pub use recording::{Delivery, Recording};
pub use routes::Passing;
