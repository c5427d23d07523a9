//! Adapter for Haystack and its peculiarities.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Messages, Span};
use quipu_normalize::{Slots, any_key_begins, canonical, label, labels, lens, provider_of_model, read_event};
use quipu_semconv::{
    HAYSTACK_COMPONENT, HAYSTACK_COMPONENT_NAME, HAYSTACK_COMPONENTS, HAYSTACK_PREFIX, HAYSTACK_PROVIDERS,
    HAYSTACK_SPANS,
};

use crate::{answer, said};

/// Name of a component's span.
const COMPONENT_RUN: &str = "haystack.component.run";
/// Name of the span of an agent's turn. In some releases it has the model's answer itself.
const AGENT_STEP: &str = "haystack.agent.step";
/// Key of the answer in those releases.
const ANSWER_IN_STEP: &str = "haystack.agent.step.llm_output";
/// Name of OpenInference's span of an agent's run, which does not name the agent.
const AGENT_RUN: &str = "Agent.run";
const AGENT_CLASS: &str = "Agent";
/// Key of a pipeline's metadata, as the user gave it.
const METADATA: &str = "haystack.pipeline.metadata";

/// Reads Haystack.
#[derive(Debug, Clone, Copy, Default)]
pub struct Haystack;

impl Adapter for Haystack {
    fn name(&self) -> &'static str {
        "haystack"
    }

    fn claims(&self, span: &Span) -> bool {
        span.name.starts_with(HAYSTACK_PREFIX) || any_key_begins(&span.attributes, &[HAYSTACK_PREFIX])
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        let class = span.attributes.text(HAYSTACK_COMPONENT);
        read.framework = Some(CompactString::const_new("haystack"));
        read.kind = kind(span, class).unwrap_or(read.kind);
        if read.kind.is_call() {
            answer::fill(span, &mut read);
            read.provider = read.provider.take().or_else(|| provider(class, &read));
        }
        names(span, &mut read);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        said::messages(span, self.canonical(span).kind)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["haystack"]
    }

    /// OpenInference makes no span of a call by an agent inside a pipeline. The agent's result has the sum.
    /// Its spans of calls name neither cached nor reasoning tokens, and no usage of embedders.
    fn enrich(&self, span: &Span, read: &mut Canonical) {
        if span.name == AGENT_RUN && matches!(read.kind, Kind::Task | Kind::Workflow | Kind::Agent) {
            read.kind = Kind::Agent;
            read.agent = read.agent.take().filter(|name| name != AGENT_CLASS);
            answer::sum(span, read);
        } else if read.kind.is_call() {
            answer::of_result(span, read);
        }
    }

    fn event(&self, event: &mut Event) {
        if event.scope.name.starts_with("haystack") {
            read_event(event);
        }
    }
}

fn kind(span: &Span, class: Option<&str>) -> Option<Kind> {
    if span.name == COMPONENT_RUN || (class.is_some() && !span.name.starts_with(HAYSTACK_PREFIX)) {
        let part = class.and_then(|class| HAYSTACK_COMPONENTS.iter().find(|(part, _)| class.contains(part)));
        return Some(part.map_or(Kind::Task, |(_, kind)| *kind));
    }
    if span.name == AGENT_STEP && span.attributes.get(ANSWER_IN_STEP).is_some() {
        return Some(Kind::Llm);
    }
    HAYSTACK_SPANS.iter().find(|(name, _)| *name == span.name).map(|(_, kind)| *kind)
}

fn provider(class: Option<&str>, read: &Canonical) -> Option<CompactString> {
    let of_class =
        class.and_then(|class| HAYSTACK_PROVIDERS.iter().find(|(start, _)| class.starts_with(start)));
    of_class
        .map(|(_, provider)| CompactString::const_new(provider))
        .or_else(|| provider_of_model(read.model()?))
}

/// A component has its name in the pipeline. The agent's own span below it has none.
fn names(span: &Span, read: &mut Canonical) {
    read.step = span.attributes.get(HAYSTACK_COMPONENT_NAME).and_then(label);
    if read.kind == Kind::Agent {
        read.agent = read.agent.take().or_else(|| read.step.clone());
    }
    if let Some(metadata) = span.attributes.get(METADATA) {
        let [session, thread, user] = labels(metadata, ["session_id", "thread_id", "user_id"]);
        read.session = read.session.take().or(session).or(thread);
        read.user = read.user.take().or(user);
    }
}
