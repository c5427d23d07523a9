//! The thread `quipu`: from the recorder to the pipeline, again and again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use quipu_core::{Adapters, Batch, Clock, Intake, SystemClock};
use quipu_pipeline::Tail;
use quipu_sdk::Drain;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use crate::control::{Command, Kind, Shared};

/// How long tasks that backends left behind may take after the end.
const LINGER: Duration = Duration::from_millis(200);

/// What the thread works with.
pub(crate) struct Agent {
    pub shared: Arc<Shared>,
    pub drain: Option<Drain>,
    pub adapters: Adapters,
    pub tail: Option<Tail>,
    pub commands: UnboundedReceiver<Command>,
    pub delay: Duration,
    pub metrics_interval: Duration,
}

/// What the next turn of the loop is for.
enum Next {
    Look,
    Obey(Command),
    /// The handle is gone without a word.
    End,
}

/// While it lives the state is said to be running, however the thread ends.
struct AtWork(Arc<Shared>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::Release);
    }
}

impl Agent {
    /// Works until it is told to end, or until nobody is left who could tell it.
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
        loop {
            match self.next(metrics_due).await {
                Next::Look if Instant::now() >= metrics_due => {
                    metrics_due = Instant::now() + self.metrics_interval;
                    self.turn().await;
                    self.read_metrics().await;
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

    /// Waits for a command, for the delay to be over, or for a queue of the recorder to fill up.
    async fn next(&mut self, metrics_due: Instant) -> Next {
        let Some(mut drain) = self.drain.take() else { return Next::End };
        let most = self.delay.min(metrics_due.saturating_duration_since(Instant::now()));
        // Beside this thread, for the backends' tasks run here.
        let mut waiting = spawn_blocking(move || {
            drain.wait(most);
            drain
        });
        let command = tokio::select! {
            biased;
            command = self.commands.recv() => command,
            back = &mut waiting => {
                self.drain = back.ok();
                return Next::Look;
            }
        };
        self.shared.recorder.wake();
        self.drain = waiting.await.ok();
        command.map_or(Next::End, Next::Obey)
    }

    /// Does what it is told, within its time. Gives the command back when it was the last.
    async fn obey(&mut self, command: Command) -> Option<Command> {
        let deadline = Instant::from_std(command.deadline);
        let kind = command.kind;
        let done = timeout_at(deadline, async {
            if kind == Kind::Shutdown {
                self.finish().await;
                return self.shared.pipeline.close().await;
            }
            self.turn().await;
            // After the spans that some of them are derived from.
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

    /// Brings everything that waits to the pipeline.
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

    /// Brings what budgets have to say that no batch has taken along.
    async fn tell_of_budgets(&self) {
        let events = self.shared.budgets.take_events();
        if !events.is_empty() {
            self.submit(Batch { events, ..Batch::default() }).await;
        }
    }

    /// The last turn: with what tail sampling holds, and with the metrics. From here on what is recorded is dropped and counted.
    async fn finish(&mut self) {
        self.turn().await;
        let last = self.drain.as_mut().map(Drain::finish).unwrap_or_default();
        self.bring(last, true).await;
        self.tell_of_budgets().await;
        self.read_metrics().await;
    }

    async fn bring(&mut self, mut batch: Batch, last: bool) {
        self.read(&mut batch);
        self.sample(&mut batch, last);
        self.submit(batch).await;
    }

    /// Lets the adapters read a batch. One that panics costs what it would have read, not the thread.
    fn read(&self, batch: &mut Batch) {
        if catch_unwind(AssertUnwindSafe(|| self.adapters.read_batch(batch))).is_err() {
            let mut problems = self.shared.problems.lock();
            let told = "an adapter panicked: some records are kept as they were sent, and not counted";
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
