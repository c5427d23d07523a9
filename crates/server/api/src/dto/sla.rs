//! Objectives in detail, and service level reports.

use quipu_alert::{SlaDay, SlaObjective, SlaReport, SloDay as Day, SloDetail, SloWindow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::alert::Slo;
use super::incident::Incident;
use super::mirrored::mirrored;

mirrored! {
    /// A day of an objective.
    SloDay of Day {
        /// Begin of the day, UTC.
        at: String,
        /// Records.
        records: u64,
        /// Bad records.
        bad: u64,
        /// Part of the error budget that is left at the end of the day, with the records of the period until
        /// then.
        budget_left: Option<f64>,
    }

    /// A pair of windows of an objective.
    SloPair of SloWindow {
        /// Long window, such as `1h`.
        long: String,
        /// Short window, such as `5m`.
        short: String,
        /// Burn rate at which it counts.
        line: f64,
        /// Burn rate of the long window; null without records.
        burn_long: Option<f64>,
        /// Burn rate of the short window; null without records.
        burn_short: Option<f64>,
        /// Whether both are proven to be above the line.
        burns: bool,
    }

    /// A day of a report.
    SloReportDay of SlaDay {
        /// Date, UTC.
        date: String,
        /// Records.
        records: u64,
        /// Bad records.
        bad: u64,
    }
}

/// An objective with its days and windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SloAnswer {
    /// Its state.
    pub slo: Slo,
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
    pub windows: Vec<SloPair>,
    /// Rules that watch it.
    pub rules: Vec<String>,
}

impl From<SloDetail> for SloAnswer {
    fn from(of: SloDetail) -> Self {
        Self {
            slo: of.state.into(),
            of: of.of,
            good: of.good,
            within_ms: of.within_ms,
            period: of.period,
            records: of.records,
            bad: of.bad,
            allowed: of.allowed,
            days: of.days.into_iter().map(Into::into).collect(),
            windows: of.windows.into_iter().map(Into::into).collect(),
            rules: of.rules,
        }
    }
}

/// Parameters of a service level report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the parameters of a route")]
pub struct SloReportParams {
    /// `2026-11`, `2026-Q4`, `month` (default), `last-month`, `quarter` or `last-quarter`.
    period: Option<String>,
    /// `json` (default), `html` or `markdown`.
    format: Option<String>,
}

/// An objective in a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SloReportRow {
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
    pub days: Vec<SloReportDay>,
    /// Days of the period without records.
    pub days_without: u64,
    /// Episodes of the rules that watch it.
    pub episodes: u64,
    /// Seconds of these episodes within the period.
    pub firing_s: f64,
}

impl From<SlaObjective> for SloReportRow {
    fn from(of: SlaObjective) -> Self {
        Self {
            name: of.name,
            objective: of.objective,
            of: of.of,
            good: of.good,
            verdict: of.verdict,
            measured: of.measured,
            records: of.records,
            bad: of.bad,
            allowed: of.allowed,
            budget_left: of.budget_left,
            days: of.days.into_iter().map(Into::into).collect(),
            days_without: of.days_without,
            episodes: of.episodes,
            firing_s: of.firing_s,
        }
    }
}

/// Service level report of a month or quarter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SloReport {
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
    pub objectives: Vec<SloReportRow>,
    /// Incidents that were open in the period, the latest first; 200 at most.
    pub incidents: Vec<Incident>,
}

impl From<SlaReport> for SloReport {
    fn from(of: SlaReport) -> Self {
        Self {
            period: of.period,
            since: of.since,
            until: of.until,
            partial: of.partial,
            generated_at: of.generated_at,
            objectives: of.objectives.into_iter().map(Into::into).collect(),
            incidents: of.incidents.into_iter().map(Into::into).collect(),
        }
    }
}
