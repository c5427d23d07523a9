//! What every request needs.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use quipu_admission::Overflow;
use quipu_core::{Adapters, Clock, Intake, Limits, Meter, TraceId};
use quipu_drift::{Report, Saved, Watch};

use crate::days::DayWindow;
use crate::room::Room;
use crate::skew::Skew;
use crate::trace_bytes::TraceBytes;
use crate::unknown::UnknownKeys;
use crate::unread::{UnreadSource, UnreadSources};

/// What a receiver is put together from.
pub struct Parts {
    /// Where batches go. A request is acknowledged once it has committed them.
    pub intake: Arc<dyn Intake>,
    /// They read spans and events before these go on.
    pub adapters: Adapters,
    /// Bounds on requests and on what they hold.
    pub limits: Arc<Limits>,
    /// Tells the time that records are judged by.
    pub clock: Arc<dyn Clock>,
    /// Counts requests, spans, refused and mended items, and keys of usage that nothing reads.
    pub meter: Arc<dyn Meter>,
}

/// Masks what must not be kept: takes the name of a value and its text, gives the text to keep, or `None` to keep it as it is.
pub type MaskText = Arc<dyn Fn(&str, &str) -> Option<String> + Send + Sync>;

/// Takes export requests. Clones share the bounds on what is under way.
#[derive(Clone)]
pub struct Receiver {
    pub(crate) parts: Arc<Parts>,
    pub(crate) room: Room,
    pub(crate) unknown: Arc<UnknownKeys>,
    pub(crate) unread: Arc<UnreadSources>,
    pub(crate) drift: Arc<Watch>,
    /// Days that the keys of this project reached lately.
    pub(crate) days: Arc<DayWindow>,
    /// Held while a day is written that is not open: senders take turns, day by day.
    pub(crate) cold: Arc<Overflow>,
    pub(crate) skew: Arc<Skew>,
    pub(crate) traces: Arc<TraceBytes>,
    /// Masks names of sources before they are listed.
    pub(crate) mask: MaskText,
}

impl Receiver {
    /// A receiver that lets in as much at a time as `parts.limits` say.
    pub fn new(parts: Parts) -> Self {
        let room = Room::new(&parts.limits);
        let traces = Arc::new(TraceBytes::new(parts.limits.trace_bytes));
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

    /// The receiver with a mask for what it lists of sources: names of scopes, services and models. By default it lists them as sent.
    #[must_use]
    pub fn masking(self, mask: MaskText) -> Self {
        Self { mask, ..self }
    }

    /// Another receiver, with an intake of its own, that shares this one's bounds on what is under way: what all of them hold together
    /// is bounded, and shared out among those who send, to whichever they do.
    #[must_use]
    pub fn beside(&self, parts: Parts) -> Self {
        let traces = Arc::new(TraceBytes::new(parts.limits.trace_bytes));
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

    /// Requests that wait for the store, and bytes of all that are under way.
    pub fn waiting(&self) -> (u64, u64) {
        self.room.taken()
    }

    /// Sources whose spans look like model calls and are not read, by scope and version.
    pub fn unread_sources(&self) -> Vec<UnreadSource> {
        self.unread.list()
    }

    /// Takes up the unread sources that an earlier process remembered.
    pub fn remember_unread(&self, sources: Vec<UnreadSource>) {
        self.unread.add(sources);
    }

    /// Takes out the unread sources whose sample is of one of these traces, unless it is a dry run; gives how many there are. The
    /// next span of such a source lists it again.
    pub fn forget_unread(&self, traces: &HashSet<TraceId>, dry_run: bool) -> usize {
        self.unread.forget(traces, dry_run)
    }

    /// Changes of fields by source and version, and what of each source is missing.
    pub fn drift(&self) -> Report {
        self.drift.report(self.parts.clock.now())
    }

    /// What the watch over sources has counted, to be stored.
    pub fn drift_counts(&self) -> Saved {
        self.drift.saved(self.parts.clock.now())
    }

    /// Takes up what the watch of an earlier process had counted.
    pub fn resume_drift(&self, saved: Saved) {
        self.drift.resume(saved, self.parts.clock.now());
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.parts.limits
    }

    /// How long a body may take to arrive, and after that the store to commit it.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.limits().request_seconds.max(1))
    }
}

fn keep_all() -> MaskText {
    Arc::new(|_, _| None)
}
