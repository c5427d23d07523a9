//! An objective in detail: its days, its error budget over time, and its pairs of windows.

use std::collections::BTreeMap;

use quipu_core::Timestamp;
use quipu_query::StepAsk;
use serde::Serialize;

use crate::slo::{Counts, LEAST_BAD};
use crate::{AlertError, Alerts, Measure, RuleFigures, Slo, SloState, span_text};

/// Good and all records of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DayCounts {
    pub day: Timestamp,
    pub good: u64,
    pub all: u64,
}

/// A day of an objective.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SloDay {
    /// Begin of the day, UTC.
    pub at: String,
    /// Records.
    pub records: u64,
    /// Bad records.
    pub bad: u64,
    /// Part of the error budget of the period that is left at the end of the day, with the records of the
    /// period until then.
    pub budget_left: Option<f64>,
}

/// A pair of windows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SloWindow {
    /// Long window, such as `1h`.
    pub long: String,
    /// Short window, such as `5m`.
    pub short: String,
    /// Burn rate at which it counts.
    pub line: f64,
    /// Burn rate of the long window; null without records.
    pub burn_long: Option<f64>,
    /// Burn rate of the short window; null without records.
    pub burn_short: Option<f64>,
    /// Whether both are proven to be above the line.
    pub burns: bool,
}

/// An objective with its days and windows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SloDetail {
    /// Its state.
    pub state: SloState,
    /// Filter of all records.
    pub of: String,
    /// Filter of good records.
    pub good: String,
    /// A good record ends within so many milliseconds; null without a limit.
    pub within_ms: Option<f64>,
    /// Period of the error budget, such as `30d`.
    pub period: String,
    /// Records of the period.
    pub records: u64,
    /// Bad records of the period.
    pub bad: u64,
    /// Bad records that the objective allows for these records.
    pub allowed: f64,
    /// Days with records, the earliest first.
    pub days: Vec<SloDay>,
    /// Pairs of windows.
    pub windows: Vec<SloWindow>,
    /// Rules that watch it.
    pub rules: Vec<String>,
}

impl Slo {
    /// Counts of each day of a range; days without records are left out.
    pub(crate) async fn days(
        &self,
        measure: &dyn Measure,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<DayCounts>, AlertError> {
        let (of, good) = self.filters();
        let all = self.daily(measure, (of, false), since, until).await?;
        let failed = match self.has_fast_failures() {
            true => self.daily(measure, (good, true), since, until).await?,
            false => BTreeMap::new(),
        };
        let good =
            if good == of { all.clone() } else { self.daily(measure, (good, false), since, until).await? };
        let none = RuleFigures::default();
        let counted = |(day, figures): (&Timestamp, &RuleFigures)| {
            let (good, failed) = (good.get(day).unwrap_or(&none), failed.get(day).unwrap_or(&none));
            let Counts { good, all } = self.counts_of(figures, good, failed);
            DayCounts { day: *day, good, all }
        };
        Ok(all.iter().map(counted).filter(|day| day.all > 0).collect())
    }

    async fn daily(
        &self,
        measure: &dyn Measure,
        (filter, failed): (&str, bool),
        since: Timestamp,
        until: Timestamp,
    ) -> Result<BTreeMap<Timestamp, RuleFigures>, AlertError> {
        let mut ask = self.checked_ask(filter, since, until)?;
        ask.failed = failed;
        ask.step = StepAsk::Of(Timestamp::DAY);
        let measured = measure.figures(&ask, until).await?;
        let points = measured.groups.into_iter().next().map(|group| group.points).unwrap_or_default();
        Ok(points.into_iter().collect())
    }

    /// The pairs of windows that can fire, with their burn rates.
    async fn burns(&self, measure: &dyn Measure, now: Timestamp) -> Result<Vec<SloWindow>, AlertError> {
        let budget = self.budget();
        let mut windows = Vec::new();
        for (long, short, line) in self.windows() {
            let of_long = self.counts(measure, now.plus(-long), now).await?;
            let of_short = self.counts(measure, now.plus(-short), now).await?;
            let proven = |counts: Counts| counts.least_bad_share().map(|share| share / budget > line);
            // As the rule judges it: a short window without records proves nothing.
            let burns = of_long.all - of_long.good >= LEAST_BAD
                && proven(of_long) == Some(true)
                && proven(of_short) == Some(true);
            windows.push(SloWindow {
                long: span_text(long),
                short: span_text(short),
                line,
                burn_long: of_long.bad_share().map(|share| share / budget),
                burn_short: of_short.bad_share().map(|share| share / budget),
                burns,
            });
        }
        Ok(windows)
    }
}

impl Alerts {
    /// An objective with its days and windows.
    ///
    /// # Errors
    /// There is no such objective, or the store cannot be read.
    pub async fn slo(&self, name: &str) -> Result<SloDetail, AlertError> {
        let missing = || AlertError::Missing { what: "objective", name: name.to_owned() };
        let slo = self.0.slos.get(name).ok_or_else(missing)?;
        let (now, measure) = (self.0.clock.now(), &*self.0.measure);
        let state = slo.state(measure, now).await?;
        let days = slo.days(measure, now.plus(-slo.period()), now).await?;
        let rules = {
            let live = self.0.live.lock();
            let watches = live.rules.values().filter(|(rule, _)| rule.config.slo.as_deref() == Some(name));
            watches.map(|(rule, _)| rule.name.clone()).collect()
        };
        let config = slo.config();
        let (records, good) = days.iter().fold((0, 0), |(all, good), day| (all + day.all, good + day.good));
        Ok(SloDetail {
            state,
            of: config.of.clone(),
            good: config.good.clone(),
            within_ms: config.within_ms,
            period: span_text(slo.period()),
            records,
            bad: records - good,
            allowed: records as f64 * (1.0 - config.objective),
            days: with_budget(&days, 1.0 - config.objective),
            windows: slo.burns(measure, now).await?,
            rules,
        })
    }
}

/// The days with the budget that is left after each.
fn with_budget(days: &[DayCounts], budget: f64) -> Vec<SloDay> {
    let (mut all, mut bad) = (0, 0);
    let mut out = Vec::new();
    for day in days {
        let bad_today = day.all.saturating_sub(day.good);
        (all, bad) = (all + day.all, bad + bad_today);
        out.push(SloDay {
            at: day.day.to_string(),
            records: day.all,
            bad: bad_today,
            budget_left: (all > 0).then(|| 1.0 - bad as f64 / all as f64 / budget),
        });
    }
    out
}
