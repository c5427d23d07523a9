//! The vendored price books against what they must answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod ask;
mod cases;
mod data;
mod genai;
mod laws;
mod litellm;
