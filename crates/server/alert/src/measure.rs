//! Figures that rules judge, and the contract of their source.

use std::collections::BTreeMap;

use async_trait::async_trait;
use quipu_core::{Error, ErrorKind, Result, Sketch, Timestamp, TraceFilter, TraceId, Usd};
use quipu_query::FigureAsk;

/// Figures of a group within a window, or within one step of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleFigures {
    /// Records.
    pub count: u64,
    /// Failed records.
    pub errors: u64,
    /// Triggered guardrails.
    pub triggered: u64,
    /// Input and output tokens; `None` if no record has any.
    pub tokens: Option<u64>,
    /// Metered cost; `None` without a price.
    pub cost: Option<Usd>,
    /// Calls without a price.
    pub unpriced: u64,
    /// Durations in nanoseconds.
    pub latency: Sketch,
    /// Nanoseconds until the first token.
    pub first_token: Sketch,
    /// Value of a metric.
    pub value: Option<f64>,
    /// A trace of one of the records.
    pub example: Option<TraceId>,
}

impl RuleFigures {
    /// Adds the figures of other records. Values of metrics have no sum: the first one stays.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.errors += other.errors;
        self.triggered += other.triggered;
        self.tokens = match (self.tokens, other.tokens) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        self.cost = Usd::sum_known(self.cost, other.cost);
        self.unpriced += other.unpriced;
        self.latency.merge(&other.latency);
        self.first_token.merge(&other.first_token);
        self.value = self.value.or(other.value);
        self.example = self.example.or(other.example);
    }
}

/// Figures of one group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeasuredGroup {
    /// One value for each key of the rule; `None` if the records have none.
    pub key: Vec<Option<String>>,
    /// Figures of the whole window.
    pub figures: RuleFigures,
    /// Start and figures of each step with records, if the query has steps.
    pub points: Vec<(Timestamp, RuleFigures)>,
}

/// Answer to the query of a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// The groups; one without keys if the query has none.
    pub groups: Vec<MeasuredGroup>,
    /// Groups beyond the limit of the rule; they are not judged.
    pub left_out: usize,
}

/// State of one account of a budget.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BudgetShare {
    /// Scope of the account.
    pub scope: BTreeMap<String, String>,
    /// Spent amount as a share of the limit.
    pub share: f64,
    /// Begin and end of the period; `None` if it has none, or rolls.
    pub period: Option<(Timestamp, Timestamp)>,
}

impl BudgetShare {
    /// Share of the limit that will be spent at the end of the period, at the pace so far. `None` without a
    /// period, and within the first twentieth of it.
    pub fn forecast(&self, at: Timestamp) -> Option<f64> {
        let (start, end) = self.period?;
        let elapsed = at.since(start) as f64 / end.since(start) as f64;
        (elapsed >= 0.05).then(|| self.share / elapsed.min(1.0))
    }
}

/// A score within a window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeasuredScore {
    /// Its number.
    pub value: f64,
    /// Trace that it is about.
    pub trace: Option<TraceId>,
    /// One value for each requested key; `None` if the score has none.
    pub key: Vec<Option<String>>,
}

/// Figure of the program itself, at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnFigure {
    /// Seconds that the oldest record has waited for a backend.
    IngestLag,
    /// Rejected records stored as dead letters.
    DeadLetters,
}

/// A statement of a rule of the kind `sql`, with its window and limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementAsk {
    /// One `SELECT` statement.
    pub statement: String,
    /// Value of `:since`.
    pub since: Timestamp,
    /// Value of `:until`.
    pub until: Timestamp,
    /// Most rows.
    pub rows: usize,
    /// Whether the statement is only checked: the answer has its columns, and no rows.
    pub check: bool,
}

/// Rows of a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StatementRows {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows: one value for each column.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Whether rows were left out because of a limit.
    pub truncated: bool,
}

/// Source of the figures of rules: the query layer over a store, or a test.
#[async_trait]
pub trait Measure: Send + Sync {
    /// Answers a query as `/api/v1/query` does at `now`.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn figures(&self, ask: &FigureAsk, now: Timestamp) -> Result<Measured>;

    /// Answers a query with steps of the past, without a limit of points. Only with `of_spans`, calls have
    /// first tokens and triggered guardrails.
    ///
    /// # Errors
    /// The store cannot be read, or the answer takes too much memory.
    async fn buckets(&self, ask: &FigureAsk, now: Timestamp, _of_spans: bool) -> Result<Measured> {
        self.figures(ask, now).await
    }

    /// Accounts of a budget; empty for an unknown budget or one without spending.
    ///
    /// # Errors
    /// The accounts cannot be read.
    async fn budget(&self, name: &str) -> Result<Vec<BudgetShare>>;

    /// Scores of this name within a time range with the keys `by`, the latest version of each; those
    /// without a number are left out.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn scores(
        &self,
        _name: &str,
        _by: &[String],
        _since: Timestamp,
        _until: Timestamp,
    ) -> Result<Vec<MeasuredScore>> {
        Ok(Vec::new())
    }

    /// A figure of the program itself, by backend; empty if it has no such figure.
    ///
    /// # Errors
    /// The figure cannot be read.
    async fn own(&self, _figure: OwnFigure) -> Result<Vec<(BTreeMap<String, String>, f64)>> {
        Ok(Vec::new())
    }

    /// Whether grouping by a field selects the records that a filter by the field does. Queries that differ
    /// only in such a value are then asked as one.
    fn can_join(&self) -> bool {
        false
    }

    /// Runs the statement of a rule over the records of its project, or checks it.
    ///
    /// # Errors
    /// The statement is wrong (kind `Invalid`; the text names line and column), exceeds a limit, or the store
    /// has no SQL.
    async fn statement(&self, _ask: &StatementAsk) -> Result<StatementRows> {
        Err(Error::new(ErrorKind::Invalid, "run a statement", "this store cannot be read by SQL"))
    }

    /// At most three traces that weigh most: failed ones, the slowest, or the most expensive.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn heaviest(&self, filter: &TraceFilter, rank: &str) -> Result<Vec<TraceId>>;
}
