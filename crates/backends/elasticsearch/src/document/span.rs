//! Documents of spans.

use quipu_core::{Canonical, Cost, Kind, Link, Span, SpanEvent, SpanKind, Status, Usage};
use quipu_jsonl::list;

use super::StreamName;
use super::attributes::attributes;
use super::cost::verdict;
use super::fields::Fields;
use super::source::{begin, first_text, source};

/// Writes a span, with the figures of its ledger row if known.
pub(crate) fn span(out: &mut Vec<u8>, place: &StreamName<'_>, of: &Span, row: Option<&Cost>) {
    let mut fields = Fields::new(out);
    begin(&mut fields, "traces", place, of.start);
    fields.shown("trace.id", Some(of.trace_id));
    fields.shown("span.id", Some(of.span_id));
    fields.shown("parent.id", of.parent_id);
    fields.text("span.name", &of.name);
    fields.text("span.kind", kind(of.kind));
    fields.text("span.trace_state", &of.trace_state);
    fields.text("event.kind", "event");
    fields.time("event.start", Some(of.start));
    fields.time("event.end", of.end);
    fields.plain("event.duration", of.duration());
    let failed = of.status == Status::Error || of.canonical.error_type.is_some();
    fields.text("event.outcome", outcome(of, failed));
    if failed {
        error(&mut fields, of);
    }
    read(&mut fields, &of.canonical);
    if let Some(row) = row {
        verdict(&mut fields, row);
    }
    source(&mut fields, &of.resource, &of.scope);
    attributes(&mut fields, "attributes", &of.attributes);
    if !of.events.is_empty() {
        list(fields.key("span.events"), &of.events, event);
    }
    if !of.links.is_empty() {
        list(fields.key("span.links"), &of.links, link);
    }
    fields.end();
}

fn outcome(of: &Span, failed: bool) -> &'static str {
    match (failed, of.end) {
        (true, _) => "failure",
        (false, Some(_)) => "success",
        (false, None) => "unknown",
    }
}

/// Writes the ECS fields of errors; the stack trace is from the exception event of OpenTelemetry.
fn error(fields: &mut Fields<'_>, of: &Span) {
    let within = || of.events.iter().filter(|event| event.name == "exception").map(|event| &event.attributes);
    let kind = of.canonical.error_type.as_deref().or_else(|| first_text(within(), "exception.type"));
    fields.maybe("error.type", kind);
    let message = Some(of.status_message.as_str()).filter(|text| !text.is_empty());
    fields.maybe("error.message", message.or_else(|| first_text(within(), "exception.message")));
    fields.maybe("error.stack_trace", first_text(within(), "exception.stacktrace"));
}

/// Writes the canonical fields, under the names of the GenAI conventions if these exist.
fn read(fields: &mut Fields<'_>, of: &Canonical) {
    fields.text("quipu.kind", of.kind.as_str());
    fields.maybe("quipu.framework", of.framework.as_ref());
    fields.text("quipu.convention", &of.convention);
    fields.maybe("event.action", of.operation.as_ref());
    fields.maybe("gen_ai.operation.name", of.operation.as_ref());
    fields.maybe("gen_ai.provider.name", of.provider.as_ref());
    fields.maybe("gen_ai.agent.name", of.agent.as_ref());
    fields.maybe("gen_ai.agent.id", of.agent_id.as_ref());
    fields.maybe("gen_ai.conversation.id", of.session.as_ref());
    fields.maybe("gen_ai.workflow.name", of.workflow.as_ref());
    fields.maybe("gen_ai.tool.name", of.tool.as_ref());
    fields.maybe("gen_ai.tool.call.id", of.tool_call_id.as_ref());
    fields.maybe("gen_ai.response.id", of.response_id.as_ref());
    fields.maybe("gen_ai.response.model", of.response_model.as_ref());
    fields.texts("gen_ai.response.finish_reasons", &of.finish_reasons);
    fields.double("quipu.time_to_first_token", of.time_to_first_token.map(|nanos| nanos as f64 / 1e9));
    fields.maybe("user.id", of.user.as_ref());
    fields.texts("tags", &of.tags);
    fields.maybe("quipu.project", of.project.as_ref());
    fields.plain("quipu.guardrail_triggered", of.guardrail_triggered);
    request(fields, of);
    if let Some(usage) = &of.usage {
        tokens(fields, usage);
    }
}

fn request(fields: &mut Fields<'_>, of: &Canonical) {
    fields.maybe("gen_ai.request.model", of.request_model.as_ref());
    let sent = &of.params;
    fields.double("gen_ai.request.temperature", sent.temperature);
    fields.double("gen_ai.request.top_p", sent.top_p);
    fields.double("gen_ai.request.frequency_penalty", sent.frequency_penalty);
    fields.double("gen_ai.request.presence_penalty", sent.presence_penalty);
    let retrieval = of.kind == Kind::Retrieval;
    fields.plain(if retrieval { "gen_ai.retrieval.top_k" } else { "gen_ai.request.top_k" }, sent.top_k);
    fields.plain("gen_ai.request.max_tokens", sent.max_tokens);
    fields.plain("gen_ai.request.seed", sent.seed);
    fields.plain("gen_ai.request.choice.count", sent.choice_count);
    fields.texts("gen_ai.request.stop_sequences", &sent.stop_sequences);
}

/// Writes the tokens; figures that the source did not report are left out.
pub(crate) fn tokens(fields: &mut Fields<'_>, of: &Usage) {
    fields.count("gen_ai.usage.input_tokens", of.input);
    fields.count("gen_ai.usage.output_tokens", of.output);
    fields.count("gen_ai.usage.cache_read.input_tokens", of.cache_read);
    fields.count("gen_ai.usage.cache_creation.input_tokens", of.cache_write);
    fields.count("gen_ai.usage.reasoning.output_tokens", of.reasoning);
}

const fn kind(of: SpanKind) -> &'static str {
    match of {
        SpanKind::Unspecified => "",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

fn event(out: &mut Vec<u8>, of: &SpanEvent) {
    let mut fields = Fields::new(out);
    fields.text("name", &of.name);
    fields.shown("time", Some(of.time));
    attributes(&mut fields, "attributes", &of.attributes);
    fields.end();
}

fn link(out: &mut Vec<u8>, of: &Link) {
    let mut fields = Fields::new(out);
    fields.shown("trace.id", Some(of.trace_id));
    fields.shown("span.id", Some(of.span_id));
    attributes(&mut fields, "attributes", &of.attributes);
    fields.end();
}
