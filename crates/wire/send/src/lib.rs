//! HTTP, gRPC and TLS clients of backends.
//!
//! Verb: SEND.
//! Takes: the configuration of a connection, and bodies.
//! Gives: answers, or errors that say whether and when a retry may help.
//! Never: retries by itself (the pipeline does), or puts a secret or a body into an error.

mod address;
mod answer;
mod authorize;
mod cause;
mod http;
mod otlp;
mod reach;
mod secret;
mod tls;
mod wire;

pub use address::check_url;
pub use answer::{Answer, Incoming, retry_after};
pub use authorize::Authorize;
pub use http::{Compression, Http, HttpConfig};
pub use otlp::{Code, OtlpSender, Partial, Protocol, Refusal, Status, Target};
pub use reach::reach;
pub use secret::Secret;
pub use tls::Tls;
