//! Scheduled runs of retention, in the background.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_core::{Clock, Meter as _, Retention, Retired, RetiredFor, Store};
use quipu_sdk::metrics::SelfMetrics;

use crate::retention_clock::{Doubt, Trusted};

/// Time between two runs: a run without changes costs a look at some sizes.
const APART: Duration = Duration::from_secs(300);
/// Time to the next run after one that stopped at `days_per_run`: an operator can see what goes, and stop it.
const APART_AT_BOUND: Duration = Duration::from_secs(3_600);
/// `days_per_run` if the rules do not set it.
const DAYS_PER_RUN: u32 = 7;

/// Removes expired records again and again; the first run is after `first`. It ends at once if the rules keep
/// everything.
pub async fn watch_retention(
    name: String,
    store: Arc<dyn Store>,
    rules: Arc<Retention>,
    metrics: Arc<SelfMetrics>,
    clock: Arc<dyn Clock>,
    first: Duration,
) {
    if !rules.removes() {
        return;
    }
    let retention = match store.need_retention() {
        Ok(retention) => retention,
        Err(error) => {
            tracing::warn!(project = name, %error, "the retention rules have no effect here");
            return;
        }
    };
    let days_per_run = rules.days_per_run.or(Some(DAYS_PER_RUN));
    let rules = Retention { days_per_run, ..Retention::clone(&rules) };
    let mut trusted = Trusted::new(clock.now(), Instant::now());
    let (mut wait, mut doubted) = (first, None);
    loop {
        tokio::time::sleep(wait).await;
        wait = APART;
        let newest = retention.newest_day_end().await.unwrap_or_else(|error| {
            tracing::warn!(project = name, %error, "the newest day could not be read");
            None
        });
        let wall = clock.now();
        let (now, doubt) = trusted.now(wall, Instant::now(), newest);
        if doubt != doubted {
            tell_doubt(&name, doubt, (wall, now));
            doubted = doubt;
        }
        match retention.retire(&rules, now, false).await {
            Ok(told) => {
                tell(&name, &told, &metrics);
                if is_bounded(&told, days_per_run) {
                    wait = APART_AT_BOUND;
                }
            }
            Err(error) => {
                tracing::warn!(project = name, %error, "a retention run failed")
            }
        }
    }
}

/// Whether the run stopped at its bound.
fn is_bounded(told: &Retired, most: Option<u32>) -> bool {
    let by_age = told.days.iter().filter(|day| day.why == RetiredFor::Age).count();
    !told.left.is_empty() && most.is_some_and(|most| u32::try_from(by_age).is_ok_and(|days| days >= most))
}

fn tell_doubt(name: &str, doubt: Option<Doubt>, (wall, now): (quipu_core::Timestamp, quipu_core::Timestamp)) {
    match doubt {
        Some(doubt) => {
            tracing::warn!(project = name, %wall, goes_by = %now, why = doubt.as_str(), "retention does not \
                use the clock")
        }
        None => tracing::info!(project = name, %wall, "retention uses the clock again"),
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
    let (days, freed) = (told.days.len(), told.freed());
    match told.left.first() {
        // Seen with the log's usual level: more is due than one run removes.
        Some((_, stopped)) => {
            tracing::warn!(project = name, days, freed, stopped, "a retention run has ended");
        }
        None if days > 0 => tracing::info!(project = name, days, freed, "a retention run has ended"),
        None => {}
    }
    let over = told.over.as_ref().map_or(0, |(bytes, _)| *bytes);
    metrics.set("quipu_store_bytes_over_bound", &[], i64::try_from(over).unwrap_or(i64::MAX));
    if let Some((bytes, why)) = &told.over {
        tracing::warn!(project = name, bytes, why, "the store exceeds its maximum size");
    }
}
