//! Figures of alert rules, from the queries that `/api/v1/query` answers.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_alert::{BudgetShare, Measure, Measured, MeasuredGroup, RuleFigures};
use quipu_budget::Budgets;
use quipu_core::{Error, ErrorKind, Result, Sort, Store, Timestamp, TraceFilter, TraceId, TraceQuery};
use quipu_insight::figures::{Figures, Group, figures};
use quipu_query::FigureAsk;

use crate::spawned::blocking;

/// Traces of the evidence of a notice.
const EVIDENCE: usize = 3;

/// Figures of a store and accounts of budgets, for alert rules.
pub struct StoreMeasure {
    store: Arc<dyn Store>,
    budgets: Budgets,
}

impl StoreMeasure {
    /// Over a store and its budgets.
    pub fn new(store: Arc<dyn Store>, budgets: Budgets) -> Self {
        Self { store, budgets }
    }
}

#[async_trait]
impl Measure for StoreMeasure {
    async fn figures(&self, ask: &FigureAsk, now: Timestamp) -> Result<Measured> {
        let answer = figures(self.store.as_ref(), ask, now).await?;
        let has_groups =
            !ask.group_by.is_empty() || ask.metric.as_ref().is_some_and(|metric| metric.by.is_some());
        let groups = if has_groups { answer.groups } else { vec![Group { key: Vec::new(), ..answer.total }] };
        // A group that the store left out for lack of memory is not at rest either.
        let left_out = answer.left_out.max(usize::from(answer.truncated));
        Ok(Measured { groups: groups.into_iter().map(measured).collect(), left_out })
    }

    async fn budget(&self, name: &str) -> Result<Vec<BudgetShare>> {
        let budgets = self.budgets.clone();
        let told = |text: String| Error::new(ErrorKind::Unavailable, "read budgets", text);
        let listed = blocking(move || budgets.list()).await.map_err(|error| told(error.to_string()))?;
        let listed = listed.map_err(|error| told(error.to_string()))?;
        let accounts =
            listed.into_iter().filter(|budget| budget.name == name).flat_map(|budget| budget.accounts);
        let mut shares = Vec::<BudgetShare>::new();
        for account in accounts {
            // A scope may have one account for each unit; the fullest one counts.
            match shares.iter_mut().find(|share| share.scope == account.scope) {
                Some(share) => share.share = share.share.max(account.share),
                None => shares.push(BudgetShare { scope: account.scope, share: account.share }),
            }
        }
        Ok(shares)
    }

    async fn heaviest(&self, filter: &TraceFilter, rank: &str) -> Result<Vec<TraceId>> {
        let sort = match rank {
            "latency" => Sort::Longest,
            "cost" => Sort::Dearest,
            "tokens" => Sort::MostTokens,
            _ => Sort::Newest,
        };
        let query = TraceQuery { filter: filter.clone(), sort, limit: EVIDENCE, cursor: None };
        Ok(self.store.traces(&query).await?.rows.iter().map(|row| row.trace_id).collect())
    }
}

fn measured(group: Group) -> MeasuredGroup {
    MeasuredGroup {
        key: group.key.into_iter().map(|value| value.map(String::from)).collect(),
        figures: rule_figures(group.figures),
        points: group.points.into_iter().map(|(at, point)| (at, rule_figures(point))).collect(),
    }
}

fn rule_figures(of: Figures) -> RuleFigures {
    RuleFigures {
        count: of.count,
        errors: of.errors,
        triggered: of.triggered,
        tokens: of.tokens.map_or(0, |tokens| tokens.input + tokens.output),
        cost: of.cost,
        unpriced: of.unpriced_calls,
        latency: of.latency,
        first_token: of.first_token,
        value: of.value,
        example: of.example,
    }
}
