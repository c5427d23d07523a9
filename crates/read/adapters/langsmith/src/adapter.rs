//! Adapter for `LangSmith` and its peculiarities.

use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Messages, Span, Usage, Value};
use quipu_normalize::{
    Slots, answer_id, answer_meeting, canonical, label, lens, library_of, literal, messages_as, parse,
    read_event, scope_is, usage_of,
};
use quipu_semconv::{
    Field, LANGSMITH_KINDS, LANGSMITH_PROJECT, LANGSMITH_SCOPES, LANGSMITH_TYPE, LANGSMITH_USAGE,
};

/// Method that created a run without a framework: the decorator `traceable`, or a wrapper such as
/// `wrap_openai`.
const METHOD: &str = "langsmith.metadata.ls_method";

/// Placeholder of the exporter for provider and scope, for any source of a run.
const LANGCHAIN: &str = "langchain";

/// Maximum size of a usage object, in bytes.
const LARGEST: usize = 16 << 10;

/// Keys of the run's output.
const COMPLETIONS: &[&str] = &["gen_ai.completion", "output.value"];

/// Reads the exporter of `LangSmith`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Langsmith;

impl Adapter for Langsmith {
    fn name(&self) -> &'static str {
        "langsmith"
    }

    fn claims(&self, span: &Span) -> bool {
        scope_is(span, LANGSMITH_SCOPES) || span.attributes.get(LANGSMITH_TYPE).is_some()
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        read.kind = kind(&slots, read.kind);
        if read.kind.is_call() {
            read.usage = with_details(read.usage.take(), span);
            let id = || COMPLETIONS.iter().find_map(|key| answer_id(span.attributes.get(key)?));
            read.response_id = read.response_id.take().or_else(id);
            read.meeting = read.meeting.or_else(|| answer_meeting(span, &read));
        }
        names(span, &mut read);
        if is_traced_by_hand(span) {
            let library = read.provider.as_deref().filter(|_| read.kind.is_call()).map(library_of);
            read.framework = read.framework.take().filter(|name| name != LANGCHAIN).or(library);
        }
        read.session = read.session.take().or_else(|| project(span));
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        let slots = Slots::of(span);
        messages_as(span, kind(&slots, quipu_normalize::kind(&slots)))
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn event(&self, event: &mut Event) {
        if LANGSMITH_SCOPES.contains(&event.scope.name.as_str()) {
            read_event(event);
        }
    }
}

/// The kind by the run's own type, because the operation is `chat` for prompts and `embeddings` for
/// retrievers. On spans of another instrumentation, that instrumentation's kind applies.
fn kind(slots: &Slots<'_>, read: Kind) -> Kind {
    let span = slots.span;
    let Some(word) = span.attributes.text(LANGSMITH_TYPE) else { return read };
    let elsewhere = slots.get(Field::OpenInferenceKind).or_else(|| slots.get(Field::TraceloopKind));
    if elsewhere.is_some() {
        return read;
    }
    let told =
        LANGSMITH_KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind);
    match told {
        // A chain is the type of all other runs. An explicit agent or workflow is more precise.
        Some(Kind::Task) if matches!(read, Kind::Agent | Kind::Workflow) => read,
        Some(Kind::Task) if span.parent_id.is_none() => Kind::Workflow,
        told => told.unwrap_or(read),
    }
}

/// Adds details from the run's metadata, which repeats the usage. In releases that send only totals, only the
/// metadata has cached and reasoning tokens.
fn with_details(read: Option<Usage>, span: &Span) -> Option<Usage> {
    let Some(read) = read else { return usage_in_metadata(span) };
    if read.cache_read.is_some() || read.reasoning.is_some() {
        return Some(read);
    }
    let same = |told: &Usage| (told.input, told.output) == (read.input, read.output);
    usage_in_metadata(span).filter(same).or(Some(read))
}

/// Usage in the run's metadata.
fn usage_in_metadata(span: &Span) -> Option<Usage> {
    let value = span.attributes.get(LANGSMITH_USAGE)?;
    match value {
        Value::Map(_) => usage_of(value),
        Value::String(text) if text.len() <= LARGEST => usage_of(&parse(text).or_else(|| literal(text))?),
        _ => None,
    }
}

/// Uses the span's name as the run's name. The metadata has an older name of the graph's node.
fn names(span: &Span, read: &mut Canonical) {
    let by_span = || label(&Value::from(span.name.as_str()));
    match read.kind {
        Kind::Tool => read.tool = read.tool.take().or_else(by_span),
        Kind::Agent => read.agent = read.agent.take().or_else(by_span),
        Kind::Workflow => read.workflow = read.workflow.take().or_else(by_span),
        _ => {}
    }
    read.step =
        read.step.take().or_else(|| span.attributes.get("langsmith.metadata.langgraph_node").and_then(label));
}

fn is_traced_by_hand(span: &Span) -> bool {
    span.attributes.text(METHOD) == Some("traceable")
}

/// The default project of runs: <https://docs.langchain.com/langsmith/log-traces-to-project>.
const DEFAULT_PROJECT: &str = "default";

/// The project, which `LangSmith` calls a session; used if there is no session and the project was named.
fn project(span: &Span) -> Option<compact_str::CompactString> {
    let project = LANGSMITH_PROJECT.iter().find_map(|key| span.attributes.get(key).and_then(label));
    project.filter(|name| name != DEFAULT_PROJECT)
}
