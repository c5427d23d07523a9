//! From commits to frames, once for all watchers.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use quipu_core::{Committed, Store, TraceId};
use quipu_insight::Budgets;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::ApiState;
use crate::dto::{LiveFrame, TraceSummary};

/// Between two looks at what changed: a trace is told at most once in this time.
const TICK: Duration = Duration::from_millis(250);
/// Summaries of one look.
const PER_TICK: usize = 100;
/// Changed traces that wait for a look; older ones are told as missed.
const WAITING: usize = 2_000;
/// Frames that a watcher may be behind before some are left out for it.
const BEHIND: usize = 1_024;

/// Tells watchers what changed. Its task runs only while somebody watches.
pub(crate) struct Feed {
    store: Arc<dyn Store>,
    commits: Sender<Arc<Committed>>,
    frames: Sender<Utf8Bytes>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Feed {
    pub(crate) fn new(state: &ApiState) -> Self {
        let (frames, _) = tokio::sync::broadcast::channel(BEHIND);
        Self { store: Arc::clone(&state.store), commits: state.live.clone(), frames, task: Mutex::new(None) }
    }

    /// Every frame from now on.
    pub(crate) fn watch(self: &Arc<Self>) -> Receiver<Utf8Bytes> {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let frames = self.frames.subscribe();
        // A task that ended by itself, in a panic of the store, is started again.
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            let (feed, commits) = (Arc::clone(self), self.commits.subscribe());
            *task = Some(tokio::spawn(async move { feed.run(commits).await }));
        }
        frames
    }

    async fn run(&self, mut commits: Receiver<Arc<Committed>>) {
        let mut changed = Changed::default();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                commit = commits.recv() => match commit {
                    Ok(commit) => changed.add(&commit.traces),
                    Err(RecvError::Lagged(missed)) => changed.missed += missed,
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick() => {
                    self.tell(&mut changed).await;
                    if self.nobody_watches() {
                        return;
                    }
                }
            }
        }
    }

    /// Passes on what budgets say, to whoever watches.
    pub(crate) fn listen(self: &Arc<Self>, budgets: &Budgets) {
        let feed = Arc::downgrade(self);
        budgets.on_notice(move |notice| {
            if let Some(feed) = feed.upgrade() {
                feed.send(&LiveFrame::Budget { notice: Box::new(notice.into()) });
            }
        });
    }

    async fn tell(&self, changed: &mut Changed) {
        for trace_id in changed.take() {
            match self.store.trace(trace_id).await {
                Ok(Some(row)) => self.send(&LiveFrame::Trace { trace: Box::new(TraceSummary::from(&row)) }),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(error = %error, "live feed could not read a trace");
                    changed.missed += 1;
                }
            }
        }
        if changed.missed > 0 {
            self.send(&LiveFrame::Lagged { missed: std::mem::take(&mut changed.missed) });
        }
    }

    fn send(&self, frame: &LiveFrame) {
        // An error means that the last watcher has just left.
        let _ = self.frames.send(text(frame));
    }

    /// Whether the task may end. Under the lock, so that whoever comes next starts a new one.
    fn nobody_watches(&self) -> bool {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let nobody = self.frames.receiver_count() == 0;
        if nobody {
            *task = None;
        }
        nobody
    }
}

/// A frame as text.
pub(crate) fn text(frame: &LiveFrame) -> Utf8Bytes {
    serde_json::to_string(frame).unwrap_or_default().into()
}

/// Traces that changed since the last look, each once, the latest change last.
#[derive(Default)]
struct Changed {
    order: Vec<TraceId>,
    missed: u64,
}

impl Changed {
    fn add(&mut self, traces: &[TraceId]) {
        let new: HashSet<&TraceId> = traces.iter().collect();
        self.order.retain(|known| !new.contains(known));
        self.order.extend(traces);
        let over = self.order.len().saturating_sub(WAITING);
        self.order.drain(..over);
        self.missed += over as u64;
    }

    /// The latest changes, newest first.
    fn take(&mut self) -> Vec<TraceId> {
        let from = self.order.len().saturating_sub(PER_TICK);
        self.order.drain(from..).rev().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(range: std::ops::Range<u64>) -> Vec<TraceId> {
        range.map(|id| TraceId::from_bytes(u128::from(id + 1).to_be_bytes()).unwrap()).collect()
    }

    #[test]
    fn a_trace_waits_once_and_the_newest_go_first() {
        let mut changed = Changed::default();
        changed.add(&ids(0..3));
        changed.add(&ids(1..2));
        let want: Vec<TraceId> = [1, 2, 0].iter().flat_map(|at| ids(*at..*at + 1)).collect();
        assert_eq!(changed.take(), want);
        assert!(changed.take().is_empty());
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut changed = Changed::default();
        changed.add(&ids(0..2_500));
        assert_eq!((changed.order.len(), changed.missed), (WAITING, 500));
        assert_eq!(changed.take().first(), ids(2_499..2_500).first());
        assert_eq!(changed.order.len(), WAITING - PER_TICK);
    }
}
