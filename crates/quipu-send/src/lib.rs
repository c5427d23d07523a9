//! How backends reach other programs.
//!
//! Verb: SEND.
//! Takes: settings of a connection, and bodies.
//! Gives: answers, or errors that say whether repeating helps and when.
//! Never: repeats anything by itself (the pipeline does), or puts a secret or a body into an error.

mod address;
mod answer;
mod authorize;
mod http;
mod otlp;
mod reach;
mod secret;
mod tls;
mod wire;

pub use address::check_url;
pub use answer::{Answer, retry_after};
pub use authorize::Authorize;
pub use http::{Compression, Http, HttpSettings};
pub use otlp::{Code, OtlpSender, Partial, Protocol, Refusal, Status, Target};
pub use reach::reach;
pub use secret::Secret;
pub use tls::Tls;
