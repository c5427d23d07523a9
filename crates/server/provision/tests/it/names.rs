//! Tests that no expression uses an unknown metric or label.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_backend_prometheus::{Config, Format, Prometheus};
use quipu_core::{
    Attributes, Bucket, Metric, MetricSink as _, Point, PointValue, Resource, Scope, Temporality, Timestamp,
};
use quipu_provision::{ProvisionConfig, files};
use quipu_sdk::metrics::SelfMetrics;
use quipu_sdk::metrics::catalogue::{CATALOGUE, Entry};

/// Labels of Quipu's own metrics, and those that Prometheus adds.
const LABELS: [&str; 9] =
    ["signal", "outcome", "backend", "reason", "instance", "job", "le", "resource", "severity"];

fn record(entry: &Entry) -> Metric {
    let labels = entry.labels.iter().chain(&["service.name"]).map(|label| (*label, "x"));
    let value = match entry.bounds {
        [] => PointValue::Number(1.0),
        bounds => PointValue::Distribution {
            count: 1,
            sum: 1.0,
            min: None,
            max: None,
            buckets: bounds.iter().map(|upper| Bucket { upper: *upper, count: 0 }).collect(),
            quantiles: Vec::new(),
        },
    };
    Metric {
        name: entry.name.into(),
        unit: entry.unit.into(),
        description: entry.help.to_owned(),
        instrument: entry.kind.wire(),
        temporality: Temporality::Cumulative,
        points: vec![Point {
            time: Timestamp::from_nanos(1),
            start: None,
            attributes: labels.collect::<Attributes>(),
            value,
            exemplars: Vec::new(),
            wire: None,
        }],
        resource: Arc::new(Resource::default()),
        scope: Arc::new(Scope::default()),
    }
}

/// The names of samples and their labels, as on the metrics page.
async fn shown() -> BTreeMap<String, BTreeSet<String>> {
    let page = Prometheus::open(Config { listen: None, ..Config::default() }).unwrap();
    page.write_metrics(&CATALOGUE.iter().map(record).collect::<Vec<_>>()).await.unwrap();
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in page.text(Format::Text).lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
        let labels = rest.split(['{', ',']).filter_map(|part| Some(part.split_once("=\"")?.0.to_owned()));
        names.entry(name.to_owned()).or_default().extend(labels);
    }
    for (name, _) in SelfMetrics::HELP {
        names.entry((*name).to_owned()).or_default().extend(LABELS.map(str::to_owned));
    }
    names.entry("up".to_owned()).or_default();
    names
}

/// All words of the texts that could be a Quipu metric.
fn words(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let ours = |word: &&str| {
        ["quipu_", "gen_ai_", "system_", "process_"].iter().any(|start| word.starts_with(start))
            && !word.contains(':')
    };
    text.split(|c| !word(c)).filter(ours).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_metric_that_is_asked_for_is_shown() {
    let shown = shown().await;
    let labels: BTreeSet<&String> = shown.values().flatten().collect();
    let rules = quipu_provision::prometheus::alert_rules(&ProvisionConfig::default());
    let alarms: Vec<&str> =
        rules.lines().filter_map(|line| line.split_once("- alert: ")).map(|(_, name)| name).collect();
    for file in files(&ProvisionConfig::default()) {
        let unknown: Vec<_> = words(&file.text)
            .into_iter()
            .filter(|word| {
                !shown.contains_key(word) && !labels.contains(word) && !alarms.contains(&word.as_str())
            })
            .collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", file.path);
    }
}

#[tokio::test]
async fn the_catalogue_is_shown_on_some_dashboard() {
    let all: String = files(&ProvisionConfig::default()).into_iter().map(|file| file.text).collect();
    let asked = words(&all);
    let missing: Vec<&str> = [
        "quipu_llm_calls_total",
        "quipu_llm_tokens_total",
        "quipu_llm_cost_usd_total",
        "quipu_tool_runs_total",
        "quipu_guardrail_triggers_total",
        "quipu_agent_runs_total",
        "quipu_session_count_total",
    ]
    .into_iter()
    .filter(|name| !asked.contains(*name))
    .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
