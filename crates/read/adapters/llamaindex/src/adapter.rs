//! Adapter for `LlamaIndex` and its peculiarities.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Messages, Span, Value};
use quipu_normalize::{Slots, canonical, handoff_to, label, lens, read_event, scope_begins};
use quipu_semconv::{
    LLAMAINDEX_CALLS, LLAMAINDEX_ENGINES, LLAMAINDEX_METHODS, LLAMAINDEX_SCOPES, LLAMAINDEX_STEP_EVENT,
};

use crate::{call, step};

/// Hand-off tool of a workflow's agents, and its argument.
const HANDOFF: (&str, &str) = ("handoff", "to_agent");
/// Prefix of methods that prepare a request. Other instrumentations read them as calls.
const PREPARATION: &str = "_prepare_";
/// Bare names of session tags that users attach.
const SESSION_TAGS: &[&str] = &["session_id", "thread_id", "conversation_id"];

/// Reads `LlamaIndex`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Llamaindex;

impl Adapter for Llamaindex {
    fn name(&self) -> &'static str {
        "llamaindex"
    }

    fn claims(&self, span: &Span) -> bool {
        scope_begins(span, LLAMAINDEX_SCOPES) || span.attributes.get(LLAMAINDEX_STEP_EVENT).is_some()
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        let (class, method) = span.name.rsplit_once('.').unwrap_or(("", &span.name));
        read.framework = Some(CompactString::const_new("llamaindex"));
        read.kind = kind(class, method);
        read.agent = read.agent.take().or_else(|| step::agent(span));
        match read.kind {
            Kind::Llm => call::fill(span, class, &mut read),
            Kind::Tool => tool(span, &mut read),
            Kind::Workflow => read.workflow = read.workflow.take().or_else(|| label(&Value::from(class))),
            Kind::Task | Kind::Agent if method != "run" => read.step = label(&Value::from(method)),
            _ => {}
        }
        owners(span, &mut read);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        let (class, method) = span.name.rsplit_once('.').unwrap_or(("", &span.name));
        match kind(class, method) {
            Kind::Tool => Messages { tool_arguments: step::tool_call(span).arguments, ..Messages::default() },
            _ => call::messages(span),
        }
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["llamaindex"]
    }

    /// Enriches spans of any instrumentation. The steps of workflows name their agents, prepared requests are
    /// no calls, and the hand-off tool runs nothing.
    fn enrich(&self, span: &Span, read: &mut Canonical) {
        let (class, method) = span.name.rsplit_once('.').unwrap_or(("", &span.name));
        if matches!(read.kind, Kind::Task | Kind::Workflow) && read.agent.is_none() {
            read.agent = step::agent_told(span);
            let is_turn = read.agent.is_some() && kind(class, method) == Kind::Agent;
            read.kind = if is_turn { Kind::Agent } else { read.kind };
        }
        if read.kind == Kind::Llm && read.usage.is_none() && method.starts_with(PREPARATION) {
            read.kind = Kind::Task;
        }
        let Some(tool) = read.tool.as_deref().filter(|_| read.kind == Kind::Tool) else { return };
        if let Some(agent) = handoff_to(span, tool) {
            hand_over(read, agent);
        }
    }

    fn event(&self, event: &mut Event) {
        if LLAMAINDEX_SCOPES.iter().any(|scope| event.scope.name.starts_with(scope)) {
            read_event(event);
        }
    }
}

/// The kind of a class's method: chat is a model call, unless the class is an agent or an engine.
fn kind(class: &str, method: &str) -> Kind {
    let engine = LLAMAINDEX_ENGINES.iter().find(|(end, _)| class.ends_with(end)).map(|(_, kind)| *kind);
    if method == "run" {
        return engine.unwrap_or(Kind::Task);
    }
    if LLAMAINDEX_CALLS.contains(&method) && class.contains("Tool") {
        return Kind::Tool;
    }
    if class.contains("Rerank") && method.contains("postprocess_nodes") {
        return Kind::Rerank;
    }
    let known = LLAMAINDEX_METHODS.iter().find(|(name, _)| *name == method).map(|(_, kind)| *kind);
    match (known, engine) {
        (Some(Kind::Llm | Kind::Workflow), Some(engine)) => engine,
        (known, _) => known.unwrap_or(Kind::Task),
    }
}

fn tool(span: &Span, read: &mut Canonical) {
    let call = step::tool_call(span);
    read.tool = read.tool.take().or(call.name);
    read.tool_call_id = read.tool_call_id.take().or(call.id);
    let arguments = call.arguments.as_ref().filter(|_| read.tool.as_deref() == Some(HANDOFF.0));
    if let Some(agent) = arguments.and_then(|arguments| arguments.get(HANDOFF.1)).and_then(label) {
        hand_over(read, agent);
    }
}

fn hand_over(read: &mut Canonical, agent: CompactString) {
    (read.kind, read.handoff_to) = (Kind::Task, Some(agent));
    (read.tool, read.tool_call_id) = (None, None);
}

fn owners(span: &Span, read: &mut Canonical) {
    let tag = |key: &str| span.attributes.get(key).and_then(label);
    read.session = read.session.take().or_else(|| SESSION_TAGS.iter().find_map(|key| tag(key)));
    read.user = read.user.take().or_else(|| tag("user_id"));
}
