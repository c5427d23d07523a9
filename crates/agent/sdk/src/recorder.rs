//! Recorder: the channel from guards to the drain.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};

use quipu_core::locks::Mutex;

use crate::clock::Scale;
use crate::drain::Drain;
use crate::ring::Consumer;
use crate::tally::{Loss, Tallies, Tally};
use crate::{Context, Counts, RecorderConfig};
use quipu_core::{Clock as _, SystemClock, Timestamp};
use quipu_metrics::Registry;

/// Most waiting large records, of any size.
const LARGE_RECORDS: usize = 4_096;

pub(crate) struct Shared {
    pub config: RecorderConfig,
    /// Conversion from ticks to time at the recorder's start.
    pub scale: Scale,
    metrics: Registry,
    /// Rings that the drain has not taken over yet, and counters of each thread. They are locked when a
    /// thread records for the first time, when its ring grows, and briefly by the drain.
    pub fresh: Mutex<Vec<Consumer>>,
    tallies: Mutex<Tallies>,
    large: SyncSender<Box<[u64]>>,
    pub large_bytes: AtomicUsize,
    wake: SyncSender<()>,
    /// The drain was woken and has not looked yet.
    pub asked: AtomicBool,
    pub closed: AtomicBool,
    /// Until then, in nanoseconds since 1970, every trace is sampled; 0 if the sampler decides.
    keep_all: AtomicI64,
    /// The recorder that was installed after this one was closed.
    next: OnceLock<Recorder>,
}

/// Destination of records. A copyable handle; its state lives as long as the process.
///
/// ```
/// use quipu_sdk::{Recorder, RecorderConfig};
///
/// let (recorder, drain) = Recorder::new(RecorderConfig::default());
/// recorder.context().agent("planner").end();
/// # drop(drain);
/// ```
#[derive(Clone, Copy)]
pub struct Recorder(&'static Shared);

// A panic in instrumented code leaves no broken state: records are built separately and sent whole.
impl std::panic::UnwindSafe for Recorder {}
impl std::panic::RefUnwindSafe for Recorder {}

static GLOBAL: OnceLock<Recorder> = OnceLock::new();

/// Whether this process has ever had a recorder.
static ANY: AtomicBool = AtomicBool::new(false);

/// Whether any recorder exists. Instrumented code without a recorder checks only this.
#[inline]
pub(crate) fn any() -> bool {
    cfg!(feature = "enable") && ANY.load(Ordering::Relaxed)
}

#[inline]
pub(crate) fn global() -> Option<Recorder> {
    if cfg!(feature = "enable") { GLOBAL.get().map(|first| first.newest()) } else { None }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("counts", &self.counts()).finish()
    }
}

impl Recorder {
    /// Creates a recorder and its drain.
    pub fn new(config: RecorderConfig) -> (Self, Drain) {
        let (large, large_out) = sync_channel(LARGE_RECORDS);
        let (wake, woken) = sync_channel(1);
        let shared = Shared {
            config,
            scale: Scale::now(),
            metrics: Registry::new(crate::context::sampled_place),
            fresh: Mutex::default(),
            tallies: Mutex::default(),
            large,
            large_bytes: AtomicUsize::new(0),
            wake,
            asked: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            keep_all: AtomicI64::new(0),
            next: OnceLock::new(),
        };
        let recorder = Self(Box::leak(Box::new(shared)));
        ANY.store(true, Ordering::Relaxed);
        (recorder, Drain::new(recorder, large_out, woken))
    }

    /// Makes this the recorder of every thread without another context. An installed recorder stays until it
    /// is closed.
    ///
    /// # Errors
    /// An open recorder is already installed; nothing changes.
    pub fn install(self) -> Result<(), Self> {
        let first = *GLOBAL.get_or_init(|| self);
        if first.is(self) {
            return Ok(());
        }
        loop {
            let newest = first.newest();
            if !newest.is_closed() {
                return if newest.is(self) { Ok(()) } else { Err(self) };
            }
            if newest.0.next.set(self).is_ok() {
                return Ok(());
            }
        }
    }

    /// The last of the recorders that were installed since this one.
    #[inline]
    fn newest(self) -> Self {
        let mut newest = self;
        while let Some(next) = newest.0.next.get() {
            newest = *next;
        }
        newest
    }

    /// A context in which new traces start for this recorder.
    pub fn context(self) -> Context {
        Context::root(self)
    }

    /// Samples every new trace until a time, whatever the sampler says. A later time replaces an earlier one.
    pub fn keep_all_until(self, until: Timestamp) {
        self.0.keep_all.fetch_max(until.nanos(), Ordering::Relaxed);
    }

    /// Whether every trace is sampled now, by [`Self::keep_all_until`].
    #[inline]
    pub fn keeps_all(self) -> bool {
        let until = self.0.keep_all.load(Ordering::Relaxed);
        until != 0 && SystemClock.now().nanos() < until
    }

    /// Config of the recorder.
    #[inline]
    pub fn config(self) -> &'static RecorderConfig {
        &self.0.config
    }

    /// Metrics of the recorder.
    pub fn metrics(self) -> &'static Registry {
        &self.0.metrics
    }

    /// Counters of recorded and dropped records.
    pub fn counts(self) -> Counts {
        let mut counts = self.0.tallies.lock().sum();
        counts.filtered = self.0.config.events.filtered();
        counts
    }

    /// Wakes the drain.
    pub fn wake(self) {
        if !self.0.asked.load(Ordering::Relaxed) && !self.0.asked.swap(true, Ordering::AcqRel) {
            // A full channel means that the drain was woken and has not looked yet.
            let _ = self.0.wake.try_send(());
        }
    }

    #[inline]
    pub(crate) fn is(self, other: Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }

    /// Drops and counts later records, and lets another recorder be installed. For a process without its
    /// drain, such as a forked child.
    pub fn close(self) {
        self.0.closed.store(true, Ordering::SeqCst);
    }

    /// Address of its state, which identifies it.
    #[inline]
    pub(crate) fn address(self) -> usize {
        std::ptr::from_ref(self.0).addr()
    }

    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0.closed.load(Ordering::Relaxed)
    }

    pub(crate) fn shared(self) -> &'static Shared {
        self.0
    }

    /// Counts a record of a thread without a lane.
    pub(crate) fn count_stray(self, count: impl FnOnce(&Tally)) {
        let tallies = self.0.tallies.lock();
        count(tallies.stray());
    }

    /// Registers a ring; the drain reads it from now on.
    pub(crate) fn register(self, ring: Consumer, tally: &Arc<Tally>) {
        self.0.fresh.lock().push(ring);
        self.0.tallies.lock().know(tally);
    }

    /// Sends a record outside the rings: one that is too large, or of a thread without a ring.
    ///
    /// # Errors
    /// The reason why the record was lost.
    #[cold]
    pub(crate) fn push_large(self, record: Box<[u64]>) -> Result<(), Loss> {
        let len = size_of_val(&*record);
        let waiting = self.0.large_bytes.fetch_add(len, Ordering::AcqRel);
        if waiting + len <= self.0.config.large_bytes && self.0.large.try_send(record).is_ok() {
            if waiting + len > self.0.config.large_bytes / 2 {
                self.wake();
            }
            return Ok(());
        }
        self.0.large_bytes.fetch_sub(len, Ordering::AcqRel);
        self.wake();
        Err(Loss::LargeFull)
    }
}
