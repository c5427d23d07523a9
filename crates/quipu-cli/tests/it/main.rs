//! The binary, from the outside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ask;
mod recordings;
mod refusals;
mod server;
mod serving;
