//! From the entrances to the backends.
//!
//! Verb: MOVE and CHANGE.
//! Takes: batches, from any entrance, through [`quipu_core::Intake`].
//! Gives: the same batches, counted and priced, to the store, then to the other backends; then a word to those who watch.
//! Never: acknowledges what the store has not committed, or knows where a batch came from.

mod ahead;
mod exit;
#[cfg(doctest)]
mod guide;
mod meter;
mod pipeline;
mod priced;
mod redact;
mod tail;
mod unsampled;
mod unstored;
mod worker;

pub use exit::{
    BreakerState, DeadLetter, DeadLetters, Exit, ExitRules, ExitSettings, ExitStatus, Forgotten, Replayed,
    RuleSignal, SpoolSettings, Steady, Swept, WhenFull, unreadable,
};
pub use meter::SelfMetrics;
pub use pipeline::{Parts, Pipeline};
pub use priced::{Priced, explain_row, price_context, price_row};
pub use redact::{Capture, FieldRules, HashKey, Mode, OwnPattern, Pii, PiiKind, Redact, RedactSettings};
pub use tail::{Tail, TailSettings};
pub use unsampled::DropUnsampled;
pub use unstored::Unstored;
