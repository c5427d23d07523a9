//! Adapter for Langfuse and its peculiarities.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Messages, Span, Status, Timestamp, Value};
use quipu_normalize::{
    Slots, any_key_begins, canonical, finish_reason, label, lens, messages_as, parse, pick, read_event,
    scope_is,
};
use quipu_semconv::{
    LANGFUSE_COST, LANGFUSE_FIRST_TOKEN, LANGFUSE_INPUT, LANGFUSE_KINDS, LANGFUSE_LEVEL, LANGFUSE_METADATA,
    LANGFUSE_PARAMETERS, LANGFUSE_PREFIXES, LANGFUSE_SCOPES, LANGFUSE_STATUS, LANGFUSE_TRACE_NAME,
    LANGFUSE_TYPE, LANGFUSE_USAGE,
};

use crate::usage;

/// Text before an HTTP status in error messages of providers' SDKs.
const STATUS_WORDS: &str = "Error code: ";
/// Maximum size of the JSON of request parameters, in bytes.
const LARGEST: usize = 64 << 10;

/// Minimum duration of a model request, in nanoseconds.
const SHORTEST_CALL: i64 = 1_000_000;
/// Note on a shorter generation.
const NOTE: &str = "a generation shorter than a millisecond reports usage, not a request: it adds no call";

/// Reads Langfuse.
#[derive(Debug, Clone, Copy, Default)]
pub struct Langfuse;

impl Adapter for Langfuse {
    fn name(&self) -> &'static str {
        "langfuse"
    }

    fn claims(&self, span: &Span) -> bool {
        scope_is(span, LANGFUSE_SCOPES) || any_key_begins(&span.attributes, LANGFUSE_PREFIXES)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        money(span, &mut read);
        read.kind = kind(span, &read);
        if is_note(span, &read) {
            read.kind = Kind::Task;
            read.notes.push(CompactString::const_new(NOTE));
        }
        names(span, &mut read);
        owners(span, &mut read);
        failure(span, &mut read);
        read.time_to_first_token = read.time_to_first_token.or_else(|| time_to_first_token(span));
        read.service_tier = read.service_tier.take().or_else(|| service_tier(span));
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        let mut said = messages_as(span, self.canonical(span).kind);
        if said.tool_definitions.is_empty() {
            said.tool_definitions = tools_offered(span);
        }
        said
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn event(&self, event: &mut Event) {
        if LANGFUSE_SCOPES.contains(&event.scope.name.as_str()) {
            read_event(event);
        }
    }
}

/// Whether a generation is a handwritten note of usage and no request, because no model answers in less than
/// a millisecond. Its tokens count, but it adds no call.
fn is_note(span: &Span, read: &Canonical) -> bool {
    let at_once = span.duration().is_some_and(|nanos| nanos < SHORTEST_CALL);
    read.kind == Kind::Llm && read.usage.is_some() && at_once
}

fn money(span: &Span, read: &mut Canonical) {
    let buckets = span.attributes.get(LANGFUSE_USAGE).and_then(usage::object);
    if let Some(usage) = buckets.and_then(|buckets| usage::usage(&buckets, &mut read.notes)) {
        read.usage = Some(usage);
    }
    let costs = span.attributes.get(LANGFUSE_COST).and_then(usage::object);
    if let Some(cost) = costs.and_then(|costs| usage::cost(&costs, read.usage.is_some())) {
        read.reported_cost = Some(cost);
    }
}

fn kind(span: &Span, read: &Canonical) -> Kind {
    let Some(word) = span.attributes.text(LANGFUSE_TYPE) else { return read.kind };
    let known =
        LANGFUSE_KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind);
    let is_call = read.usage.is_some() || read.request_model.is_some();
    match known {
        Some(Kind::Task) if word.eq_ignore_ascii_case("span") && is_call => Kind::Llm,
        Some(Kind::Task) if span.parent_id.is_none() => Kind::Workflow,
        Some(kind) => kind,
        None => read.kind,
    }
}

/// Uses the span's name if there is no other name.
fn names(span: &Span, read: &mut Canonical) {
    let by_span = || label(&Value::from(span.name.as_str()));
    match read.kind {
        Kind::Agent => read.agent = read.agent.take().or_else(by_span),
        Kind::Tool => read.tool = read.tool.take().or_else(by_span),
        Kind::Workflow => {
            let of_trace = || span.attributes.get(LANGFUSE_TRACE_NAME).and_then(label);
            read.workflow = read.workflow.take().or_else(of_trace).or_else(by_span);
        }
        _ => {}
    }
    read.step = read.step.take().or_else(|| metadata(span, "langgraph_node"));
    read.tool_call_id = read.tool_call_id.take().or_else(|| metadata(span, "tool_call_id"));
    if read.finish_reasons.is_empty() {
        read.finish_reasons =
            metadata(span, "finish_reason").map(|word| finish_reason(&word)).into_iter().collect();
    }
    let integration = || metadata(span, "ls_integration").filter(|name| name == "langgraph");
    let langchain = || metadata(span, "ls_provider").map(|_| CompactString::const_new("langchain"));
    read.framework = read.framework.take().or_else(integration).or_else(langchain);
    read.provider =
        read.provider.take().or_else(|| metadata(span, "ls_provider").map(|name| name.to_lowercase()));
}

fn owners(span: &Span, read: &mut Canonical) {
    let first = |keys: [&str; 2]| keys.iter().find_map(|key| metadata(span, key));
    read.session = read.session.take().or_else(|| first(["session_id", "thread_id"]));
    read.user = read.user.take().or_else(|| metadata(span, "user_id"));
}

/// A value of the span's metadata, otherwise of its trace's. Langfuse writes texts as JSON, in quotes.
fn metadata(span: &Span, name: &str) -> Option<CompactString> {
    let is_it = |key: &str| LANGFUSE_METADATA.iter().any(|prefix| key.strip_prefix(prefix) == Some(name));
    let value = span.attributes.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)?;
    match value {
        Value::String(text) => label(&Value::from(unquoted(text))),
        other => label(other),
    }
}

fn unquoted(text: &str) -> &str {
    let inside = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.filter(|inside| !inside.contains(['"', '\\'])).unwrap_or(text)
}

fn failure(span: &Span, read: &mut Canonical) {
    let says_so = span.attributes.text(LANGFUSE_LEVEL) == Some("ERROR") || span.status == Status::Error;
    if !says_so || read.error_type.is_some() {
        return;
    }
    let status = span.attributes.text(LANGFUSE_STATUS).and_then(|text| text.strip_prefix(STATUS_WORDS));
    let digits =
        status.and_then(|rest| rest.get(..3)).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    read.error_type = Some(CompactString::from(digits.unwrap_or("_OTHER")));
}

fn time_to_first_token(span: &Span) -> Option<i64> {
    let text = span.attributes.text(LANGFUSE_FIRST_TOKEN)?;
    let first: Timestamp = unquoted(text.trim()).parse().ok()?;
    Some(first.since(span.start)).filter(|nanoseconds| *nanoseconds >= 0)
}

fn service_tier(span: &Span) -> Option<CompactString> {
    let text = span.attributes.text(LANGFUSE_PARAMETERS).filter(|text| text.len() <= LARGEST)?;
    let [tier] = pick(text, ["service_tier"]);
    label(&tier?).map(|tier| tier.to_lowercase()).filter(|tier| tier != "auto")
}

/// The offered tools. The wrapper of `OpenAI`'s SDK puts them next to the messages.
fn tools_offered(span: &Span) -> Vec<Value> {
    let input = span.attributes.text(LANGFUSE_INPUT).and_then(parse);
    let tools = input.as_ref().and_then(|input| input.get("tools")).and_then(Value::as_array);
    tools.map(<[Value]>::to_vec).unwrap_or_default()
}
