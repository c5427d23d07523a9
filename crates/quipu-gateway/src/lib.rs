//! A pass-through to model providers.
//!
//! Verb: PASS THROUGH.
//! Takes: requests in the shapes of OpenAI, Anthropic and Gemini, with the caller's own key.
//! Gives: the provider's own answer, byte for byte, or a refusal in the provider's shape; and a record of every call.
//! Never: keeps a key, changes a body unless it was told to, holds back a stream, invents an answer, or lets a call pass a budget unjudged.

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
mod sessions;
mod upstream;
mod usage;
mod watched;
mod who;

pub use config::{GatewayConfig, Unjudged, UpstreamConfig};
pub use dialect::Dialect;
pub use gateway::{Gateway, Parts};
pub use recording::Recording;
pub use routes::Passing;
