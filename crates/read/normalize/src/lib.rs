//! Reads attributes of any convention by the ordered tables of `quipu-semconv` into canonical values.
//!
//! Verb: READ.
//! Takes: a span or event as it was sent.
//! Gives: its canonical values, and its messages on request.
//! Never: drops an unreadable value without a note, or puts content into a note.

mod about;
mod answer;
mod answered;
mod bare;
mod buckets;
mod cached;
mod details;
mod event;
mod failure;
mod finish;
mod handoff;
mod json;
mod kind;
mod lens;
mod marks;
mod messages;
mod metrics;
mod named;
mod number;
mod object;
mod pace;
mod params;
mod piece;
mod plain;
mod provider;
mod python;
mod ran;
mod read;
mod slots;
mod source;
mod text;
mod told;
mod tree;
mod usage;
mod words;

pub use answer::answer_id;
pub use bare::is_failed_call;
pub use cached::{CACHED_NOTE, is_cache_hit};
pub use event::read_event;
pub use finish::reason as finish_reason;
pub use handoff::handoff_to;
pub use json::{parse, pick};
pub use kind::kind;
pub use lens::{explain, lens};
pub use messages::{body_messages, message_list, messages, messages_as, parts_of};
pub use metrics::{is_of_metrics, metric_doubt, spans_by_shape, spans_of_metrics};
pub use number::{count_of, dollars_of};
pub use object::usage_of;
pub use piece::is_event_of_a_call;
pub use plain::{count_at, flag_at, label_at, micro_dollars_at, millis_at};
pub use provider::canonical_name as provider_name;
pub use provider::{library_of, provider_of_model};
pub use python::literal;
pub use read::{answer_meeting, canonical, labels};
pub use slots::{Slots, knows};
pub use source::{any_key_begins, scope_begins, scope_is};
pub use text::label;
pub use told::{LogRecord, name_of};
pub use tree::Tree;
