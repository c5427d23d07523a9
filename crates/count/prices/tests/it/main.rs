//! Tests of the vendored price books against expected answers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod ask;
mod cases;
#[cfg(feature = "convert")]
mod convert;
mod data;
mod genai;
mod history;
mod kinds;
mod laws;
mod litellm;
mod oracle;
mod regions;
mod user;
