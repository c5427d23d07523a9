//! A budget with the precomputed data for its checks.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use jiff::tz::TimeZone;
use quipu_core::locks::Mutex;
use quipu_core::{AccountId, AccountUnit, Posting, Timestamp};

use crate::period::around;
use crate::{Amount, Budget, BudgetConfig, Estimate, Period, Subject, scope};

/// Source of a budget's definition.
///
/// ```
/// assert_eq!(quipu_budget::Source::File.as_str(), "file");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In a configuration, or by code: it cannot be changed from outside.
    File,
    /// In the books: it can be changed and removed.
    Stored,
}

impl Source {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Stored => "stored",
        }
    }
}

/// Key of the note that a budget's accounts include the store's earlier spending.
pub(crate) fn begun_mark(budget: &str) -> String {
    format!("begun {budget}")
}

/// The time that a limit holds for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub start: Timestamp,
    /// When it starts anew; of a rolling one nothing, which moves all the time.
    pub end: Option<Timestamp>,
}

/// One limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub unit: AccountUnit,
    pub amount: Amount,
}

/// A budget with everything worked out that asking it needs.
#[derive(Debug)]
pub(crate) struct Definition {
    pub name: CompactString,
    pub config: BudgetConfig,
    pub source: Source,
    pub limits: Vec<Limit>,
    /// Thresholds in millionths of the limit.
    pub thresholds: Vec<(u64, f64)>,
    pub everybody: bool,
    zone: TimeZone,
    window: Mutex<Option<Window>>,
}

/// Every budget, as of a version of the stored ones.
#[derive(Debug, Default)]
pub(crate) struct BudgetSet {
    pub version: Option<u64>,
    pub all: BTreeMap<String, Arc<Definition>>,
}

impl BudgetSet {
    /// Whether some budget has a scope with a service.
    pub fn by_service(&self) -> bool {
        self.all.values().any(|definition| definition.config.scope.service.is_some())
    }
}

impl Definition {
    pub fn new(name: &str, budget: &Budget, source: Source) -> Result<Self, String> {
        let config = budget.config().clone();
        config.check()?;
        let thresholds = config.thresholds.iter().map(|part| (millionths(*part), *part));
        Ok(Self {
            name: name.into(),
            zone: config.zone()?,
            limits: config.limits().map(|(unit, amount)| Limit { unit, amount }).collect(),
            thresholds: thresholds.collect(),
            everybody: config.scope.is_everybody(),
            window: Mutex::default(),
            source,
            config,
        })
    }

    /// The time that its limits hold for now.
    pub fn window(&self, now: Timestamp) -> Window {
        if let (true, Some(width)) = (self.config.rolling, self.config.period.width()) {
            // A bucket counts for as long as any of it is within the window.
            let step = self.config.period.step();
            return Window { start: now.plus(-width).floor(step), end: None };
        }
        let mut known = self.window.lock();
        if let Some(window) = *known
            && now >= window.start
            && window.end.is_none_or(|end| now < end)
        {
            return window;
        }
        let (start, end) = around(self.config.period, &self.zone, now);
        *known.insert(Window { start, end })
    }

    /// The bucket for spending at `time`.
    pub fn bucket(&self, time: Timestamp, now: Timestamp) -> Timestamp {
        if self.config.rolling {
            return time.floor(self.config.period.step());
        }
        let window = self.window(now);
        let within = time >= window.start && window.end.is_none_or(|end| time < end);
        if within { window.start } else { around(self.config.period, &self.zone, time).0 }
    }

    /// Names of the accounts for a subject's spending; empty if it is out of scope.
    pub fn scopes(&self, subject: &Subject) -> Vec<CompactString> {
        if self.everybody {
            vec![CompactString::default()]
        } else {
            scope::accounts(&self.config.scope, subject)
        }
    }

    pub fn account(&self, scope: &CompactString, unit: AccountUnit) -> AccountId {
        AccountId { budget: self.name.clone(), scope: scope.clone(), unit }
    }

    /// Postings of figures; empty for a period that is over.
    pub fn postings(
        &self,
        scopes: &[CompactString],
        figures: &Estimate,
        time: Timestamp,
        now: Timestamp,
        to: &mut Vec<Posting>,
    ) {
        let bucket = self.bucket(time, now);
        if bucket < self.window(now).start {
            return;
        }
        for scope in scopes {
            for Limit { unit, .. } in &self.limits {
                let figure = figures.in_unit(*unit);
                if figure != 0 {
                    to.push(Posting { account: self.account(scope, *unit), bucket, figure });
                }
            }
        }
    }

    pub fn limit(&self, unit: AccountUnit) -> Option<Amount> {
        self.limits.iter().find(|limit| limit.unit == unit).map(|limit| limit.amount)
    }

    /// Nanoseconds that a reservation holds.
    pub fn hold(&self) -> i64 {
        nanos(self.config.hold_ms)
    }

    /// Nanoseconds that a call must be remembered for.
    pub const fn memory(&self) -> i64 {
        match self.config.period {
            Period::Hour | Period::Day | Period::Week => 8 * Timestamp::DAY,
            Period::Month | Period::Total => 35 * Timestamp::DAY,
        }
    }

    /// The settings under which buckets are kept: a change makes the earlier figures useless.
    pub fn shape(&self) -> String {
        let BudgetConfig { period, rolling, time_zone, scope, .. } = &self.config;
        let zone = time_zone.as_deref().unwrap_or("UTC");
        let mut shape = format!("{} {rolling} {zone}", period.as_str());
        for (name, pattern) in scope.fields() {
            shape.push_str(&format!(" {name}={pattern}"));
        }
        let units: Vec<&str> = self.limits.iter().map(|limit| limit.unit.as_str()).collect();
        format!("{shape} {}", units.join("+"))
    }
}

/// Nanoseconds of milliseconds; saturates.
pub(crate) fn nanos(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX).saturating_mul(1_000_000)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "thresholds are above 0 and at most 10"
)]
fn millionths(part: f64) -> u64 {
    (part * 1e6).round() as u64
}
