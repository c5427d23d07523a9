//! Prints the quality and speed of redaction, as one JSON document.

#![allow(clippy::print_stdout, reason = "a program that prints its figures")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use quipu_core::{Batch, NoMeter, Stage as _};
use quipu_pipeline::{Capture, Redact, RedactConfig};
use quipu_recordings::Signal;
use quipu_redaction::{SEED, score, set, settings};
use serde_json::{Map, Value, json};

/// Texts of each kind.
const EACH: usize = 2_000;
/// Rounds over the recordings; the fastest is reported.
const ROUNDS: usize = 7;

fn main() -> anyhow::Result<()> {
    let mut kinds = Map::new();
    for (kind, score) in score(&settings(), &set(SEED, EACH))? {
        kinds.insert(kind, json!({"texts": score.texts, "precision": score.precision(), "recall": score.recall(), "examples": score.examples}));
    }
    let secrets = RedactConfig { contents: Some(Capture::all(true)), ..RedactConfig::default() };
    let all = settings();
    let entropy = RedactConfig { high_entropy: true, ..settings() };
    let cost = json!({"secrets": cost(&secrets)?, "secrets_and_pii": cost(&all)?, "all_and_entropy": cost(&entropy)?});
    println!("{}", json!({"kinds": Value::Object(kinds), "cost": cost}));
    Ok(())
}

/// Cost over all recordings: nanoseconds a span or event, and megabytes of text a second.
fn cost(settings: &RedactConfig) -> anyhow::Result<Value> {
    let stage = Redact::new(settings, Arc::new(NoMeter))?;
    let mut batch = Batch::default();
    for name in quipu_recordings::names() {
        for signal in [Signal::Traces, Signal::Logs] {
            batch.append(quipu_recordings::sent(&name, signal));
        }
    }
    let bytes: usize = batch.spans.iter().map(|span| format!("{:?}", span.attributes).len()).sum::<usize>()
        + batch
            .events
            .iter()
            .map(|event| format!("{:?}{:?}", event.attributes, event.body).len())
            .sum::<usize>();
    let records = batch.spans.len() + batch.events.len();
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let mut own = batch.clone();
        let begun = Instant::now();
        stage.apply(&mut own);
        best = best.min(begun.elapsed().as_secs_f64());
        black_box(own);
    }
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    Ok(json!({
        "records": records, "bytes_a_record": bytes / records.max(1),
        "ns_a_record": best * 1e9 / number(records), "mb_per_s": number(bytes) / best / 1e6,
    }))
}
