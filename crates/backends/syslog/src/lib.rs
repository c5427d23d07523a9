//! The backend `syslog`: records as messages by RFC 5424.
//!
//! Verb: DELIVER.
//! Takes: batches.
//! Gives: one message for each span and one for each event, with structured data, over TCP or TLS.
//! Never: sends a message beyond the receiver's limit, or lets a name or a text forge a message.

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
