//! Vital figures of the server and its machine, now and over the last hour.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quipu_core::{AnswerMemory, Clock, Health, Limits, Store, StoreInfo, Timestamp};
use quipu_pipeline::{ExporterStatus, Pipeline};

use crate::dto::{BackendHealth, DropCount, SearchState, SystemNow, SystemPoint, Vitals};
use crate::exporters::exporters;
use crate::spawned::{background, blocking};
use crate::state::{ApiState, ReadVitals};

/// Between two readings that are kept.
const SAMPLE: Duration = Duration::from_secs(10);
/// Readings that are kept: those of an hour.
const KEPT: usize = 360;
/// Shortest interval for rates.
const SHORTEST: Duration = Duration::from_secs(2);

/// How the server is doing.
pub(crate) struct System {
    store: Arc<dyn Store>,
    pipeline: Option<Arc<Pipeline>>,
    clock: Arc<dyn Clock>,
    limits: Arc<Limits>,
    started_at: Timestamp,
    vitals: Option<ReadVitals>,
    history: Mutex<History>,
}

#[derive(Default)]
struct History {
    points: VecDeque<SystemPoint>,
    /// The reading that rates are counted from, and the rates that were counted last.
    before: Option<(Instant, u64, u64)>,
    rates: (f64, f64),
}

impl History {
    /// Spans and drops in a second.
    fn rates(&mut self, spans: u64, drops: u64) -> (f64, f64) {
        let now = Instant::now();
        let Some((at, old_spans, old_drops)) = self.before else {
            self.before = Some((now, spans, drops));
            return self.rates;
        };
        let seconds = now.duration_since(at).as_secs_f64();
        if seconds >= SHORTEST.as_secs_f64() {
            let rate = |new: u64, old: u64| new.saturating_sub(old) as f64 / seconds;
            self.rates = (rate(spans, old_spans), rate(drops, old_drops));
            self.before = Some((now, spans, drops));
        }
        self.rates
    }
}

impl System {
    /// Reads every ten seconds from now on, as long as it is there, if there is anything to read.
    pub(crate) fn start(state: &ApiState) -> Arc<Self> {
        let system = Arc::new(Self {
            store: Arc::clone(&state.store),
            pipeline: state.pipeline.clone(),
            clock: Arc::clone(&state.clock),
            limits: Arc::clone(&state.limits),
            started_at: state.status.started_at,
            vitals: state.vitals.clone(),
            history: Mutex::default(),
        });
        if system.vitals.is_some() {
            let weak = Arc::downgrade(&system);
            background(AnswerMemory::default(), async move {
                let mut tick = tokio::time::interval(SAMPLE);
                while let (_, Some(system)) = (tick.tick().await, weak.upgrade()) {
                    system.sample().await;
                }
            });
        }
        system
    }

    /// Whether this server can tell.
    pub(crate) fn is_known(&self) -> bool {
        self.vitals.is_some()
    }

    /// The readings of the last hour, oldest first.
    pub(crate) fn history(&self) -> Vec<SystemPoint> {
        self.kept().points.iter().cloned().collect()
    }

    /// Current vital figures.
    pub(crate) async fn now(&self) -> SystemNow {
        let read = self.vitals.clone();
        let vitals = blocking(move || read.map(|read| read())).await.ok().flatten().unwrap_or_default();
        let info = self.store.info().await;
        let store = match (&info, self.store.health()) {
            (Err(error), Health::Ready) => Health::Degraded(error.to_string()),
            (_, health) => health,
        };
        let exporters = exporters(self.pipeline.clone()).await;
        self.put_together(vitals, store, &exporters, &info.unwrap_or_default())
    }

    fn put_together(
        &self,
        vitals: Vitals,
        store: Health,
        exporters: &[ExporterStatus],
        info: &StoreInfo,
    ) -> SystemNow {
        let Vitals { process, host, mut disk, mut queue, mut ingest, drops } = vitals;
        let dropped = drops.iter().map(|drop: &DropCount| drop.count).sum();
        let rates = self.kept().rates(ingest.spans, dropped);
        (ingest.spans_per_s, ingest.drops_per_s) = rates;
        disk.store_bytes = info.bytes;
        queue.max_requests = self.limits.queue_requests as u64;
        queue.max_bytes = self.limits.queue_bytes as u64;
        let now = self.clock.now();
        let mut backends = vec![BackendHealth::new(self.store.name(), store)];
        backends.extend(exporters.iter().map(BackendHealth::from));
        SystemNow {
            now: now.to_string(),
            uptime_s: now.since(self.started_at) / Timestamp::SECOND,
            process,
            host,
            disk,
            queue,
            ingest,
            drops,
            backends,
            search: SearchState::from(info),
        }
    }

    async fn sample(&self) {
        let point = SystemPoint::from(&self.now().await);
        let mut kept = self.kept();
        if kept.points.len() == KEPT {
            kept.points.pop_front();
        }
        kept.points.push_back(point);
    }

    fn kept(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
