//! Tests that Grafana can lay out the dashboards, and that the parameters appear in the files.

use std::collections::BTreeSet;

use quipu_provision::{ProvisionConfig, Thresholds, Tracing, files, grafana, prometheus};
use serde_json::Value;

fn place(panel: &Value) -> [u64; 4] {
    ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap())
}

#[test]
fn panels_have_ids_of_their_own_and_do_not_overlap() {
    for dashboard in grafana::dashboards(&ProvisionConfig::default()) {
        let (uid, panels) = (&dashboard["uid"], dashboard["panels"].as_array().unwrap());
        let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{uid}");
        assert!(ids.contains(&1) && panels.iter().any(|panel| panel["id"] == 1 && panel["type"] != "row"));
        let places: Vec<_> = panels.iter().map(place).collect();
        for (at, [x, y, w, h]) in places.iter().enumerate() {
            assert!(x + w <= 24 && *w > 0 && *h > 0, "{uid} {}", panels[at]["title"]);
            for [left, top, wide, high] in &places[..at] {
                let apart = x + w <= *left || left + wide <= *x || y + h <= *top || top + high <= *y;
                assert!(apart, "{uid} {}", panels[at]["title"]);
            }
        }
    }
}

#[test]
fn identifiers_are_unique_and_short_enough_for_grafana() {
    let dashboards = grafana::dashboards(&ProvisionConfig::default());
    let uids: BTreeSet<&str> =
        dashboards.iter().map(|dashboard| dashboard["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), dashboards.len());
    let alerts = grafana::alerts(&ProvisionConfig::default());
    let ids: Vec<&str> =
        alerts.lines().filter_map(|line| line.trim_start_matches(['-', ' ']).strip_prefix("uid: ")).collect();
    assert_eq!(ids.len(), alerts.matches("condition: ").count());
    assert!(ids.len() >= 6 && ids.iter().all(|id| id.len() <= 40));
    let linked = alerts.lines().filter_map(|line| line.trim().strip_prefix("__dashboardUid__: "));
    let unknown: Vec<_> = linked
        .chain(alerts.lines().filter_map(|line| line.trim().strip_prefix("\"__dashboardUid__\": ")))
        .filter(|uid| !uids.contains(uid))
        .collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn what_is_set_is_said() {
    let settings = ProvisionConfig {
        targets: vec!["quipu:9464".to_owned(), "planner:9464".to_owned()],
        key_file: Some("/run/secrets/quipu-key".to_owned()),
        tls: true,
        ca_file: Some("/run/secrets/ca.pem".to_owned()),
        scrape_seconds: 7,
        alertmanager: Some("alertmanager:9093".to_owned()),
        prometheus_url: "http://prometheus:9090".to_owned(),
        tracing: Tracing::Tempo,
        tracing_url: "http://tempo:3200".to_owned(),
        dashboards_folder: "/dashboards".to_owned(),
        thresholds: Thresholds { slow_seconds: 77.5, ..Thresholds::default() },
    };
    let files = files(&settings);
    let of =
        |path: &str| &files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path}")).text;
    let scrape = of("prometheus/prometheus.yml");
    for said in
        ["quipu:9464", "planner:9464", "7s", "alertmanager:9093", "/run/secrets/quipu-key", "https", "ca.pem"]
    {
        assert!(scrape.contains(said), "{said} in {scrape}");
    }
    let sources = of("grafana/provisioning/datasources/quipu.yml");
    for said in ["http://prometheus:9090", "type: tempo", "http://tempo:3200"] {
        assert!(sources.contains(said), "{said} in {sources}");
    }
    assert!(of("grafana/provisioning/dashboards/quipu.yml").contains("path: \"/dashboards\""));
    assert!(of("grafana/dashboards/quipu-traces.json").contains("traceql"));
    assert!(prometheus::alert_rules(&settings).contains("> 77.5"));
    assert!(grafana::alerts(&settings).contains("- 77.5"));
}
