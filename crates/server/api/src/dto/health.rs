//! Health score with its parts and its trend.

use quipu_alert::{HealthPart, HealthPoint};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::mirrored::mirrored;

mirrored! {
    /// One part of a health score.
    HealthScorePart of HealthPart {
        /// `errors`, `latency`, `tools`, `prices` or `alerts`.
        name: String,
        /// 0 to 100.
        score: f64,
        /// Weight in the whole.
        weight: f64,
        /// Points of the score that the part costs. The points of all parts and the score make 100.
        lost: f64,
        /// Figures of the part in words.
        why: String,
        /// Bad records, the 95th percentile in milliseconds, or open critical alerts.
        value: f64,
        /// All records, the percentile of the week before, or other open alerts.
        against: f64,
        /// Query of the HTTP interface with these figures.
        query: String,
    }

    /// Health score of the 24 hours before a time.
    HealthTrendPoint of HealthPoint {
        /// End of the 24 hours, a whole hour.
        at: String,
        /// 0 to 100; null with too few records.
        score: Option<f64>,
    }
}

/// Parameters of the health score.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the parameters of a route")]
pub struct HealthParams {
    /// Only this agent.
    agent: Option<String>,
    /// Only this tool.
    tool: Option<String>,
    /// Scores of so many past days, 0 (default) to 30.
    days: Option<u64>,
}

/// Health of everything, of an agent or of a tool within the last 24 hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HealthScore {
    /// 0 to 100: the mean of the parts by weight; null with too few records.
    pub score: Option<f64>,
    /// Why there is no score; null with one.
    pub reason: Option<String>,
    /// Parts.
    pub parts: Vec<HealthScorePart>,
    /// Parts with a score under 80, in words.
    pub concerns: Vec<String>,
    /// Next step for each concern.
    pub recommendations: Vec<String>,
    /// Scores of the past days, the earliest first; empty without `days`.
    pub trend: Vec<HealthTrendPoint>,
}
