//! Builder of spans by their relevant values; attributes and canonical values always agree.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Attributes, Kind, Meeting, Resource, Scope, Signal, Span, Status, Timestamp, Usage, Value};

use super::{at, span_id, trace_id};

/// A span under construction.
#[derive(Debug, Clone)]
pub struct Draft(Span);

/// A span of `trace` with the id of `number`. It is a root without service, starts `number` seconds after
/// [`BASE`](super::BASE), lasts one second, and is named `span <number>`.
pub fn draft(trace: u64, number: u64) -> Draft {
    let start = at(i64::try_from(number).unwrap_or(i64::MAX) % 1_000_000);
    let span = Span::new(
        trace_id(trace),
        span_id(number),
        &format!("span {number}"),
        start,
        start.plus(Timestamp::SECOND),
    );
    Draft(span)
}

impl Draft {
    /// Returns the span.
    pub fn span(self) -> Span {
        self.0
    }

    /// Sets its name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.0.name = name.into();
        self
    }

    /// Sets its parent, another span of its trace.
    #[must_use]
    pub fn below(mut self, parent: u64) -> Self {
        self.0.parent_id = Some(span_id(parent));
        self
    }

    /// Sets its start; its duration stays.
    #[must_use]
    pub fn starts(mut self, start: Timestamp) -> Self {
        self.0.end = self.0.duration().map(|duration| start.plus(duration));
        self.0.start = start;
        self
    }

    /// Sets its duration in nanoseconds.
    #[must_use]
    pub fn lasts(mut self, nanos: i64) -> Self {
        self.0.end = Some(self.0.start.plus(nanos));
        self
    }

    /// Removes its end.
    #[must_use]
    pub fn running(mut self) -> Self {
        self.0.end = None;
        self
    }

    /// Marks it as successful.
    #[must_use]
    pub fn good(mut self) -> Self {
        self.0.status = Status::Ok;
        self
    }

    /// Marks it as failed, with the reason.
    #[must_use]
    pub fn failed(mut self, why: &str) -> Self {
        self.0.status = Status::Error;
        self.0.status_message = why.to_owned();
        self.with("error.type", "Timeout").read(|canonical| canonical.error_type = Some("Timeout".into()))
    }

    /// Appends an attribute.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(key, value);
        self
    }

    /// Sets its service.
    #[must_use]
    pub fn service(mut self, name: &str) -> Self {
        let attributes: Attributes = [("service.name", name)].into_iter().collect();
        self.0.resource = Arc::new(Resource { attributes, schema_url: CompactString::default() });
        self
    }

    /// Sets the environment and version of its service.
    #[must_use]
    pub fn release(mut self, environment: &str, version: &str) -> Self {
        let attributes: Attributes =
            [("deployment.environment.name", environment), ("service.version", version)]
                .into_iter()
                .collect();
        self.0.resource = Arc::new(Resource { attributes, schema_url: CompactString::default() });
        self
    }

    /// Sets its conversation.
    #[must_use]
    pub fn session(self, id: &str) -> Self {
        self.with("gen_ai.conversation.id", id).read(|canonical| canonical.session = Some(id.into()))
    }

    /// Sets its user.
    #[must_use]
    pub fn user(self, id: &str) -> Self {
        self.with("user.id", id).read(|canonical| canonical.user = Some(id.into()))
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(self, tag: &str) -> Self {
        let mut tags: Vec<Value> =
            self.0.canonical.tags.iter().map(|tag| Value::from(tag.as_str())).collect();
        tags.push(Value::from(tag));
        self.with("tags", Value::Array(tags)).read(|canonical| canonical.tags.push(tag.into()))
    }

    /// Sets its project.
    #[must_use]
    pub fn project(self, name: &str) -> Self {
        self.with("quipu.project", name).read(|canonical| canonical.project = Some(name.into()))
    }

    /// Sets the revision and branch of the source code.
    #[must_use]
    pub fn code(self, commit: &str, branch: &str) -> Self {
        self.with("vcs.ref.head.revision", commit).with("vcs.ref.head.name", branch).read(|canonical| {
            canonical.commit = Some(commit.into());
            canonical.branch = Some(branch.into());
        })
    }

    /// Sets its framework.
    #[must_use]
    pub fn framework(mut self, name: &str) -> Self {
        let name_of_scope = CompactString::from(format!("{name}.instrumentation"));
        self.0.scope = Arc::new(Scope { name: name_of_scope, ..Scope::default() });
        self.read(|canonical| canonical.framework = Some(name.into()))
    }

    /// Sets the convention that read it.
    #[must_use]
    pub fn convention(self, name: &str) -> Self {
        self.read(|canonical| canonical.convention = name.into())
    }

    /// Makes it an agent run.
    #[must_use]
    pub fn agent(self, name: &str) -> Self {
        self.operation(Kind::Agent, "invoke_agent")
            .with("gen_ai.agent.name", name)
            .read(|canonical| canonical.agent = Some(name.into()))
    }

    /// Makes it a model call, `provider/model`.
    #[must_use]
    pub fn llm(self, model: &str, input: u64, output: u64) -> Self {
        let (provider, model) = model.split_once('/').unwrap_or(("openai", model));
        let int = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.operation(Kind::Llm, "chat")
            .with("gen_ai.provider.name", provider)
            .with("gen_ai.request.model", model)
            .with("gen_ai.response.model", model)
            .with("gen_ai.usage.input_tokens", int(input))
            .with("gen_ai.usage.output_tokens", int(output))
            .read(|canonical| {
                canonical.provider = Some(provider.into());
                canonical.request_model = Some(model.into());
                canonical.response_model = Some(model.into());
                canonical.usage =
                    Some(Usage { input: Some(input), output: Some(output), ..Usage::default() });
            })
    }

    /// Makes it a tool run.
    #[must_use]
    pub fn tool(self, name: &str) -> Self {
        self.operation(Kind::Tool, "execute_tool")
            .with("gen_ai.tool.name", name)
            .read(|canonical| canonical.tool = Some(name.into()))
    }

    /// Marks it as made from a record of another signal.
    #[must_use]
    pub fn made_of(self, signal: Signal) -> Self {
        self.with(Signal::ATTRIBUTE, signal.as_str()).read(|canonical| canonical.signal = signal)
    }

    /// Sets the meeting of its session's signals.
    #[must_use]
    pub fn meets(self, meeting: Meeting) -> Self {
        self.read(|canonical| canonical.meeting = Some(meeting))
    }

    fn operation(self, kind: Kind, operation: &str) -> Self {
        self.with("gen_ai.operation.name", operation).read(|canonical| {
            canonical.kind = kind;
            canonical.convention = "genai".into();
            canonical.operation = Some(operation.into());
        })
    }

    /// Changes its canonical values.
    #[must_use]
    pub fn read(mut self, change: impl FnOnce(&mut quipu_core::Canonical)) -> Self {
        change(&mut self.0.canonical);
        self
    }
}

impl From<Span> for Draft {
    fn from(span: Span) -> Self {
        Self(span)
    }
}
