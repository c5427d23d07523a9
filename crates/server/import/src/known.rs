//! Facts shared by the files of one import.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use quipu_core::{SpanId, TraceId};

/// The session that owns each call, and the traces' facts for their observations. Agents copy the history of
/// a session into the file of the session that continues it, so several files may contain a call.
#[derive(Debug, Default)]
pub struct KnownCalls {
    calls: HashMap<SpanId, SpanId>,
    pub(crate) traces: HashMap<TraceId, crate::langfuse::TraceFacts>,
}

impl KnownCalls {
    /// Whether this session owns a call or tool run: no other session has claimed it.
    pub(crate) fn is_own(&mut self, call: SpanId, trace: TraceId, session: &str) -> bool {
        let owner = SpanId::made_of(&[&trace.to_string(), session]);
        match self.calls.entry(call) {
            Entry::Occupied(known) => *known.get() == owner,
            Entry::Vacant(place) => {
                place.insert(owner);
                true
            }
        }
    }
}
