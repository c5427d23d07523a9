//! What must not be kept: message contents unless they are allowed, and secrets wherever they are.

mod contents;
mod secrets;
mod stage;

pub use stage::{Redact, RedactSettings};
