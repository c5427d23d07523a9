//! The backend `syslog`: records as messages by RFC 5424.
//!
//! Verb: DELIVER.
//! Takes: batches.
//! Gives: one message a span and one an event, with structured data, over TCP or TLS.
//! Never: sends a message that is longer than the receiver takes, or one that a name or a text could forge.

mod backend;
mod config;
mod connection;
mod fault;
#[cfg(doctest)]
mod guide;
mod message;
mod probe;

pub use backend::Syslog;
pub use config::{Config, Facility, Format};
