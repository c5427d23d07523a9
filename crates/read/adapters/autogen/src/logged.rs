//! Model calls that `AutoGen` logs as JSON, for programs that bridge their logs to OpenTelemetry.

use compact_str::CompactString;
use quipu_core::{Canonical, Event, Kind, Meeting, Signal, Span, SpanId, TraceId, Value};
use quipu_normalize::{label, parse, pick, provider_of_model, usage_of};
use quipu_semconv::{AUTOGEN_CALL_EVENTS, AUTOGEN_SCOPES};

use crate::message::named;

/// Attribute of the logged record on the span made from it.
pub(crate) const RECORD: &str = "autogen.event";
/// Maximum size of a parsed record, in bytes.
const LARGEST: usize = 4 << 20;

/// The span of a logged call. The log has the end of the call and not its start.
pub(crate) fn span(event: &Event) -> Option<Span> {
    let is_ours = AUTOGEN_SCOPES.iter().any(|scope| event.scope.name.starts_with(scope));
    let text = event.body.as_str().filter(|text| is_ours && text.len() <= LARGEST)?;
    let [kind, response, agent] = pick(text, ["type", "response", "agent_id"]);
    if !kind.as_ref().and_then(Value::as_str).is_some_and(|kind| AUTOGEN_CALL_EVENTS.contains(&kind)) {
        return None;
    }
    let part = |value: Option<CompactString>| value.unwrap_or_default();
    let id = part(response.as_ref().and_then(|response| response.get("id")).and_then(label));
    let session = part(agent.as_ref().and_then(Value::as_str).and_then(key));
    let turn = event.trace_id.map(|id| id.to_string()).unwrap_or_default();
    let time = event.time.nanos().to_string();
    let alone = if session.is_empty() && turn.is_empty() { time.as_str() } else { "" };
    let trace_id = TraceId::made_of(&["autogen", &session, &turn, alone]);
    let span_id = SpanId::made_of(&["autogen", &session, &id, &time, &text.len().to_string()]);
    let mut span = Span::new(trace_id, span_id, "chat", event.time, event.time);
    span.attributes = event.attributes.clone();
    span.attributes.push(Signal::ATTRIBUTE, Signal::Log.as_str());
    span.attributes.push(RECORD, text);
    (span.resource, span.scope) = (event.resource.clone(), event.scope.clone());
    Some(span)
}

/// The key in `weather_<team>/<key>`.
fn key(agent_id: &str) -> Option<CompactString> {
    named(agent_id.rsplit_once('/')?.1)
}

/// The agent's name in `weather_<team>/<key>`, if its type ends with the team's id.
fn name(agent_id: &str) -> Option<CompactString> {
    let (kind, key) = agent_id.rsplit_once('/')?;
    label(&Value::from(kind.strip_suffix(key).and_then(|name| name.strip_suffix('_')).unwrap_or(kind)))
}

/// Fills in the values of the record.
pub(crate) fn fill(text: &str, read: &mut Canonical) {
    let Some(record) = Some(text).filter(|text| text.len() <= LARGEST).and_then(parse) else { return };
    let response = record.get("response");
    let word = |key| response.and_then(|response| response.get(key)).and_then(label);
    read.kind = Kind::Llm;
    read.operation = Some(CompactString::const_new("chat"));
    read.response_id = word("id");
    read.response_model = word("model");
    read.service_tier = word("service_tier");
    let own = || response.and_then(|response| response.get("usage")).and_then(usage_of);
    read.usage = own()
        .or_else(|| usage_of(&record))
        .filter(|usage| usage.input.unwrap_or(0) + usage.output.unwrap_or(0) > 0);
    read.provider = read.response_model.as_deref().and_then(provider_of_model);
    let agent = record.get("agent_id").and_then(Value::as_str);
    read.agent = agent.and_then(name);
    read.session = agent.and_then(key);
    read.meeting = read.session.as_deref().map(|session| Meeting::of("autogen", session));
}
