//! Metrics from spans that are neither calls nor tool runs.

use quipu_core::{Kind, Span, Status, Value};
use quipu_semconv::quipu;

use super::tell::{Label, Tell, seconds};

/// Metric values of a span.
struct Read<'a> {
    span: &'a Span,
    kind: &'a str,
    seconds: f64,
    /// Error type; `None` without an error.
    error: Option<&'a str>,
}

/// Records the metrics of an ended span.
pub(crate) fn tell(span: &Span, tell: &Tell<'_>) {
    let Some(read) = Read::of(span) else { return };
    read.tell_operation(tell);
    read.tell_handoffs(tell);
    read.tell_tests(tell);
    match span.canonical.kind {
        Kind::Agent => read.tell_agent(tell),
        Kind::Workflow => read.tell_workflow(tell),
        Kind::Task => read.tell_step(tell),
        Kind::Guardrail => read.tell_guardrail(tell),
        Kind::Evaluator => read.tell_evaluation(tell),
        Kind::Memory => read.tell_memory(tell),
        Kind::Retrieval => read.tell_retrieval(tell),
        _ if read.kind == "session" => read.tell_session(tell),
        _ => {}
    }
}

impl<'a> Read<'a> {
    fn of(span: &'a Span) -> Option<Self> {
        let failed = span.status == Status::Error || span.canonical.error_type.is_some();
        Some(Self {
            span,
            kind: span.attributes.text(quipu::KIND).unwrap_or(span.canonical.kind.as_str()),
            seconds: seconds(span.duration()?),
            error: failed.then(|| span.canonical.error_type.as_deref().unwrap_or("_OTHER")),
        })
    }

    fn status(&self) -> Label<'a> {
        ("status", Some(if self.error.is_some() { "error" } else { "ok" }))
    }

    const fn error(&self) -> Label<'a> {
        ("error.type", self.error)
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.span.attributes.get(key).and_then(Value::as_number).filter(|number| number.is_finite())
    }

    fn agent(&self) -> Option<&'a str> {
        self.span.canonical.agent.as_deref().or_else(|| self.span.attributes.text("gen_ai.agent.name"))
    }

    fn workflow(&self) -> Option<&'a str> {
        self.span.canonical.workflow.as_deref().or_else(|| self.span.attributes.text(quipu::WORKFLOW))
    }

    fn tell_operation(&self, tell: &Tell<'_>) {
        let kind = ("kind", Some(self.kind));
        tell.count("quipu.operation.count", 1, &[kind, self.status()]);
        tell.observe("quipu.operation.duration", self.seconds, &[kind]);
        if self.error.is_some() {
            tell.count("quipu.operation.errors", 1, &[kind, self.error()]);
        }
        if self.span.parent_id.is_none() {
            tell.count("quipu.request.count", 1, &[self.status()]);
            tell.observe("quipu.request.duration", self.seconds, &[self.status()]);
            if self.error.is_some() {
                tell.count("quipu.request.errors", 1, &[self.error()]);
            }
        }
    }

    fn tell_agent(&self, tell: &Tell<'_>) {
        if self.span.canonical.operation.as_deref() == Some("create_agent") {
            return;
        }
        let agent = self.agent();
        tell.count("quipu.agent.runs", 1, &[("agent", agent), self.status()]);
        if self.error.is_some() {
            tell.count("quipu.agent.errors", 1, &[("agent", agent), self.error()]);
        }
        self.tell_invocation(tell, "invoke_agent", agent);
    }

    /// Agents and workflows share one metric since GenAI conventions 0.1.0; the operation distinguishes them.
    fn tell_invocation(&self, tell: &Tell<'_>, operation: &'static str, name: Option<&str>) {
        let labels = [("gen_ai.operation.name", Some(operation)), ("gen_ai.agent.name", name), self.error()];
        tell.observe("gen_ai.invoke_agent.duration", self.seconds, &labels);
    }

    /// Agents of this library report each handoff as a span event, other sources as a span.
    fn tell_handoffs(&self, tell: &Tell<'_>) {
        let told = |to: &str| {
            let from = self.span.canonical.handoff_from.as_deref().or_else(|| self.agent());
            tell.count("quipu.agent.handoffs", 1, &[("from", from), ("to", Some(to))]);
        };
        let events = self.span.events.iter().filter(|event| event.name == quipu::HANDOFF_EVENT);
        let to: Vec<_> =
            events.filter_map(|event| event.attributes.text("gen_ai.handoff.to_agent")).collect();
        if to.is_empty() {
            self.span.canonical.handoff_to.iter().for_each(|to| told(to));
        }
        to.into_iter().for_each(told);
    }

    fn tell_workflow(&self, tell: &Tell<'_>) {
        let workflow = self.workflow().or(Some(&self.span.name));
        tell.count("quipu.workflow.runs", 1, &[("workflow", workflow), self.status()]);
        if self.error.is_some() {
            tell.count("quipu.workflow.errors", 1, &[("workflow", workflow), self.error()]);
        }
        self.tell_invocation(tell, "invoke_workflow", workflow);
    }

    fn tell_step(&self, tell: &Tell<'_>) {
        let step = self.span.canonical.step.as_deref().unwrap_or(&self.span.name);
        let labels = [("workflow", self.workflow()), ("step", Some(step)), self.status()];
        tell.count("quipu.workflow.steps", 1, &labels);
        tell.observe("quipu.workflow.step.duration", self.seconds, &labels[..2]);
    }

    fn tell_guardrail(&self, tell: &Tell<'_>) {
        let guardrail = ("guardrail", Some(self.span.name.as_str()));
        let said = self.span.attributes.get(quipu::GUARDRAIL_TRIGGERED);
        let triggered = self.span.canonical.guardrail_triggered.unwrap_or(said == Some(&Value::Bool(true)));
        let outcome = match (triggered, self.error) {
            (true, _) => "triggered",
            (false, Some(_)) => "error",
            (false, None) => "passed",
        };
        tell.count("quipu.guardrail.checks", 1, &[guardrail, ("outcome", Some(outcome))]);
        tell.observe("quipu.guardrail.duration", self.seconds, &[guardrail]);
        if triggered {
            tell.count("quipu.guardrail.triggers", 1, &[guardrail]);
        }
    }

    fn tell_evaluation(&self, tell: &Tell<'_>) {
        let name = self.span.attributes.text("gen_ai.evaluation.name").unwrap_or(&self.span.name);
        let label = self.span.attributes.text("gen_ai.evaluation.score.label");
        tell.count("quipu.evaluation.count", 1, &[("evaluator", Some(name)), ("label", label)]);
        if let Some(score) = self.number("gen_ai.evaluation.score.value") {
            tell.observe("quipu.evaluation.score", score, &[("evaluator", Some(name))]);
        }
    }

    fn tell_memory(&self, tell: &Tell<'_>) {
        let named = self.span.canonical.operation.as_deref().unwrap_or(&self.span.name);
        let operation = ("operation", Some(named));
        let result = match self.span.attributes.get(quipu::MEMORY_HIT) {
            Some(Value::Bool(true)) => Some("hit"),
            Some(Value::Bool(false)) => Some("miss"),
            _ => None,
        };
        tell.count("quipu.memory.operations", 1, &[operation, ("result", result), self.status()]);
        tell.observe("quipu.memory.duration", self.seconds, &[operation]);
    }

    fn tell_retrieval(&self, tell: &Tell<'_>) {
        let source = ("source", self.span.attributes.text("gen_ai.data_source.id"));
        tell.count("quipu.retrieval.queries", 1, &[source, self.status()]);
        tell.observe("quipu.retrieval.duration", self.seconds, &[source]);
        if let Some(documents) = self.number(quipu::RETRIEVAL_DOCUMENTS) {
            tell.observe("quipu.retrieval.documents", documents, &[source]);
        }
    }

    fn tell_session(&self, tell: &Tell<'_>) {
        tell.observe("quipu.session.duration", self.seconds, &[self.status()]);
    }

    fn tell_tests(&self, tell: &Tell<'_>) {
        if !self.span.attributes.iter().any(|(key, _)| key.starts_with("quipu.tests.")) {
            return;
        }
        let agent = ("agent", self.agent());
        let language = ("language", self.span.attributes.text("quipu.tests.language"));
        tell.count("quipu.test_generation.runs", 1, &[agent, self.status()]);
        tell.observe("quipu.test_generation.duration", self.seconds, &[agent, self.status()]);
        for (key, name) in [
            ("quipu.tests.generated", "quipu.test_generation.generated"),
            ("quipu.tests.passed", "quipu.test_generation.passed"),
            ("quipu.tests.failed", "quipu.test_generation.failed"),
        ] {
            if let Some(tests) = self.number(key).filter(|tests| *tests > 0.0) {
                tell.count(name, tests as u64, &[agent, language]);
            }
        }
        if let Some(share) = self.number("quipu.tests.coverage") {
            tell.set("quipu.test_generation.coverage", share, &[agent]);
        }
    }
}
