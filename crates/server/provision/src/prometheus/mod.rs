//! Files for Prometheus: scrape configuration, recording rules, alert rules, and tests of these rules.

mod recording;
mod tests;

use serde_json::{Value, json};

use crate::alarms::{Alarm, INEXACT, alarms};
use crate::{File, ProvisionConfig, yaml};

/// Returns all files, below the folder of Prometheus' configuration.
pub fn files(settings: &ProvisionConfig) -> Vec<File> {
    vec![
        File::new("prometheus.yml", scrape_config(settings)),
        File::new("rules/quipu-recording.yml", recording_rules()),
        File::new("rules/quipu-alerts.yml", alert_rules(settings)),
        File::new("tests/quipu-rules.yml", rule_tests(settings)),
    ]
}

/// A complete configuration: <https://prometheus.io/docs/prometheus/latest/configuration/configuration/>.
pub fn scrape_config(settings: &ProvisionConfig) -> String {
    let mut config = json!({
        "global": {
            "scrape_interval": format!("{}s", settings.scrape_seconds),
            "evaluation_interval": format!("{}s", settings.scrape_seconds),
        },
        "rule_files": ["rules/quipu-*.yml"],
        "scrape_configs": [job(settings)],
    });
    if let (Some(target), Some(map)) = (&settings.alertmanager, config.as_object_mut()) {
        let managers = json!({ "alertmanagers": [{ "static_configs": [{ "targets": [target] }] }] });
        map.insert("alerting".to_owned(), managers);
    }
    let head = "Prometheus config for Quipu. To store exemplars, which link a bucket to a trace, start it \
        with\n\
                --enable-feature=exemplar-storage. Made by `quipu generate prometheus`.";
    yaml::document(head, &config)
}

fn job(settings: &ProvisionConfig) -> Value {
    let mut job = json!({ "job_name": "quipu", "static_configs": [{ "targets": settings.targets }] });
    if let Some(file) = &settings.key_file {
        job["authorization"] = json!({ "type": "Bearer", "credentials_file": file });
    }
    if settings.tls {
        job["scheme"] = "https".into();
    }
    if let Some(file) = &settings.ca_file {
        job["tls_config"] = json!({ "ca_file": file });
    }
    job
}

/// Recording rules for figures that dashboards and users query often, with names of the form
/// `quipu:WHAT:HOW`.
pub fn recording_rules() -> String {
    let rules: Vec<Value> =
        recording::rules().into_iter().map(|(name, expr)| json!({ "record": name, "expr": expr })).collect();
    let groups = json!({ "groups": [{ "name": "quipu-recording", "rules": rules }] });
    yaml::document("Recording rules of Quipu. Made by `quipu generate prometheus`.", &groups)
}

/// The ten presets, and rules on Quipu itself. They do not use recorded figures.
pub fn alert_rules(settings: &ProvisionConfig) -> String {
    let rules: Vec<Value> = alarms(settings).iter().map(alert).collect();
    let groups = json!({ "groups": [{ "name": "quipu-alerts", "rules": rules }] });
    let head = format!("Alert rules of Quipu. Made by `quipu generate prometheus`.\n{INEXACT}");
    yaml::document(&head, &groups)
}

/// Tests of both kinds of rules, for `promtool test rules`.
pub fn rule_tests(settings: &ProvisionConfig) -> String {
    let head = "Run by `promtool test rules tests/quipu-rules.yml`. Made by `quipu generate prometheus`.";
    yaml::document(head, &tests::document(&alarms(settings)))
}

fn alert(alarm: &Alarm) -> Value {
    json!({
        "alert": alarm.name,
        "expr": expression(alarm),
        "for": alarm.hold,
        "labels": { "severity": alarm.severity },
        "annotations": {
            "summary": alarm.summary,
            "description": alarm.description.replace("{value}", &format!("{{{{ $value | {} }}}}", alarm.told.function())),
        },
    })
}

fn expression(alarm: &Alarm) -> String {
    let sign = if alarm.above { '>' } else { '<' };
    let figure = &alarm.figure;
    let brackets = figure.contains('\n') && !figure.ends_with(')') || figure.contains("\n/");
    match brackets {
        true => format!("(\n  {}\n) {sign} {}", figure.replace('\n', "\n  "), alarm.threshold),
        false => format!("{figure} {sign} {}", alarm.threshold),
    }
}
