//! The pipeline's inside: one worker, so that the count and the store see batches in the same order.

use std::sync::Arc;

use foldhash::{HashSet, HashSetExt};
use quipu_core::{Batch, Committed, Error, Result, Retry};
use quipu_ledger::Ledger;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::exit::{Offered, Open};
use crate::pipeline::Parts;
use crate::unsampled::without_unsampled;

/// Records that are committed together at most, unless one batch alone has more.
const GROUP: usize = 4_096;

type Answer = oneshot::Sender<Result<()>>;

/// A batch and who waits for it.
pub(crate) struct Waiting {
    pub batch: Batch,
    pub answer: Answer,
}

/// What the worker is asked to do.
pub(crate) enum Job {
    /// Keep a batch.
    Keep(Waiting),
    /// Say when everything before it was kept.
    Mark(oneshot::Sender<()>),
    /// Finish and close the store.
    Close(oneshot::Sender<()>),
}

/// Moves batches: stages, count, stages, store, then the other backends and a word to those who watch.
pub(crate) struct Worker {
    parts: Parts,
    ledger: Ledger,
    /// How often traces had been removed from the store when the ledger last began to remember.
    removals: u64,
    watchers: broadcast::Sender<Arc<Committed>>,
    exits: Arc<[Arc<Open>]>,
}

impl Worker {
    pub fn new(
        parts: Parts,
        ledger: Ledger,
        watchers: broadcast::Sender<Arc<Committed>>,
        exits: Arc<[Arc<Open>]>,
    ) -> Self {
        let removals = parts.store.removals();
        Self { parts, ledger, removals, watchers, exits }
    }

    pub async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut closing = None;
        while closing.is_none() {
            let Some(job) = jobs.recv().await else { break };
            let group = gather(job, &mut jobs);
            closing = group.close;
            self.parts.meter.set("quipu_queue_batches", &[], i64::try_from(jobs.len()).unwrap_or(i64::MAX));
            self.keep(group.waiting).await;
            group.marks.into_iter().for_each(say);
        }
        jobs.close();
        while let Ok(job) = jobs.try_recv() {
            match job {
                Job::Keep(waiting) => self.keep(vec![waiting]).await,
                Job::Mark(done) | Job::Close(done) => say(done),
            }
        }
        if let Err(error) = self.parts.store.close().await {
            tracing::error!(%error, "the store did not close cleanly");
        }
        if let Some(done) = closing {
            let _ = done.send(());
        }
    }

    /// Keeps a group of batches by one commit. If the store refuses it for what is in it, each batch is tried alone, so that
    /// one bad batch takes no other with it.
    async fn keep(&mut self, group: Vec<Waiting>) {
        if group.is_empty() {
            return;
        }
        let mut whole = Batch::default();
        let mut answers = Vec::with_capacity(group.len());
        for Waiting { mut batch, answer } in group {
            self.parts.before.iter().for_each(|stage| stage.apply(&mut batch));
            answers.push((Size::of(&batch), answer));
            whole.append(batch);
        }
        let Err((error, mut whole)) = self.store(whole).await else {
            return answers.into_iter().for_each(|(_, answer)| reply(answer, Ok(())));
        };
        if answers.len() == 1 || error.retry() == Retry::Yes {
            return self.refuse(answers, &error);
        }
        for (size, answer) in answers {
            let kept = self.store(size.take_from(&mut whole)).await;
            reply(answer, kept.map_err(|(error, _)| error));
        }
    }

    /// Counts, changes and writes a batch, and tells of it; on failure gives it back without its ledger rows. Where traces were
    /// removed between the count and the write, it was counted by what is gone: it is counted and written once more, which
    /// changes nothing where the count was right.
    async fn store(&mut self, batch: Batch) -> std::result::Result<(), (Error, Batch)> {
        let mut outcome = self.attempt(batch).await;
        if self.parts.store.removals() != self.removals {
            let batch = outcome.map(uncounted).unwrap_or_else(|(_, batch)| batch);
            outcome = self.attempt(batch).await;
        }
        let batch = outcome?;
        self.announce(&batch);
        self.pass_on(batch);
        Ok(())
    }

    async fn attempt(&mut self, mut batch: Batch) -> std::result::Result<Arc<Batch>, (Error, Batch)> {
        let removals = self.parts.store.removals();
        if removals != self.removals {
            self.ledger.clear();
            self.removals = removals;
        }
        if let Err(error) = self.ledger.count(&mut batch, self.parts.store.as_ref()).await {
            return Err((error, batch));
        }
        self.parts.stages.iter().for_each(|stage| stage.apply(&mut batch));
        let batch = Arc::new(batch);
        let Err(error) = self.parts.store.write(Arc::clone(&batch)).await else {
            return Ok(batch);
        };
        // What the ledger added may not be stored: the store alone knows.
        self.ledger.forget(&batch.spans);
        Err((error, uncounted(batch)))
    }

    /// Hands what the store has to the other backends, before its senders are told. Their backlogs take it or drop something:
    /// nobody waits for them.
    fn pass_on(&self, batch: Arc<Batch>) {
        if !self.exits.is_empty() {
            let offered = Offered::new(without_unsampled(batch));
            self.exits.iter().for_each(|exit| exit.offer(&offered));
        }
    }

    fn announce(&self, batch: &Batch) {
        let points = batch.metrics.iter().map(|metric| metric.points.len()).sum();
        for (signal, count) in
            [("traces", batch.spans.len()), ("logs", batch.events.len()), ("metrics", points)]
        {
            if count > 0 {
                self.parts.meter.add("quipu_stored_records_total", &[("signal", signal)], count as u64);
            }
        }
        self.parts.meter.set("quipu_ledger_spans", &[], i64::try_from(self.ledger.len()).unwrap_or(i64::MAX));
        if self.watchers.receiver_count() == 0 {
            return;
        }
        let mut seen = HashSet::new();
        let traces = batch.spans.iter().map(|span| span.trace_id).filter(|id| seen.insert(*id)).collect();
        let (spans, events) = (batch.spans.len(), batch.events.len());
        let _ = self.watchers.send(Arc::new(Committed {
            at: self.parts.clock.now(),
            traces,
            spans,
            events,
            points,
        }));
    }

    fn refuse(&self, group: Vec<(Size, Answer)>, error: &Error) {
        tracing::warn!(%error, batches = group.len(), "batches were not stored");
        self.parts.meter.add("quipu_refused_batches_total", &[("reason", "store")], group.len() as u64);
        for (_, answer) in group {
            reply(answer, Err(again(error)));
        }
    }
}

/// The same error once more, its cause in words.
fn again(error: &Error) -> Error {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let copy = Error::new(error.kind(), error.operation(), format!("{}{cause}", error.context()));
    let copy = copy.with_retry(error.retry());
    match error.backend() {
        Some(backend) => copy.of_backend(backend),
        None => copy,
    }
}

/// A batch as it was before the count.
fn uncounted(batch: Arc<Batch>) -> Batch {
    let mut batch = Arc::unwrap_or_clone(batch);
    batch.costs.clear();
    batch
}

fn reply(answer: Answer, result: Result<()>) {
    // Whoever asked may have left: what was stored stays stored.
    let _ = answer.send(result);
}

/// Tells who waits for it that a point is reached.
fn say(reached: oneshot::Sender<()>) {
    let _ = reached.send(());
}

/// How many records of each kind a batch brought, to find them again in the whole.
struct Size {
    spans: usize,
    events: usize,
    metrics: usize,
}

impl Size {
    fn of(batch: &Batch) -> Self {
        Self { spans: batch.spans.len(), events: batch.events.len(), metrics: batch.metrics.len() }
    }

    fn take_from(&self, whole: &mut Batch) -> Batch {
        Batch {
            spans: whole.spans.drain(..self.spans.min(whole.spans.len())).collect(),
            events: whole.events.drain(..self.events.min(whole.events.len())).collect(),
            metrics: whole.metrics.drain(..self.metrics.min(whole.metrics.len())).collect(),
            costs: Vec::new(),
        }
    }
}

/// Batches to keep together, and who waits for the end if it was asked for.
struct Group {
    waiting: Vec<Waiting>,
    marks: Vec<oneshot::Sender<()>>,
    close: Option<oneshot::Sender<()>>,
}

/// The first job and those that wait behind it, up to a group's size.
fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> Group {
    let (mut waiting, mut marks, mut records, mut next) = (Vec::new(), Vec::new(), 0, Some(first));
    while let Some(job) = next {
        match job {
            Job::Close(done) => return Group { waiting, marks, close: Some(done) },
            Job::Mark(done) => marks.push(done),
            Job::Keep(job) => {
                records += job.batch.len();
                waiting.push(job);
            }
        }
        next = if records < GROUP { jobs.try_recv().ok() } else { None };
    }
    Group { waiting, marks, close: None }
}
