//! Tests that the guide's config examples match the code.

use quipu_metrics::SelfMetrics;
use quipu_pipeline::{DeliveryConfig, ExporterRules};

const GUIDE: &str = include_str!("../../../../docs/guide/delivery.md");

fn toml(number: usize) -> &'static str {
    let block = GUIDE.split("```toml\n").nth(number).unwrap();
    block.split("```").next().unwrap()
}

#[test]
fn its_defaults_are_the_defaults() {
    assert_eq!(toml::from_str::<DeliveryConfig>(toml(1)).unwrap(), DeliveryConfig::default());
    let named = toml::to_string(&DeliveryConfig::default()).unwrap();
    for key in named.lines().filter_map(|line| line.split(" = ").next()).filter(|key| !key.starts_with('[')) {
        assert!(toml(1).contains(&format!("{key} =")), "{key} is not told of");
    }
}

#[test]
fn its_rules_are_rules() {
    let rules: ExporterRules = toml::from_str(toml(2)).unwrap();
    rules.check().unwrap();
    assert!(
        rules.redact.is_some_and(|redact| redact.leaves_contents_out() && redact.emails && redact.secrets)
    );
}

#[test]
fn it_names_every_reason_and_every_metric() {
    let metrics = SelfMetrics::HELP.iter().filter(|(name, _)| name.starts_with("quipu_exporter_"));
    for (name, _) in metrics {
        assert!(GUIDE.contains(&format!("`{name}`")), "{name}");
    }
}
