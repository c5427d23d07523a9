//! Queries for the number, duration and outcome of traces, spans or events.

use crate::{GroupKey as _, GroupSums as _, Kind, Sketch, Timestamp, TraceFilter, TraceId, UsageKey};

/// The counted records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Worked {
    /// Traces, at their start.
    #[default]
    Traces,
    /// Spans of these kinds (an empty list means every kind), at their start. Calls and tool runs
    /// ([`Kind::is_call`], [`Kind::Tool`]) count by their ledger row
    /// ([`Cost::is_call`](crate::Cost::is_call), [`Cost::is_tool_run`](crate::Cost::is_tool_run)), also if
    /// sampling left them out. Other spans count if they are part of
    /// [`TraceRow::spans`](crate::TraceRow::spans).
    Spans(Vec<Kind>),
    /// Events, at their time.
    Events,
}

/// A key by which work is grouped. Records without a value form a group with the name `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorkKey {
    /// Start of a step. The number is its width in nanoseconds, at least one second, counted from the epoch.
    Step(i64),
    /// Service.
    Service,
    /// Framework.
    Framework,
    /// Agent. A call or tool run has the agent that made it; another span or an event has the agent named on
    /// it. A trace has `None`.
    Agent,
    /// Model; `None` for a trace or event.
    Model,
    /// Tool; for a call the nearest one above it, for a trace or event `None`.
    Tool,
    /// Name of the trace, span or event.
    Name,
    /// Kind of a span.
    Kind,
    /// State: [`TraceStatus::as_str`](crate::TraceStatus::as_str) of a trace; `ok`, `error` or `unset` of a
    /// span; the level of an event.
    Status,
    /// Failure in the source's words (status message, else kind of error), cut to 300 bytes and then 200
    /// characters. `None` without a failure or a text. Only for spans.
    Error,
    /// Session.
    Session,
    /// User; `None` for an event.
    User,
}

/// A query for work. The filter applies as in [`UsageQuery`](crate::UsageQuery): times, agent, model,
/// service, framework and tool are the record's own, the other fields its trace's. Calls and tool runs take
/// these fields, their duration and their failure from the ledger row, so their agent may be the nearest one
/// above. Other spans have their own values. Events are filtered only by times, session, agent, framework and
/// words ([`EventQuery::q`](crate::EventQuery::q)). All other conditions, also in terms, are ignored for
/// them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkQuery {
    /// The counted records.
    pub of: Worked,
    /// Filter.
    pub filter: TraceFilter,
    /// Only failed records. For spans of every kind, a failure counts once, where it began: failed spans with
    /// a failed descendant are excluded.
    pub failed: bool,
    /// Keys, each at most once. Without keys the answer is one group, even of no records.
    pub group_by: Vec<WorkKey>,
}

impl WorkQuery {
    /// Whether each failure is meant once, where it began.
    pub fn is_of_origins(&self) -> bool {
        self.failed && matches!(&self.of, Worked::Spans(kinds) if kinds.is_empty())
    }
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkGroup {
    /// One value for each requested key, in that order; steps as times.
    pub key: Vec<UsageKey>,
    /// Sums.
    pub totals: WorkTotals,
}

impl WorkGroup {
    /// Size in memory in bytes, contents included.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.key.heap_bytes() + self.totals.heap_bytes()
    }

    /// Whether it stands for left-out groups: see [`UsageKey::Rest`].
    pub fn is_rest(&self) -> bool {
        self.key.first() == Some(&UsageKey::Rest)
    }
}

/// Sums over records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkTotals {
    /// Number of records.
    pub count: u64,
    /// Number of failed records: traces in state error, calls and tool runs with a failed ledger row, other
    /// spans with status error. Events count from level error on.
    pub errors: u64,
    /// Records without an end: spans, and traces in state running.
    pub running: u64,
    /// Guardrails that were triggered.
    pub triggered: u64,
    /// Durations in nanoseconds of ended spans and traces.
    pub duration: Sketch,
    /// Nanoseconds until the first token, for spans that report it.
    pub first_token: Sketch,
    /// Start of the latest record.
    pub last_at: Timestamp,
    /// Trace of the latest record that has one; failed records take precedence. Among records of the same
    /// time, the greatest id.
    pub example: Option<TraceId>,
    /// Whether the record of the example failed, and its time.
    pub example_at: Option<(bool, Timestamp)>,
}

impl WorkTotals {
    /// Adds `other`.
    pub fn merge(&mut self, other: &Self) {
        if self.count == 0 || other.count > 0 && other.last_at > self.last_at {
            self.last_at = other.last_at;
        }
        if (other.example_at, other.example) > (self.example_at, self.example) {
            (self.example_at, self.example) = (other.example_at, other.example);
        }
        self.count += other.count;
        self.errors += other.errors;
        self.running += other.running;
        self.triggered += other.triggered;
        self.duration.merge(&other.duration);
        self.first_token.merge(&other.first_token);
    }
}
