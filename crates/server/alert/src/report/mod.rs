//! Service level report of a month or quarter: what was promised, what was measured, and when it went wrong.

mod html;
mod markdown;
mod period;

use quipu_core::Timestamp;
use serde::Serialize;

pub use period::SlaPeriod;

use crate::slo_days::DayCounts;
use crate::{AlertError, Alerts, HistoryAsk, IncidentAsk, IncidentRow};

/// Episodes of an objective's rules that are counted.
const EPISODES: usize = 10_000;
/// Incidents of a report.
const INCIDENTS: usize = 200;

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlaForm {
    /// One HTML page without outside parts.
    Html,
    /// Markdown.
    Markdown,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlaReport {
    /// `2026-11` or `2026-Q4`.
    pub period: String,
    /// Begin, UTC.
    pub since: String,
    /// End, UTC: that of the period, or the time of the report.
    pub until: String,
    /// Whether the period has not ended yet.
    pub partial: bool,
    /// Time of the report.
    pub generated_at: String,
    /// Objectives by name.
    pub objectives: Vec<SlaObjective>,
    /// Incidents that were open in the period, the latest first.
    pub incidents: Vec<IncidentRow>,
}

/// An objective in the period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlaObjective {
    /// Name.
    pub name: String,
    /// Wanted share of good records.
    pub objective: f64,
    /// Filter of all records.
    pub of: String,
    /// Filter of good records.
    pub good: String,
    /// `met`, `missed`, or `unknown` without records.
    pub verdict: String,
    /// Share of good records; null without records.
    pub measured: Option<f64>,
    /// Records.
    pub records: u64,
    /// Bad records.
    pub bad: u64,
    /// Bad records that the objective allows.
    pub allowed: f64,
    /// Part of the error budget that is left; negative if it is overspent, null without records.
    pub budget_left: Option<f64>,
    /// Days with records, by date.
    pub days: Vec<SlaDay>,
    /// Days of the period without records.
    pub days_without: u64,
    /// Episodes of the rules that watch it.
    pub episodes: u64,
    /// Seconds of these episodes within the period.
    pub firing_s: f64,
}

/// A day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlaDay {
    /// Date, UTC.
    pub date: String,
    /// Records.
    pub records: u64,
    /// Bad records.
    pub bad: u64,
}

impl SlaDay {
    fn new(day: &DayCounts) -> Self {
        let date = day.day.to_string().chars().take(10).collect();
        Self { date, records: day.all, bad: day.all.saturating_sub(day.good) }
    }
}

impl SlaReport {
    /// The report as a text.
    pub fn text(&self, form: SlaForm) -> String {
        match form {
            SlaForm::Html => html::page(self),
            SlaForm::Markdown => markdown::page(self),
        }
    }
}

/// A share as percent, with as many places as tell it from the objective.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.3} %", share * 100.0))
}

/// A number of allowed bad records.
fn allowed(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

impl Alerts {
    /// The report of a period over all objectives.
    ///
    /// # Errors
    /// The period has not begun, or the store or the alert file cannot be read.
    pub async fn sla_report(&self, period: &SlaPeriod) -> Result<SlaReport, AlertError> {
        let now = self.0.clock.now();
        if period.since >= now {
            return Err(AlertError::Config {
                table: "report".to_owned(),
                key: "period",
                expected: "a month or quarter that has begun".to_owned(),
                found: format!("{:?}", period.name),
            });
        }
        let until = period.until.min(now);
        let mut objectives = Vec::new();
        for slo in self.0.slos.values() {
            let days = slo.days(&*self.0.measure, period.since, until).await?;
            let mut of = objective(slo, &days, period.since, until);
            (of.episodes, of.firing_s) = self.episodes_of(slo.name(), period.since, until).await?;
            objectives.push(of);
        }
        let ask =
            IncidentAsk { since: Some(period.since), until: Some(until), limit: INCIDENTS, is_open: None };
        Ok(SlaReport {
            period: period.name.clone(),
            since: period.since.to_string(),
            until: until.to_string(),
            partial: until < period.until,
            generated_at: now.to_string(),
            objectives,
            incidents: self.incidents(ask).await?,
        })
    }

    /// Number and seconds of the episodes of the rules over an objective.
    async fn episodes_of(
        &self,
        slo: &str,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<(u64, f64), AlertError> {
        let rules: Vec<String> = {
            let live = self.0.live.lock();
            let watches = live.rules.values().filter(|(rule, _)| rule.config.slo.as_deref() == Some(slo));
            watches.map(|(rule, _)| rule.name.clone()).collect()
        };
        let (mut count, mut nanos) = (0, 0);
        for rule in rules {
            let ask =
                HistoryAsk { rule: Some(rule), until: Some(until), limit: EPISODES, ..HistoryAsk::default() };
            for row in self.history(ask).await?.iter().filter(|row| row.state != "withdrawn") {
                let time =
                    |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
                let Ok(start) = row.started_at.parse::<Timestamp>() else { continue };
                let end = time(&row.ended_at).unwrap_or(until).min(until);
                if end > since {
                    count += 1;
                    nanos += end.since(start.max(since)).max(0);
                }
            }
        }
        Ok((count, nanos as f64 / Timestamp::SECOND as f64))
    }
}

fn objective(slo: &crate::Slo, days: &[DayCounts], since: Timestamp, until: Timestamp) -> SlaObjective {
    let config = slo.config();
    let all: u64 = days.iter().map(|day| day.all).sum();
    let good: u64 = days.iter().map(|day| day.good).sum();
    let bad = all.saturating_sub(good);
    let share = (all > 0).then(|| good as f64 / all as f64);
    let budget = 1.0 - config.objective;
    let with = days.iter().filter(|day| day.all > 0).count() as u64;
    let length = until.plus(Timestamp::DAY - 1).floor(Timestamp::DAY).since(since.floor(Timestamp::DAY));
    SlaObjective {
        name: slo.name().to_owned(),
        objective: config.objective,
        of: config.of.clone(),
        good: config.good.clone(),
        verdict: match share {
            None => "unknown",
            Some(share) if share >= config.objective => "met",
            Some(_) => "missed",
        }
        .to_owned(),
        measured: share,
        records: all,
        bad,
        allowed: all as f64 * budget,
        budget_left: share.map(|share| 1.0 - (1.0 - share) / budget),
        days: days.iter().filter(|day| day.all > 0).map(SlaDay::new).collect(),
        days_without: u64::try_from(length / Timestamp::DAY).unwrap_or(0).saturating_sub(with),
        episodes: 0,
        firing_s: 0.0,
    }
}
