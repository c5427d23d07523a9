//! Alert rules and an objective of the demo, with the episodes and the incident of its past.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use quipu::core::Timestamp;
use quipu_alert::{Alerts, IncidentAsk, IncidentChange, RuleConfig, SloConfig};

use super::purse;
use super::story::{BUDGETED, DESK, Facts};

/// Time between two evaluations of the past. Windows are at least three times as long.
const STEP: i64 = 5 * 60 * Timestamp::SECOND;
/// Begin of the evaluations before the incident of yesterday.
const BEFORE: i64 = Timestamp::HOUR;
/// Objective of the support desk, which the incident misses.
const SUPPORT: &str = "support_runs";
/// Objective of answers from documents.
const ANSWERS: &str = "answers_in_time";
/// Author of the rules.
const AUTHOR: &str = "demo";
/// Owner of the incident.
const OWNER: &str = "radia.perlman";

/// Adds the objectives, unless the config file has others of their names.
pub(super) fn add_objectives(slos: &mut BTreeMap<String, SloConfig>) {
    let support = format!("kind:agent service:{DESK}");
    let answers = "kind:llm service:knowledge-base".to_owned();
    let good = |of: &str| format!("{of} status:ok");
    let added = [
        (SUPPORT, SloConfig { objective: 0.98, good: good(&support), of: support, ..SloConfig::default() }),
        (
            ANSWERS,
            SloConfig {
                objective: 0.95,
                good: good(&answers),
                of: answers,
                within_ms: Some(5_000.0),
                ..SloConfig::default()
            },
        ),
    ];
    for (name, config) in added {
        slos.entry(name.to_owned()).or_insert(config);
    }
}

/// Stores the rules, and evaluates them over the time since the incident, as they would have been evaluated
/// then. They name no channel, so no message about the past is sent.
///
/// # Errors
/// A rule is invalid, or the alert file cannot be written.
pub(super) async fn fill(alerts: &Alerts, facts: &Facts) -> Result<()> {
    put(alerts, rules()).await?;
    let mut at = facts.incident().plus(-BEFORE).floor(STEP);
    while at < facts.now {
        alerts.evaluate(at).await.context("the rules of the demo")?;
        at = at.plus(STEP);
    }
    // The state of a budget is that of now.
    put(alerts, [budget()]).await?;
    explain(alerts).await
}

async fn put(alerts: &Alerts, rules: impl IntoIterator<Item = (&'static str, RuleConfig)>) -> Result<()> {
    for (name, config) in rules {
        // The config file may have a rule of this name.
        if alerts.rules().iter().all(|rule| rule.name != name) {
            alerts.put_rule(name, config, AUTHOR).await.context("a rule of the demo")?;
        }
    }
    Ok(())
}

/// Gives the incident an owner, and a note with its cause.
async fn explain(alerts: &Alerts) -> Result<()> {
    let found = alerts
        .incidents(IncidentAsk { limit: 1, ..IncidentAsk::default() })
        .await
        .context("the incident of the demo")?;
    let note = "All replicas of the desk share 50 connections to orders-db. Release 2.5.0 opens two for \
                each customer. The limit is 200 now.";
    let change =
        IncidentChange { owner: Some(OWNER.into()), note: Some(note.into()), ..IncidentChange::default() };
    if let Some(incident) = found.first() {
        alerts.change_incident(incident.id, change, OWNER).await.context("the incident of the demo")?;
    }
    Ok(())
}

fn rules() -> [(&'static str, RuleConfig); 4] {
    [
        (
            "support_tools",
            RuleConfig {
                filter: Some(format!("service:{DESK}")),
                group_by: Some(vec!["service".into()]),
                min_count: Some(2),
                keep_firing_for: Some("10m".into()),
                severity: Some("critical".into()),
                ..above("tool_failures", "15m", 0.25, "More than a quarter of the tool runs fail")
            },
        ),
        ("model_quota", above("quota_errors", "15m", 0.0, "A provider rejects calls: the quota is used up")),
        (
            "expensive_hour",
            RuleConfig {
                group_by: Some(vec!["agent".into()]),
                ..above("cost", "1h", 0.4, "An agent spends more than $0.40 within an hour")
            },
        ),
        (
            "support_burn",
            RuleConfig {
                slo: Some(SUPPORT.into()),
                window: None,
                ..above("burn_rate", "", 1.0, "The error budget of the support desk burns too fast")
            },
        ),
    ]
}

fn budget() -> (&'static str, RuleConfig) {
    let summary = format!("The budget of {BUDGETED} is nearly used up");
    let config = RuleConfig { budget: Some(purse::NAME.into()), ..above("budget", "1d", 0.8, &summary) };
    ("research_budget", config)
}

fn above(kind: &str, window: &str, threshold: f64, summary: &str) -> RuleConfig {
    RuleConfig {
        kind: Some(kind.into()),
        window: Some(window.into()),
        above: Some(threshold),
        summary: Some(summary.into()),
        ..RuleConfig::default()
    }
}
