//! Questions for sums: over calls, and over tool runs.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{Sketch, Timestamp, Tokens, TraceFilter, Unpriced, Usd};

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
        self.llm_calls += other.llm_calls;
        self.errors += other.errors;
        self.tokens = self.tokens.plus(&other.tokens);
        self.cost = Usd::sum_known(self.cost, other.cost);
        self.reported = Usd::sum_known(self.reported, other.reported);
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
