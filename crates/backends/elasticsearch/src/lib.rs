//! The backend `elasticsearch`: records in Elasticsearch or OpenSearch.
//!
//! Verb: DELIVER.
//! Takes: batches.
//! Gives: documents in data streams, with the fields of the Elastic Common Schema, and the templates that
//! they need.
//! Never: retries a request by itself, writes a record twice, or lets the contents of one record reject
//! others.

mod answer;
mod backend;
mod bulk;
mod config;
mod document;
mod fault;
#[cfg(doctest)]
mod guide;
mod outcome;
mod probe;
mod server;
mod setup;
mod template;

pub use backend::Elasticsearch;
pub use config::{Config, Product};
