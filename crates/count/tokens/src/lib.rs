//! Estimates tokens and cost before a call is made.
//!
//! Verb: ESTIMATE.
//! Takes: a text or a conversation, a model, and how long an answer is expected.
//! Gives: tokens and money as low, expected and high, with the way they were found; also for finished calls
//! without usage.
//! Never: calls an estimate exact, does I/O, or looks at a text twice.

mod ask;
mod body;
mod conversation;
mod count;
mod encoding;
mod estimator;
mod families;
mod images;
mod models;
mod runs;
mod stage;
mod tally;
mod tools;
mod used;
mod value;

pub use ask::{Ask, Input};
pub use count::{input, tokens};
pub use encoding::Encoding;
pub use estimator::{DEFAULT_OUTPUT, Estimator};
pub use images::{Detail, Size, image_tokens, size_of};
pub use models::encoding_of;
pub use quipu_core::{CostEstimate, Spread, TokenEstimate};
pub use stage::EstimateUsage;
pub use used::{Used, reasoning, used};
