//! A store with three traces, and the state around it.

use std::sync::Arc;

use bytes::Bytes;
use quipu_alert::{Alerts, AlertsConfig, AlertsParts, RuleConfig, SloConfig};
use quipu_api::dto::Listeners;
use quipu_api::{ApiState, Asset, Money, StatusInfo, StoreMeasure};
use quipu_backend_memory::Memory;
use quipu_core::{
    Adapters, AnswerMemory, Backend, Batch, Clock, Cost, Limits, PriceAnswer, PriceBook, PriceLine, PriceRef,
    PriceRequest, Resource, Rule, Scope, Span, SpanEvent, SpanId, Status, Timestamp, TraceId, Unpriced, Usd,
    Value,
};
use quipu_insight::Documents;
use tokio::sync::broadcast;

use crate::adapter::Plain;

/// 2026-11-21T12:00:00Z.
pub const NOW: Timestamp = Timestamp::from_nanos(1_795_262_400 * Timestamp::SECOND);
pub const MINUTE: i64 = 60 * Timestamp::SECOND;
pub const WEATHER: u8 = 1;
pub const RAG: u8 = 2;
pub const RUNNING: u8 = 3;

pub fn trace_id(number: u8) -> TraceId {
    TraceId::from_bytes([number; 16]).unwrap()
}

pub fn span_id(number: u8) -> SpanId {
    SpanId::from_bytes([number; 8]).unwrap()
}

pub fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

pub struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// Knows one model at a dollar a thousand tokens.
pub struct Book;

impl PriceBook for Book {
    fn price(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced> {
        if request.model != "gpt-4o" || request.provider.is_some_and(|name| name != "openai") {
            return Err(Unpriced::UnknownModel);
        }
        if request.at > NOW {
            return Err(Unpriced::NotValidThen);
        }
        let line = |unit: &str, count: u64| PriceLine {
            unit: unit.into(),
            count,
            unit_price: usd("1"),
            per: 1_000,
            amount: usd("0.001").times(count),
        };
        let mut lines = vec![line("input_tokens", request.usage.input.unwrap_or(0))];
        lines.push(line("output_tokens", request.usage.output.unwrap_or(0)));
        lines.extend(request.units.iter().map(|(unit, count)| line(unit, *count)));
        lines.extend(request.usage.cache_write.map(|count| line("cache_write_tokens", count)));
        Ok(PriceAnswer {
            total: lines.iter().map(|line| line.amount).sum(),
            input: lines[0].amount,
            output: lines[1].amount,
            rule: PriceRef { source: "test".into(), version: "1".into(), id: "openai/gpt-4o".into() },
            fallbacks: request.context.keys().cloned().collect(),
            lines,
        })
    }
}

/// A span of a trace: `number`, parent, name, start and duration in milliseconds after the trace's start.
pub struct Make {
    pub trace: u8,
    pub start: Timestamp,
    pub service: &'static str,
}

impl Make {
    pub fn span(
        &self,
        number: u8,
        parent: u8,
        name: &str,
        at: (i64, i64),
        attributes: &[(&str, Value)],
    ) -> Span {
        let start = self.start.plus(at.0 * 1_000_000);
        let end = start.plus(at.1 * 1_000_000);
        let mut span = Span::new(trace_id(self.trace), span_id(number), name, start, end);
        span.parent_id = (parent > 0).then(|| span_id(parent));
        span.status = Status::Ok;
        span.attributes = attributes.iter().map(|(key, value)| (*key, value.clone())).collect();
        let resource = [("service.name", self.service)].into_iter().collect();
        span.resource = Arc::new(Resource { attributes: resource, ..Resource::default() });
        span.scope = Arc::new(Scope { name: "test.scope".into(), version: "1.2".into(), ..Scope::default() });
        adapters().read(&mut span);
        span
    }
}

pub fn cost(span: &Span, rule: Rule, amount: Option<&str>) -> Cost {
    let read = &span.canonical;
    let unpriced =
        (rule.counts() && amount.is_none() && read.usage.is_some()).then_some(Unpriced::UnknownModel);
    Cost {
        trace_id: span.trace_id,
        span_id: span.span_id,
        version: 1,
        time: span.start,
        duration: span.duration(),
        kind: read.kind,
        signal: read.signal,
        rule,
        failed: span.status == Status::Error,
        service: span.resource.service().map(Into::into),
        framework: read.framework.clone(),
        convention: read.convention.clone(),
        agent: read.agent.clone().or_else(|| Some("planner".into())),
        tool: read.tool.clone(),
        provider: read.provider.clone(),
        request_model: read.request_model.clone(),
        response_model: None,
        service_tier: None,
        billing: read.billing.unwrap_or_default(),
        usage: read.usage.clone(),
        amount: amount.map(usd),
        unpriced,
        price: amount.map(|_| PriceRef {
            source: "test".into(),
            version: "1".into(),
            id: "openai/gpt-4o".into(),
        }),
        reported: None,
        inferred: Vec::new(),
        estimate: None,
        scopes: Vec::new(),
    }
}

fn chat_attributes() -> Vec<(&'static str, Value)> {
    vec![
        ("test.kind", "llm".into()),
        ("gen_ai.operation.name", "chat".into()),
        ("gen_ai.provider.name", "openai".into()),
        ("gen_ai.request.model", "gpt-4o".into()),
        ("gen_ai.response.id", "resp-1".into()),
        ("gen_ai.usage.input_tokens", 100.into()),
        ("gen_ai.usage.output_tokens", 20.into()),
        ("gen_ai.usage.cache_read.input_tokens", 60.into()),
        ("test.ttft", 210_000_000.into()),
        ("test.finish", "stop".into()),
        ("test.note", "mended".into()),
        ("gen_ai.input.messages", "user: Will it rain?".into()),
        ("gen_ai.output.messages", "assistant: Take an umbrella.".into()),
        ("odd", f64::NAN.into()),
    ]
}

/// `weather_graph`, 11:00, 4.21 s: a counted call, an agent that repeats it, a tool that works and one that
/// fails.
fn weather(batch: &mut Batch) {
    let make = Make { trace: WEATHER, start: NOW.plus(-60 * MINUTE), service: "weather-bot" };
    let common = [
        ("test.framework", "langgraph".into()),
        ("gen_ai.conversation.id", "sess/7".into()),
        ("user.id", "user-42".into()),
    ];
    let with = |more: &[(&'static str, Value)]| [&common[..], more].concat();
    let agent = [
        ("test.kind", "agent".into()),
        ("gen_ai.agent.name", "planner".into()),
        ("gen_ai.usage.input_tokens", 100.into()),
    ];
    let root = make.span(1, 0, "weather_graph", (0, 4210), &with(&[("test.kind", "workflow".into())]));
    let planner = make.span(2, 1, "invoke_agent planner", (1, 4000), &with(&agent));
    let chat = make.span(3, 2, "chat gpt-4o", (2, 820), &with(&chat_attributes()));
    let tool = [
        ("test.kind", "tool".into()),
        ("gen_ai.tool.name", "get_weather".into()),
        ("gen_ai.tool.call.arguments", "Zürich".into()),
    ];
    let tool = make.span(4, 2, "execute_tool get_weather", (900, 110), &with(&tool));
    let failing = [
        ("test.kind", "tool".into()),
        ("gen_ai.tool.name", "book_table".into()),
        ("error.type", "TimeoutError".into()),
    ];
    let mut failed = make.span(5, 2, "execute_tool book_table", (1100, 20), &with(&failing));
    failed.status = Status::Error;
    failed.status_message = "no table left".into();
    failed.events.push(SpanEvent {
        time: failed.start,
        name: "exception".into(),
        attributes: [("exception.type", "TimeoutError")].into_iter().collect(),
    });
    failed.links.push(quipu_core::Link {
        trace_id: trace_id(9),
        span_id: span_id(9),
        attributes: [("why", "retry")].into_iter().collect(),
    });
    batch.costs.extend([
        cost(&planner, Rule::Repeats, None),
        cost(&chat, Rule::Leaf, Some("0.0041")),
        cost(&tool, Rule::Leaf, None),
        cost(&failed, Rule::Leaf, None),
    ]);
    batch.spans.extend([failed, tool, root, planner, chat]);
}

/// `rag_query`, 11:30, 9 s, failed: one call without a price.
fn rag(batch: &mut Batch) {
    let make = Make { trace: RAG, start: NOW.plus(-30 * MINUTE), service: "docs-search" };
    let common = [("test.framework", "llamaindex".into()), ("gen_ai.conversation.id", "sess-8".into())];
    let with = |more: &[(&'static str, Value)]| [&common[..], more].concat();
    let mut root = make.span(1, 0, "rag_query", (0, 9000), &with(&[("test.kind", "workflow".into())]));
    root.status = Status::Error;
    let call = [
        ("test.kind", "llm".into()),
        ("gen_ai.request.model", "mistral-nightly".into()),
        ("gen_ai.usage.input_tokens", 1000.into()),
    ];
    let call = make.span(2, 1, "chat mistral-nightly", (10, 8000), &with(&call));
    batch.costs.push(cost(&call, Rule::Leaf, None));
    batch.spans.extend([root, call]);
}

/// `support`, 11:50, still running: a call whose messages come as events.
fn running(batch: &mut Batch) {
    let make = Make { trace: RUNNING, start: NOW.plus(-10 * MINUTE), service: "support-desk" };
    let mut root = make.span(1, 0, "support", (0, 0), &[("test.kind", "workflow".into())]);
    root.end = None;
    root.status = Status::Unset;
    let call = [
        ("test.kind", "llm".into()),
        ("gen_ai.request.model", "gpt-4o".into()),
        ("gen_ai.usage.input_tokens", 1.into()),
    ];
    let call = make.span(2, 1, "chat gpt-4o", (10, 20), &call);
    batch.costs.push(cost(&call, Rule::Leaf, Some("0.5")));
    batch.spans.extend([root, call]);
}

pub fn adapters() -> Adapters {
    Adapters::new(vec![Arc::new(Plain)])
}

fn asset(path: &str) -> Option<Asset> {
    let file = |bytes: String, content_type: &str, etag: &str, immutable| {
        Some(Asset {
            bytes: Bytes::from(bytes),
            content_type: content_type.into(),
            etag: etag.into(),
            immutable,
        })
    };
    match path {
        "/assets/app-1234.js" => {
            file("let x = 1;\n".repeat(500), "text/javascript; charset=utf-8", "\"js\"", true)
        }
        "/assets/large.js" => file(script(), "text/javascript; charset=utf-8", "\"large\"", true),
        "/assets/a.woff2" => file("f".repeat(5000), "font/woff2", "\"font\"", true),
        path if path.contains('.') => None,
        _ => file("<!doctype html>".into(), "text/html; charset=utf-8", "\"index\"", false),
    }
}

/// Alerts with a rule of the config file and an objective, in memory.
fn alerts(store: Arc<dyn quipu_core::Store>) -> Alerts {
    let rule = RuleConfig { preset: Some("high_error_rate".into()), ..RuleConfig::default() };
    let slo = SloConfig {
        objective: 0.9,
        good: "kind:llm status:ok".into(),
        of: "kind:llm".into(),
        ..SloConfig::default()
    };
    Alerts::open(AlertsParts {
        folder: None,
        config: AlertsConfig::default(),
        rules: [("of_file".to_owned(), rule)].into(),
        channels: std::collections::BTreeMap::new(),
        slos: [("answers".to_owned(), slo)].into(),
        measure: Arc::new(StoreMeasure::new(store, Money::vendored().budgets)),
        clock: Arc::new(Fixed),
        url: "http://127.0.0.1:8080".into(),
    })
    .unwrap()
}

/// The store, the state around it, and the batch that it holds.
pub struct Fixture {
    pub store: Arc<Memory>,
    pub state: ApiState,
}

impl Fixture {
    /// Three traces.
    pub async fn new() -> Self {
        let mut batch = Batch::default();
        weather(&mut batch);
        rag(&mut batch);
        running(&mut batch);
        let fixture = Self::empty();
        fixture.write(batch).await;
        fixture
    }

    pub fn empty() -> Self {
        let store = Arc::new(Memory::new());
        let listeners = Listeners { http: Some("http://127.0.0.1:8080".into()), ..Listeners::default() };
        let status = StatusInfo { version: "0.1.0".into(), started_at: NOW, listeners, demo: true };
        let state = ApiState {
            store: store.clone(),
            pipeline: None,
            adapters: adapters(),
            prices: Arc::new(Book),
            money: Money::vendored(),
            live: broadcast::channel(16).0,
            status: Arc::new(status),
            clock: Arc::new(Fixed),
            limits: Arc::new(Limits::default()),
            caches: AnswerMemory::within(Limits::default().cache_bytes),
            assets: Arc::new(asset),
            metrics_page: Arc::new(|| Some("quipu_up 1\n".into())),
            vitals: None,
            unread: Arc::new(Vec::new),
            forget_unread: Arc::new(|_, _| Ok(0)),
            drift: Arc::new(quipu_drift::Report::default),
            documents: Documents::in_memory(),
            retention: Arc::default(),
            alerts: Some(alerts(Arc::clone(&store) as _)),
            sql: None,
        };
        Self { store, state }
    }

    pub async fn write(&self, batch: Batch) {
        self.store.write(Arc::new(batch)).await.unwrap();
    }
}

/// A script with words that return far apart, as in a real build.
pub fn script() -> String {
    (0..4000_u64).map(|n| format!("const part{}=look{}(n{});\n", n * n % 997, n * 31 % 211, n % 53)).collect()
}
