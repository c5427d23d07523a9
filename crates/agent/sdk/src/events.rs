//! Constructors of the common event types of agents.
//!
//! Each function returns an [`EventBuilder`]; [`EventBuilder::emit`] records the event. The event starts in
//! the current context, or in that of [`EventBuilder::in_context`]. If the type is below the recorded level,
//! the call costs one comparison.
//!
//! | Call | Name | Level |
//! |---|---|---|
//! | [`agent_start`] | `agent.start` | info |
//! | [`agent_stop`] | `agent.stop` | info |
//! | [`task_start`] | `task.start` | info |
//! | [`task_complete`] | `task.complete` | success |
//! | [`task_fail`] | `task.fail` | error |
//! | [`tool_call`] | `tool.call` | info |
//! | [`tool_result`] | `tool.result` | info; error if it failed |
//! | [`safety_violation`] | `safety.violation` | warning; error if `high`, critical if `critical` |
//! | [`llm_request`] | `llm.request` | info |
//! | [`llm_response`] | `llm.response` | info |
//! | [`vcs_commit`] | `vcs.commit` | info |
//! | [`performance_metric`] | `performance.metric` | info |
//! | [`system_error`] | `system.error` | error |
//! | [`business`] | `business.NAME` | info |
//! | [`custom`] | `custom.NAME` | info |
//!
//! ```
//! use quipu_sdk::{Usage, events};
//!
//! events::agent_start("planner").emit();
//! events::llm_request("openai", "gpt-5").input("What is the weather in Lima?").emit();
//! events::llm_response("openai", "gpt-5", Usage::of(900, 40)).emit();
//! events::tool_call("weather", "call_1").arguments(r#"{"city":"Lima"}"#).emit();
//! events::tool_result("weather", "call_1", true).attribute("weather.station", "SPJC").emit();
//! events::business("order.placed").attribute("order.items", 3).emit();
//! ```

use std::fmt::Display;

use compact_str::{CompactString, format_compact};
use quipu_core::{Level, Usage};
use quipu_semconv::quipu::{
    METRIC_NAME, METRIC_UNIT, METRIC_VALUE, SAFETY_POLICY, SAFETY_SEVERITY, TASK, TOOL_OK,
};

use crate::{EventBuilder, event_at};

/// An agent run starts.
pub fn agent_start(agent: &str) -> EventBuilder {
    event_at(Level::Info, "agent.start").attribute("gen_ai.agent.name", agent)
}

/// An agent run ends.
pub fn agent_stop(agent: &str) -> EventBuilder {
    event_at(Level::Info, "agent.stop").attribute("gen_ai.agent.name", agent)
}

/// A task starts.
pub fn task_start(task: &str) -> EventBuilder {
    event_at(Level::Info, "task.start").attribute(TASK, task)
}

/// A task succeeds.
pub fn task_complete(task: &str) -> EventBuilder {
    event_at(Level::Success, "task.complete").attribute(TASK, task)
}

/// A task fails.
pub fn task_fail(task: &str, error: impl Display) -> EventBuilder {
    event_at(Level::Error, "task.fail").attribute(TASK, task).text("error.message", error)
}

/// A model requests a tool run: the tool, and the model's id of the call.
pub fn tool_call(tool: &str, call_id: &str) -> EventBuilder {
    of_tool(Level::Info, "tool.call", tool, call_id)
}

/// A tool run ends: the tool, the model's id of the call, and whether it succeeded.
pub fn tool_result(tool: &str, call_id: &str, ok: bool) -> EventBuilder {
    let level = if ok { Level::Info } else { Level::Error };
    of_tool(level, "tool.result", tool, call_id).attribute(TOOL_OK, ok)
}

/// A policy is violated: the policy, and the severity (`low`, `medium`, `high`, `critical`).
pub fn safety_violation(policy: &str, severity: &str) -> EventBuilder {
    let level = match severity {
        word if word.eq_ignore_ascii_case("critical") => Level::Critical,
        word if word.eq_ignore_ascii_case("high") => Level::Error,
        _ => Level::Warning,
    };
    let begun = event_at(level, "safety.violation");
    begun.attribute(SAFETY_POLICY, policy).attribute(SAFETY_SEVERITY, severity)
}

/// A request to a model starts.
pub fn llm_request(provider: &str, model: &str) -> EventBuilder {
    let begun = event_at(Level::Info, "llm.request");
    begun.attribute("gen_ai.provider.name", provider).attribute("gen_ai.request.model", model)
}

/// A model answers: provider, model, and the used tokens. The event does not count as usage; a span of the
/// call does.
pub fn llm_response(provider: &str, model: &str, usage: impl Into<Usage>) -> EventBuilder {
    let begun = event_at(Level::Info, "llm.response");
    let begun = begun.attribute("gen_ai.provider.name", provider).attribute("gen_ai.response.model", model);
    let usage = usage.into();
    let figures = [
        ("gen_ai.usage.input_tokens", usage.input),
        ("gen_ai.usage.output_tokens", usage.output),
        ("gen_ai.usage.cache_read.input_tokens", usage.cache_read),
        ("gen_ai.usage.cache_creation.input_tokens", usage.cache_write),
        ("gen_ai.usage.reasoning.output_tokens", usage.reasoning),
    ];
    let known = figures.into_iter().filter_map(|(key, figure)| Some((key, figure?)));
    known.fold(begun, |event, (key, figure)| event.attribute(key, figure))
}

/// A commit to a version control system: the commit's hash, the branch, the commit's message.
pub fn vcs_commit(revision: &str, branch: &str, message: &str) -> EventBuilder {
    let begun = event_at(Level::Info, "vcs.commit").body(message);
    begun.attribute("vcs.ref.head.revision", revision).attribute("vcs.ref.head.name", branch)
}

/// A measured value, with its unit in [UCUM](https://ucum.org): `ms`, `By`, `1`. A metric suits values for
/// sums or charts better.
pub fn performance_metric(name: &str, value: f64, unit: &str) -> EventBuilder {
    let begun = event_at(Level::Info, "performance.metric");
    begun.attribute(METRIC_NAME, name).attribute(METRIC_VALUE, value).attribute(METRIC_UNIT, unit)
}

/// An error in the agent's environment: its kind with low cardinality, and a message.
pub fn system_error(kind: &str, message: impl Display) -> EventBuilder {
    event_at(Level::Error, "system.error").attribute("error.type", kind).text("error.message", message)
}

/// A business event: `business("order.placed")` has the type `business.order.placed`.
pub fn business(name: &str) -> EventBuilder {
    event_at(Level::Info, &prefixed("business.", name))
}

/// Any other event: `custom("cache.warmed")` has the type `custom.cache.warmed`. [`crate::event()`] uses any
/// name unchanged.
pub fn custom(name: &str) -> EventBuilder {
    event_at(Level::Info, &prefixed("custom.", name))
}

fn of_tool(level: Level, name: &str, tool: &str, call_id: &str) -> EventBuilder {
    let begun = event_at(level, name).attribute("gen_ai.tool.name", tool);
    // Some providers send no call ids.
    if call_id.is_empty() { begun } else { begun.attribute("gen_ai.tool.call.id", call_id) }
}

fn prefixed(prefix: &str, name: &str) -> CompactString {
    if name.starts_with(prefix) { name.into() } else { format_compact!("{prefix}{name}") }
}
