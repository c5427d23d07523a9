//! Reports on single tools within a process, with baselines by hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use compact_str::CompactString;
use quipu_core::locks::Mutex;
use quipu_core::{Clock as _, Result, Sketch, Store, SystemClock, Timestamp, TraceFilter};

use super::{Baseline, ToolInsight, insights_against};

/// Runs that a baseline by hand stands for; enough for every rule of the recommendations.
const RUNS: u32 = 1_000;
/// Requested time of a report without another.
const DAY: Duration = Duration::from_secs(86_400);

impl Baseline {
    /// A baseline by hand: the share of successful runs, from 0 to 1, and the 95th percentile of durations.
    pub fn by_hand(success_rate: f64, p95: Duration) -> Self {
        let errors = (f64::from(RUNS) * (1.0 - success_rate.clamp(0.0, 1.0))).round();
        let mut latency = Sketch::default();
        let nanos = i64::try_from(p95.as_nanos()).unwrap_or(i64::MAX);
        latency.add(nanos, RUNS.into());
        Self { calls: RUNS.into(), errors: errors as u64, latency, ..Self::default() }
    }
}

/// Reports on the tools of a store, such as that of the library in an agent.
pub struct ToolReports {
    store: Arc<dyn Store>,
    by_hand: Mutex<BTreeMap<CompactString, Baseline>>,
}

impl ToolReports {
    /// Creates reports without baselines by hand.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, by_hand: Mutex::default() }
    }

    /// Compares a tool with this baseline from now on, in place of its past week.
    pub fn set_baseline(&self, tool: &str, baseline: Baseline) {
        self.by_hand.lock().insert(tool.into(), baseline);
    }

    /// The report on a tool over the last 24 hours; `None` without a run.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn report(&self, tool: &str) -> Result<Option<ToolInsight>> {
        self.report_over(tool, DAY).await
    }

    /// The report on a tool over the time until now; `None` without a run.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn report_over(&self, tool: &str, time: Duration) -> Result<Option<ToolInsight>> {
        let all = self.all_over(time).await?;
        Ok(all.into_iter().find(|insight| insight.tool.tool == tool))
    }

    /// The reports on all tools over the time until now, most runs first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn all_over(&self, time: Duration) -> Result<Vec<ToolInsight>> {
        let now: Timestamp = SystemClock.now();
        let width = i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        let filter = TraceFilter { since: Some(now.plus(-width)), ..TraceFilter::default() };
        let by_hand = self.by_hand.lock().clone();
        insights_against(&*self.store, &filter, now, &by_hand).await
    }
}
