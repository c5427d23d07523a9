//! Metric sources that are read with every page.

use std::sync::Arc;

use quipu_core::locks::Mutex;
use quipu_core::{Metric, Timestamp};

use crate::Prometheus;

type Reading = Arc<dyn Fn(Timestamp) -> Vec<Metric> + Send + Sync>;

/// Callbacks of the sources.
#[derive(Default)]
pub(crate) struct Sources {
    readings: Mutex<Vec<Reading>>,
    beside: Mutex<Vec<Reading>>,
}

impl Sources {
    /// The current metrics of the sources that the page keeps.
    pub(crate) fn metrics(&self, now: Timestamp) -> Vec<Metric> {
        read(&self.readings, now)
    }

    /// The current metrics of the sources that the page only shows.
    pub(crate) fn beside(&self, now: Timestamp) -> Vec<Metric> {
        read(&self.beside, now)
    }
}

/// No lock is held during the callbacks.
fn read(readings: &Mutex<Vec<Reading>>, now: Timestamp) -> Vec<Metric> {
    let readings = readings.lock().clone();
    readings.iter().flat_map(|reading| reading(now)).collect()
}

impl Prometheus {
    /// Registers a callback for metrics, called with the time of every page, so its figures are always
    /// current. They are stored like written metrics.
    pub fn read_from(&self, metrics: impl Fn(Timestamp) -> Vec<Metric> + Send + Sync + 'static) {
        self.shown.sources.readings.lock().push(Arc::new(metrics));
    }

    /// Registers a callback for metrics that the page shows beside its records, such as those of the process
    /// itself. The limits of the page do not apply to them. Names that are already on the page are left out
    /// and counted.
    pub fn beside(&self, metrics: impl Fn(Timestamp) -> Vec<Metric> + Send + Sync + 'static) {
        self.shown.sources.beside.lock().push(Arc::new(metrics));
    }
}
