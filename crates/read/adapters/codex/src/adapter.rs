//! Spans of Codex, and spans made from its other signals. Few of its hundreds of spans are relevant.
//!
//! The names are those of the `codex-otel` and `codex-core` crates, <https://github.com/openai/codex>,
//! release 0.169. The span that handles the answer's last event has a call's tokens. It names neither model
//! nor conversation; the spans above it do. `thread.id` is the operating system's thread on most spans and
//! the conversation on a few.

use compact_str::CompactString;
use quipu_core::{
    Adapter, Attributes, Billing, Canonical, Event, Kind, Lens, Meeting, Messages, Metric, Role, Signal,
    Span, SpanEvent, Status,
};
use quipu_normalize::{
    Slots, any_key_begins, canonical, count_at, explain, flag_at, is_of_metrics, label_at, lens,
    message_list, messages_as, scope_begins, spans_of_metrics,
};
use quipu_semconv::CODEX_METRICS;

use crate::logs;
use crate::names::{FAMILY, PREFIX, SCOPES};

/// The client's sign-in method, on most kinds of records and on the events of spans.
const AUTH: &str = "auth_mode";
/// Length of a UUID as text. A conversation's id has this length; a thread's number is much shorter.
const UUID_BYTES: usize = 36;

/// Reads telemetry of Codex.
#[derive(Debug, Clone, Copy, Default)]
pub struct Codex;

impl Adapter for Codex {
    fn name(&self) -> &'static str {
        FAMILY
    }

    fn claims(&self, span: &Span) -> bool {
        scope_begins(span, SCOPES)
            || span.name.starts_with(PREFIX)
            || any_key_begins(&span.attributes, &["codex.turn.token_usage."])
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = if is_of_metrics(span) { canonical(&Slots::of(span), FAMILY) } else { record(span) };
        read.framework = Some(CompactString::const_new(FAMILY));
        read.billing = read.billing.or_else(|| billing(span));
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        let kind = self.canonical(span).kind;
        match span.attributes.get("prompt").filter(|_| kind == Kind::Agent) {
            Some(prompt) => Messages { input: message_list(prompt, &Role::User), ..Messages::default() },
            None => messages_as(span, kind),
        }
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        let mut lens = lens(span, read);
        if billing(span).is_some() {
            explain(&mut lens, "billing", AUTH, "a ChatGPT login is a subscription, an API key is metered");
        }
        lens
    }

    fn event(&self, event: &mut Event) {
        if logs::is_ours(event) && event.session.is_none() {
            event.session = label_at(&event.attributes, "conversation.id");
        }
    }

    fn span_of_event(&self, event: &Event) -> Option<Span> {
        logs::span(event)
    }

    fn spans_of_metrics(&self, metrics: &[Metric]) -> Vec<Span> {
        spans_of_metrics(metrics, &CODEX_METRICS, |_| true)
    }
}

/// Role of a span within Codex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SpanRole {
    Turn,
    Conversation,
    Call,
    FailedCall,
    Tool,
    /// Reports the outcome of the tool run above it.
    FailedTool,
    Internal,
}

fn record(span: &Span) -> Canonical {
    let attributes = &span.attributes;
    let mut read = canonical(&Slots::of(span), FAMILY);
    let part = part(span);
    read.session = conversation(span);
    read.meeting = read.session.as_ref().map(|session| Meeting::of(FAMILY, session));
    read.kind = match part {
        SpanRole::Turn | SpanRole::Conversation => Kind::Agent,
        SpanRole::Call | SpanRole::FailedCall => Kind::Llm,
        SpanRole::Tool | SpanRole::FailedTool => Kind::Tool,
        SpanRole::Internal => Kind::Other,
    };
    read.agent = agent(&read, read.kind == Kind::Agent);
    read.tool = read.tool.take().filter(|_| part == SpanRole::Tool);
    let call_id = label_at(attributes, "call_id");
    read.tool_call_id = read.tool_call_id.take().or(call_id).filter(|_| read.kind == Kind::Tool);
    if matches!(part, SpanRole::FailedCall | SpanRole::FailedTool) || span.status == Status::Error {
        read.error_type = read.error_type.take().or_else(|| Some(error_type(span, read.kind)));
    }
    if read.kind == Kind::Llm && read.provider.is_none() {
        read.provider = Some(CompactString::const_new("openai"));
    }
    if !matches!(part, SpanRole::Call | SpanRole::Turn) {
        read.usage = None;
    }
    if read.params.reasoning_level.is_none() {
        let keys = ["codex.request.reasoning_effort", "codex.turn.reasoning_effort"];
        let level = keys.iter().find_map(|key| label_at(attributes, key));
        if let Some(level) = level.filter(|level| level != "default") {
            read.params.reasoning_level = Some(level);
        }
    }
    // With a login instead of a key, the list price does not apply.
    read.tags.extend(label_at(attributes, AUTH).map(|mode| compact_str::format_compact!("auth:{mode}")));
    read
}

fn part(span: &Span) -> SpanRole {
    let attributes = &span.attributes;
    if Signal::of(attributes) == Signal::Log {
        return part_of_record(span);
    }
    let has = |key| attributes.get(key).is_some();
    if span.name == "session_task.turn" || has("codex.turn.token_usage.input_tokens") {
        SpanRole::Turn
    } else if has("gen_ai.usage.input_tokens") || has("gen_ai.usage.output_tokens") {
        SpanRole::Call
    } else if has("tool_name")
        && (has("codex.tool.phase") || attributes.text("tool_name") == Some(&span.name))
    {
        SpanRole::Tool
    } else {
        by_events(span)
    }
}

fn part_of_record(span: &Span) -> SpanRole {
    match span.name.strip_prefix(PREFIX).unwrap_or_default() {
        "conversation_starts" => SpanRole::Conversation,
        "user_prompt" => SpanRole::Turn,
        "sse_event" if span.status != Status::Error => SpanRole::Call,
        "sse_event" | "api_request" | "websocket_request" => SpanRole::FailedCall,
        "tool_result" => SpanRole::Tool,
        _ => SpanRole::Internal,
    }
}

/// The role by the span's events. Codex also writes its log records as events of spans, with failures that no
/// attribute has.
fn by_events(span: &Span) -> SpanRole {
    let is = |event: &SpanEvent, name: &str| event.attributes.text("event.name") == Some(name);
    for event in &span.events {
        if is(event, "codex.api_request") && logs::request_failed(&event.attributes) {
            return SpanRole::FailedCall;
        }
        if is(event, "codex.tool_result") && flag_at(&event.attributes, "success") == Some(false) {
            return SpanRole::FailedTool;
        }
    }
    SpanRole::Internal
}

/// The billing by the client's sign-in method: `Chatgpt` and similar values use the user's plan, `ApiKey` a
/// key. The case of the values differs between releases.
fn billing(span: &Span) -> Option<Billing> {
    let mode = |attributes: &Attributes| label_at(attributes, AUTH);
    let on_events = || span.events.iter().find_map(|event| mode(&event.attributes));
    let mode = mode(&span.attributes).or_else(on_events)?.to_lowercase().replace(['-', '_'], "");
    match mode.as_str() {
        "apikey" => Some(Billing::Metered),
        mode if mode.starts_with("chatgpt") => Some(Billing::Subscription),
        _ => None,
    }
}

/// The conversation named on a span or one of its events.
fn conversation(span: &Span) -> Option<CompactString> {
    let named = |attributes: &Attributes| label_at(attributes, "conversation.id");
    let thread = || label_at(&span.attributes, "thread.id").filter(|id| id.len() == UUID_BYTES);
    named(&span.attributes)
        .or_else(thread)
        .or_else(|| span.events.iter().find_map(|event| named(&event.attributes)))
}

/// The agent by its path: `/root` is the product itself, `/root/reviewer` a sub-agent.
fn agent(read: &Canonical, is_run: bool) -> Option<CompactString> {
    let path = read.agent.as_deref().map(|path| path.rsplit('/').next().unwrap_or(path));
    let named = path.filter(|name| !name.is_empty() && *name != "root").map(CompactString::from);
    named.or_else(|| is_run.then(|| CompactString::const_new(FAMILY)))
}

fn error_type(span: &Span, kind: Kind) -> CompactString {
    let status = |attributes: &Attributes| count_at(attributes, "http.response.status_code");
    let on_events = || span.events.iter().find_map(|event| status(&event.attributes));
    match status(&span.attributes).or_else(on_events).filter(|status| *status >= 400) {
        Some(status) if kind == Kind::Llm => compact_str::format_compact!("{status}"),
        _ if kind == Kind::Tool => CompactString::const_new("tool_error"),
        _ => CompactString::const_new("error"),
    }
}
