//! Tests of redaction on a labelled set: detections, and texts left alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_redaction::{SEED, score, set, settings};

/// Precision and recall for every kind.
const PRECISION: f64 = 0.99;
const RECALL: f64 = 0.99;

#[test]
fn of_every_kind_nearly_all_is_found_and_nearly_nothing_else() {
    for seed in [SEED, 1, 2] {
        let scores = score(&settings(), &set(seed, 300)).unwrap();
        assert!(scores.len() >= 42, "{:?}", scores.keys());
        let bad: Vec<String> = scores
            .iter()
            .filter(|(_, score)| score.precision() < PRECISION || score.recall() < RECALL)
            .map(|(kind, score)| {
                format!("{kind}: {:.4} {:.4} {:#?}", score.precision(), score.recall(), score.examples)
            })
            .collect();
        assert!(bad.is_empty(), "seed {seed}: {}", bad.join("\n"));
    }
}

/// Recordings of real frameworks were made with fake keys: a server's default redaction changes nothing in
/// them.
#[test]
fn of_recordings_of_real_frameworks_the_default_takes_nothing() {
    use std::sync::Arc;

    use quipu_core::Stage as _;
    use quipu_metrics::SelfMetrics;
    use quipu_pipeline::{Capture, Redact, RedactConfig};
    use quipu_recordings::Signal;

    let settings = RedactConfig { contents: Some(Capture::all(true)), ..RedactConfig::default() };
    for name in quipu_recordings::names() {
        let metrics = Arc::new(SelfMetrics::new());
        let stage = Redact::new(&settings, Arc::clone(&metrics) as _).unwrap();
        for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
            stage.apply(&mut quipu_recordings::sent(&name, signal));
        }
        assert!(!metrics.text().contains("detections_total"), "{name}: {}", metrics.text());
    }
}
