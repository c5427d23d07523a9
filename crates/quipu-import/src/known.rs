//! What the files of one import know of each other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use quipu_core::{SpanId, TraceId};

/// Which session told of a call first, and what traces say of their observations. Agents copy the history of a session into the file
/// of the one that goes on with it, so a call may stand in several files.
#[derive(Debug, Default)]
pub struct Known {
    calls: HashMap<SpanId, SpanId>,
    pub(crate) traces: HashMap<TraceId, crate::langfuse::TraceFacts>,
}

impl Known {
    /// Whether a call or tool run is this session's to tell: it is when no other session has told of it.
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
