//! The budget of the demo: nearly used up, with calls that it rejected.

use anyhow::{Context as _, Result};
use quipu::core::{Clock, Store, SystemClock, Timestamp, TraceFilter, UsageQuery, Usd};
use quipu_budget::{BudgetConfig, Budgets, Estimate, Period, Scope, Subject};

use super::story::BUDGETED;

/// Name of the budget.
pub(super) const NAME: &str = "research-day";
/// Percent of the limit that is spent.
const SPENT: u64 = 83;
/// Calls that do not fit into the rest.
const REJECTED: usize = 3;

/// Sets a budget for the last 24 hours of one service, of which 83 percent are spent. Three expensive calls
/// ask for more than the rest, and are rejected.
pub(super) async fn fill(budgets: &Budgets, store: &dyn Store) -> Result<()> {
    let spent = spent(store).await?;
    if spent == Usd::default() {
        return Ok(());
    }
    let limit = cents(spent.times(100).per(SPENT).unwrap_or_default());
    let config = BudgetConfig {
        limit_usd: Some(limit),
        period: Period::Day,
        rolling: true,
        scope: Scope { service: Some(BUDGETED.to_owned()), ..Scope::default() },
        ..BudgetConfig::default()
    };
    let setting = budgets.clone();
    tokio::task::spawn_blocking(move || setting.set(NAME, config))
        .await?
        .context("the budget of the demo")?;
    budgets.begin(store).await?;
    let asking = budgets.clone();
    tokio::task::spawn_blocking(move || {
        let subject = Subject::default().service(BUDGETED).agent("writer").model("claude-opus-4-1");
        for _ in 0..REJECTED {
            // The rejection is what the demo shows.
            let _ = asking.budget(NAME).check_for(&subject, Estimate::from(limit));
        }
    })
    .await?;
    Ok(())
}

/// The amount in whole cents.
fn cents(amount: Usd) -> Usd {
    Usd::cents(amount.nanos() / 10_000_000)
}

async fn spent(store: &dyn Store) -> Result<Usd> {
    let since = SystemClock.now().plus(-Timestamp::DAY);
    let filter =
        TraceFilter { since: Some(since), service: Some(BUDGETED.to_owned()), ..TraceFilter::default() };
    let query = UsageQuery { filter, group_by: Vec::new() };
    let groups = store.usage(&query).await?;
    Ok(groups.into_iter().next().and_then(|group| group.totals.cost).unwrap_or_default())
}
