//! One function with `#[quipu::observe]`.

use std::sync::OnceLock;

use quipu_core::Level;

use super::Observed;
use crate::guard::kind::*;
use crate::{Context, Guard, Recorder, Span};
use quipu_metrics::{CounterSeries, HistogramSeries, Registry};

/// Attribute with the function's path.
const FUNCTION: &str = "code.function.name";

/// A function with `#[quipu::observe]`, described at compile time.
#[derive(Debug)]
pub struct Site {
    kind: &'static str,
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    pub(super) level: Level,
    /// Name of a further histogram of durations.
    metric: Option<&'static str>,
    pub(super) has_event: bool,
    has_span: bool,
    meters: OnceLock<Meters>,
}

/// The function's metrics in one recorder's registry.
#[derive(Debug, Clone)]
pub(super) struct Meters {
    registry: &'static Registry,
    pub duration: HistogramSeries,
    pub calls: CounterSeries,
    pub errors: CounterSeries,
    /// The histogram that the attribute names.
    pub named: Option<HistogramSeries>,
}

impl Site {
    /// Describes a function by its kind, name and path.
    pub const fn new(kind: &'static str, name: &'static str, path: &'static str, level: Level) -> Self {
        let meters = OnceLock::new();
        Self { kind, name, path, level, metric: None, has_event: true, has_span: true, meters }
    }

    /// Records the durations of calls in a histogram of this name too.
    #[must_use]
    pub const fn with_metric(mut self, name: &'static str) -> Self {
        self.metric = Some(name);
        self
    }

    /// Records no events of calls.
    #[must_use]
    pub const fn without_event(mut self) -> Self {
        self.has_event = false;
        self
    }

    /// Records no spans of calls.
    #[must_use]
    pub const fn without_span(mut self) -> Self {
        self.has_span = false;
        self
    }

    /// Starts a call in the current context.
    pub fn begin(&'static self) -> Observed {
        self.begin_model(None, None)
    }

    /// Starts a call that requests this model of this provider.
    pub fn begin_model(&'static self, provider: Option<&str>, model: Option<&str>) -> Observed {
        if !cfg!(feature = "enable") {
            return Observed::nothing(self);
        }
        let context = Context::current();
        let Some(recorder) = context.recorder() else { return Observed::nothing(self) };
        if !self.has_span {
            return Observed::new(self, Span::default(), recorder);
        }
        let mut guard = self.guard(&context, model);
        guard.set(FUNCTION, self.path);
        if let Some(provider) = provider {
            guard.set("gen_ai.provider.name", provider);
        }
        Observed::new(self, guard, recorder)
    }

    fn guard(&self, context: &Context, model: Option<&str>) -> Span {
        match self.kind {
            "agent" => context.agent(self.name).retype(),
            "workflow" => context.workflow(self.name).retype(),
            "task" => context.task(self.name).retype(),
            "llm" => self.asking::<OfLlm>(context, model),
            "embedding" => self.asking::<OfEmbedding>(context, model),
            "rerank" => self.asking::<OfRerank>(context, model),
            "tool" => context.tool(self.name).retype(),
            "retrieval" => context.retrieval(self.name).retype(),
            "memory" => context.memory(self.name).retype(),
            "guardrail" => context.guardrail(self.name).retype(),
            "evaluator" => context.evaluator(self.name).retype(),
            "planning" => context.planning(self.name).retype(),
            "context_assembly" => context.context_assembly(self.name).retype(),
            "vcs" => context.vcs(self.name).retype(),
            // Their constructors need more than a name: an id, a path, a command line.
            "session" => Guard::<OfSession>::begin(&context.at, self.name).retype(),
            "file_operation" => Guard::<OfFileOperation>::begin(&context.at, self.name).retype(),
            "shell_command" => Guard::<OfShellCommand>::begin(&context.at, self.name).retype(),
            _ => context.span(self.name),
        }
    }

    /// A guard of a model call with the known values only.
    fn asking<K: GuardKind>(&self, context: &Context, model: Option<&str>) -> Span {
        let mut guard = Guard::<K>::begin(&context.at, model.unwrap_or_default());
        if model.is_none() {
            guard.rename(self.name);
        }
        guard.retype()
    }

    /// The function's metrics in this recorder. They are cached for the first recorder and looked up for
    /// others.
    pub(super) fn meters(&self, recorder: Recorder) -> Meters {
        let registry = recorder.metrics();
        let held = self.meters.get_or_init(|| self.look_up(registry));
        if std::ptr::eq(held.registry, registry) { held.clone() } else { self.look_up(registry) }
    }

    fn look_up(&self, registry: &'static Registry) -> Meters {
        let labels = [("function", self.name), ("kind", self.kind)];
        Meters {
            registry,
            duration: registry.histogram("quipu.function.duration").with(&labels),
            calls: registry.counter("quipu.function.calls").with(&labels),
            errors: registry.counter("quipu.function.errors").with(&labels),
            named: self.metric.map(|name| registry.histogram(name).with(&labels)),
        }
    }
}
