//! Kind of a span, such as a model call or a tool run.

use quipu_core::{Kind, SpanKind, Status};
use quipu_semconv::quipu::KINDS;
use quipu_semconv::{
    AI_OPERATIONS, Field, MASTRA_TYPES, MCP_TOOL_CALL, OPENINFERENCE_KINDS, OPERATIONS, REQUEST_MESSAGES,
    REQUEST_TYPES, SDK_SPAN_TYPES, SPAN_NAMES, SPAN_TYPES, SpanName, TRACELOOP_KINDS,
};

use crate::{Slots, bare};

/// The kind of a span, by the first source that knows it. Explicit words precede indirect signs.
///
/// An OpenInference or Traceloop kind precedes `gen_ai.operation.name` only on spans of these
/// instrumentations. A model call that also names a tool is the call.
pub fn kind(slots: &Slots<'_>) -> Kind {
    told(slots).map(|(kind, _)| kind).unwrap_or_default()
}

/// Source of a span's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Teller {
    /// The value of a field.
    Word(Field),
    /// The span's name.
    Name,
    /// A model name with token counts, or a tool name.
    Signs,
}

/// The kind and its source.
pub(crate) fn told(slots: &Slots<'_>) -> Option<(Kind, Teller)> {
    let by = |field| move |kind| (kind, Teller::Word(field));
    let word = |field, table: &[(&str, Kind)]| word(slots, field, table).map(by(field));
    word(Field::QuipuKind, KINDS)
        .or_else(|| openinference(slots).map(by(Field::OpenInferenceKind)))
        .or_else(|| word(Field::MastraType, MASTRA_TYPES))
        .or_else(|| word(Field::Operation, OPERATIONS))
        .or_else(|| word(Field::AiOperation, AI_OPERATIONS))
        .or_else(|| traceloop(slots).map(by(Field::TraceloopKind)))
        .or_else(|| word(Field::RequestType, REQUEST_TYPES))
        .or_else(|| word(Field::SpanType, SPAN_TYPES))
        .or_else(|| word(Field::SdkSpanType, SDK_SPAN_TYPES))
        .or_else(|| protocol(slots).map(by(Field::McpMethod)))
        .or_else(|| span_name(slots).map(|rule| (rule.kind, Teller::Name)))
        .or_else(|| signs(slots).map(|kind| (kind, Teller::Signs)))
        .or_else(|| bare::failed_call(slots.span).map(|call| (call.kind, Teller::Name)))
}

/// The rule for a span whose kind follows only from its name.
pub(crate) fn span_name(slots: &Slots<'_>) -> Option<&'static SpanName> {
    let (scope, name) = (slots.span.scope.name.as_str(), slots.span.name.as_str());
    SPAN_NAMES.iter().find(|rule| name.starts_with(rule.prefix) && scope.starts_with(rule.scope))
}

fn word(slots: &Slots<'_>, field: Field, table: &[(&str, Kind)]) -> Option<Kind> {
    find(slots.text(field)?, table)
}

fn find(word: &str, table: &[(&str, Kind)]) -> Option<Kind> {
    table.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
}

fn openinference(slots: &Slots<'_>) -> Option<Kind> {
    let kind = word(slots, Field::OpenInferenceKind, OPENINFERENCE_KINDS)?;
    let is_root_chain = kind == Kind::Task && slots.span.parent_id.is_none();
    Some(if is_root_chain { Kind::Workflow } else { kind })
}

/// The kind by Traceloop's key. Traceloop marks a tool run inside a framework as a task, but names the tool.
fn traceloop(slots: &Slots<'_>) -> Option<Kind> {
    let kind = word(slots, Field::TraceloopKind, TRACELOOP_KINDS)?;
    let names_tool = kind == Kind::Task && slots.get(Field::Tool).is_some();
    Some(if names_tool { Kind::Tool } else { kind })
}

fn protocol(slots: &Slots<'_>) -> Option<Kind> {
    let method = slots.text(Field::McpMethod)?;
    Some(if method == MCP_TOOL_CALL { Kind::Tool } else { Kind::Other })
}

/// Whether a span without a word for its kind is a failed request to a model. It names a requested model and
/// its provider, and has messages or the kind of a client.
fn is_failed_request(slots: &Slots<'_>) -> bool {
    let has = |key: &str| slots.span.attributes.get(key).is_some();
    slots.span.status == Status::Error
        && slots.get(Field::RequestModel).is_some()
        && slots.get(Field::Provider).is_some()
        && (slots.span.kind == SpanKind::Client || REQUEST_MESSAGES.iter().any(|key| has(key)))
}

/// Whether a span without a word for its kind is the run of an agent: it names one, and its own name says so.
fn is_run_of_agent(slots: &Slots<'_>) -> bool {
    let mut words = slots.span.name.split(|c: char| !c.is_ascii_alphanumeric());
    slots.get(Field::Agent).is_some() && words.any(|word| word.eq_ignore_ascii_case("agent"))
}

fn signs(slots: &Slots<'_>) -> Option<Kind> {
    let names_model =
        [Field::RequestModel, Field::ResponseModel, Field::ModelName].iter().any(|f| slots.get(*f).is_some());
    let has_figures = [Field::Input, Field::Output].iter().any(|f| slots.get(*f).is_some());
    let counts_tokens =
        has_figures || slots.text(Field::UsageObject).is_some_and(|text| text.contains("oken"));
    if names_model && (counts_tokens || is_failed_request(slots)) {
        return Some(if is_run_of_agent(slots) { Kind::Agent } else { Kind::Llm });
    }
    let names_tool = slots.get(Field::Tool).is_some() || slots.get(Field::ToolCallId).is_some();
    names_tool.then_some(Kind::Tool)
}
