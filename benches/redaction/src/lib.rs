//! A labelled set of personal data and secrets, and of texts that only look alike. Seeded code makes it from
//! the formats that issuers publish. It shares nothing with the detectors: check digits, lengths and
//! alphabets are implemented here again.

#![allow(missing_docs, reason = "a bench, read from top to bottom")]

mod hard;
mod keys;
mod people;
mod score;
mod set;

pub use score::{Score, score, settings};
pub use set::{Labelled, SEED, set};
