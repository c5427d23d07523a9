//! The vendored price books against what they must answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ask;
mod cases;
mod data;
mod genai;
mod laws;
mod litellm;
