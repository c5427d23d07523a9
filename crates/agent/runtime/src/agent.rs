//! The thread `quipu`, which moves records from the recorder to the pipeline.

use std::collections::HashSet;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::task::Poll;
use std::time::Duration;

use quipu_core::{Batch, Clock, Intake, Kind as SpanKind, Span, SpanId, SystemClock};
use quipu_pipeline::Tail;
use quipu_sdk::Drain;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use crate::control::{Command, Kind, Shared};

/// Age from which the store gets a version of an open agent, workflow, task or other step. A kill then does
/// not lose it, and a running trace has its name.
const OPEN_AFTER: Duration = Duration::from_secs(1);
/// Interval between two looks at open spans.
const OPEN_LOOK: Duration = Duration::from_millis(500);

/// Time for leftover tasks of backends after the shutdown.
const LINGER: Duration = Duration::from_millis(200);

/// State of the thread.
pub(crate) struct Agent {
    pub shared: Arc<Shared>,
    pub drain: Option<Drain>,
    pub tail: Option<Tail>,
    pub commands: UnboundedReceiver<Command>,
    pub delay: Duration,
    pub metrics_interval: Duration,
    /// Open spans that the store has.
    pub shown: HashSet<SpanId>,
}

/// Reason for the next turn of the loop.
enum Next {
    Look,
    Obey(Command),
    /// The handle was dropped without a shutdown.
    End,
}

/// Guard that clears the running flag when the thread ends, for any reason.
struct AtWork(Arc<Shared>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::Release);
    }
}

impl Agent {
    /// Runs until a shutdown command arrives or the handle is dropped.
    pub fn run(mut self, runtime: Runtime, ready: SyncSender<()>) {
        let at_work = AtWork(Arc::clone(&self.shared));
        let last = runtime.block_on(async {
            self.begin().await;
            let _ = ready.try_send(());
            self.work().await
        });
        drop(self.drain.take());
        drop(at_work);
        if let Some(command) = last {
            command.reply.done();
        }
        let code = self.shared.exit_code.load(Ordering::Acquire);
        if code != 0 {
            // A signal asked for it.
            std::process::exit(code);
        }
        runtime.shutdown_timeout(LINGER);
    }

    async fn begin(&self) {
        let Some(store) = &self.shared.store else { return };
        if let Err(error) = self.shared.budgets.begin(store.as_ref()).await {
            self.shared.problems.lock().push(format!("budgets start from zero: {error}"));
        }
    }

    async fn work(&mut self) -> Option<Command> {
        let mut metrics_due = Instant::now() + self.metrics_interval;
        let mut open_due = Instant::now() + OPEN_LOOK;
        loop {
            match self.next(metrics_due).await {
                Next::Look if Instant::now() >= metrics_due => {
                    metrics_due = Instant::now() + self.metrics_interval;
                    self.turn().await;
                    self.read_metrics().await;
                }
                Next::Look if Instant::now() >= open_due => {
                    open_due = Instant::now() + OPEN_LOOK;
                    self.turn().await;
                    self.show_open().await;
                }
                Next::Look => self.turn().await,
                Next::Obey(command) => {
                    if let Some(last) = self.obey(command).await {
                        return Some(last);
                    }
                }
                Next::End => {
                    self.finish().await;
                    let _ = self.shared.pipeline.close().await;
                    return None;
                }
            }
        }
    }

    /// Waits for a command, the end of the delay, or a recorder queue that fills up.
    async fn next(&mut self, metrics_due: Instant) -> Next {
        let Some(mut drain) = self.drain.take() else { return Next::End };
        let most = self.delay.min(metrics_due.saturating_duration_since(Instant::now()));
        // On another thread, because the backends' tasks run on this one.
        let mut waiting = spawn_blocking(move || {
            drain.wait(most);
            drain
        });
        // The command first: it has a deadline.
        let woken = poll_fn(|waker| match self.commands.poll_recv(waker) {
            Poll::Ready(command) => Poll::Ready(Ok(command)),
            Poll::Pending => Pin::new(&mut waiting).poll(waker).map(Err),
        });
        let command = match woken.await {
            Ok(command) => command,
            Err(back) => {
                self.drain = back.ok();
                return Next::Look;
            }
        };
        self.shared.recorder.wake();
        self.drain = waiting.await.ok();
        command.map_or(Next::End, Next::Obey)
    }

    /// Executes a command within its deadline. Returns the command if it was the shutdown.
    async fn obey(&mut self, command: Command) -> Option<Command> {
        let deadline = Instant::from_std(command.deadline);
        let kind = command.kind;
        let done = timeout_at(deadline, async {
            if kind == Kind::Shutdown {
                self.finish().await;
                return self.shared.pipeline.close().await;
            }
            self.turn().await;
            // After the spans, because some metrics are derived from them.
            self.read_metrics().await;
            self.shared.pipeline.flush().await
        });
        let reached = matches!(done.await, Ok(Ok(())));
        command.reached.store(reached, Ordering::Release);
        if kind == Kind::Shutdown {
            return Some(command);
        }
        command.reply.done();
        None
    }

    /// Moves all waiting records to the pipeline.
    async fn turn(&mut self) {
        loop {
            let Some(drain) = &mut self.drain else { return };
            let batch = drain.collect(Duration::ZERO);
            let more = !batch.is_empty();
            self.bring(batch, false).await;
            if !more {
                break;
            }
        }
        self.tell_of_budgets().await;
    }

    /// Submits the budgets' events that no batch has carried.
    async fn tell_of_budgets(&self) {
        let events = self.shared.budgets.take_events();
        if !events.is_empty() {
            self.submit(Batch { events, ..Batch::default() }).await;
        }
    }

    /// The last turn: it includes the spans of tail sampling, and the metrics. Later records are dropped and
    /// counted.
    async fn finish(&mut self) {
        self.turn().await;
        let last = self.drain.as_mut().map(Drain::finish).unwrap_or_default();
        self.bring(last, true).await;
        // Their guards end too late, or never.
        self.store_open(|_| true).await;
        self.tell_of_budgets().await;
        self.read_metrics().await;
    }

    /// Stores the steps that have been open for a while. Calls and tool runs are left to their end: their
    /// versions would be counted before they have figures. Tail sampling decides at the end of a trace, and a
    /// clock of tests stands still, so both exclude it.
    async fn show_open(&mut self) {
        if self.tail.is_some() || self.shared.recorder.config().clock.is_some() {
            return;
        }
        let oldest = SystemClock.now().plus(-i64::try_from(OPEN_AFTER.as_nanos()).unwrap_or(i64::MAX));
        self.store_open(|span| {
            let kind = span.canonical.kind;
            span.start <= oldest && !kind.is_call() && kind != SpanKind::Tool
        })
        .await;
    }

    /// Stores the open spans that `fits` selects and that the store does not have.
    async fn store_open(&mut self, fits: impl Fn(&Span) -> bool) {
        let spans = self.drain.as_mut().map(Drain::open_spans).unwrap_or_default();
        let open: HashSet<SpanId> = spans.iter().map(|span| span.span_id).collect();
        self.shown.retain(|shown| open.contains(shown));
        let mut batch = Batch { spans, ..Batch::default() };
        batch.spans.retain(|span| !self.shown.contains(&span.span_id));
        if batch.spans.is_empty() {
            return;
        }
        self.read(&mut batch);
        batch.spans.retain(fits);
        self.shown.extend(batch.spans.iter().map(|span| span.span_id));
        self.submit(batch).await;
    }

    async fn bring(&mut self, mut batch: Batch, last: bool) {
        // Before tail sampling, which removes events and links.
        self.read(&mut batch);
        self.sample(&mut batch, last);
        self.submit(batch).await;
    }

    /// Reads a batch. A panic of an adapter loses its results, but not the thread.
    fn read(&self, batch: &mut Batch) {
        if catch_unwind(AssertUnwindSafe(|| self.shared.pipeline.read(batch))).is_err() {
            let mut problems = self.shared.problems.lock();
            let told = "an adapter panicked: some records are stored as sent, and not counted";
            if !problems.iter().any(|known| known == told) {
                problems.push(told.to_owned());
            }
        }
    }

    fn sample(&mut self, batch: &mut Batch, last: bool) {
        let Some(tail) = &mut self.tail else { return };
        let spans = std::mem::take(&mut batch.spans);
        batch.spans = tail.take(spans, SystemClock.now());
        if last {
            batch.spans.append(&mut tail.end());
        }
        self.shared.held_spans.store(u64::try_from(tail.held()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    async fn submit(&self, batch: Batch) {
        let records = batch.len();
        if let Err(error) = self.shared.pipeline.submit(batch).await {
            self.shared.lose("pipeline", records);
            tracing::debug!(%error, records, "records were dropped");
        }
    }

    async fn read_metrics(&mut self) {
        let now = SystemClock.now();
        let metrics = self.drain.as_ref().map(|drain| drain.metrics(now)).unwrap_or_default();
        self.submit(Batch { metrics, ..Batch::default() }).await;
    }
}
