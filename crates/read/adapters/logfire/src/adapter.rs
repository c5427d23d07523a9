//! Adapter for Pydantic AI and the Logfire SDK, with their peculiarities.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Messages, Signal, Span};
use quipu_normalize::{Slots, any_key_begins, canonical, lens, messages, read_event, scope_begins, scope_is};
use quipu_semconv::{
    GENAI_PREFIXES, LANGSMITH_SCOPES, LOGFIRE_PREFIXES, LOGFIRE_SCOPES, OPENINFERENCE_PREFIXES,
    OPENINFERENCE_SCOPES, OPENLIT_SCOPES, OPENLLMETRY_PREFIXES, OPENLLMETRY_SCOPE_PREFIXES,
    OPENLLMETRY_SCOPES, PYDANTIC_AI_PREFIXES,
};

use crate::request;

/// Whether a record is a span, or a log that Logfire sends as a span.
const SPAN_TYPE: &str = "logfire.span_type";
/// The template of a message, with placeholders for values. Logfire uses it as the span's name.
const TEMPLATE: &str = "logfire.msg_template";
/// The message: the template with its values.
const MESSAGE: &str = "logfire.msg";
/// Maximum length of a name, in bytes.
const LONGEST_NAME: usize = 256;
/// Start of the name of the log record that follows a stream.
const STREAM: &str = "streaming response";
/// The tag that Logfire puts on every record of a model library.
const OWN_TAG: &str = "LLM";
/// Prefix of Pydantic AI's scope.
const PYDANTIC_AI: &[&str] = &["pydantic-ai"];

/// Reads Pydantic AI and the Logfire SDK.
#[derive(Debug, Clone, Copy, Default)]
pub struct Logfire;

impl Adapter for Logfire {
    fn name(&self) -> &'static str {
        "logfire"
    }

    /// All spans that pass through the Logfire SDK have its attributes. So those attributes alone identify
    /// only spans that no other instrumentation made.
    fn claims(&self, span: &Span) -> bool {
        let keys = |prefixes| any_key_begins(&span.attributes, prefixes);
        scope_begins(span, LOGFIRE_SCOPES)
            || keys(PYDANTIC_AI_PREFIXES)
            || (keys(LOGFIRE_PREFIXES)
                && keys(GENAI_PREFIXES)
                && !keys(OPENINFERENCE_PREFIXES)
                && !keys(OPENLLMETRY_PREFIXES)
                && !is_of_another_instrumentation(span))
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        if read.signal == Signal::Metric {
            return read;
        }
        read.kind = kind(span, &read);
        if is_of_pydantic_ai(span) {
            read.framework = Some(CompactString::const_new("pydantic-ai"));
            // Sums of an agent's run, under the calls' own names in older releases.
            read.never_count |= !read.kind.is_call() && read.kind != Kind::Tool;
        }
        if read.kind.is_call() || is_end_of_stream(span) {
            request::fill(span, &mut read);
        }
        read.tags.retain(|tag| tag != OWN_TAG);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        let mut said = messages(span);
        request::said(span, &mut said);
        said
    }

    /// Templates with their values filled in, of whatever passes through the Logfire SDK.
    fn title(&self, span: &Span) -> Option<CompactString> {
        if !span.name.contains('{') || span.attributes.text(TEMPLATE) != Some(span.name.as_str()) {
            return None;
        }
        let filled = span.attributes.text(MESSAGE).filter(|text| !text.is_empty())?;
        Some(filled[..filled.floor_char_boundary(LONGEST_NAME)].into())
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn event(&self, event: &mut Event) {
        if LOGFIRE_SCOPES.iter().any(|prefix| event.scope.name.starts_with(prefix)) {
            read_event(event);
        }
    }
}

/// Whether another adapter reads the instrumentation of this scope.
fn is_of_another_instrumentation(span: &Span) -> bool {
    let begins = [OPENINFERENCE_SCOPES, OPENLLMETRY_SCOPE_PREFIXES, OPENLIT_SCOPES];
    let names = [OPENLLMETRY_SCOPES, LANGSMITH_SCOPES];
    begins.iter().any(|prefixes| scope_begins(span, prefixes))
        || names.iter().any(|names| scope_is(span, names))
}

fn is_of_pydantic_ai(span: &Span) -> bool {
    scope_begins(span, PYDANTIC_AI) || any_key_begins(&span.attributes, PYDANTIC_AI_PREFIXES)
}

/// Whether a record is the log at the end of a stream. A stream's call is a span that ends before the answer.
/// The log after it has the tokens. So the span is the call, and the log is a step with its usage.
fn is_end_of_stream(span: &Span) -> bool {
    span.name.starts_with(STREAM) && span.attributes.text(SPAN_TYPE) == Some("log")
}

/// The kind of a span. Older releases of Pydantic AI name no operation on an agent's run, nor on a group of
/// tool runs.
fn kind(span: &Span, read: &Canonical) -> Kind {
    if is_end_of_stream(span) {
        return Kind::Task;
    }
    if read.operation.is_some() || !is_of_pydantic_ai(span) {
        return read.kind;
    }
    let names = |key: &str| span.attributes.text(key).is_some();
    if names("agent_name") && read.tool.is_none() {
        Kind::Agent
    } else if read.kind == Kind::Other && span.name.starts_with("running ") && span.name.ends_with(" tools") {
        Kind::Task
    } else {
        read.kind
    }
}
