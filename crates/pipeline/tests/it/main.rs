//! Tests of the pipeline with the reference store, and with a store that fails on demand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod ahead;
mod dead;
mod delivery;
mod exporters;
mod faulty;
mod flow;
mod forgotten;
mod guide;
mod redact;
mod redact_again;
mod redact_all;
mod redact_modes;
mod rules;
mod sampling;
mod scripted;
mod spools;
mod stages;
mod swept;
