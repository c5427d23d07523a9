//! The backend `webhook`: records posted as signed JSON.
//!
//! Verb: DELIVER.
//! Takes: batches.
//! Gives: requests by the Standard Webhooks specification, whose bodies hold records in the words of the HTTP interface.
//! Never: repeats a request by itself, sends one that is larger than was agreed, or sends the same records under two ids.

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
