//! Reads spans of custom instrumentation as the `[map.NAME]` tables of `quipu.toml` specify.
//!
//! Verb: NORMALISE.
//! Takes: the tables, checked once, and spans of the scopes that they name.
//! Gives: the canonical values of the attributes that each table names.
//! Never: reads a span that no table names, or accepts a table with an unknown field.

mod adapter;
mod config;
mod place;
mod read;

pub use adapter::Mapped;
pub use config::{FIELDS, MapConfig};
pub use read::NAME;
