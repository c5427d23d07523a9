//! Questions for how much was done, how long it took and how it ended: over traces, spans or events.

use crate::{Kind, Sketch, Timestamp, TraceFilter, TraceId, UsageKey};

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Worked {
    /// Traces, at their start.
    #[default]
    Traces,
    /// Spans of these kinds (of every kind when empty), at their start. Of calls and tool runs ([`Kind::is_call`], [`Kind::Tool`])
    /// those that are one by their ledger row ([`Cost::is_call`](crate::Cost::is_call), [`Cost::is_tool_run`](crate::Cost::is_tool_run)),
    /// whether sampling left them out or not; of the others those that are part of [`TraceRow::spans`](crate::TraceRow::spans).
    Spans(Vec<Kind>),
    /// Events, at their time.
    Events,
}

/// What work can be grouped by. What a record does not say is a group of its own, whose name is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorkKey {
    /// Start of a step of so many nanoseconds since the epoch; at least one second.
    Step(i64),
    /// Service.
    Service,
    /// Framework.
    Framework,
    /// Agent: of a call or tool run the one that made it, of another span or an event the one named on it; of a trace none.
    Agent,
    /// Model; of a trace or event none.
    Model,
    /// Tool: of a call the nearest one that it ran within; of a trace or event none.
    Tool,
    /// Name of the trace, span or event.
    Name,
    /// Kind of a span.
    Kind,
    /// State: of a trace [`TraceStatus::as_str`](crate::TraceStatus::as_str), of a span `ok`, `error` or `unset`, of an event its level.
    Status,
    /// What went wrong, in the source's words (status message, else kind of error), cut to 300 bytes and then 200 characters; `None`
    /// where nothing failed or nothing was said. Only of spans.
    Error,
    /// Session.
    Session,
    /// User; of an event none.
    User,
}

/// A question for work. The filter is read as [`UsageQuery`](crate::UsageQuery) does: times, agent, model, service and framework are the
/// record's own, and so is the tool; the rest is its trace's. Of a call or tool run that is what its ledger row says (so its agent may
/// be the nearest one above), as are its duration and whether it failed; of other spans what they say themselves.
/// Events are chosen by times, session, agent, framework and words ([`EventQuery::q`](crate::EventQuery::q)) only; whatever else is
/// asked for, in terms too, holds for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkQuery {
    /// What is looked at.
    pub of: Worked,
    /// Which.
    pub filter: TraceFilter,
    /// Only failed ones.
    pub failed: bool,
    /// Keys, each at most once; without any one group, even of nothing.
    pub group_by: Vec<WorkKey>,
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkGroup {
    /// One part for each key asked for, in that order; steps as times.
    pub key: Vec<UsageKey>,
    /// Sums.
    pub totals: WorkTotals,
}

impl WorkGroup {
    /// Whether it stands for groups that were left out: see [`UsageKey::Rest`].
    pub fn is_rest(&self) -> bool {
        self.key.first() == Some(&UsageKey::Rest)
    }
}

/// Sums over records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkTotals {
    /// Records.
    pub count: u64,
    /// Failed ones: traces whose state is error, calls and tool runs whose ledger row failed, other spans whose status is error,
    /// events of level error or above.
    pub errors: u64,
    /// Records without an end: spans, and traces whose state is running.
    pub running: u64,
    /// Guardrails that were triggered.
    pub triggered: u64,
    /// Durations in nanoseconds of spans and traces that do not run any more.
    pub duration: Sketch,
    /// Nanoseconds until the first token, of spans that say so.
    pub first_token: Sketch,
    /// Start of the latest record.
    pub last_at: Timestamp,
    /// Trace of the latest record that has one, of failed ones where there are any; of several at one time that of the greatest id.
    pub example: Option<TraceId>,
}

impl WorkTotals {
    /// Adds `other`. The example stays the one of the later record.
    pub fn merge(&mut self, other: &Self) {
        let later = self.count == 0 || other.count > 0 && other.last_at > self.last_at;
        if later {
            self.last_at = other.last_at;
            self.example = other.example.or(self.example);
        }
        self.count += other.count;
        self.errors += other.errors;
        self.running += other.running;
        self.triggered += other.triggered;
        self.duration.merge(&other.duration);
        self.first_token.merge(&other.first_token);
    }
}
