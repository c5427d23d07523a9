//! The pipeline from the receivers to the backends.
//!
//! Verb: MOVE and CHANGE.
//! Takes: batches from any source, through [`quipu_core::Intake`].
//! Gives: the same batches, counted and priced, to the store and then to the exporters; then a notice to
//! watchers.
//! Never: acknowledges a batch before the store commits it, or depends on its source.

mod ahead;
mod alone;
mod exporter;
#[cfg(doctest)]
mod guide;
mod heavy;
mod parts;
mod pipeline;
mod priced;
mod read;
mod redact;
mod shared;
mod stages;
mod tail;
mod unsampled;
mod unstored;
mod worker;

pub use alone::row_of;
pub use exporter::{
    BreakerState, DeadLetter, DeadLetters, DeliveryConfig, Exporter, ExporterRules, ExporterStatus,
    Forgotten, Replayed, RuleSignal, SpoolConfig, Steady, Swept, WhenFull, unreadable,
};
pub use parts::PipelineParts;
pub use pipeline::Pipeline;
pub use priced::{Priced, explain_row, price_context, price_row};
pub use read::Read;
pub use redact::{Capture, FieldRules, HashKey, Mode, OwnPattern, Pii, PiiKind, Redact, RedactConfig};
pub use shared::{Inbox, SharedStore, StoreMode, open_leased};
pub use stages::{Stages, StandardStages};
pub use tail::{Tail, TailSampling};
pub use unsampled::DropUnsampled;
pub use unstored::Unstored;
