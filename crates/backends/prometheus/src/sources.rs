//! Metric sources that are read with every page.

use std::sync::Arc;

use parking_lot::Mutex;
use quipu_core::{Metric, Timestamp};

use crate::Prometheus;

type Reading = Arc<dyn Fn(Timestamp) -> Vec<Metric> + Send + Sync>;
type Text = Arc<dyn Fn() -> String + Send + Sync>;

/// Callbacks of the sources.
#[derive(Default)]
pub(crate) struct Sources {
    readings: Mutex<Vec<Reading>>,
    texts: Mutex<Vec<Text>>,
}

impl Sources {
    /// The current metrics of all sources. No lock is held during the callbacks.
    pub(crate) fn metrics(&self, now: Timestamp) -> Vec<Metric> {
        let readings = self.readings.lock().clone();
        readings.iter().flat_map(|reading| reading(now)).collect()
    }

    /// The pages of all sources.
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts = self.texts.lock().clone();
        texts.iter().map(|text| text()).collect()
    }
}

impl Prometheus {
    /// Registers a callback for metrics, called with the time of every page, so its figures are always
    /// current. They are stored like written metrics.
    pub fn read_from(&self, metrics: impl Fn(Timestamp) -> Vec<Metric> + Send + Sync + 'static) {
        self.shown.sources.readings.lock().push(Arc::new(metrics));
    }

    /// Adds a callback that returns another component's OpenMetrics text for every page: counters, gauges and
    /// histograms. Names that are already on the page are left out and counted.
    pub fn beside(&self, text: impl Fn() -> String + Send + Sync + 'static) {
        self.shown.sources.texts.lock().push(Arc::new(text));
    }
}
