//! A running exporter: its worker, rules and backlog.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::locks::Mutex;
use quipu_core::{Batch, Error, ErrorKind, Meter, Result, SignalSet};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::backlog::Backlog;
use super::dead::{DeadLetters, Replayed};
use super::deliver::Deliverer;
use super::forgotten::{Forgotten, Swept};
use super::frame::Packed;
use super::kept::StoredLetters;
use super::offered::Offered;
use super::rules::Filter;
use super::spool::{Rewritten, Spool, spool_folder};
use super::tally::BacklogSize;
use super::{DeliveryConfig, Exporter, ExporterStatus, Tally};

/// State shared by an exporter's worker and the pipeline.
pub(crate) struct ExporterParts {
    pub exporter: Exporter,
    pub backlog: Backlog,
    pub tally: Tally,
    pub dead: Option<StoredLetters>,
    /// Whether batches are stored on disk.
    pub spools: bool,
    /// Held during a deletion.
    forgetting: Mutex<()>,
}

impl ExporterParts {
    fn new(exporter: Exporter, meter: Arc<dyn Meter>) -> Self {
        let tally = Tally::new(&exporter.name, meter);
        let folder = spool_folder(&exporter.config.spool, exporter.folder.as_deref());
        let spool = folder.and_then(|folder| match Spool::open(&folder, &exporter.config.spool) {
            Ok(spool) => Some(spool),
            Err(error) => {
                tally.not_kept(&error);
                None
            }
        });
        let dead = exporter.folder.as_deref().filter(|_| exporter.config.dead_letter_bytes > 0);
        let dead =
            dead.and_then(|folder| match StoredLetters::open(folder, exporter.config.dead_letter_bytes) {
                Ok(dead) => Some(dead),
                Err(error) => {
                    tally.not_kept(&error);
                    None
                }
            });
        let spools = spool.is_some();
        let backlog = Backlog::new(&exporter.config, spool);
        Self { exporter, backlog, tally, dead, spools, forgetting: Mutex::default() }
    }

    pub const fn config(&self) -> &DeliveryConfig {
        &self.exporter.config
    }

    fn held(&self) -> BacklogSize {
        BacklogSize {
            queued: self.backlog.records(),
            lag: self.backlog.lag(),
            spool_bytes: self.backlog.spool_bytes(),
            dead_letters: self.dead.as_ref().map_or(0, StoredLetters::records),
        }
    }

    /// Reports the backlog to the meter.
    pub fn tell(&self) {
        self.tally.holds(self.held());
    }
}

/// A running exporter.
pub(crate) struct Open {
    parts: Arc<ExporterParts>,
    /// Its rules. If they are invalid, the exporter gets no records.
    filter: Result<Option<Filter>>,
    closing: watch::Sender<bool>,
    worker: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Open {
    /// Starts the worker on the current runtime. It delivers the spooled batches first.
    pub fn start(exporter: Exporter, meter: Arc<dyn Meter>) -> Self {
        let filter = (!exporter.rules.is_empty()).then(|| Filter::new(&exporter.rules)).transpose();
        let parts = Arc::new(ExporterParts::new(exporter, meter));
        if let Err(error) = &filter {
            parts.tally.failed(error);
        }
        parts.tell();
        let (closing, closed) = watch::channel(false);
        let worker = tokio::spawn(Deliverer::new(Arc::clone(&parts), closed).run());
        Self { parts, filter, closing, worker: tokio::sync::Mutex::new(Some(worker)) }
    }

    pub fn name(&self) -> &str {
        &self.parts.exporter.name
    }

    /// Whether the exporter gets metrics that are derived from spans.
    pub fn takes_derived(&self) -> bool {
        let backend = &self.parts.exporter.backend;
        let metrics_alone = || {
            let signals = backend.signals();
            signals.has(SignalSet::METRICS) && !signals.has(SignalSet::SPANS)
        };
        self.parts.exporter.rules.derived.unwrap_or_else(metrics_alone)
    }

    /// Accepts the records that the rules select. Blocks on the disk only.
    pub fn offer(&self, offered: &Offered) {
        match &self.filter {
            Ok(None) => self.take(offered),
            Ok(Some(filter)) => {
                let chosen = filter.apply(offered.batch());
                if Arc::ptr_eq(&chosen, offered.batch()) {
                    self.take(offered);
                } else {
                    self.take(&Offered::new(chosen));
                }
            }
            Err(_) => self.parts.tally.lost("rules", self.takes(offered.batch()) as u64),
        }
    }

    fn takes(&self, batch: &Batch) -> usize {
        self.parts.exporter.backend.signals().records(batch)
    }

    fn take(&self, offered: &Offered) {
        let taken = self.takes(offered.batch());
        if taken == 0 {
            return;
        }
        let ExporterParts { tally, backlog, spools, .. } = &*self.parts;
        let packed = spools.then(|| offered.packed());
        if let Some(Err(error)) = packed {
            tally.not_kept(error);
        }
        let packed = packed.and_then(|packed| packed.as_ref().ok());
        let pushed = backlog.push(Arc::clone(offered.batch()), taken, packed);
        tally.lost("queue_full", pushed.queue_full as u64);
        tally.lost("spool_full", pushed.spool_full as u64);
        match pushed.trouble {
            Some(error) => tally.not_kept(&error),
            None if packed.is_some() => tally.kept(),
            None => {}
        }
        self.parts.tell();
    }

    /// The dead letters, if the exporter stores them.
    pub fn dead_letters(&self) -> Option<DeadLetters> {
        self.parts.dead.as_ref().map(StoredLetters::letters)
    }

    pub fn status(&self) -> ExporterStatus {
        self.parts.dead.iter().for_each(StoredLetters::look_again);
        let held = self.parts.held();
        self.parts.tally.holds(held);
        self.parts.tally.status(held, self.parts.exporter.backend.health())
    }

    /// Deletes matching records from the backlog and the dead letters; with `dry` it only counts them. A
    /// write under way may still arrive; if it fails, the retry omits these records.
    pub async fn forget(&self, what: Arc<Forgotten>, dry: bool) -> Swept {
        let parts = Arc::clone(&self.parts);
        let backend = self.name().to_owned();
        let swept = tokio::task::spawn_blocking(move || forget(&parts, &what, dry)).await;
        let swept = swept.unwrap_or_else(|cause| Swept {
            troubles: vec![format!("the deletion was aborted: {cause}")],
            ..Swept::default()
        });
        Swept { backend, ..swept }
    }

    /// Delivers the dead letters again; stops if the backlog is full.
    ///
    /// # Errors
    /// The dead letters cannot be read or removed.
    pub async fn replay(&self) -> Result<Replayed> {
        let parts = Arc::clone(&self.parts);
        let replayed = tokio::task::spawn_blocking(move || replay(&parts)).await;
        replayed.unwrap_or_else(|cause| {
            Err(Error::new(ErrorKind::Internal, "replay dead letters", "the task was aborted")
                .caused_by(cause))
        })
    }

    /// Waits until all records are written or given up, then flushes the backend. With unlimited attempts the
    /// wait lasts one more attempt at most.
    ///
    /// # Errors
    /// Records still wait.
    pub async fn flush(&self) -> Result<()> {
        let flushed = async {
            self.parts.backlog.quiet().await;
            if let Err(error) = self.parts.exporter.backend.flush().await {
                self.parts.tally.failed(&error);
            }
        };
        let config = self.parts.config();
        if config.attempts > 0 {
            flushed.await;
            return Ok(());
        }
        let most = config.write_timeout_ms + config.retry_most_ms + config.breaker_open_ms;
        tokio::time::timeout(Duration::from_millis(most), flushed).await.map_err(|_| {
            let context = format!("{} records are still waiting", self.parts.backlog.records());
            Error::new(ErrorKind::Unavailable, "flush", context).of_backend(self.name())
        })
    }

    /// Delivers waiting records within `close_timeout_ms` and closes the backend. Spooled records stay on
    /// disk.
    pub async fn close(&self) {
        let Some(mut worker) = self.worker.lock().await.take() else { return };
        let _ = self.closing.send(true);
        self.parts.backlog.close();
        let most = Duration::from_millis(self.parts.config().close_timeout_ms);
        if tokio::time::timeout(most, &mut worker).await.is_err() {
            worker.abort();
            // Waits until the worker has released its resources.
            let _ = worker.await;
        }
        self.parts.tally.lost("shutdown", self.parts.backlog.clear() as u64);
    }
}

fn forget(parts: &ExporterParts, what: &Arc<Forgotten>, dry: bool) -> Swept {
    // Two deletions at a time would write the same temporary files.
    let _alone = parts.forgetting.lock();
    let taken = |batch: &Batch| parts.exporter.backend.signals().records(batch);
    let (waiting, files) = parts.backlog.forget(what, &taken, dry);
    let mut swept = Swept { waiting, ..Swept::default() };
    for (number, path) in files {
        let rewritten = Rewritten::of(&path, number, what, &taken, dry);
        let settled =
            rewritten.and_then(|rewritten| parts.backlog.replace(&rewritten).map(|()| rewritten.gone));
        match settled {
            Ok(gone) => swept.spooled += gone,
            // All records of the file were delivered meanwhile.
            Err(_) if !path.exists() => {}
            Err(error) => swept.troubles.push(error.to_string()),
        }
    }
    match parts.dead.as_ref().map(|dead| dead.forget(what, &taken, dry)) {
        Some(Ok((gone, troubles))) => {
            swept.dead_letters = gone;
            swept.troubles.extend(troubles.iter().map(ToString::to_string));
        }
        Some(Err(error)) => swept.troubles.push(error.to_string()),
        None => {}
    }
    parts.tell();
    swept
}

fn replay(parts: &ExporterParts) -> Result<Replayed> {
    let Some(dead) = &parts.dead else { return Ok(Replayed::default()) };
    let replayed = dead.replay(|letter, batch| {
        let packed = parts.spools.then(|| Packed::of(&batch)).transpose()?;
        let taken = usize::try_from(letter.records).unwrap_or(usize::MAX);
        parts.backlog.push_back(Arc::new(batch), taken, packed.as_ref())
    });
    parts.tell();
    replayed
}
