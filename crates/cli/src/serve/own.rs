//! Figures that the server derives itself, stored as metrics of the project: detections of personal data and
//! secrets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use quipu::core::{
    Attributes, Batch, Clock, Instrument, Intake as _, Metric, Point, PointValue, Resource, Scope,
    SystemClock, Temporality, Timestamp,
};
use quipu::pipeline::{Pipeline, SelfMetrics};
use tokio::sync::Mutex;

/// Counters that are stored, with their help. Their label `kind` is stored as `type`, as other sources call
/// it.
const COUNTERS: [(&str, &str); 2] = [
    ("pii_detections_total", "Personal data removed before storage, by kind"),
    ("secret_detections_total", "Secrets removed before storage, by kind"),
];
/// How often they are stored.
const APART: Duration = Duration::from_secs(5);

/// Counts by counter and kind.
type Stored = HashMap<(&'static str, String), u64>;

/// Stored values of the counters. Only differences are stored, so a restart, which resets counters, counts
/// nothing twice.
#[derive(Default)]
pub struct Own(Mutex<Stored>);

impl Own {
    /// Stores what was counted since; tries again with the next call when the store does not take it.
    pub async fn store(&self, metrics: &SelfMetrics, pipeline: &Pipeline) {
        let mut stored = self.0.lock().await;
        let grown = grown(&stored, metrics);
        if grown.is_empty() {
            return;
        }
        let now = SystemClock.now();
        let metrics = COUNTERS.iter().filter_map(|(name, help)| metric(name, help, &grown, now)).collect();
        match pipeline.submit(Batch { metrics, ..Batch::default() }).await {
            Ok(()) => {
                for (name, kind, more) in grown {
                    *stored.entry((name, kind)).or_default() += more;
                }
            }
            Err(error) => tracing::warn!(%error, "counts of detections could not be stored"),
        }
    }
}

/// Growth of each counter, by its kind.
fn grown(stored: &Stored, metrics: &SelfMetrics) -> Vec<(&'static str, String, u64)> {
    let mut grown = Vec::new();
    for (name, _) in COUNTERS {
        for (labels, count) in metrics.counts(name) {
            let kind = labels.into_iter().find(|(key, _)| *key == "kind");
            let key = (name, kind.map(|(_, kind)| kind).unwrap_or_default());
            let more = count.saturating_sub(stored.get(&key).copied().unwrap_or_default());
            if more > 0 {
                grown.push((name, key.1, more));
            }
        }
    }
    grown
}

/// Stores them for ever.
pub async fn keep(own: Arc<Own>, metrics: Arc<SelfMetrics>, pipeline: Arc<Pipeline>) {
    loop {
        tokio::time::sleep(APART).await;
        own.store(&metrics, &pipeline).await;
    }
}

fn metric(name: &str, help: &str, grown: &[(&'static str, String, u64)], now: Timestamp) -> Option<Metric> {
    let point = |(_, kind, more): &(&'static str, String, u64)| {
        let mut attributes = Attributes::new();
        attributes.push("type", kind.as_str());
        #[expect(clippy::cast_precision_loss, reason = "counts of five seconds are small")]
        let value = PointValue::Number(*more as f64);
        Point { time: now, start: None, attributes, value, exemplars: Vec::new(), wire: None }
    };
    let points: Vec<Point> = grown.iter().filter(|(counter, _, _)| *counter == name).map(point).collect();
    let mut resource = Resource::default();
    resource.attributes.push("service.name", "quipu");
    (!points.is_empty()).then(|| Metric {
        name: name.into(),
        unit: "1".into(),
        description: help.to_owned(),
        instrument: Instrument::Counter,
        temporality: Temporality::Delta,
        points,
        resource: Arc::new(resource),
        scope: Arc::new(Scope { name: "quipu".into(), ..Scope::default() }),
    })
}
