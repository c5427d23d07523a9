//! What is looked up whenever the page is read.

use std::sync::Arc;

use parking_lot::Mutex;
use quipu_core::{Metric, Timestamp};

use crate::Prometheus;

type Reading = Arc<dyn Fn(Timestamp) -> Vec<Metric> + Send + Sync>;
type Text = Arc<dyn Fn() -> String + Send + Sync>;

/// Whom to ask.
#[derive(Default)]
pub(crate) struct Sources {
    readings: Mutex<Vec<Reading>>,
    texts: Mutex<Vec<Text>>,
}

impl Sources {
    /// The metrics of all, as of now. No lock is held while they are asked.
    pub(crate) fn metrics(&self, now: Timestamp) -> Vec<Metric> {
        let readings = self.readings.lock().clone();
        readings.iter().flat_map(|reading| reading(now)).collect()
    }

    /// The pages of all.
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts = self.texts.lock().clone();
        texts.iter().map(|text| text()).collect()
    }
}

impl Prometheus {
    /// Asks for metrics whenever the page is read, with the time of the reading: it is then as fresh as its reader. They are kept
    /// like those that are written.
    pub fn read_from(&self, metrics: impl Fn(Timestamp) -> Vec<Metric> + Send + Sync + 'static) {
        self.shown.sources.readings.lock().push(Arc::new(metrics));
    }

    /// Puts what another part of the process writes as OpenMetrics text on the page, whenever that is read: counters, gauges and
    /// histograms. Names that the page has already are left out and counted.
    pub fn beside(&self, text: impl Fn() -> String + Send + Sync + 'static) {
        self.shown.sources.texts.lock().push(Arc::new(text));
    }
}
