//! A labelled set of personal data and secrets, made by seeded code from the formats that their issuers publish, and beside it texts
//! that only look alike. It shares nothing with the detectors: check digits, lengths and alphabets are written down here again.

#![allow(missing_docs, reason = "a bench, read from top to bottom")]

mod hard;
mod keys;
mod people;
mod score;
mod set;

pub use score::{Score, score, settings};
pub use set::{Labelled, SEED, set};
