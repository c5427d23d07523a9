//! Reads spans of MLflow Tracing.
//!
//! Verb: NORMALISE.
//! Takes: spans with attributes under `mlflow.`.
//! Gives: their canonical values and messages.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;
mod content;

pub use adapter::Mlflow;
