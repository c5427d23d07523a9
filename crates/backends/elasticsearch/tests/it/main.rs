//! Records in Elasticsearch and OpenSearch, against a model of their `_bulk`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod arbitrary;
mod cluster;
mod conformance;
mod documents;
mod faults;
mod setup;
mod strict;
