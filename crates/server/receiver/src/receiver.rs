//! The receiver: the shared state of all requests.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use quipu_admission::Overflow;
use quipu_core::{Clock, Intake, Limits, Meter, TraceId};
use quipu_drift::{Report, Saved, Watch};

use crate::days::DayWindow;
use crate::room::Room;
use crate::skew::Skew;
use crate::trace_sizes::TraceSizes;
use crate::unknown::UnknownKeys;
use crate::unread::{UnreadSource, UnreadSources};

/// The parts of a receiver.
pub struct ReceiverParts {
    /// Reads batches and takes them. A request is acknowledged after the intake has committed them.
    pub intake: Arc<dyn Intake>,
    /// Limits on requests and their contents.
    pub limits: Arc<Limits>,
    /// The clock that record times are compared with.
    pub clock: Arc<dyn Clock>,
    /// Counts requests, spans, rejected and repaired items, and unread usage keys.
    pub meter: Arc<dyn Meter>,
}

/// A function that masks secrets: it takes the name and the text of a value, and returns the text to keep.
/// `None` keeps the text unchanged.
pub type MaskText = Arc<dyn Fn(&str, &str) -> Option<String> + Send + Sync>;

/// Accepts export requests. Clones share the limits on requests in progress.
#[derive(Clone)]
pub struct Receiver {
    pub(crate) parts: Arc<ReceiverParts>,
    pub(crate) room: Room,
    pub(crate) unknown: Arc<UnknownKeys>,
    pub(crate) unread: Arc<UnreadSources>,
    pub(crate) drift: Arc<Watch>,
    /// Days that the keys of this project reached recently.
    pub(crate) days: Arc<DayWindow>,
    /// Held while a day without open files is written, so that senders take turns day by day.
    pub(crate) cold: Arc<Overflow>,
    pub(crate) skew: Arc<Skew>,
    pub(crate) traces: Arc<TraceSizes>,
    /// Masks names of sources before they are listed.
    pub(crate) mask: MaskText,
}

impl Receiver {
    /// Creates a receiver with the limits in `parts.limits`.
    pub fn new(parts: ReceiverParts) -> Self {
        let room = Room::new(&parts.limits);
        let traces = Arc::new(TraceSizes::new(&parts.limits));
        Self {
            traces,
            parts: Arc::new(parts),
            room,
            unknown: Arc::default(),
            unread: Arc::default(),
            drift: Arc::default(),
            days: Arc::default(),
            cold: Arc::default(),
            skew: Arc::default(),
            mask: keep_all(),
        }
    }

    /// Sets the mask for listed sources and keys: names of scopes, services and models, and unknown keys of
    /// usage. By default they are listed as sent.
    #[must_use]
    pub fn masking(self, mask: MaskText) -> Self {
        Self { mask, ..self }
    }

    /// Creates another receiver with its own intake. Both share the limits on requests in progress: the total
    /// is bounded, and each sender has one fair share across all receivers.
    #[must_use]
    pub fn beside(&self, parts: ReceiverParts) -> Self {
        let traces = Arc::new(TraceSizes::new(&parts.limits));
        Self {
            traces,
            parts: Arc::new(parts),
            unknown: Arc::default(),
            unread: Arc::default(),
            drift: Arc::default(),
            days: Arc::default(),
            mask: keep_all(),
            ..self.clone()
        }
    }

    /// Requests that wait for the store, and bytes of all requests in progress.
    pub fn waiting(&self) -> (u64, u64) {
        self.room.taken()
    }

    /// Sources whose spans look like model calls but are not read, by scope and version.
    pub fn unread_sources(&self) -> Vec<UnreadSource> {
        self.unread.list()
    }

    /// Adds the unread sources that an earlier process stored.
    pub fn remember_unread(&self, sources: Vec<UnreadSource>) {
        self.unread.add(sources);
    }

    /// Removes the unread sources with a sample from one of these traces, and returns their number. A dry run
    /// only counts them. The next span of such a source lists it again.
    pub fn forget_unread(&self, traces: &HashSet<TraceId>, dry_run: bool) -> usize {
        self.unread.forget(traces, dry_run)
    }

    /// Returns the changes of fields by source and version, and the missing data of each source.
    pub fn drift(&self) -> Report {
        self.drift.report(self.parts.clock.now())
    }

    /// Returns the counters of the drift watch, to be stored.
    pub fn drift_counts(&self) -> Saved {
        self.drift.saved(self.parts.clock.now())
    }

    /// Restores the counters that an earlier process stored.
    pub fn resume_drift(&self, saved: Saved) {
        self.drift.resume(saved, self.parts.clock.now());
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.parts.limits
    }

    /// The time limit for receiving a body, and again for its commit.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.limits().request_seconds.max(1))
    }
}

fn keep_all() -> MaskText {
    Arc::new(|_, _| None)
}
