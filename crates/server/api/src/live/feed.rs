//! Conversion of commits into frames, once for all watchers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quipu_budget::Budgets;
use quipu_core::{AnswerMemory, Committed, Store, TraceId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::changed::Changed;
use super::events::Arrivals;
use super::ring::{Begin, Ring, Topic, Topics};
use super::watcher::Watcher;
use crate::dto::{Event, LiveFrame, TraceSummary};
use crate::spawned::background;
use crate::state::ApiState;
use crate::system::System;

/// Interval between two looks at the changes: a trace is reported at most once in this time.
const TICK: Duration = Duration::from_millis(250);
/// Between two frames about the server and its machine.
const SYSTEM: Duration = Duration::from_secs(5);
/// Time during which frames are still made without watchers. A client that reconnects within it misses
/// nothing.
const LINGER: Duration = Duration::from_secs(60);
/// How long a watcher of events may wait for the first look.
const FIRST_LOOK: Duration = Duration::from_secs(20);
/// Memory of the feed's reads, in bytes. It belongs to no request.
const MEMORY: usize = 32 << 20;
/// Bytes at which a page of events ends.
const PAGE_BYTES: usize = 2 << 20;
/// Largest event in bytes that is sent to watchers; a larger one counts as missed. A frame is copied for each
/// watcher that reads slowly.
const EVENT_BYTES: usize = 256 << 10;

/// Reports changes to watchers. Its task runs while there are watchers, and for [`LINGER`] after that.
pub(crate) struct Feed {
    store: Arc<dyn Store>,
    commits: Sender<Arc<Committed>>,
    system: Arc<System>,
    pub(super) ring: Mutex<Ring>,
    /// The number of the last frame.
    pub(super) told: watch::Sender<u64>,
    /// Watchers of events, and of the system.
    wanted: [AtomicUsize; 2],
    /// Signals a new watcher that waits for a look at events.
    came: Notify,
    /// Number of finished looks at events.
    looks: watch::Sender<u64>,
    task: Mutex<Option<JoinHandle<()>>>,
    /// One for each watcher that may be there.
    places: Arc<Semaphore>,
}

const ON_DEMAND: [Topic; 2] = [Topic::Events, Topic::System];

impl Feed {
    pub(crate) fn new(state: &ApiState, system: Arc<System>) -> Self {
        Self {
            store: Arc::clone(&state.store),
            commits: state.live.clone(),
            system,
            ring: Mutex::new(Ring::new()),
            told: watch::channel(0).0,
            wanted: Default::default(),
            came: Notify::new(),
            looks: watch::channel(0).0,
            task: Mutex::new(None),
            places: Arc::new(Semaphore::new(state.limits.watchers.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// A permit for one more watcher, if there is one; freed on drop.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Registers a watcher of these topics that has seen the frames of a run up to a number.
    pub(crate) fn watch(self: &Arc<Self>, topics: Topics, seen: Option<(&str, u64)>) -> (Watcher, Begin) {
        let mut task = locked(&self.task);
        // A task that ended in a panic of the store is started again. Changes in between are unknown, so a
        // new run begins.
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            *self.ring() = Ring::new();
            self.told.send_replace(0);
            let (feed, commits) = (Arc::clone(self), self.commits.subscribe());
            let memory = AnswerMemory::within(MEMORY).with_pages(PAGE_BYTES);
            *task = Some(background(memory, async move { feed.run(commits).await }));
        }
        let begin = self.ring().begin(seen);
        (Watcher::new(Arc::clone(self), topics, begin.position), begin)
    }

    /// Waits until the feed reports every later commit to a watcher of these topics, which must be
    /// registered. For traces this holds at once. Events come from the difference of two looks, so the first
    /// look must be over. `None` on a time-out.
    pub(crate) async fn settled(&self, topics: Topics) -> Option<()> {
        if !topics.has(Topic::Events) {
            return Some(());
        }
        let mut looks = self.looks.subscribe();
        self.came.notify_one();
        tokio::time::timeout(FIRST_LOOK, looks.changed()).await.ok()?.ok()
    }

    /// Counts a watcher of these topics in or out.
    pub(super) fn count(&self, topics: Topics, comes: bool) {
        for (_, count) in ON_DEMAND.iter().zip(&self.wanted).filter(|(topic, _)| topics.has(**topic)) {
            if comes {
                count.fetch_add(1, Ordering::Relaxed);
            } else {
                count.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn wants(&self, topic: Topic) -> bool {
        let counts = ON_DEMAND.iter().zip(&self.wanted);
        counts.filter(|(known, _)| **known == topic).any(|(_, count)| count.load(Ordering::Relaxed) > 0)
    }

    async fn run(&self, mut commits: Receiver<Arc<Committed>>) {
        let (mut changed, mut arrivals) = (Changed::default(), Arrivals::default());
        let (mut tick, mut beat) = (interval(TICK), interval(SYSTEM));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut watched = Instant::now();
        loop {
            tokio::select! {
                commit = commits.recv() => match commit {
                    Ok(commit) => {
                        changed.add(&commit.traces);
                        arrivals.waiting += commit.events as u64;
                    }
                    Err(RecvError::Lagged(missed)) => {
                        changed.missed += missed;
                        // Their contents are unknown: one is enough for a look.
                        arrivals.waiting += 1;
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick() => {
                    self.tell(&mut changed).await;
                    self.tell_events(&mut arrivals, &mut changed).await;
                    if self.told.receiver_count() > 0 {
                        watched = Instant::now();
                    }
                    if watched.elapsed() >= LINGER && self.may_end() {
                        return;
                    }
                }
                () = self.came.notified() => self.tell_events(&mut arrivals, &mut changed).await,
                _ = beat.tick() => self.tell_system().await,
            }
        }
    }

    /// Passes notices of budgets on to the watchers.
    pub(crate) fn listen(self: &Arc<Self>, budgets: &Budgets) {
        let feed = Arc::downgrade(self);
        budgets.on_notice(move |notice| {
            if let Some(feed) = feed.upgrade() {
                feed.send(LiveFrame::Budget { notice: Box::new(notice.into()) });
            }
        });
    }

    /// Reports deleted traces.
    pub(crate) fn deleted(&self, traces: &[TraceId]) {
        for some in traces.chunks(1_000) {
            self.send(LiveFrame::Deleted { trace_ids: some.iter().map(ToString::to_string).collect() });
        }
    }

    async fn tell(&self, changed: &mut Changed) {
        for trace_id in changed.take() {
            match self.store.trace(trace_id).await {
                Ok(Some(row)) => self.send(LiveFrame::Trace { trace: Box::new(TraceSummary::from(&row)) }),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(error = %error, "live feed could not read a trace");
                    changed.missed += 1;
                }
            }
        }
        if changed.missed > 0 {
            self.send(LiveFrame::Lagged { missed: std::mem::take(&mut changed.missed) });
        }
    }

    async fn tell_events(&self, arrivals: &mut Arrivals, changed: &mut Changed) {
        let wanted = self.wants(Topic::Events);
        if !arrivals.goes_on(wanted, LINGER) {
            return arrivals.forget();
        }
        match arrivals.look(self.store.as_ref()).await {
            Ok((events, missed, _hold)) => {
                changed.missed += missed;
                for event in &events {
                    if event.bytes() > EVENT_BYTES {
                        changed.missed += 1;
                        continue;
                    }
                    self.send(LiveFrame::Event { event: Box::new(Event::from(event)) });
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "live feed could not read events");
                changed.missed += arrivals.fail();
            }
        }
        self.looks.send_modify(|looks| *looks += 1);
    }

    async fn tell_system(&self) {
        if self.wants(Topic::System) {
            // All watchers share a frame, regardless of their rights.
            let system = self.system.now().await.seen_by(false);
            self.send(LiveFrame::System { system: Box::new(system) });
        }
    }

    fn send(&self, frame: LiveFrame) {
        let last = self.ring().push(frame);
        self.told.send_if_modified(|told| {
            *told = last;
            true
        });
    }

    /// Whether the task may end. Checked under the lock, so the next watcher starts a new one.
    fn may_end(&self) -> bool {
        let mut task = locked(&self.task);
        let nobody = self.told.receiver_count() == 0;
        if nobody {
            *task = None;
        }
        nobody
    }

    pub(super) fn ring(&self) -> MutexGuard<'_, Ring> {
        locked(&self.ring)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
