//! The way from the guards to whoever drains.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Sender, bounded};
use parking_lot::Mutex;

use crate::clock::Scale;
use crate::drain::Drain;
use crate::metrics::Registry;
use crate::ring::Consumer;
use crate::tally::{Loss, Tallies, Tally};
use crate::{Context, Counts, Settings};

/// Large records that may wait, whatever their size.
const LARGE_RECORDS: usize = 4_096;

pub(crate) struct Shared {
    pub settings: Settings,
    /// What a tick was in time when the recorder was made.
    pub scale: Scale,
    metrics: Registry,
    /// Rings that the drain does not know yet, and what came of each thread's records. Locked when a thread records for the
    /// first time, when its ring grows, and by the drain for a moment.
    pub fresh: Mutex<Vec<Consumer>>,
    tallies: Mutex<Tallies>,
    large: Sender<Box<[u64]>>,
    pub large_bytes: AtomicUsize,
    wake: Sender<()>,
    /// The drain was asked to look, and has not yet.
    pub asked: AtomicBool,
    pub closed: AtomicBool,
}

/// Where records go. A copyable handle; what it names lives as long as the process.
#[derive(Clone, Copy)]
pub struct Recorder(&'static Shared);

// A panic in instrumented code leaves nothing half done here: records are made apart and sent whole.
impl std::panic::UnwindSafe for Recorder {}
impl std::panic::RefUnwindSafe for Recorder {}

static GLOBAL: OnceLock<Recorder> = OnceLock::new();

/// Whether this process has ever had a recorder.
static ANY: AtomicBool = AtomicBool::new(false);

/// Whether anybody may record: all that instrumented code asks where nobody does.
#[inline]
pub(crate) fn any() -> bool {
    cfg!(feature = "enable") && ANY.load(Ordering::Relaxed)
}

#[inline]
pub(crate) fn global() -> Option<Recorder> {
    if cfg!(feature = "enable") { GLOBAL.get().copied() } else { None }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("counts", &self.counts()).finish()
    }
}

impl Recorder {
    /// A recorder, and the end that its records come out of.
    pub fn new(settings: Settings) -> (Self, Drain) {
        let (large, large_out) = bounded(LARGE_RECORDS);
        let (wake, woken) = bounded(1);
        let shared = Shared {
            settings,
            scale: Scale::now(),
            metrics: Registry::default(),
            fresh: Mutex::default(),
            tallies: Mutex::default(),
            large,
            large_bytes: AtomicUsize::new(0),
            wake,
            asked: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        };
        let recorder = Self(Box::leak(Box::new(shared)));
        ANY.store(true, Ordering::Relaxed);
        (recorder, Drain::new(recorder, large_out, woken))
    }

    /// Makes it the recorder of every thread that has no other context. The first one stays.
    ///
    /// # Errors
    /// Another one is installed already; nothing changes.
    pub fn install(self) -> Result<(), Self> {
        GLOBAL.set(self)
    }

    /// The start of new traces that this recorder takes.
    pub fn context(self) -> Context {
        Context::root(self)
    }

    /// How it records.
    #[inline]
    pub fn settings(self) -> &'static Settings {
        &self.0.settings
    }

    /// Its instruments.
    pub fn metrics(self) -> &'static Registry {
        &self.0.metrics
    }

    /// What it has taken in and dropped.
    pub fn counts(self) -> Counts {
        let mut counts = self.0.tallies.lock().sum();
        counts.filtered = self.0.settings.events.filtered();
        counts
    }

    /// Has whoever drains look at once.
    pub fn wake(self) {
        if !self.0.asked.load(Ordering::Relaxed) && !self.0.asked.swap(true, Ordering::AcqRel) {
            // Full: it has been woken, and has not looked yet.
            let _ = self.0.wake.try_send(());
        }
    }

    #[inline]
    pub(crate) fn is(self, other: Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }

    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0.closed.load(Ordering::Relaxed)
    }

    pub(crate) fn shared(self) -> &'static Shared {
        self.0
    }

    /// Counts for a thread that has no lane any more.
    pub(crate) fn count_stray(self, count: impl FnOnce(&Tally)) {
        let tallies = self.0.tallies.lock();
        count(tallies.stray());
    }

    /// Takes a ring in: from now on the drain reads it.
    pub(crate) fn register(self, ring: Consumer, tally: &Arc<Tally>) {
        self.0.fresh.lock().push(ring);
        self.0.tallies.lock().know(tally);
    }

    /// Sends a record beside the rings: one that is too large for them, or of a thread that has none.
    ///
    /// # Errors
    /// It is lost, and why.
    #[cold]
    pub(crate) fn push_large(self, record: Box<[u64]>) -> Result<(), Loss> {
        let len = size_of_val(&*record);
        let waiting = self.0.large_bytes.fetch_add(len, Ordering::AcqRel);
        if waiting + len <= self.0.settings.large_bytes && self.0.large.try_send(record).is_ok() {
            if waiting + len > self.0.settings.large_bytes / 2 {
                self.wake();
            }
            return Ok(());
        }
        self.0.large_bytes.fetch_sub(len, Ordering::AcqRel);
        self.wake();
        Err(Loss::LargeFull)
    }
}
