//! Service level objectives: error budgets, and burn rates over several windows.
//!
//! Source of the windows and factors: "Alerting on SLOs", The Site Reliability Workbook, chapter 5.

use quipu_core::{Limits, Timestamp};
use quipu_query::{FigureAsk, Params};
use serde::{Deserialize, Serialize};

use crate::notice::number;
use crate::span::{read_span, span_text};
use crate::{AlertError, Measure, RuleFigures};

const MINUTE: i64 = 60 * Timestamp::SECOND;
/// Long window, short window and burn rate at which a burn counts.
const WINDOWS: [(i64, i64, f64); 4] = [
    (Timestamp::HOUR, 5 * MINUTE, 14.4),
    (6 * Timestamp::HOUR, 30 * MINUTE, 6.0),
    (Timestamp::DAY, 2 * Timestamp::HOUR, 3.0),
    (3 * Timestamp::DAY, 6 * Timestamp::HOUR, 1.0),
];
/// Standard deviations of the lower bound of a share. An objective is evaluated thousands of times a month.
/// With 4.5, at most one of 100 months at the objective has an episode; with 2.576, every fifth one.
const Z: f64 = 4.5;
/// A share of bad records that no bound proves with fewer than 2,000 records, all of them bad.
const PROVABLE: f64 = 0.99;
/// Fewer bad records within a long window prove no burn.
pub(crate) const LEAST_BAD: u64 = 3;
/// Sources by the word after `kind:`.
const SOURCES: [(&str, &str); 6] = [
    ("llm", "calls"),
    ("tool", "tools"),
    ("agent", "agents"),
    ("workflow", "workflows"),
    ("guardrail", "guardrails"),
    ("retrieval", "retrievals"),
];

/// The table `[slo.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SloConfig {
    /// Wanted share of good records, between 0 and 1.
    pub objective: f64,
    /// Filter of good records: that of `of` and more terms. `status:ok` means without an error.
    pub good: String,
    /// Filter of all records: the query language, and `kind:` with `llm`, `tool`, `agent`, `workflow`,
    /// `guardrail` or `retrieval`; without a kind, traces.
    pub of: String,
    /// Period of the error budget, 1d to 90d; default 30d.
    pub period: Option<String>,
    /// A good record ends within so many milliseconds.
    pub within_ms: Option<f64>,
}

/// A checked objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    name: String,
    config: SloConfig,
    period: i64,
    source: &'static str,
    of: String,
    good: String,
    /// Whether a failed record is bad.
    without_errors: bool,
}

/// State of an objective.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SloState {
    /// Name.
    pub name: String,
    /// Wanted share.
    pub objective: f64,
    /// Share of good records in the period; null without records.
    pub measured: Option<f64>,
    /// Part of the error budget that is left; negative if it is overspent, null without records.
    pub budget_left: Option<f64>,
    /// Burn rate of the last hour: 1 spends the budget exactly within the period. Null without records.
    pub burn_1h: Option<f64>,
    /// Burn rate of the last 6 hours.
    pub burn_6h: Option<f64>,
    /// Burn rate of the last 3 days.
    pub burn_3d: Option<f64>,
    /// `ok`, `burning`, `exhausted`, or `unknown` without records.
    pub state: &'static str,
}

/// Good and all records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub good: u64,
    pub all: u64,
}

impl Counts {
    pub(crate) fn bad_share(self) -> Option<f64> {
        (self.all > 0).then(|| self.all.saturating_sub(self.good) as f64 / self.all as f64)
    }

    /// Lower end of the Wilson interval of the share of bad records: few records prove little. Without the
    /// continuity correction, the interval promises too much for small shares. Source: Newcombe, "Two-sided
    /// confidence intervals for the single proportion", Statistics in Medicine 17 (1998), method 4.
    pub(crate) fn least_bad_share(self) -> Option<f64> {
        let share = self.bad_share()?;
        if share == 0.0 {
            return Some(0.0);
        }
        let (count, square) = (self.all as f64, Z * Z);
        let inner = square - 1.0 / count + 4.0 * count * share * (1.0 - share) + (4.0 * share - 2.0);
        let lower = 2.0 * count * share + square - (Z * inner.max(0.0).sqrt() + 1.0);
        Some((lower / (2.0 * (count + square))).max(0.0))
    }
}

/// Share of bad records that both windows prove. A short window without records neither proves nor refutes.
fn proven(long: Counts, short: Counts) -> f64 {
    if long.all - long.good < LEAST_BAD {
        return 0.0;
    }
    let least = |counts: Counts| counts.least_bad_share().unwrap_or(0.0);
    least(long).min(least(short))
}

impl Slo {
    /// Checks an objective.
    ///
    /// # Errors
    /// The objective cannot be missed or reached, a filter is invalid, or the kinds of both filters differ.
    pub fn new(name: &str, config: SloConfig) -> Result<Self, AlertError> {
        let wrong = |key, expected: String, found: &str| AlertError::Config {
            table: format!("slo.{name}"),
            key,
            expected,
            found: format!("{found:?}"),
        };
        if !(config.objective > 0.0 && config.objective < 1.0) {
            let expected =
                "a number between 0 and 1: with another one, no burn rate can tell a miss".to_owned();
            return Err(wrong("objective", expected, &config.objective.to_string()));
        }
        let period = match &config.period {
            None => 30 * Timestamp::DAY,
            Some(text) => read_span(text)
                .filter(|period| (Timestamp::DAY..=90 * Timestamp::DAY).contains(period))
                .ok_or_else(|| wrong("period", "1d to 90d".to_owned(), text))?,
        };
        let (of_kind, of, failed_of) = split(&config.of);
        let (good_kind, good, without_errors) = split(&config.good);
        let kinds = || SOURCES.map(|(word, _)| format!("kind:{word}")).join(", ");
        let source = match of_kind.as_deref() {
            None => "traces",
            Some(kind) => SOURCES
                .iter()
                .find(|(word, _)| *word == kind)
                .map(|(_, source)| *source)
                .ok_or_else(|| wrong("of", format!("one of {}", kinds()), kind))?,
        };
        if good_kind.is_some() && good_kind != of_kind {
            return Err(wrong("good", "the kind of `of`".to_owned(), &config.good));
        }
        if failed_of {
            return Err(wrong("of", "all records, without status:ok".to_owned(), &config.of));
        }
        if good == of && !without_errors && config.within_ms.is_none() {
            return Err(wrong("good", "more terms than `of`, such as status:ok".to_owned(), &config.good));
        }
        let slo = Self { name: name.to_owned(), config, period, source, of, good, without_errors };
        if slo.windows().next().is_none() {
            let expected = format!(
                "an objective for which a window can fire: within {}, even a total failure burns at most {} \
                 times the budget of {}, so no line is crossed; use a higher objective or a longer period",
                span_text(period),
                number(1.0 / slo.budget()),
                number(slo.budget()),
            );
            return Err(wrong("objective", expected, &slo.config.objective.to_string()));
        }
        let end = Timestamp::from_nanos(Timestamp::DAY);
        for (key, filter) in [("of", &slo.of), ("good", &slo.good)] {
            slo.ask(filter, Timestamp::from_nanos(0), end).map_err(|error| slo.unreadable(key, &error))?;
        }
        Ok(slo)
    }

    /// Share of records that may be bad.
    pub(crate) fn budget(&self) -> f64 {
        1.0 - self.config.objective
    }

    /// The windows that can fire: within the period, and with a line that a total failure crosses.
    pub(crate) fn windows(&self) -> impl Iterator<Item = (i64, i64, f64)> + use<> {
        let (period, budget) = (self.period, self.budget());
        WINDOWS.into_iter().filter(move |(long, _, line)| *long <= period && line * budget < PROVABLE)
    }

    /// State at a time.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn state(&self, measure: &dyn Measure, now: Timestamp) -> Result<SloState, AlertError> {
        let budget = self.budget();
        let whole = self.counts(measure, now.plus(-self.period), now).await?;
        let burn = async |window: i64| -> Result<Option<f64>, AlertError> {
            Ok(self.counts(measure, now.plus(-window), now).await?.bad_share().map(|bad| bad / budget))
        };
        let bad = whole.bad_share();
        let left = bad.map(|bad| 1.0 - bad / budget);
        let burning = self.severity(measure, now).await?.is_some_and(|severity| severity > 1.0);
        Ok(SloState {
            name: self.name.clone(),
            objective: self.config.objective,
            measured: bad.map(|bad| 1.0 - bad),
            budget_left: left,
            burn_1h: burn(Timestamp::HOUR).await?,
            burn_6h: burn(6 * Timestamp::HOUR).await?,
            burn_3d: burn(3 * Timestamp::DAY).await?,
            state: match left {
                None => "unknown",
                Some(_) if burning => "burning",
                Some(left) if left <= 0.0 => "exhausted",
                Some(_) => "ok",
            },
        })
    }

    /// The largest proven burn rate as a multiple of its line, over the pairs of windows that can fire; above
    /// 1, the budget burns too fast. `None` without records in any window.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn severity(&self, measure: &dyn Measure, now: Timestamp) -> Result<Option<f64>, AlertError> {
        let budget = self.budget();
        let mut worst = None::<f64>;
        for (long, short, line) in self.windows() {
            let long = self.counts(measure, now.plus(-long), now).await?;
            if long.all == 0 {
                continue;
            }
            let short = self.counts(measure, now.plus(-short), now).await?;
            let proven = proven(long, short) / budget / line;
            worst = Some(worst.map_or(proven, |worst| worst.max(proven)));
        }
        Ok(worst)
    }

    /// Name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The table of the config file.
    pub(crate) const fn config(&self) -> &SloConfig {
        &self.config
    }

    /// Nanoseconds of the error budget.
    pub(crate) const fn period(&self) -> i64 {
        self.period
    }

    pub(crate) async fn counts(
        &self,
        measure: &dyn Measure,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Counts, AlertError> {
        let of = async |filter: &str, failed: bool| -> Result<RuleFigures, AlertError> {
            let ask = FigureAsk { failed, ..self.checked_ask(filter, since, until)? };
            let measured = measure.figures(&ask, until).await?;
            Ok(measured.groups.into_iter().next().map(|group| group.figures).unwrap_or_default())
        };
        let all = of(&self.of, false).await?;
        let good = if self.good == self.of { all.clone() } else { of(&self.good, false).await? };
        let failed =
            if self.has_fast_failures() { of(&self.good, true).await? } else { RuleFigures::default() };
        Ok(self.counts_of(&all, &good, &failed))
    }

    /// Whether good records need the durations of failed ones: a failed record within the limit is bad.
    pub(crate) fn has_fast_failures(&self) -> bool {
        self.without_errors && self.config.within_ms.is_some()
    }

    /// Filters of all and of good records.
    pub(crate) fn filters(&self) -> (&str, &str) {
        (&self.of, &self.good)
    }

    /// Good and all records of these figures; `failed` are those of failed records that match `good`.
    pub(crate) fn counts_of(&self, all: &RuleFigures, good: &RuleFigures, failed: &RuleFigures) -> Counts {
        let count = match self.config.within_ms {
            Some(limit) => within(good, limit).saturating_sub(within(failed, limit)),
            None if self.without_errors => good.count.saturating_sub(good.errors),
            None => good.count,
        };
        Counts { good: count.min(all.count), all: all.count }
    }

    fn unreadable(&self, key: &'static str, error: &quipu_query::ParamError) -> AlertError {
        AlertError::query(format!("slo.{}", self.name), key, error)
    }

    pub(crate) fn checked_ask(
        &self,
        filter: &str,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<FigureAsk, AlertError> {
        self.ask(filter, since, until).map_err(|error| self.unreadable("of", &error))
    }

    pub(crate) fn ask(
        &self,
        filter: &str,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<FigureAsk, quipu_query::ParamError> {
        let mut pairs = vec![
            ("from", self.source.to_owned()),
            ("since", since.to_string()),
            ("until", until.to_string()),
        ];
        if !filter.is_empty() {
            pairs.push(("filter", filter.to_owned()));
        }
        let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Params::new(pairs, until, &Limits::default()).figure_ask()
    }
}

/// Records that ended within so many milliseconds, to a bucket of durations.
fn within(figures: &RuleFigures, limit: f64) -> u64 {
    let (buckets, _) = figures.latency.parts();
    let fits = |bucket: u16| quipu_core::Sketch::upper(bucket) / 1e6 <= limit;
    let fast: i64 = buckets.iter().filter(|(bucket, _)| fits(*bucket)).map(|(_, times)| times).sum();
    u64::try_from(fast).unwrap_or(0)
}

/// Takes `kind:` and `status:ok` out of a filter.
fn split(filter: &str) -> (Option<String>, String, bool) {
    let (mut kind, mut ok, mut rest) = (None, false, Vec::new());
    for word in filter.split_whitespace() {
        match word.strip_prefix("kind:") {
            Some(found) => kind = Some(found.to_owned()),
            None if word == "status:ok" => ok = true,
            None => rest.push(word),
        }
    }
    (kind, rest.join(" "), ok)
}

#[cfg(test)]
#[path = "slo_tests.rs"]
mod tests;
