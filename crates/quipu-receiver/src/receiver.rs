//! What every request needs.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Adapters, Clock, Intake, Limits, Meter};

use crate::room::Room;
use crate::unknown::UnknownKeys;

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

/// Takes export requests. Clones share the bounds on what is under way.
#[derive(Clone)]
pub struct Receiver {
    pub(crate) parts: Arc<Parts>,
    pub(crate) room: Room,
    pub(crate) unknown: Arc<UnknownKeys>,
}

impl Receiver {
    /// A receiver that lets in as much at a time as `parts.limits` say.
    pub fn new(parts: Parts) -> Self {
        let room = Room::new(&parts.limits);
        Self { parts: Arc::new(parts), room, unknown: Arc::default() }
    }

    /// Another receiver, with an intake of its own, that shares this one's bounds on what is under way: what all of them hold together
    /// is bounded, and shared out among those who send, to whichever they do.
    #[must_use]
    pub fn beside(&self, parts: Parts) -> Self {
        Self { parts: Arc::new(parts), room: self.room.clone(), unknown: Arc::default() }
    }

    /// Requests that wait for the store, and bytes of all that are under way.
    pub fn waiting(&self) -> (u64, u64) {
        self.room.taken()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.parts.limits
    }

    /// How long a body may take to arrive, and after that the store to commit it.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.limits().request_seconds.max(1))
    }
}
