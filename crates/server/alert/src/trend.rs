//! Health score of past days, from the same figures as the score of now.

use std::collections::BTreeMap;

use quipu_core::Timestamp;
use serde::Serialize;

use crate::file::AlertFile;
use crate::health::{Open, Vitals, fetch, score_of};
use crate::{AlertError, Alerts, MeasuredGroup, RuleFigures};

/// Most days of a trend.
const DAYS: i64 = 30;
/// The latency of a day is compared with so many days before it.
const BEFORE: i64 = 7;

/// Severity and group of an episode.
type OpenEpisode = (String, BTreeMap<String, String>);

/// Score of the 24 hours before a time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthPoint {
    /// End of the 24 hours, a whole hour.
    pub at: String,
    /// 0 to 100; null with too few records.
    pub score: Option<f64>,
}

impl Alerts {
    /// Scores of the last days, the earliest first; at most 30 days.
    ///
    /// # Errors
    /// The store or the alert file cannot be read.
    pub async fn health_trend(
        &self,
        agent: Option<&str>,
        tool: Option<&str>,
        days: i64,
    ) -> Result<Vec<HealthPoint>, AlertError> {
        let days = days.clamp(0, DAYS);
        let end = self.0.clock.now().floor(Timestamp::HOUR);
        let since = end.plus(-(days + BEFORE + 1) * Timestamp::DAY);
        let measure = &*self.0.measure;
        let calls = match tool {
            Some(_) => MeasuredGroup::default(),
            None => fetch(measure, "calls", agent, None, (since, end), true).await?,
        };
        let tools = fetch(measure, "tools", agent, tool, (since, end), true).await?;
        let mut points = Vec::new();
        for back in (0..=days).rev() {
            let at = end.plus(-back * Timestamp::DAY);
            let day = at.plus(-Timestamp::DAY);
            let vitals = Vitals {
                calls: sum(&calls, day, at),
                calls_before: sum(&calls, at.plus(-(BEFORE + 1) * Timestamp::DAY), day),
                tools: sum(&tools, day, at),
                is_of_tool: tool.is_some(),
                open: self.open_at(agent, tool, at).await?,
            };
            points.push(HealthPoint { at: at.to_string(), score: score_of(&vitals).score });
        }
        Ok(points)
    }

    /// Episodes that were open at a time.
    async fn open_at(
        &self,
        agent: Option<&str>,
        tool: Option<&str>,
        at: Timestamp,
    ) -> Result<Open, AlertError> {
        let rows = self.with_file(move |file| file.open_at(at)).await?;
        let fits = |group: &BTreeMap<String, String>| {
            let same = |key: &str, wanted: Option<&str>| {
                wanted.is_none_or(|wanted| group.get(key).is_some_and(|value| value == wanted))
            };
            same("agent", agent) && same("tool", tool)
        };
        let mut open = Open::default();
        for (severity, _) in rows.iter().filter(|(_, group)| fits(group)) {
            let count = if severity == "critical" { &mut open.critical } else { &mut open.other };
            *count += 1;
        }
        Ok(open)
    }
}

/// Figures of the hours that begin within a range.
fn sum(of: &MeasuredGroup, since: Timestamp, until: Timestamp) -> RuleFigures {
    let mut sum = RuleFigures::default();
    let hours = of.points.iter().filter(|(at, _)| (since..until).contains(at));
    hours.for_each(|(_, figures)| sum.merge(figures));
    sum
}

impl AlertFile {
    /// Severity and group of the episodes that were open at a time and were not withdrawn.
    fn open_at(&self, at: Timestamp) -> Result<Vec<OpenEpisode>, AlertError> {
        let sql = "SELECT severity, grp FROM episodes
            WHERE started_at <= ?1 AND (ended_at IS NULL OR ended_at > ?1) AND state <> 'withdrawn'";
        self.read(|conn| {
            let mut found = conn.prepare_cached(sql)?;
            let rows = found.query_map([at.nanos()], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            rows.map(|row| {
                let (severity, grp) = row?;
                Ok((severity, serde_json::from_str(&grp).unwrap_or_default()))
            })
            .collect()
        })
    }
}
