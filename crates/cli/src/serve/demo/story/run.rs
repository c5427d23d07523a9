//! Writes one run of an agent as spans in the words of OpenTelemetry's GenAI conventions.

use std::sync::Arc;

use quipu::core::{
    Attributes, Batch, Event, Level, Resource, Scope, Span, SpanId, SpanKind, Status, Timestamp, TraceId,
    Value,
};
use serde_json::{Value as Json, json};

use super::super::dice::Dice;

/// Nanoseconds of a millisecond.
const MS: i64 = 1_000_000;

/// Origin of a run: program, environment, release, and the instrumentation that writes its spans.
pub(super) struct Origin {
    pub(super) service: &'static str,
    pub(super) environment: &'static str,
    pub(super) version: &'static str,
    pub(super) scope: &'static str,
}

impl Origin {
    fn resource(&self) -> Resource {
        let attributes = [
            ("service.name", self.service),
            ("service.version", self.version),
            ("deployment.environment.name", self.environment),
        ];
        let mut resource = Resource::default();
        attributes.into_iter().for_each(|(key, value)| resource.attributes.push(key, value));
        resource
    }
}

/// One request to a model.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) provider: &'static str,
    pub(super) model: &'static str,
    pub(super) input: i64,
    pub(super) cached: i64,
    pub(super) output: i64,
    pub(super) ms: i64,
    /// Milliseconds until the first token; for streams.
    pub(super) first_ms: Option<i64>,
    /// Messages of the request, and of the answer.
    pub(super) asked: Vec<Json>,
    pub(super) answer: Json,
    pub(super) finish: &'static str,
}

/// A message of the conversation.
pub(super) fn said(role: &str, text: &str) -> Json {
    json!({"role": role, "parts": [{"type": "text", "content": text}]})
}

/// The model's request to run a tool.
pub(super) fn wants(id: &str, tool: &str, arguments: &Json) -> Json {
    json!({"role": "assistant", "parts": [{"type": "tool_call", "id": id, "name": tool, "arguments": arguments}]})
}

/// The result of a tool, as the model reads it.
pub(super) fn gave(id: &str, result: &str) -> Json {
    json!({"role": "tool", "parts": [{"type": "tool_call_response", "id": id, "response": result}]})
}

/// The spans and events of one run. Its time begins at zero, and [`Run::finish`] moves it.
pub(super) struct Run {
    trace: TraceId,
    resource: Arc<Resource>,
    scope: Arc<Scope>,
    spans: Vec<Span>,
    events: Vec<Event>,
    /// Index of the open spans, the innermost last.
    open: Vec<usize>,
    now: i64,
    about: Vec<(&'static str, String)>,
    pub(super) dice: Dice,
}

impl Run {
    /// A run with a number of its own; all its spans have the attributes of `about`, such as the session.
    pub(super) fn new(origin: &Origin, mut dice: Dice, about: Vec<(&'static str, String)>) -> Self {
        let number = dice.next().to_string();
        Self {
            trace: TraceId::made_of(&["demo", &number]),
            resource: Arc::new(origin.resource()),
            scope: Arc::new(Scope { name: origin.scope.into(), ..Scope::default() }),
            spans: Vec::new(),
            events: Vec::new(),
            open: Vec::new(),
            now: 0,
            about,
            dice,
        }
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, ms: i64) {
        self.now += ms * MS;
    }

    /// Runs `inside` below the span of an agent.
    pub(super) fn agent(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.within(&format!("invoke_agent {name}"), "invoke_agent", &[("gen_ai.agent.name", name)], inside);
    }

    /// Runs `inside` below the span of a workflow.
    pub(super) fn workflow(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        let about = [("gen_ai.workflow.name", name)];
        self.within(&format!("invoke_workflow {name}"), "invoke_workflow", &about, inside);
    }

    /// Adds an attribute to the outermost span.
    pub(super) fn about_agent(&mut self, key: &str, value: impl Into<Value>) {
        if let Some(root) = self.spans.first_mut() {
            root.attributes.push(key, value);
        }
    }

    /// Seconds since the begin of the run.
    pub(super) fn seconds(&self) -> f64 {
        self.now as f64 / 1e9
    }

    fn within(
        &mut self,
        name: &str,
        operation: &str,
        about: &[(&str, &str)],
        inside: impl FnOnce(&mut Self),
    ) {
        let at = self.begin(name, operation, SpanKind::Internal);
        about.iter().for_each(|(key, value)| self.spans[at].attributes.push(*key, *value));
        self.wait(3);
        inside(self);
        self.wait(2);
        self.end(at);
    }

    /// A request to a model that ends well.
    pub(super) fn call(&mut self, call: &Call) {
        let at = self.request(call);
        let id = format!("{}{:024x}", answer_prefix(call.provider), u128::from(self.dice.next()) << 24);
        let attributes = &mut self.spans[at].attributes;
        attributes.push("gen_ai.response.model", call.model);
        attributes.push("gen_ai.response.id", id);
        attributes.push("gen_ai.usage.input_tokens", call.input);
        attributes.push("gen_ai.usage.output_tokens", call.output);
        attributes.push("gen_ai.usage.cache_read.input_tokens", call.cached);
        attributes.push("gen_ai.response.finish_reasons", Value::Array(vec![call.finish.into()]));
        attributes.push("gen_ai.output.messages", json!([call.answer]).to_string());
        if let Some(first) = call.first_ms {
            attributes.push("gen_ai.request.stream", true);
            attributes.push("gen_ai.response.time_to_first_chunk", first as f64 / 1_000.0);
        }
        self.wait(call.ms);
        self.end(at);
    }

    /// A request to a model that the provider rejects.
    pub(super) fn rejected(&mut self, call: &Call, kind: &str, message: &str) {
        let at = self.request(call);
        self.wait(call.ms);
        self.fail(at, kind, message);
    }

    fn request(&mut self, call: &Call) -> usize {
        let at = self.begin(&format!("chat {}", call.model), "chat", SpanKind::Client);
        let attributes = &mut self.spans[at].attributes;
        attributes.push("gen_ai.provider.name", call.provider);
        attributes.push("gen_ai.request.model", call.model);
        attributes.push("gen_ai.input.messages", Json::Array(call.asked.clone()).to_string());
        at
    }

    /// Vectors of texts.
    pub(super) fn embed(&mut self, model: &'static str, tokens: i64, ms: i64) {
        let at = self.begin(&format!("embeddings {model}"), "embeddings", SpanKind::Client);
        let attributes = &mut self.spans[at].attributes;
        attributes.push("gen_ai.provider.name", "openai");
        attributes.push("gen_ai.request.model", model);
        attributes.push("gen_ai.usage.input_tokens", tokens);
        self.wait(ms);
        self.end(at);
    }

    /// A search in documents: id, score and contents of each.
    pub(super) fn retrieve(&mut self, source: &str, query: &str, found: &[(&str, f64, &str)], ms: i64) {
        let at = self.begin(&format!("retrieval {source}"), "retrieval", SpanKind::Client);
        let document =
            |(id, score, text): &(&str, f64, &str)| json!({"id": id, "score": score, "content": text});
        let documents: Vec<Json> = found.iter().map(document).collect();
        let attributes = &mut self.spans[at].attributes;
        attributes.push("gen_ai.data_source.id", source);
        attributes.push("gen_ai.retrieval.query.text", query);
        attributes.push("gen_ai.retrieval.top_k", i64::try_from(found.len()).unwrap_or_default());
        attributes.push("gen_ai.retrieval.documents", Json::Array(documents).to_string());
        self.wait(ms);
        self.end(at);
    }

    /// A check of a text; returns whether it was triggered.
    pub(super) fn guard(&mut self, name: &str, is_triggered: bool) -> bool {
        let at = self.begin(name, "guardrail_check", SpanKind::Internal);
        self.spans[at].attributes.push("gen_ai.guardrail.name", name);
        self.spans[at].attributes.push("gen_ai.guardrail.triggered", is_triggered);
        let ms = self.dice.between(9, 34);
        self.wait(ms);
        self.end(at);
        is_triggered
    }

    /// A tool run with its result.
    pub(super) fn tool(&mut self, name: &str, arguments: &Json, result: &str, ms: i64) {
        let at = self.start_tool(name, arguments);
        self.spans[at].attributes.push("gen_ai.tool.call.result", result);
        self.wait(ms);
        self.end(at);
    }

    /// A tool run that fails.
    pub(super) fn broken_tool(&mut self, name: &str, arguments: &Json, (kind, error): (&str, &str), ms: i64) {
        let at = self.start_tool(name, arguments);
        self.wait(ms);
        self.fail(at, kind, error);
    }

    fn start_tool(&mut self, name: &str, arguments: &Json) -> usize {
        let id = format!("call_{:016x}", self.dice.next());
        let at = self.begin(&format!("execute_tool {name}"), "execute_tool", SpanKind::Internal);
        let attributes = &mut self.spans[at].attributes;
        attributes.push("gen_ai.tool.name", name);
        attributes.push("gen_ai.tool.call.id", id);
        attributes.push("gen_ai.tool.call.arguments", arguments.to_string());
        at
    }

    /// A log line of the program, within the innermost open span.
    pub(super) fn log(&mut self, level: Level, text: &str) {
        self.event(level, "", text.into(), Vec::new());
    }

    /// The rating of the run by its user.
    pub(super) fn rate(&mut self, label: &str, value: f64, comment: &str) {
        let attributes = vec![
            ("gen_ai.evaluation.name", "user_feedback".into()),
            ("gen_ai.evaluation.score.label", label.into()),
            ("gen_ai.evaluation.score.value", value.into()),
            ("gen_ai.evaluation.explanation", comment.into()),
        ];
        self.event(Level::Info, "gen_ai.evaluation.result", Value::Null, attributes);
    }

    fn event(&mut self, level: Level, name: &str, body: Value, about: Vec<(&str, Value)>) {
        let mut attributes = Attributes::new();
        about.into_iter().for_each(|(key, value)| attributes.push(key, value));
        self.events.push(Event {
            time: Timestamp::from_nanos(self.now),
            level,
            name: name.into(),
            trace_id: Some(self.trace),
            span_id: self
                .open
                .last()
                .or(Some(&0))
                .and_then(|at| self.spans.get(*at))
                .map(|span| span.span_id),
            session: None,
            agent: None,
            framework: None,
            body,
            attributes,
            wire: None,
            resource: Arc::clone(&self.resource),
            scope: Arc::clone(&self.scope),
        });
    }

    fn begin(&mut self, name: &str, operation: &str, kind: SpanKind) -> usize {
        let at = self.spans.len();
        let id = SpanId::made_of(&["demo", &self.trace.to_string(), &at.to_string()]);
        let start = Timestamp::from_nanos(self.now);
        let mut span = Span::new(self.trace, id, name, start, start);
        span.parent_id = self.open.last().map(|parent| self.spans[*parent].span_id);
        span.kind = kind;
        (span.resource, span.scope) = (Arc::clone(&self.resource), Arc::clone(&self.scope));
        span.attributes.push("gen_ai.operation.name", operation);
        self.about.iter().for_each(|(key, value)| span.attributes.push(*key, value.as_str()));
        self.spans.push(span);
        self.open.push(at);
        at
    }

    fn end(&mut self, at: usize) {
        self.spans[at].end = Some(Timestamp::from_nanos(self.now));
        self.open.pop();
    }

    fn fail(&mut self, at: usize, kind: &str, message: &str) {
        let span = &mut self.spans[at];
        span.attributes.push("error.type", kind);
        (span.status, span.status_message) = (Status::Error, message.to_owned());
        self.end(at);
    }

    /// Marks the whole run as failed.
    pub(super) fn failed(&mut self, message: &str) {
        if let Some(at) = self.open.first() {
            (self.spans[*at].status, self.spans[*at].status_message) = (Status::Error, message.to_owned());
        }
    }

    /// Everything, with the end of the run at `end`.
    pub(super) fn finish(self, end: Timestamp) -> Batch {
        let shift = end.nanos() - self.now;
        let Self { mut spans, mut events, .. } = self;
        // The framework says of a whole run that it ended well.
        if let Some(root) = spans.first_mut().filter(|root| root.status == Status::Unset) {
            root.status = Status::Ok;
        }
        for span in &mut spans {
            span.start = span.start.plus(shift);
            span.end = span.end.map(|end| end.plus(shift));
        }
        events.iter_mut().for_each(|event| event.time = event.time.plus(shift));
        Batch { spans, events, ..Batch::default() }
    }
}

/// How ids of a provider's answers begin.
fn answer_prefix(provider: &str) -> &'static str {
    match provider {
        "anthropic" => "msg_",
        "openai" => "chatcmpl-",
        _ => "resp_",
    }
}
