//! Objectives over histories of calls: the largest proven burn rate and the rates of fixed windows.

use async_trait::async_trait;
use quipu_alert::{BudgetShare, Measure, Measured, MeasuredGroup, RuleFigures, Slo, SloConfig};
use quipu_core::{Result, Timestamp, TraceFilter, TraceId};
use quipu_query::FigureAsk;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Outcome;

/// An objective and the calls that it is about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    objective: f64,
    period: String,
    now: i64,
    /// Second of each call in order, and whether it failed.
    calls: Vec<(i64, bool)>,
}

/// Calls in the order of their seconds, with the number of failed ones before each.
struct Calls {
    seconds: Vec<i64>,
    failed_before: Vec<u64>,
}

impl Calls {
    fn new(calls: &[(i64, bool)]) -> Self {
        let mut failed_before = vec![0];
        for (_, failed) in calls {
            failed_before.push(failed_before.last().copied().unwrap_or(0) + u64::from(*failed));
        }
        Self { seconds: calls.iter().map(|(second, _)| *second).collect(), failed_before }
    }

    /// Index of the first call at or after a time.
    fn index(&self, at: Option<Timestamp>) -> usize {
        let at = at.map_or(i64::MAX, Timestamp::nanos);
        self.seconds.partition_point(|second| second * Timestamp::SECOND < at)
    }
}

#[async_trait]
impl Measure for Calls {
    async fn figures(&self, ask: &FigureAsk, _: Timestamp) -> Result<Measured> {
        let (from, to) = (self.index(ask.filter.since), self.index(ask.filter.until));
        let figures = RuleFigures {
            count: to.saturating_sub(from) as u64,
            errors: self.failed_before[to].saturating_sub(self.failed_before[from]),
            ..RuleFigures::default()
        };
        Ok(Measured { groups: vec![MeasuredGroup { figures, ..MeasuredGroup::default() }], left_out: 0 })
    }

    async fn budget(&self, _: &str) -> Result<Vec<BudgetShare>> {
        Ok(Vec::new())
    }

    async fn heaviest(&self, _: &TraceFilter, _: &str) -> Result<Vec<TraceId>> {
        Ok(Vec::new())
    }
}

/// Judges each history; an objective that is refused has an `error`.
pub async fn judge_all(text: &str) -> Outcome<Value> {
    let histories: Vec<History> = serde_json::from_str(text)?;
    let mut answers = Vec::with_capacity(histories.len());
    for history in &histories {
        answers.push(judge(history).await?);
    }
    Ok(Value::Array(answers))
}

async fn judge(history: &History) -> Outcome<Value> {
    let config = SloConfig {
        objective: history.objective,
        period: Some(history.period.clone()),
        good: "kind:llm status:ok".to_owned(),
        of: "kind:llm".to_owned(),
        ..SloConfig::default()
    };
    let slo = match Slo::new("trial", config) {
        Ok(slo) => slo,
        Err(error) => return Ok(json!({"error": error.to_string()})),
    };
    let (calls, now) = (Calls::new(&history.calls), Timestamp::from_nanos(history.now * Timestamp::SECOND));
    let severity = slo.severity(&calls, now).await?;
    Ok(json!({"severity": severity, "state": slo.state(&calls, now).await?}))
}
