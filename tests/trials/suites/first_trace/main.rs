//! The program of the guide for Rust.

// guide: docs/guide/start/rust.md rust 1
