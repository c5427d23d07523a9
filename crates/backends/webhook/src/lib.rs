//! The backend `webhook`: records posted as signed JSON.
//!
//! Verb: DELIVER.
//! Takes: batches.
//! Gives: requests by the Standard Webhooks specification, whose bodies hold records in the words of the HTTP
//! API.
//! Never: retries a request by itself, exceeds the configured size, or sends the same records under two ids.

mod backend;
mod body;
mod config;
mod fault;
#[cfg(doctest)]
mod guide;
mod probe;
mod signature;

pub use backend::Webhook;
pub use config::Config;
