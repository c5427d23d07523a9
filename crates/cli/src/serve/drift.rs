//! Drift detection of sources: its counts are kept in a file of the project, and its sums are gauges.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quipu::core::Meter;
use quipu::metrics::SelfMetrics;
use quipu_drift::{Report, Saved};
use quipu_receiver::Receiver;
use serde_json::Value;

use super::listen::write_json;

/// The file in a project's folder.
pub const FILE: &str = "source-drift.json";
/// How often counts are written and gauges are set. A crash loses no more than the counts since.
const APART: Duration = Duration::from_secs(30);

/// Takes up what an earlier process stored. A file that cannot be read costs no more than its counts.
pub fn resume(receiver: &Receiver, file: &Path) {
    let Ok(text) = std::fs::read(file) else { return };
    match serde_json::from_slice::<Saved>(&text) {
        Ok(saved) => receiver.resume_drift(saved),
        Err(error) => {
            tracing::warn!(%error, "the observation of sources restarts: {} is damaged", file.display());
        }
    }
}

/// Stores the counts, unless they are those that were stored before.
pub fn store(receiver: &Receiver, file: &Path, stored: &mut Value) {
    if let Err(error) = try_store(receiver, file, stored) {
        tracing::warn!(%error, "cannot write the counts of sources to {}", file.display());
    }
}

fn try_store(receiver: &Receiver, file: &Path, stored: &mut Value) -> anyhow::Result<()> {
    let counts = serde_json::to_value(receiver.drift_counts())?;
    if counts != *stored {
        write_json(&counts, file)?;
        *stored = counts;
    }
    Ok(())
}

/// Stores counts and sets gauges for ever; without a file it sets gauges only.
pub async fn keep(receiver: Receiver, file: Option<PathBuf>, metrics: Arc<SelfMetrics>) {
    let mut stored = Value::Null;
    loop {
        tokio::time::sleep(APART).await;
        let (receiver, file, metrics) = (receiver.clone(), file.clone(), Arc::clone(&metrics));
        let done = tokio::task::spawn_blocking(move || {
            gauge(&metrics, &receiver.drift());
            if let Some(file) = &file {
                store(&receiver, file, &mut stored);
            }
            stored
        });
        match done.await {
            Ok(now) => stored = now,
            Err(_) => {
                tracing::warn!("cannot judge the sources");
                return;
            }
        }
    }
}

/// The sums as gauges: names of sources come from senders, and would make series without bound.
fn gauge(metrics: &SelfMetrics, report: &Report) {
    let sum = |of: fn(&quipu_drift::Completeness) -> u64| {
        report.sources.iter().map(of).fold(0, u64::saturating_add)
    };
    let silent = report.sources.iter().filter(|source| source.silent_since.is_some()).count();
    for (name, value) in [
        ("quipu_source_changes", u64::try_from(report.changes.len()).unwrap_or(u64::MAX)),
        ("quipu_sources_silent", u64::try_from(silent).unwrap_or(u64::MAX)),
        ("quipu_judged_spans", sum(|source| source.judged_spans)),
        ("quipu_orphan_spans", sum(|source| source.orphan_spans)),
        ("quipu_judged_traces", sum(|source| source.judged_traces)),
        ("quipu_rootless_traces", sum(|source| source.rootless_traces)),
        ("quipu_missing_source_records", sum(|source| source.missing_records)),
    ] {
        metrics.set(name, &[], i64::try_from(value).unwrap_or(i64::MAX));
    }
}
