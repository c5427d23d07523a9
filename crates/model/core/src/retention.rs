//! Data retention: rules by signal, service and project, a size limit, and the results of a run.

use serde::{Deserialize, Serialize};

use crate::{DiskBytes, Keep, Timestamp, TraceId};

/// Largest number of traces on hold.
pub const MOST_HOLDS: usize = 10_000;

/// The record type that a retention period applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionSignal {
    /// Spans with their texts and their search entries. Their cost has its own period.
    Traces,
    /// Events; log records are events.
    Logs,
    /// Points of metrics.
    Metrics,
    /// The ledger and its sums.
    Costs,
}

/// Default periods, used without a matching rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionPreset {
    /// Everything for ever.
    #[default]
    Keep,
    /// Traces 3 days, logs 7, metrics 30, costs for ever.
    Short,
}

/// Different periods for the records of a service, of a project, or of both at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionRule {
    /// The service, by its exact name; for a trace, the one shown in its list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The version-control project shown by the trace, by its exact name. Logs and metrics have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Period of its traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<Keep>,
    /// Period of its logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<Keep>,
    /// Period of its metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Keep>,
    /// Period of its ledger rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Keep>,
}

/// Data retention. The default keeps everything for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Default periods, used without a value below.
    pub preset: RetentionPreset,
    /// Period of traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<Keep>,
    /// Period of logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<Keep>,
    /// Period of metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Keep>,
    /// Period of costs; never shorter than that of their traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Keep>,
    /// Size limit of all files of the store. Above it the oldest days are removed, regardless of the periods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<DiskBytes>,
    /// Largest number of days that one run thins or removes because of their age; the next run continues. It
    /// does not limit `max_bytes`. The default is 7 for a scheduled run, and no limit for a requested run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_per_run: Option<u32>,
    /// Rules. The first matching rule with a period for the record's signal applies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<RetentionRule>,
}

/// Least size limit; a smaller one has no space for a day.
const LEAST_BYTES: u64 = 1 << 20;

impl RetentionRule {
    const fn of(&self, signal: RetentionSignal) -> Option<Keep> {
        match signal {
            RetentionSignal::Traces => self.traces,
            RetentionSignal::Logs => self.logs,
            RetentionSignal::Metrics => self.metrics,
            RetentionSignal::Costs => self.costs,
        }
    }

    fn is_of(&self, service: Option<&str>, project: Option<&str>) -> bool {
        let meets = |wanted: Option<&str>, found| wanted.is_none() || wanted == found;
        meets(self.service.as_deref(), service) && meets(self.project.as_deref(), project)
    }
}

impl Retention {
    /// Whether records can expire at all.
    pub fn removes(&self) -> bool {
        use RetentionSignal::{Costs, Logs, Metrics, Traces};
        let ends = |keep: Option<Keep>| keep.is_some_and(|keep| keep != Keep::Forever);
        self.max_bytes.is_some()
            || [Traces, Logs, Metrics, Costs].into_iter().any(|signal| {
                ends(Some(self.usual(signal))) || self.rule.iter().any(|rule| ends(rule.of(signal)))
            })
    }

    /// Retention period of a record without a matching rule.
    pub fn usual(&self, signal: RetentionSignal) -> Keep {
        let (said, short) = match signal {
            RetentionSignal::Traces => (self.traces, Keep::days(3)),
            RetentionSignal::Logs => (self.logs, Keep::days(7)),
            RetentionSignal::Metrics => (self.metrics, Keep::days(30)),
            RetentionSignal::Costs => (self.costs, Keep::Forever),
        };
        said.unwrap_or(if self.preset == RetentionPreset::Short { short } else { Keep::Forever })
    }

    /// Retention period of a record of this service and project.
    pub fn keep(&self, signal: RetentionSignal, service: Option<&str>, project: Option<&str>) -> Keep {
        let told = self.rule.iter().filter(|rule| rule.is_of(service, project));
        told.filter_map(|rule| rule.of(signal)).next().unwrap_or_else(|| self.usual(signal))
    }

    /// The shortest period of a signal over all rules.
    pub fn shortest(&self, signal: RetentionSignal) -> Keep {
        let of_rules = self.rule.iter().filter_map(|rule| rule.of(signal));
        let hours = |keep: &Keep| if let Keep::Hours(hours) = keep { *hours } else { u32::MAX };
        of_rules.chain([self.usual(signal)]).min_by_key(hours).unwrap_or_default()
    }

    /// Checks the rules. An error names the rule and the correct form.
    ///
    /// # Errors
    /// A rule matches everything, or sets no period; a project has a period for logs or metrics; `max_bytes`
    /// is below 1 MiB.
    pub fn checked(self) -> Result<Self, String> {
        for (at, rule) in self.rule.iter().enumerate() {
            let wrong = |what: &str| Err(format!("retention.rule[{at}]: {what}"));
            if rule.service.is_none() && rule.project.is_none() {
                return wrong("expected a service, a project or both; general periods belong in [retention]");
            }
            if [rule.traces, rule.logs, rule.metrics, rule.costs].iter().all(Option::is_none) {
                return wrong("expected a period: traces, logs, metrics or costs");
            }
            if rule.project.is_some() && (rule.logs.is_some() || rule.metrics.is_some()) {
                return wrong("logs and metrics have no project: set their period for a service");
            }
        }
        if self.days_per_run == Some(0) {
            return Err("retention.days_per_run: found 0, expected at least 1".into());
        }
        if let Some(bytes) = self.max_bytes.filter(|bytes| bytes.0 < LEAST_BYTES) {
            return Err(format!("retention.max_bytes: found {bytes}, expected at least 1MiB"));
        }
        Ok(self)
    }
}

/// A hold on a trace: no rule removes it, its spans, ledger rows and events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The trace.
    pub trace_id: TraceId,
    /// Time of the hold.
    pub since: Timestamp,
    /// User who made the hold; empty if unknown.
    pub by: String,
    /// Reason in the user's words.
    pub note: String,
}

/// Reason for a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetiredFor {
    /// The retention period is over.
    Age,
    /// The store exceeds its size limit.
    Size,
}

/// Effect of a run on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayFate {
    /// Some of its records are removed.
    Thinned,
    /// The whole day is removed.
    Removed,
}

/// Removed records of one day, planned or done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredDay {
    /// Start of the day.
    pub day: Timestamp,
    /// Effect on the day.
    pub fate: DayFate,
    /// Reason.
    pub why: RetiredFor,
    /// Traces whose spans are removed.
    pub traces: u64,
    /// Removed spans.
    pub spans: u64,
    /// Removed ledger rows.
    pub costs: u64,
    /// Removed events.
    pub events: u64,
    /// Removed points of metrics.
    pub points: u64,
    /// Expired traces that a hold keeps.
    pub held: u64,
    /// Bytes of its files before the run.
    pub bytes: u64,
    /// Freed bytes: measured after a run, estimated before it.
    pub freed: u64,
}

/// Result of a retention run, planned or done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retired {
    /// Affected days, oldest first.
    pub days: Vec<RetiredDay>,
    /// Bytes of the whole store before the run.
    pub bytes: u64,
    /// Bytes by which the store stays above its limit, with the reason; `None` if it is within the limit.
    pub over: Option<(u64, String)>,
    /// Days that failed, with the reason; the next run retries them.
    pub left: Vec<(Timestamp, String)>,
}

impl Retired {
    /// Bytes freed.
    pub fn freed(&self) -> u64 {
        self.days.iter().map(|day| day.freed).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_kept_unless_something_says_otherwise() {
        use RetentionSignal::{Costs, Logs, Metrics, Traces};
        let keeps = Retention::default();
        assert!(!keeps.removes());
        assert!(
            [Traces, Logs, Metrics, Costs].into_iter().all(|signal| keeps.usual(signal) == Keep::Forever)
        );
        let short = Retention { preset: RetentionPreset::Short, ..Retention::default() };
        let days = [Traces, Logs, Metrics, Costs].map(|signal| short.usual(signal));
        assert_eq!(days, [Keep::days(3), Keep::days(7), Keep::days(30), Keep::Forever]);
        assert!(short.removes());
    }

    #[test]
    fn the_first_rule_that_matches_and_has_a_period_wins() {
        use RetentionSignal::{Logs, Traces};
        let text = r#"{"traces": "9d", "rule": [
            {"service": "shop", "project": "p", "traces": "1d"}, {"service": "shop", "logs": "2d"}, {"project": "p", "traces": "forever"}]}"#;
        let rules: Retention = serde_json::from_str(text).unwrap();
        assert_eq!(rules.keep(Traces, Some("shop"), Some("p")), Keep::days(1));
        assert_eq!(rules.keep(Traces, Some("shop"), None), Keep::days(9));
        assert_eq!(rules.keep(Logs, Some("shop"), None), Keep::days(2));
        assert_eq!(rules.keep(Traces, None, Some("p")), Keep::Forever);
        assert_eq!(rules.shortest(Traces), Keep::days(1));
        assert_eq!(
            serde_json::from_str::<Retention>(&serde_json::to_string(&rules).unwrap()).unwrap(),
            rules
        );
    }

    #[test]
    fn rules_that_mean_nothing_are_refused_by_place() {
        let refused = |text: &str| serde_json::from_str::<Retention>(text).unwrap().checked().unwrap_err();
        assert!(
            refused(r#"{"rule": [{"traces": "1d"}]}"#).starts_with("retention.rule[0]: expected a service")
        );
        assert!(refused(r#"{"rule": [{"service": "a"}]}"#).contains("expected a period"));
        assert!(refused(r#"{"rule": [{"project": "a", "logs": "1d"}]}"#).contains("no project"));
        assert!(refused(r#"{"max_bytes": "1kB"}"#).contains("found 1kB"));
        assert!(refused(r#"{"days_per_run": 0}"#).contains("at least 1"));
        assert!(serde_json::from_str::<Retention>(r#"{"trace": "1d"}"#).is_err());
    }
}
