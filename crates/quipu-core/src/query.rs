//! Questions to a store, and the rows that it answers with.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{Cost, Event, Kind, Level, Sketch, Span, SpanId, Status, Temporality, Timestamp, Tokens, TraceId, Unpriced, Usd};

/// A trace's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TraceStatus {
    /// Finished; nothing was said of success.
    #[default]
    Unset,
    /// Its root, or a root, was said to be good.
    Ok,
    /// A root failed; while no root has arrived, any span failed.
    Error,
    /// No root has ended yet: none arrived, or it has no end.
    Running,
}

impl TraceStatus {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Running => "running",
        }
    }
}

/// Which traces are meant. Every field that is set must match; times are half-open.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceFilter {
    /// Start at or after.
    pub since: Option<Timestamp>,
    /// Start before.
    pub until: Option<Timestamp>,
    /// Words that all occur in some span's text (name, prompts, answers, tool calls, errors).
    pub q: Option<String>,
    /// Service.
    pub service: Option<String>,
    /// Framework.
    pub framework: Option<String>,
    /// Agent that took part.
    pub agent: Option<String>,
    /// Model that was called.
    pub model: Option<String>,
    /// Tool that was run.
    pub tool: Option<String>,
    /// State.
    pub status: Option<TraceStatus>,
    /// Session.
    pub session: Option<String>,
    /// User.
    pub user: Option<String>,
    /// Lasted at least so many nanoseconds.
    pub min_duration: Option<i64>,
    /// Cost at least.
    pub min_cost: Option<Usd>,
}

/// Order of traces; ties go by trace id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Latest start first.
    #[default]
    Newest,
    /// Earliest start first.
    Oldest,
    /// Longest first.
    Longest,
    /// Shortest first.
    Shortest,
    /// Dearest first.
    Dearest,
    /// Cheapest first.
    Cheapest,
    /// Most tokens first.
    MostTokens,
    /// Fewest tokens first.
    FewestTokens,
}

/// Where a page ended: the sort figure (nanoseconds, billionths of a dollar, or tokens) and trace of its last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Sort figure of the last row.
    pub value: i64,
    /// Trace of the last row.
    pub trace_id: TraceId,
}

/// A question for traces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceQuery {
    /// Which.
    pub filter: TraceFilter,
    /// In which order.
    pub sort: Sort,
    /// Rows wanted; at least 1.
    pub limit: usize,
    /// Continue after.
    pub cursor: Option<Cursor>,
}

/// A trace's summary. Figures are sums over counted ledger rows.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceRow {
    /// The trace.
    pub trace_id: TraceId,
    /// Name of its root span; while none has arrived, of its earliest span.
    pub name: String,
    /// Service of that span.
    pub service: Option<CompactString>,
    /// Framework, as most particular as known.
    pub framework: Option<CompactString>,
    /// Convention that its spans were read by.
    pub convention: Option<CompactString>,
    /// Earliest start.
    pub started_at: Timestamp,
    /// Nanoseconds from the earliest start to the latest end known.
    pub duration: i64,
    /// State.
    pub status: TraceStatus,
    /// Spans stored.
    pub spans: u64,
    /// LLM calls.
    pub llm_calls: u64,
    /// Tool runs.
    pub tool_calls: u64,
    /// Failed spans.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced calls; `None` when none is priced.
    pub cost: Option<Usd>,
    /// Counted rows without a price, for whatever reason (`Cost::unpriced`).
    pub unpriced_calls: u64,
    /// Cost that the source reported; `None` when it reported none.
    pub reported_cost: Option<Usd>,
    /// Session.
    pub session: Option<CompactString>,
    /// User.
    pub user: Option<CompactString>,
    /// Agents, sorted.
    pub agents: Vec<CompactString>,
    /// Models, sorted.
    pub models: Vec<CompactString>,
}

/// A page of traces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TracePage {
    /// Rows in order.
    pub rows: Vec<TraceRow>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// How much of a span is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Columns only: enough for a waterfall.
    #[default]
    Summary,
    /// The whole span as it was sent.
    Full,
}

/// A question for a trace's spans.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanQuery {
    /// The trace.
    pub trace_id: TraceId,
    /// Continue after this start and span.
    pub after: Option<(Timestamp, SpanId)>,
    /// Rows wanted; at least 1.
    pub limit: usize,
    /// How much of each.
    pub detail: Detail,
}

/// A stored span.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRow {
    /// The span.
    pub span_id: SpanId,
    /// Its parent.
    pub parent_id: Option<SpanId>,
    /// Name.
    pub name: CompactString,
    /// What it does.
    pub kind: Kind,
    /// Start.
    pub start: Timestamp,
    /// Duration in nanoseconds; `None` while it runs.
    pub duration: Option<i64>,
    /// Status.
    pub status: Status,
    /// Agent named on it.
    pub agent: Option<CompactString>,
    /// Provider.
    pub provider: Option<CompactString>,
    /// Model.
    pub model: Option<CompactString>,
    /// Tool.
    pub tool: Option<CompactString>,
    /// Its ledger row, when it has one.
    pub cost: Option<Cost>,
    /// The span as it was sent (its `canonical` left default), with [`Detail::Full`].
    pub raw: Option<Box<Span>>,
}

/// A page of spans.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpanPage {
    /// Rows by start, then id.
    pub rows: Vec<SpanRow>,
    /// Where to go on; `None` at the end.
    pub next: Option<(Timestamp, SpanId)>,
}

/// A question for sessions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionQuery {
    /// Sessions of these traces; `session` picks one.
    pub filter: TraceFilter,
    /// Rows wanted; at least 1.
    pub limit: usize,
    /// Continue after the session with this last activity and id.
    pub cursor: Option<(Timestamp, String)>,
}

/// A session's summary.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// The session.
    pub session: CompactString,
    /// Its user, when one trace of it names one.
    pub user: Option<CompactString>,
    /// Start of its first trace.
    pub started_at: Timestamp,
    /// Start of its last trace.
    pub last_at: Timestamp,
    /// Traces.
    pub traces: u64,
    /// LLM calls.
    pub llm_calls: u64,
    /// Tool runs.
    pub tool_calls: u64,
    /// Failed spans.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost; `None` when nothing is priced.
    pub cost: Option<Usd>,
    /// Agents, sorted.
    pub agents: Vec<CompactString>,
    /// Models, sorted.
    pub models: Vec<CompactString>,
}

/// A page of sessions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionPage {
    /// Rows, latest activity first.
    pub rows: Vec<SessionRow>,
    /// Where to go on; `None` at the end.
    pub next: Option<(Timestamp, String)>,
}

/// What usage can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupBy {
    /// Model that answered, else the one asked for.
    Model,
    /// Provider.
    Provider,
    /// Agent.
    Agent,
    /// Framework.
    Framework,
    /// Service.
    Service,
    /// Session of the trace.
    Session,
    /// User of the trace.
    User,
    /// Convention.
    Convention,
    /// Hour of the call's start, UTC.
    Hour,
    /// Day of the call's start, UTC.
    Day,
}

/// A question for usage. The filter's times and its model, agent, service and framework are those of the call itself; the rest
/// are those of its trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageQuery {
    /// Which calls.
    pub filter: TraceFilter,
    /// Keys, each at most once.
    pub group_by: Vec<GroupBy>,
}

/// One part of a group's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UsageKey {
    /// A name; `None` where the calls name none.
    Name(Option<CompactString>),
    /// Start of an hour or day.
    Time(Timestamp),
}

/// Sums over counted ledger rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageTotals {
    /// LLM calls.
    pub llm_calls: u64,
    /// Failed ones among them.
    pub errors: u64,
    /// Tokens, those of orphan roll-ups included.
    pub tokens: Tokens,
    /// Computed cost of what is priced; `None` when nothing is.
    pub cost: Option<Usd>,
    /// Rows with usage but without a price, by reason.
    pub unpriced: BTreeMap<Unpriced, u64>,
    /// Cost that sources reported; `None` when none did.
    pub reported: Option<Usd>,
    /// Latencies of finished LLM calls in nanoseconds.
    pub latency: Sketch,
}

impl UsageTotals {
    /// Adds `other`.
    pub fn merge(&mut self, other: &Self) {
        let sum = |a: Option<Usd>, b: Option<Usd>| match (a, b) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        self.llm_calls += other.llm_calls;
        self.errors += other.errors;
        self.tokens = self.tokens.plus(&other.tokens);
        self.cost = sum(self.cost, other.cost);
        self.reported = sum(self.reported, other.reported);
        for (reason, calls) in &other.unpriced {
            *self.unpriced.entry(*reason).or_default() += calls;
        }
        self.latency.merge(&other.latency);
    }
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageGroup {
    /// One part for each key asked for, in that order.
    pub key: Vec<UsageKey>,
    /// Sums.
    pub totals: UsageTotals,
}

/// Sums over one tool's counted runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolGroup {
    /// Tool.
    pub tool: CompactString,
    /// Runs.
    pub calls: u64,
    /// Failed runs.
    pub errors: u64,
    /// Durations of finished runs in nanoseconds.
    pub latency: Sketch,
    /// Status message or error kind of the latest failed run, at most 300 bytes.
    pub last_error: Option<String>,
}

/// A field that traces can be counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FacetField {
    /// Service.
    Service,
    /// Framework.
    Framework,
    /// Agent.
    Agent,
    /// Model.
    Model,
    /// Tool.
    Tool,
    /// State.
    Status,
    /// Session.
    Session,
    /// User.
    User,
    /// Convention.
    Convention,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The value.
    pub value: CompactString,
    /// Traces that have it.
    pub traces: u64,
}

/// A question for events. Every field that is set must match.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventQuery {
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// At least this severe.
    pub level: Option<Level>,
    /// Event name.
    pub name: Option<String>,
    /// Session.
    pub session: Option<String>,
    /// Agent.
    pub agent: Option<String>,
    /// Framework.
    pub framework: Option<String>,
    /// Trace.
    pub trace_id: Option<TraceId>,
    /// Text that occurs in the name, body or a text attribute, whatever the case.
    pub q: Option<String>,
    /// Rows wanted; at least 1.
    pub limit: usize,
    /// Continue after the event with this time and store-given number.
    pub cursor: Option<(Timestamp, i64)>,
}

/// A page of events.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventPage {
    /// Events, newest first.
    pub rows: Vec<Event>,
    /// Where to go on; `None` at the end.
    pub next: Option<(Timestamp, i64)>,
}

/// A metric that is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricName {
    /// Name.
    pub name: CompactString,
    /// Unit.
    pub unit: CompactString,
    /// Description.
    pub description: String,
    /// Instrument.
    pub instrument: crate::Instrument,
    /// Series.
    pub series: u64,
    /// Time of the last point.
    pub last_at: Timestamp,
}

/// How the points of a step become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum MetricAggregate {
    /// Mean of the values; of a distribution, of its observations.
    #[default]
    Average,
    /// Sum of the changes within the step: deltas as they are, cumulative sums by their growth, resets respected.
    Sum,
    /// Least.
    Min,
    /// Greatest.
    Max,
    /// Number of observations or points.
    Count,
    /// Last value.
    Last,
    /// Median of a distribution's buckets.
    P50,
    /// 95th percentile of a distribution's buckets.
    P95,
    /// 99th percentile of a distribution's buckets.
    P99,
}

/// A question for series.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricQuery {
    /// Metric.
    pub name: String,
    /// Labels that must match.
    pub labels: BTreeMap<String, String>,
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Width of a step in nanoseconds; at least one second.
    pub step: i64,
    /// How the points of a step become one.
    pub aggregate: MetricAggregate,
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSeries {
    /// Labels, sorted.
    pub labels: BTreeMap<CompactString, String>,
    /// What its points covered when sent.
    pub temporality: Temporality,
    /// Start of step and figure, in order; steps without a point are left out.
    pub points: Vec<(Timestamp, f64)>,
}

/// Shared filters of stores live here so that every store agrees on them.
impl TraceFilter {
    /// Whether the filter asks for anything that only a trace, not one of its calls, can answer.
    pub const fn needs_trace(&self) -> bool {
        self.q.is_some()
            || self.tool.is_some()
            || self.status.is_some()
            || self.session.is_some()
            || self.user.is_some()
            || self.min_duration.is_some()
            || self.min_cost.is_some()
    }
}

