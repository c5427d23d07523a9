//! Attribute names of every convention that Quipu reads, as ordered tables.
//!
//! Verb: none; this room names the wire.
//! Takes: nothing.
//! Gives: one ordered list of keys per canonical field, and the tables of operations, kinds, providers,
//! frameworks.
//! Never: reads a span or decides anything; a table's order is the only logic here.

mod content;
mod dialect;
mod field;
mod finish;
mod framework;
mod handoff;
mod identity;
mod kind;
mod metrics;
mod object;
mod provider;
pub mod quipu;
mod request;
mod source;
mod usage;

pub use content::*;
pub use dialect::*;
pub use field::{Class, FIELDS, Field};
pub use finish::FINISH_REASONS;
pub use framework::*;
pub use handoff::{HANDOFF_PREFIXES, HANDOFF_TOOLS};
pub use identity::*;
pub use kind::{
    AI_OPERATIONS, EVENT_WORDS, FETCH_RESPONSE, INVOKE_WORKFLOW, MASTRA_TYPES, MCP_METHODS, MCP_TOOL_CALL,
    NAMING_TYPES, NEVER_COUNTED_OPERATIONS, OPENINFERENCE_KINDS, OPERATIONS, REPEATED_USAGE, REQUEST_TYPES,
    SDK_SPAN_TYPES, SPAN_NAMES, SPAN_TYPES, SpanName, TRACELOOP_KINDS, USAGE_RECORD,
};
pub use metrics::*;
pub use object::*;
pub use provider::{HOSTS, MODEL_PREFIXES, PROVIDER_ALIASES, PROVIDERS};
pub use request::*;
pub use source::*;
pub use usage::*;
