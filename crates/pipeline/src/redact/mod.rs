//! Redaction: message contents unless they are allowed, secrets everywhere, and personal data if configured.

mod config;
mod contents;
mod detect;
mod fields;
mod finder;
mod found;
pub(crate) mod glob;
mod hits;
mod json;
mod letter;
mod lists;
mod marks;
mod named;
mod names;
mod own;
mod records;
mod seen;
mod sources;
mod stage;
mod token;
mod veil;
mod walk;

pub use config::{Capture, HashKey, Mode, OwnPattern, Pii, PiiKind, RedactConfig};
pub use fields::FieldRules;
pub use stage::Redact;
