//! Spans and their parts.

use std::collections::BTreeMap;

use quipu_core::{Cost, Messages, SpanKind, SpanRow, Status, TokenSpread, Usage, UsageEstimate, Usd};
use quipu_query::millis;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::{JoinedSpan, Message, PriceRule, SpanConflict, Tokens, json, name, names, object, text};

/// One span. With `detail=summary`, lists, objects and fields of the whole span are omitted or null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Span {
    /// Id, 16 hexadecimal digits.
    pub span_id: String,
    /// Id of its parent; null for a root.
    pub parent_span_id: Option<String>,
    /// Name as sent.
    pub name: String,
    /// `agent`, `workflow`, `task`, `llm`, `embedding`, `retrieval`, `rerank`, `tool`, `guardrail`,
    /// `evaluator`, `memory`, `planning` or `other`.
    pub kind: String,
    /// OpenTelemetry span kind: `internal`, `server`, `client`, `producer`, `consumer`; null without one.
    pub span_kind: Option<String>,
    /// Start.
    pub started_at: String,
    /// Duration in milliseconds; null while it runs.
    pub duration_ms: Option<f64>,
    /// `ok`, `error`, `unset`, or `running` without an end.
    pub status: String,
    /// Status message as sent.
    pub status_message: Option<String>,
    /// Type of the error: `error.type`, an exception's type, or a status code.
    pub error_type: Option<String>,
    /// Class of the error, the same for all sources: `rate_limit`, `timeout`, `context_length`,
    /// `content_filter`, `authentication`, `quota`, `unavailable`, `invalid_request`, `connection`,
    /// `tool_error`, `cancelled` or `other`. Null without an error.
    pub error_class: Option<String>,
    /// Service that produced it.
    pub service: Option<String>,
    /// Agent of the span, or else the nearest agent above it.
    pub agent: Option<String>,
    /// Model provider.
    pub provider: Option<String>,
    /// Model of the response, or else the requested model.
    pub model: Option<String>,
    /// Requested model.
    pub request_model: Option<String>,
    /// Model of the response.
    pub response_model: Option<String>,
    /// The provider's id of the response.
    pub response_id: Option<String>,
    /// Operation, such as `chat`.
    pub operation: Option<String>,
    /// Name of the tool, as called by the model.
    pub tool: Option<String>,
    /// Workflow step of the span: a graph's node, a crew's task, a pipeline's component.
    pub step: Option<String>,
    /// For a hand-off, the agent that hands over.
    pub handoff_from: Option<String>,
    /// For a hand-off, the agent that takes over.
    pub handoff_to: Option<String>,
    /// Whether the guardrail was triggered; for guardrail spans.
    pub guardrail_triggered: Option<bool>,
    /// Session.
    pub session_id: Option<String>,
    /// User.
    pub user_id: Option<String>,
    /// The span's own tokens, counted or not; null without any.
    pub tokens: Option<Tokens>,
    /// Whether its tokens are part of the totals.
    pub counted: bool,
    /// Reason why it counts or not; null for spans that are no call, tool run or holder of usage.
    pub counted_reason: Option<String>,
    /// Rule behind `counted_reason`, as a stable word: `leaf`, `repeats`, `never_counted`, `orphan_rollup`,
    /// `merged`, `duplicate`, `fetched`, `echo` or `metric`.
    pub counted_rule: Option<String>,
    /// Same text as `counted_reason`.
    pub counted_why: Option<String>,
    /// Signal: `span`, `details`, `log`, `transcript` or `metric`; null if only `detail=full` has it.
    pub signal: Option<String>,
    /// Computed cost; null if `cost_reason` is set.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Reason for a null `cost_usd`: `unknown_model`, `no_model`, `no_usage`, `no_unit_price`,
    /// `not_valid_then`, or `not counted`. Null for spans without usage.
    pub cost_reason: Option<String>,
    /// Cost reported by the source.
    #[schema(value_type = Option<String>)]
    pub reported_cost_usd: Option<Usd>,
    /// Whether `reported_cost_usd` differs by more than 5 % from `cost_usd`.
    pub reported_deviates: bool,
    /// `metered`, or `subscription` (`cost_usd` is then the list price); null without a call or usage.
    pub billing: Option<String>,
    /// Usage other than tokens, such as `web_searches`.
    #[serde(default)]
    pub units: BTreeMap<String, u64>,
    /// Price rule of `cost_usd`.
    pub price: Option<PriceRule>,
    /// Milliseconds until the first token.
    pub ttft_ms: Option<f64>,
    /// Arguments of a tool run.
    pub tool_arguments: Option<Json>,
    /// Result of a tool run.
    pub tool_result: Option<Json>,
    /// Finish reasons of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reasons: Option<Vec<String>>,
    /// Input messages, instructions first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_messages: Option<Vec<Message>>,
    /// Output messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_messages: Option<Vec<Message>>,
    /// Tools offered to the model, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_definitions: Option<Vec<Json>>,
    /// Request parameters: `temperature`, `max_tokens` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub params: Option<Map<String, Json>>,
    /// All attributes as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub attributes: Option<Map<String, Json>>,
    /// Attributes of its resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub resource: Option<Map<String, Json>>,
    /// Events within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<SpanEvent>>,
    /// References to other spans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<Vec<Link>>,
    /// Values that were unreadable or repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<String>>,
    /// The recorder of the span and the reading adapter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Estimated usage of a counted call whose source reports none. The totals exclude it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<SpanEstimate>,
    /// The call that received the result of an inferred tool run. Such a run has no span: it is derived from
    /// the messages of this call and of the call that requested it. Its time is a bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inferred_from: Option<String>,
    /// Rejected versions of the ended span, in order of arrival; at most four.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<SpanConflict>,
    /// Other records of the call or tool run, in any trace. A call without messages shows theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<JoinedSpan>,
}

/// The recorder of a span and the adapter that read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// Convention of the span; null without one.
    pub convention: Option<String>,
    /// Instrumentation scope.
    pub instrumentation: Option<String>,
    /// Version of the instrumentation.
    pub version: Option<String>,
}

/// Estimated usage of a call, from its messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpanEstimate {
    /// Input tokens.
    pub input: TokenRange,
    /// Output tokens.
    pub output: TokenRange,
    /// Expected cost by list price; null without a price.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Lower bound of the likely cost.
    #[schema(value_type = Option<String>)]
    pub cost_low_usd: Option<Usd>,
    /// Upper bound of the likely cost.
    #[schema(value_type = Option<String>)]
    pub cost_high_usd: Option<Usd>,
}

/// An estimated number of tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRange {
    /// Lower bound of the likely number.
    pub low: u64,
    /// Expected number.
    pub expected: u64,
    /// Upper bound of the likely number.
    pub high: u64,
}

impl From<&UsageEstimate> for SpanEstimate {
    fn from(from: &UsageEstimate) -> Self {
        let range = |TokenSpread { low, expected, high }| TokenRange { low, expected, high };
        Self {
            input: range(from.input),
            output: range(from.output),
            cost_usd: from.cost.map(|cost| cost.expected),
            cost_low_usd: from.cost.map(|cost| cost.low),
            cost_high_usd: from.cost.map(|cost| cost.high),
        }
    }
}

/// An event within a span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpanEvent {
    /// Name, such as `exception`.
    pub name: String,
    /// Time of the event.
    pub time: String,
    /// Attributes of the event.
    #[schema(value_type = Object)]
    pub attributes: Map<String, Json>,
}

/// A reference to another span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// Id of the linked trace.
    pub trace_id: String,
    /// Id of the linked span.
    pub span_id: String,
    /// Attributes of the link.
    #[schema(value_type = Object)]
    pub attributes: Map<String, Json>,
}

/// One span in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpanAnswer {
    /// The span.
    pub span: Span,
}

impl From<&SpanRow> for Span {
    fn from(row: &SpanRow) -> Self {
        let mut span = Self {
            span_id: row.span_id.to_string(),
            parent_span_id: row.parent_id.map(|id| id.to_string()),
            name: row.name.to_string(),
            kind: row.kind.as_str().to_owned(),
            started_at: row.start.to_string(),
            duration_ms: row.duration.map(millis),
            status: status(row).to_owned(),
            agent: name(row.agent.as_ref()),
            provider: name(row.provider.as_ref()),
            model: name(row.model.as_ref()),
            tool: name(row.tool.as_ref()),
            conflicts: row.conflicts.iter().map(SpanConflict::from).collect(),
            ..Self::default()
        };
        if let Some(cost) = &row.cost {
            span.account(cost);
        }
        span
    }
}

const fn status(row: &SpanRow) -> &'static str {
    match (row.status, row.duration) {
        (Status::Error, _) => "error",
        (_, None) => "running",
        (Status::Ok, _) => "ok",
        (Status::Unset, _) => "unset",
    }
}

impl Span {
    /// Fills in the values of the ledger row.
    fn account(&mut self, cost: &Cost) {
        self.service = name(cost.service.as_ref());
        self.agent = self.agent.take().or_else(|| name(cost.agent.as_ref()));
        self.request_model = name(cost.request_model.as_ref());
        self.response_model = name(cost.response_model.as_ref());
        self.tokens = cost.usage.as_ref().map(|usage| usage.tokens().into());
        self.counted = cost.counts();
        self.counted_reason = Some(cost.rule.as_str().to_owned());
        self.counted_rule = Some(cost.rule.word().to_owned());
        self.counted_why = self.counted_reason.clone();
        self.signal = Some(cost.signal.as_str().to_owned());
        self.cost_usd = cost.amount;
        self.cost_reason = cost_reason(cost).map(str::to_owned);
        self.reported_cost_usd = cost.reported;
        self.reported_deviates = cost.deviates();
        self.billing = Some(cost.billing.as_str().to_owned());
        self.units = cost.usage.as_ref().map(units).unwrap_or_default();
        self.price = cost.price.as_ref().map(PriceRule::from);
        self.estimated = cost.estimated().map(SpanEstimate::from);
    }

    /// Fills in the values of the whole span. `raw.canonical` has been read.
    pub(crate) fn fill(&mut self, raw: &quipu_core::Span, said: &Messages) {
        let read = raw.canonical.as_ref();
        self.span_kind = span_kind(raw.kind).map(str::to_owned);
        self.status_message = text(&raw.status_message);
        self.error_type = name(read.error_type.as_ref());
        self.error_class = raw.error_class().map(|class| class.as_str().to_owned());
        self.service = raw.resource.service().map(str::to_owned).or_else(|| self.service.take());
        self.request_model = name(read.request_model.as_ref()).or_else(|| self.request_model.take());
        self.response_model = name(read.response_model.as_ref()).or_else(|| self.response_model.take());
        self.response_id = name(read.response_id.as_ref());
        self.operation = name(read.operation.as_ref());
        self.signal = Some(read.signal.as_str().to_owned());
        self.step = name(read.step.as_ref());
        self.handoff_from = name(read.handoff_from.as_ref());
        self.handoff_to = name(read.handoff_to.as_ref());
        self.guardrail_triggered = read.guardrail_triggered;
        self.session_id = name(read.session.as_ref());
        self.user_id = name(read.user.as_ref());
        self.reported_cost_usd = self.reported_cost_usd.or(read.reported_cost);
        self.ttft_ms = read.time_to_first_token.map(millis);
        self.finish_reasons = Some(names(&read.finish_reasons));
        self.notes = Some(names(&read.notes));
        self.params = Some(super::params::sent(&read.params));
        self.fill_raw(raw);
        self.fill_said(said);
    }

    fn fill_raw(&mut self, raw: &quipu_core::Span) {
        let event = |event: &quipu_core::SpanEvent| SpanEvent {
            name: event.name.to_string(),
            time: event.time.to_string(),
            attributes: object(&event.attributes),
        };
        let link = |link: &quipu_core::Link| Link {
            trace_id: link.trace_id.to_string(),
            span_id: link.span_id.to_string(),
            attributes: object(&link.attributes),
        };
        self.attributes = Some(object(&raw.attributes));
        self.resource = Some(object(&raw.resource.attributes));
        self.events = Some(raw.events.iter().map(event).collect());
        self.links = Some(raw.links.iter().map(link).collect());
        self.source = Some(Source {
            convention: text(&raw.canonical.convention),
            instrumentation: text(&raw.scope.name),
            version: text(&raw.scope.version),
        });
    }

    /// Fills in the messages.
    pub(crate) fn fill_said(&mut self, said: &Messages) {
        self.input_messages = Some(said.input.iter().map(Message::from).collect());
        self.output_messages = Some(said.output.iter().map(Message::from).collect());
        self.tool_definitions = Some(said.tool_definitions.iter().map(json).collect());
        self.tool_arguments = said.tool_arguments.as_ref().map(json);
        self.tool_result = said.tool_result.as_ref().map(json);
    }
}

fn units(usage: &Usage) -> BTreeMap<String, u64> {
    usage.units.iter().map(|(unit, count)| (unit.to_string(), *count)).collect()
}

/// Reason for a missing computed cost, as a word.
pub(crate) fn cost_reason(cost: &Cost) -> Option<&'static str> {
    match (cost.amount, cost.unpriced) {
        (Some(_), _) => None,
        _ if !cost.counts() => Some("not counted"),
        (None, reason) => reason.map(quipu_core::Unpriced::as_str),
    }
}

const fn span_kind(kind: SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Unspecified => None,
        SpanKind::Internal => Some("internal"),
        SpanKind::Server => Some("server"),
        SpanKind::Client => Some("client"),
        SpanKind::Producer => Some("producer"),
        SpanKind::Consumer => Some("consumer"),
    }
}
