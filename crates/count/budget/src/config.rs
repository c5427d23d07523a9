//! Configuration of a budget.

use std::time::Duration;

use jiff::tz::TimeZone;
use quipu_core::budget::{Action, Amount, Period, Scope};
use quipu_core::{AccountUnit, Usd};
use serde::{Deserialize, Serialize};

/// Milliseconds that a reservation holds by default: longer than any single call takes.
const HOLD_MS: u64 = 600_000;
/// Milliseconds that a throttled call waits by default.
const THROTTLE_MS: u64 = 1_000;
/// Default milliseconds for which calls of a tripped loop are rejected.
const LOOP_RESET_MS: u64 = 600_000;
/// Default thresholds, as shares of a limit.
const THRESHOLDS: [f64; 3] = [0.8, 0.9, 1.0];

/// When work goes in circles. It is judged for each session on its own, and for each trace where no session
/// is known.
///
/// ```
/// use quipu_budget::{Budget, LoopConfig};
///
/// let config = LoopConfig { repeats: Some(5), turns: Some(50), ..LoopConfig::default() };
/// let budget = Budget::loops(config);
/// # drop(budget);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoopConfig {
    /// So many runs of one tool with the same arguments one after another are a loop; at least 2.
    pub repeats: Option<u64>,
    /// More US dollars than this within 60 seconds are a loop.
    pub usd_per_minute: Option<Usd>,
    /// Limit of requests to language models.
    pub turns: Option<u64>,
    /// Milliseconds after which a loop is forgotten, and everything is counted anew.
    pub reset_ms: u64,
}

impl Default for LoopConfig {
    fn default() -> Self {
        Self { repeats: None, usd_per_minute: None, turns: None, reset_ms: LOOP_RESET_MS }
    }
}

/// A budget as a configuration file and the HTTP interface have it. At least one limit or a loop is set;
/// where several are, all of them hold.
///
/// ```
/// use quipu_budget::BudgetConfig;
///
/// let config = BudgetConfig { limit_calls: Some(1_000), rolling: true, ..BudgetConfig::default() };
/// config.check()?;
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetConfig {
    /// US dollars in a period, as decimal text.
    pub limit_usd: Option<Usd>,
    /// Tokens in a period, input and output together.
    pub limit_tokens: Option<u64>,
    /// Requests to models in a period.
    pub limit_calls: Option<u64>,
    /// How long the limits hold.
    pub period: Period,
    /// Whether the period is rolling instead of a calendar period: the last 60 minutes, 24 hours, 7 or 30
    /// days. Spending leaves it in steps of a minute for an hour, and of an hour for longer periods.
    pub rolling: bool,
    /// IANA name of the calendar's time zone; UTC by default.
    pub time_zone: Option<String>,
    /// Scope of the counted spending.
    pub scope: Scope,
    /// Parts of the limit at which a notice is given, once a period: above 0, at most 10.
    pub thresholds: Vec<f64>,
    /// Action for a call that does not fit.
    pub action: Action,
    /// The model that a degraded call should use.
    pub degrade_to: Option<String>,
    /// Milliseconds that a throttled call waits.
    pub throttle_ms: u64,
    /// Milliseconds that a reservation holds when nothing is heard of its call.
    pub hold_ms: u64,
    /// Definition of a loop.
    pub r#loop: Option<LoopConfig>,
    /// Whether calls whose source says no usage count with their estimated cost and tokens.
    pub count_estimated: bool,
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self {
            limit_usd: None,
            limit_tokens: None,
            limit_calls: None,
            period: Period::default(),
            rolling: false,
            time_zone: None,
            scope: Scope::default(),
            thresholds: THRESHOLDS.to_vec(),
            action: Action::default(),
            degrade_to: None,
            throttle_ms: THROTTLE_MS,
            hold_ms: HOLD_MS,
            r#loop: None,
            count_estimated: false,
        }
    }
}

/// A budget by code: limits, the period that they hold for, whose spending they are about, and what happens
/// beyond them.
///
/// ```
/// use quipu_budget::{Amount, Budget, Period};
/// use quipu_core::Usd;
///
/// let limits = Budget::usd(Usd::cents(500)).and(Amount::Calls(1_000));
/// let weekly = limits.per(Period::Week).thresholds([0.5, 0.9]);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Budget {
    config: BudgetConfig,
}

impl Budget {
    /// A budget of this much a day.
    pub fn of(limit: Amount) -> Self {
        Self::default().and(limit)
    }

    /// A budget of this many dollars a day.
    pub fn usd(limit: Usd) -> Self {
        Self::of(Amount::Usd(limit))
    }

    /// A budget of this many tokens a day, input and output together.
    pub fn tokens(limit: u64) -> Self {
        Self::of(Amount::Tokens(limit))
    }

    /// A budget of this many requests to models a day.
    pub fn calls(limit: u64) -> Self {
        Self::of(Amount::Calls(limit))
    }

    /// A budget that only detects loops.
    pub fn loops(config: LoopConfig) -> Self {
        Self::default().looping(config)
    }

    /// Adds a limit: all limits apply. If two limits have the same unit, the smaller one applies.
    #[must_use]
    pub fn and(mut self, limit: Amount) -> Self {
        let smaller = |known: Option<u64>, new: u64| Some(known.map_or(new, |known| known.min(new)));
        let config = &mut self.config;
        match limit {
            Amount::Usd(new) => {
                config.limit_usd = Some(config.limit_usd.map_or(new, |known| known.min(new)));
            }
            Amount::Tokens(new) => config.limit_tokens = smaller(config.limit_tokens, new),
            Amount::Calls(new) => config.limit_calls = smaller(config.limit_calls, new),
        }
        self
    }

    fn with(mut self, set: impl FnOnce(&mut BudgetConfig)) -> Self {
        set(&mut self.config);
        self
    }

    /// With another period.
    #[must_use]
    pub fn per(self, period: Period) -> Self {
        self.with(|config| config.period = period)
    }

    /// With the time up to now instead of a period of the calendar.
    #[must_use]
    pub fn rolling(self) -> Self {
        self.with(|config| config.rolling = true)
    }

    /// With the calendar of a time zone, by its IANA name.
    #[must_use]
    pub fn time_zone(self, name: impl Into<String>) -> Self {
        self.with(|config| config.time_zone = Some(name.into()))
    }

    /// About this spending only.
    #[must_use]
    pub fn scope(self, scope: Scope) -> Self {
        self.with(|config| config.scope = scope)
    }

    /// With other parts of the limit at which a notice is given.
    #[must_use]
    pub fn thresholds(self, parts: impl Into<Vec<f64>>) -> Self {
        self.with(|config| config.thresholds = parts.into())
    }

    /// Sets another action than a rejection for calls that do not fit.
    #[must_use]
    pub fn action(self, action: Action) -> Self {
        self.with(|config| config.action = action)
    }

    /// With the word that a cheaper model should be used for what does not fit.
    #[must_use]
    pub fn degrade_to(self, model: impl Into<String>) -> Self {
        self.with(|config| (config.action, config.degrade_to) = (Action::Degrade, Some(model.into())))
    }

    /// Sets a wait for calls that do not fit.
    #[must_use]
    pub fn throttle(self, wait: Duration) -> Self {
        self.with(|config| (config.action, config.throttle_ms) = (Action::Throttle, millis(wait)))
    }

    /// With another time that a reservation holds when nothing is heard of its call.
    #[must_use]
    pub fn hold(self, hold: Duration) -> Self {
        self.with(|config| config.hold_ms = millis(hold))
    }

    /// With the estimated cost and tokens of calls whose source says no usage.
    #[must_use]
    pub fn count_estimated(self) -> Self {
        self.with(|config| config.count_estimated = true)
    }

    /// With a look-out for loops.
    #[must_use]
    pub fn looping(self, config: LoopConfig) -> Self {
        self.with(|own| own.r#loop = Some(config))
    }

    /// As a configuration has it.
    pub const fn config(&self) -> &BudgetConfig {
        &self.config
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl TryFrom<BudgetConfig> for Budget {
    type Error = String;

    /// Names the invalid field, and the reason.
    fn try_from(config: BudgetConfig) -> Result<Self, String> {
        config.check()?;
        Ok(Self { config })
    }
}

impl BudgetConfig {
    /// Limits that are set.
    pub(crate) fn limits(&self) -> impl Iterator<Item = (AccountUnit, Amount)> + use<> {
        let limits = [
            self.limit_usd.map(Amount::Usd),
            self.limit_tokens.map(Amount::Tokens),
            self.limit_calls.map(Amount::Calls),
        ];
        AccountUnit::ALL.into_iter().zip(limits).filter_map(|(unit, limit)| Some((unit, limit?)))
    }

    /// The calendar's time zone.
    pub(crate) fn zone(&self) -> Result<TimeZone, String> {
        let Some(name) = &self.time_zone else { return Ok(TimeZone::UTC) };
        TimeZone::get(name)
            .map_err(|_| format!("time_zone: {name:?} is no IANA time zone such as Europe/Vienna"))
    }

    /// Whether a budget can be made of it.
    ///
    /// # Errors
    /// Which field is wrong, and how.
    pub fn check(&self) -> Result<(), String> {
        if self.limits().next().is_none() && self.r#loop.is_none() {
            return Err("set limit_usd, limit_tokens, limit_calls or loop".into());
        }
        if self.limit_usd.is_some_and(|limit| limit < Usd::ZERO) {
            return Err("limit_usd is negative".into());
        }
        if self.rolling && self.period == Period::Total {
            return Err("rolling: a total has no window".into());
        }
        if let Some(part) = self.thresholds.iter().find(|part| !(**part > 0.0 && **part <= 10.0)) {
            return Err(format!("thresholds: expected above 0 and at most 10, got {part}"));
        }
        if self.action == Action::Degrade && self.degrade_to.is_none() {
            return Err("degrade_to: the action degrade requires a model".into());
        }
        if let Some((name, _)) = self.scope.fields().find(|(_, pattern)| pattern.is_empty()) {
            return Err(format!("scope.{name} is empty"));
        }
        if self.hold_ms == 0 {
            return Err("hold_ms is 0: a reservation would expire at once".into());
        }
        self.r#loop.as_ref().map_or(Ok(()), LoopConfig::check)?;
        self.zone().map(drop)
    }
}

impl LoopConfig {
    fn check(&self) -> Result<(), String> {
        let Self { repeats, usd_per_minute, turns, .. } = self;
        if repeats.is_none() && usd_per_minute.is_none() && turns.is_none() {
            return Err("loop: set repeats, usd_per_minute or turns".into());
        }
        if repeats.is_some_and(|repeats| repeats < 2) {
            return Err("loop.repeats is below 2".into());
        }
        if usd_per_minute.is_some_and(|bound| bound < Usd::ZERO) {
            return Err("loop.usd_per_minute is negative".into());
        }
        Ok(())
    }
}
