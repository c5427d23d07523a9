//! Records of an export as lines of CSV and JSON.

use std::collections::BTreeMap;

use quipu_core::{MetricSeries, TraceId, Usd};
use serde::Serialize;

use crate::csv::Row;
use crate::dto::{Call, Event, MetricName, Span, Tokens, TraceSummary};

/// A record that an export can write.
pub(super) trait Exported: Serialize {
    /// Columns of the CSV file.
    const COLUMNS: &[&str];

    /// The record as a line of CSV.
    fn row(&self) -> Row;
}

fn optional(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

fn usd(usd: &Option<Usd>) -> String {
    usd.map(|usd| usd.to_string()).unwrap_or_default()
}

fn millis(figure: Option<f64>) -> String {
    figure.map(|figure| figure.to_string()).unwrap_or_default()
}

fn used(tokens: Option<&Tokens>) -> [String; 5] {
    tokens.map_or_else(Default::default, |tokens| {
        [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write, tokens.reasoning]
            .map(|figure| figure.to_string())
    })
}

impl Exported for TraceSummary {
    const COLUMNS: &[&str] = &[
        "trace_id",
        "name",
        "service",
        "framework",
        "convention",
        "started_at",
        "duration_ms",
        "status",
        "spans",
        "llm_calls",
        "tool_calls",
        "errors",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "cost_usd",
        "cost_reason",
        "subscription_usd",
        "unpriced_calls",
        "reported_cost_usd",
        "session_id",
        "user_id",
        "project",
        "commit",
        "branch",
        "tags",
        "agents",
        "models",
    ];

    fn row(&self) -> Row {
        let figures = [self.spans, self.llm_calls, self.tool_calls, self.errors];
        Row::default()
            .texts([self.trace_id.clone(), self.name.clone(), optional(&self.service)])
            .texts([optional(&self.framework), optional(&self.convention), self.started_at.clone()])
            .figures([self.duration_ms.to_string()])
            .texts([self.status.clone()])
            .figures(figures.into_iter().map(|figure| figure.to_string()).chain(used(Some(&self.tokens))))
            .figures([usd(&self.cost_usd)])
            .texts([optional(&self.cost_reason)])
            .figures([
                usd(&self.subscription_usd),
                self.unpriced_calls.to_string(),
                usd(&self.reported_cost_usd),
            ])
            .texts([optional(&self.session_id), optional(&self.user_id), optional(&self.project)])
            .texts([optional(&self.commit), optional(&self.branch)])
            .lists([self.tags.as_slice(), &self.agents, &self.models])
    }
}

/// A span with its trace.
#[derive(Debug, Serialize)]
pub(super) struct ExportedSpan {
    trace_id: String,
    #[serde(flatten)]
    span: Span,
}

impl ExportedSpan {
    pub(super) fn new(trace_id: TraceId, span: Span) -> Self {
        Self { trace_id: trace_id.to_string(), span }
    }
}

impl Exported for ExportedSpan {
    const COLUMNS: &[&str] = &[
        "trace_id",
        "span_id",
        "parent_span_id",
        "name",
        "kind",
        "started_at",
        "duration_ms",
        "status",
        "status_message",
        "service",
        "agent",
        "provider",
        "model",
        "tool",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "counted",
        "cost_usd",
        "cost_reason",
    ];

    fn row(&self) -> Row {
        let span = &self.span;
        Row::default()
            .texts([self.trace_id.clone(), span.span_id.clone(), optional(&span.parent_span_id)])
            .texts([span.name.clone(), span.kind.clone(), span.started_at.clone()])
            .figures([millis(span.duration_ms)])
            .texts([span.status.clone(), optional(&span.status_message), optional(&span.service)])
            .texts([&span.agent, &span.provider, &span.model, &span.tool].map(optional))
            .figures(used(span.tokens.as_ref()))
            .figures([span.counted.to_string(), usd(&span.cost_usd)])
            .texts([optional(&span.cost_reason)])
    }
}

impl Exported for Call {
    const COLUMNS: &[&str] = &[
        "trace_id",
        "span_id",
        "started_at",
        "duration_ms",
        "kind",
        "status",
        "model",
        "provider",
        "agent",
        "service",
        "framework",
        "session_id",
        "user_id",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "cost_usd",
        "cost_reason",
    ];

    fn row(&self) -> Row {
        let names = [&self.model, &self.provider, &self.agent, &self.service, &self.framework];
        Row::default()
            .texts([self.trace_id.clone(), self.span_id.clone(), self.started_at.clone()])
            .figures([millis(self.duration_ms)])
            .texts([self.kind.clone(), self.status.clone()])
            .texts(names.into_iter().chain([&self.session_id, &self.user_id]).map(optional))
            .figures(used(self.tokens.as_ref()))
            .figures([usd(&self.cost_usd)])
            .texts([optional(&self.cost_reason)])
    }
}

impl Exported for Event {
    const COLUMNS: &[&str] = &[
        "time",
        "level",
        "type",
        "body",
        "trace_id",
        "span_id",
        "session_id",
        "agent",
        "framework",
        "service",
        "scope",
    ];

    fn row(&self) -> Row {
        let body = self.body.as_str().map_or_else(|| self.body.to_string(), str::to_owned);
        let ids = [&self.trace_id, &self.span_id, &self.session_id];
        Row::default()
            .texts([self.time.clone(), self.level.clone(), optional(&self.r#type), body])
            .texts(ids.into_iter().chain([&self.agent, &self.framework]).map(optional))
            .texts([optional(&self.service), optional(&self.scope)])
    }
}

/// One step of a series of a metric.
#[derive(Debug, Serialize)]
pub(super) struct ExportedPoint {
    name: String,
    unit: String,
    instrument: String,
    labels: BTreeMap<String, String>,
    time: String,
    /// Null if it is not a number.
    value: Option<f64>,
}

/// The steps of a series.
pub(super) fn points<'a>(
    metric: &'a MetricName,
    series: &'a MetricSeries,
) -> impl Iterator<Item = ExportedPoint> + 'a {
    series.points.iter().map(|(time, value)| ExportedPoint {
        name: metric.name.clone(),
        unit: metric.unit.clone(),
        instrument: metric.instrument.clone(),
        labels: series.labels.iter().map(|(key, value)| (key.to_string(), value.clone())).collect(),
        time: time.to_string(),
        value: value.is_finite().then_some(*value),
    })
}

impl Exported for ExportedPoint {
    const COLUMNS: &[&str] = &["name", "unit", "instrument", "labels", "time", "value"];

    fn row(&self) -> Row {
        let labels: Vec<String> = self.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        Row::default()
            .texts([self.name.clone(), self.unit.clone(), self.instrument.clone()])
            .lists([labels.as_slice()])
            .texts([self.time.clone()])
            .figures([millis(self.value)])
    }
}
