//! The pipeline's single worker, so the count and the store see batches in the same order.

use std::sync::{Arc, OnceLock};

use foldhash::{HashSet, HashSetExt};
use quipu_core::{Batch, Committed, Conflicts, Encoded, Error, ErrorKind, Result, Retry, Store};
use quipu_ledger::Ledger;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::ahead::Ready;
use crate::exporter::{AllExporters, Offered};
use crate::heavy;
use crate::parts::PipelineParts;
use crate::unsampled::for_exporters;

/// Most records of a group commit; a single batch can have more.
const GROUP: usize = 4_096;

type Answer = oneshot::Sender<Result<()>>;

/// A batch in preparation, and the answer channel of its sender.
pub(crate) struct Waiting {
    pub ready: oneshot::Receiver<Ready>,
    pub answer: Answer,
    /// Another process has handled it: see [`crate::Pipeline::adopt`].
    pub adopted: bool,
}

/// One batch of a group.
struct Member {
    size: Size,
    encoded: Option<Encoded>,
    answer: Answer,
}

/// Job of the worker.
pub(crate) enum Job {
    /// Store a batch.
    Keep(Waiting),
    /// Notify once everything before it is stored.
    Mark(oneshot::Sender<()>),
    /// Finish and close the store.
    Close(oneshot::Sender<()>),
}

/// Moves prepared batches in order of arrival: count, stages, store, then the exporters and a notice to
/// watchers.
pub(crate) struct Worker {
    parts: PipelineParts,
    ledger: Ledger,
    /// The store's number of removals when the ledger was last cleared.
    removals: u64,
    watchers: broadcast::Sender<Arc<Committed>>,
    exporters: AllExporters,
    /// Channel of the spans with rejected versions, once there is a listener.
    conflicts: Arc<OnceLock<mpsc::UnboundedSender<Conflicts>>>,
    /// A batch that was taken from the queue before it was prepared.
    held: Option<Waiting>,
}

impl Worker {
    pub fn new(
        parts: PipelineParts,
        ledger: Ledger,
        watchers: broadcast::Sender<Arc<Committed>>,
        exporters: AllExporters,
        conflicts: Arc<OnceLock<mpsc::UnboundedSender<Conflicts>>>,
    ) -> Self {
        let removals = removals(&*parts.store);
        Self { parts, ledger, removals, watchers, exporters, conflicts, held: None }
    }

    pub async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut closing = None;
        while closing.is_none() {
            let Some(group) = self.gather(&mut jobs).await else { break };
            closing = group.close;
            self.parts.meter.set("quipu_queue_batches", &[], i64::try_from(jobs.len()).unwrap_or(i64::MAX));
            self.keep(group.whole, group.members, group.adopted).await;
            group.marks.into_iter().for_each(say);
        }
        jobs.close();
        while let Some(Group { whole, members, marks, close, adopted }) = self.gather(&mut jobs).await {
            self.keep(whole, members, adopted).await;
            marks.into_iter().chain(close).for_each(say);
        }
        if let Err(error) = self.parts.store.close().await {
            tracing::error!(%error, "the store did not close cleanly");
        }
        if let Some(done) = closing {
            let _ = done.send(());
        }
    }

    /// Waits for a job and adds the prepared batches behind it, up to a group's size; `None` once the queue
    /// is closed.
    async fn gather(&mut self, jobs: &mut mpsc::Receiver<Job>) -> Option<Group> {
        let mut next = match self.held.take() {
            Some(held) => Some(Job::Keep(held)),
            None => Some(jobs.recv().await?),
        };
        let mut group = Group::default();
        while let Some(job) = next {
            match job {
                Job::Close(done) => {
                    group.close = Some(done);
                    break;
                }
                Job::Mark(done) => group.marks.push(done),
                Job::Keep(mut waiting) => {
                    // Adopted batches pass other stages, so they form groups of their own.
                    let fits = group.adopted == waiting.adopted && !waiting.ready.is_empty();
                    if !group.members.is_empty() && !fits {
                        self.held = Some(waiting);
                        break;
                    }
                    group.adopted = waiting.adopted;
                    match (&mut waiting.ready).await {
                        Ok(ready) => group.push(ready, waiting.answer),
                        Err(_) => reply(waiting.answer, Err(lost())),
                    }
                }
            }
            next = if group.whole.len() < GROUP { jobs.try_recv().ok() } else { None };
        }
        Some(group)
    }

    /// Stores a group of batches in one commit. If the store rejects its content, each batch is tried alone,
    /// so one bad batch does not affect the others.
    async fn keep(&mut self, mut whole: Batch, members: Vec<Member>, adopted: bool) {
        if members.is_empty() {
            return;
        }
        match heavy::parts(&mut whole, &self.ledger, self.parts.store.as_ref()).await {
            Ok(parts) if parts.is_empty() => {}
            Ok(parts) => return self.keep_parts(parts, members, adopted).await,
            // The count reads the store as well, and reports the error.
            Err(error) => tracing::debug!(%error, "the sizes of a batch's traces are unknown"),
        }
        let ahead: Option<Vec<Encoded>> = members.iter().map(|member| member.encoded.clone()).collect();
        let Err((error, mut whole)) = self.store(whole, ahead.unwrap_or_default(), adopted).await else {
            return members.into_iter().for_each(|member| reply(member.answer, Ok(())));
        };
        if members.len() == 1 || error.retry() == Retry::Yes {
            return self.refuse(members, &error);
        }
        for Member { size, encoded, answer } in members {
            let kept = self.store(size.take_from(&mut whole), encoded.into_iter().collect(), adopted).await;
            reply(answer, kept.map_err(|(error, _)| error));
        }
    }

    /// Stores the parts of a divided group, each in a commit of its own. Parts before an error stay: the
    /// senders repeat their batches, and the store recognises those records.
    async fn keep_parts(&mut self, parts: Vec<Batch>, members: Vec<Member>, adopted: bool) {
        for part in parts {
            if let Err((error, _)) = self.store(part, Vec::new(), adopted).await {
                return self.refuse(members, &error);
            }
        }
        members.into_iter().for_each(|member| reply(member.answer, Ok(())));
    }

    /// Counts, changes and writes a batch, and announces it. On failure it returns the batch without its
    /// ledger rows. If traces were removed between the count and the write, it counts and writes the batch
    /// once more. A second write of equal rows changes nothing.
    async fn store(
        &mut self,
        batch: Batch,
        ahead: Vec<Encoded>,
        adopted: bool,
    ) -> std::result::Result<(), (Error, Batch)> {
        let mut outcome = self.attempt(batch, &ahead, adopted).await;
        if removals(&*self.parts.store) != self.removals {
            let batch = outcome.map(uncounted).unwrap_or_else(|(_, batch)| batch);
            outcome = self.attempt(batch, &ahead, adopted).await;
        }
        self.tell_conflicts();
        let batch = outcome?;
        self.announce(&batch);
        if !adopted {
            self.pass_on(batch);
        }
        Ok(())
    }

    async fn attempt(
        &mut self,
        mut batch: Batch,
        ahead: &[Encoded],
        adopted: bool,
    ) -> std::result::Result<Arc<Batch>, (Error, Batch)> {
        let removals = removals(&*self.parts.store);
        if removals != self.removals {
            self.ledger.clear();
            self.removals = removals;
        }
        if let Err(error) = self.ledger.count(&mut batch, self.parts.store.as_ref()).await {
            return Err((error, batch));
        }
        let stages = if adopted { &self.parts.stages.adopting } else { &self.parts.stages.after };
        stages.iter().for_each(|stage| stage.apply(&mut batch));
        let batch = Arc::new(batch);
        let written = match self.parts.store.encoding() {
            Some(encoding) => encoding.write_encoded(Arc::clone(&batch), ahead.to_vec()).await,
            None => self.parts.store.write(Arc::clone(&batch)).await,
        };
        let Err(error) = written else { return Ok(batch) };
        // Rows that the ledger added may be missing in the store, so the ledger has to look them up again.
        self.ledger.clear();
        Err((error, uncounted(batch)))
    }

    /// Offers a stored batch to the exporters, before its senders get their answers. An exporter's backlog
    /// accepts it or drops records; nothing waits for delivery.
    fn pass_on(&self, batch: Arc<Batch>) {
        let exporters = self.exporters.now();
        if !exporters.is_empty() {
            let offered = Offered::new(for_exporters(batch));
            exporters.iter().for_each(|exporter| exporter.offer(&offered));
        }
    }

    /// Counts rejected versions of ended spans, and reports their spans to the listener.
    fn tell_conflicts(&self) {
        let Some(integrity) = self.parts.store.integrity() else { return };
        let conflicts = integrity.take_conflicts();
        if conflicts.versions == 0 {
            return;
        }
        self.parts.meter.add("quipu_conflicting_spans_total", &[], conflicts.versions);
        if let Some(listener) = self.conflicts.get() {
            // The listener may be gone.
            let _ = listener.send(conflicts);
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

    fn refuse(&self, group: Vec<Member>, error: &Error) {
        tracing::warn!(%error, batches = group.len(), "batches were not stored");
        self.parts.meter.add("quipu_refused_batches_total", &[("reason", "store")], group.len() as u64);
        for member in group {
            reply(member.answer, Err(again(error)));
        }
    }
}

/// Number of removals of a store so far.
fn removals(store: &dyn Store) -> u64 {
    store.forgetting().map_or(0, |forgetting| forgetting.removals())
}

/// A copy of an error, with its cause as text.
fn again(error: &Error) -> Error {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let copy = Error::new(error.kind(), error.operation(), format!("{}{cause}", error.context()));
    let copy = copy.with_retry(error.retry());
    match error.backend() {
        Some(backend) => copy.of_backend(backend),
        None => copy,
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Internal, "take batch", "a stage before counting has failed")
}

/// A batch without the ledger rows of the count.
fn uncounted(batch: Arc<Batch>) -> Batch {
    let mut batch = Arc::unwrap_or_clone(batch);
    batch.costs.clear();
    batch
}

fn reply(answer: Answer, result: Result<()>) {
    // The sender may be gone; stored records stay stored.
    let _ = answer.send(result);
}

/// Notifies the waiting caller.
fn say(reached: oneshot::Sender<()>) {
    let _ = reached.send(());
}

/// Numbers of records by signal, to divide a group into its batches again.
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

/// Batches for one commit, and the callers that wait for it.
#[derive(Default)]
struct Group {
    whole: Batch,
    members: Vec<Member>,
    marks: Vec<oneshot::Sender<()>>,
    close: Option<oneshot::Sender<()>>,
    /// Whether its batches are adopted.
    adopted: bool,
}

impl Group {
    fn push(&mut self, Ready { batch, encoded }: Ready, answer: Answer) {
        self.members.push(Member { size: Size::of(&batch), encoded, answer });
        self.whole.append(batch);
    }
}
