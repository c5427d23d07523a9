//! Tests of the HTTP interface through its real router, over the store in memory.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod adapter;
mod agents;
mod alert_figures;
mod alerts;
mod assets;
mod backends;
mod books;
mod budgets;
mod costs;
mod documents;
mod down;
mod events;
mod export;
mod figures;
mod fixture;
mod forget;
mod graph;
mod http;
mod incidents;
mod large;
mod lens;
mod live;
mod metrics;
mod openapi;
mod outline;
mod parity;
mod price;
mod problems;
mod query;
mod retention;
mod scores;
mod server;
mod sessions;
mod spans;
mod system;
mod traces;
mod work;
