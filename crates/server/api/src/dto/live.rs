//! Frames of the live feed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BudgetNotice, Event, SystemNow, TraceSummary};

/// One text frame of the live feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveFrame {
    /// The start of the feed.
    Hello {
        /// Time of the server.
        now: String,
        /// Id of this run of the feed. Frame numbers are valid within one run.
        boot: String,
        /// Whether the feed resumes after the last frame of the named connection. If not, a page has to load
        /// its data again.
        resumed: bool,
        /// Number of missed frames that the feed no longer has; null if unknown or zero.
        missed: Option<u64>,
    },
    /// A new or changed trace.
    Trace {
        /// Current summary of the trace.
        trace: Box<TraceSummary>,
    },
    /// A notice of a budget: a reached threshold, a rejected call, or a loop.
    Budget {
        /// Notice of the budget.
        notice: Box<BudgetNotice>,
    },
    /// A new event.
    Event {
        /// The event.
        event: Box<Event>,
    },
    /// Current state of the server and its machine.
    System {
        /// Current figures.
        system: Box<SystemNow>,
    },
    /// Removed traces.
    Deleted {
        /// Ids of the traces.
        trace_ids: Vec<String>,
    },
    /// Frames were skipped because the client was too slow. The page has to load its data again.
    Lagged {
        /// Minimum number of skipped notices.
        missed: u64,
    },
    /// Keep-alive of the connection.
    Ping,
}

/// A frame with its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NumberedFrame {
    /// Number of the frame, increasing within a run of the feed. `hello`, `lagged` and `ping` repeat the
    /// previous number. To resume, send it as `after`, together with the `boot` of `hello`.
    pub seq: u64,
    /// The frame.
    #[serde(flatten)]
    pub frame: LiveFrame,
}
