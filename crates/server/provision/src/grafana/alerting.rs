//! Alert rules that Grafana evaluates:
//! <https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/>.

use serde_json::{Value, json};

use super::FOLDER;
use super::provisioning::METRICS;
use crate::alarms::{Alarm, INEXACT, alarms};
use crate::{ProvisionConfig, yaml};

/// The time range of a query for the present figure, in seconds.
const BACK: u32 = 600;

/// Returns the rules for Grafana. They equal those for Prometheus; use only one of the two.
pub fn alerts(settings: &ProvisionConfig) -> String {
    let rules: Vec<Value> = alarms(settings).iter().map(rule).collect();
    let document = json!({
        "apiVersion": 1,
        "groups": [{ "orgId": 1, "name": "quipu", "folder": FOLDER, "interval": "1m", "rules": rules }],
    });
    let head = format!(
        "Alert rules of Quipu for Grafana's own alerting. Not needed if Prometheus evaluates the rules.\n\
         Made by `quipu generate grafana`.\n{INEXACT}"
    );
    yaml::document(&head, &document)
}

fn rule(alarm: &Alarm) -> Value {
    let told = format!("{{{{ {} $values.A.Value }}}}", alarm.told.function());
    json!({
        // At most 40 characters.
        "uid": format!("quipu-{}", alarm.name.trim_start_matches("quipu_").replace('_', "-")),
        "title": alarm.name,
        "condition": "C",
        "data": [figure(alarm), threshold(alarm)],
        "noDataState": "OK",
        "execErrState": "Error",
        "for": alarm.hold,
        "labels": { "severity": alarm.severity },
        "annotations": {
            "summary": alarm.summary,
            "description": alarm.description.replace("{value}", &told),
            "__dashboardUid__": alarm.dashboard,
            "__panelId__": "1",
        },
    })
}

fn figure(alarm: &Alarm) -> Value {
    json!({
        "refId": "A",
        "relativeTimeRange": { "from": BACK, "to": 0 },
        "datasourceUid": METRICS,
        "model": { "refId": "A", "expr": alarm.figure, "instant": true, "range": false },
    })
}

fn threshold(alarm: &Alarm) -> Value {
    let kind = if alarm.above { "gt" } else { "lt" };
    json!({
        "refId": "C",
        "relativeTimeRange": { "from": BACK, "to": 0 },
        "datasourceUid": "__expr__",
        "model": {
            "refId": "C",
            "type": "threshold",
            "expression": "A",
            "conditions": [{ "evaluator": { "type": kind, "params": [alarm.threshold] } }],
        },
    })
}
