//! The rules of retention at work beside the requests.

use std::sync::Arc;
use std::time::Duration;

use quipu::core::{Clock as _, ErrorKind, Meter as _, Retention, Retired, RetiredFor, Store, SystemClock};
use quipu::pipeline::SelfMetrics;

/// How often the rules are looked at: what nothing changed of costs a look at some sizes.
const APART: Duration = Duration::from_secs(300);
/// The start is for those who wait for answers.
const FIRST: Duration = Duration::from_secs(20);

/// Removes what the rules do not keep, for as long as the server runs; ends at once where they keep everything.
pub async fn watch(name: String, store: Arc<dyn Store>, rules: Arc<Retention>, metrics: Arc<SelfMetrics>) {
    if !rules.removes() {
        return;
    }
    let mut wait = FIRST;
    loop {
        tokio::time::sleep(wait).await;
        wait = APART;
        match store.retire(&rules, SystemClock.now(), false).await {
            Ok(told) => tell(&name, &told, &metrics),
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                tracing::warn!(project = name, %error, "the rules of retention do nothing here");
                return;
            }
            Err(error) => {
                tracing::warn!(project = name, %error, "the rules of retention could not be followed")
            }
        }
    }
}

fn tell(name: &str, told: &Retired, metrics: &SelfMetrics) {
    for day in &told.days {
        let why = [("why", if day.why == RetiredFor::Age { "age" } else { "size" })];
        metrics.add("quipu_retired_traces_total", &why, day.traces);
        metrics.add("quipu_retired_bytes_total", &why, day.freed);
        tracing::info!(
            project = name,
            day = %day.day,
            fate = ?day.fate,
            traces = day.traces,
            events = day.events,
            points = day.points,
            costs = day.costs,
            held = day.held,
            freed = day.freed,
            "retention"
        );
    }
    let over = told.over.as_ref().map_or(0, |(bytes, _)| *bytes);
    metrics.set("quipu_store_bytes_over_bound", &[], i64::try_from(over).unwrap_or(i64::MAX));
    if let Some((bytes, why)) = &told.over {
        tracing::warn!(project = name, bytes, why, "the store is larger than it may be");
    }
}
