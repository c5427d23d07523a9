//! Instrumentation library for Rust agents.
//!
//! Verb: INSTRUMENT and RECORD.
//! Takes: spans, events and metrics from instrumented code.
//! Gives: batches of records to the owner of the recorder's drain.
//! Never: blocks, panics, or returns an error into instrumented code; lost records are counted by reason.

#![cfg_attr(not(feature = "enable"), allow(dead_code, reason = "the recording code is compiled out"))]

mod afterwards;
#[cfg_attr(not(feature = "enable"), path = "at_off.rs")]
mod at;
mod bound;
mod clock;
mod config;
mod context;
mod counts;
#[cfg(feature = "enable")]
mod draft;
mod drain;
mod event;
pub mod events;
mod field;
#[cfg_attr(not(feature = "enable"), path = "future_off.rs")]
mod future;
mod guard;
#[cfg(feature = "enable")]
mod ids;
#[cfg_attr(not(feature = "json"), path = "json_off.rs")]
mod json;
#[cfg(feature = "enable")]
mod lane;
#[cfg(feature = "enable")]
mod local;
pub mod manual_clock;
pub mod metrics;
mod mirror;

pub mod observed;
#[cfg(feature = "enable")]
mod open;
mod place;
pub mod propagate;
mod recorder;
#[cfg(not(loom))]
mod ring;
/// Public for the loom test only.
#[cfg(loom)]
pub mod ring;
mod sample;
#[cfg(feature = "enable")]
mod slot;
mod tally;
mod type_name;
mod wire;

pub use afterwards::{
    PerformanceFigures, ToolUsage, log_performance_metrics, log_tool_usage, record_agent_execution,
    track_llm_request, track_llm_usage,
};
pub use bound::{Binding, Bound, bind};
pub use config::{Pricer, RecorderConfig};
pub use context::{Context, Entered};
pub use counts::Counts;
pub use drain::Drain;
pub use event::{CustomEvent, EventBuilder, EventFilter, EventPredicate, EventView, emit, event, event_at};
pub use field::{Content, Field};
#[cfg(not(feature = "enable"))]
#[doc(hidden)]
pub use future::Unobserved;
pub use future::{FutureExt, InContext, Instrumented};
pub use guard::{
    Agent, CallsModel, ContextAssembly, Converses, Embedding, Ended, EnteredGuard, Evaluator, FileOperation,
    Guard, Guardrail, Llm, Memory, Planning, Rerank, Retrieval, Session, ShellCommand, Span, Task, Tool, Vcs,
    Workflow, agent, context_assembly, embedding, evaluator, file_operation, guardrail, kind, llm, memory,
    planning, rerank, retrieval, session, shell_command, span, task, tool, vcs, workflow,
};
pub use manual_clock::ManualClock;
pub use metrics::{counter, describe, gauge, histogram, summary, timer, up_down_counter};
pub use mirror::{Mirror, Opened, OuterSpan, set_mirror};
pub use quipu_core::{Level, Usage, Usd};
pub use recorder::Recorder;
pub use sample::{RateLimit, SampleRule, Sampler};
