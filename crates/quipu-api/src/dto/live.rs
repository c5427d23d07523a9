//! Frames of the live feed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BudgetNotice, Event, SystemNow, TraceSummary};

/// One text frame of the live feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveFrame {
    /// The feed begins.
    Hello {
        /// The server's time.
        now: String,
        /// Id of this run of the feed: frame numbers are valid within one run.
        boot: String,
        /// Whether the feed goes on where the connection that was named ended. If not, pages ask anew.
        resumed: bool,
        /// Number of missed frames that the feed no longer has; null when unknown, or when none was missed.
        missed: Option<u64>,
    },
    /// A trace is new or has changed.
    Trace {
        /// The trace in figures, as of now.
        trace: Box<TraceSummary>,
    },
    /// A notice of a budget: a passed threshold, a rejected call, or a loop.
    Budget {
        /// Notice of the budget.
        notice: Box<BudgetNotice>,
    },
    /// An event has come in.
    Event {
        /// The event.
        event: Box<Event>,
    },
    /// How the server and its machine are doing.
    System {
        /// Figures as of now.
        system: Box<SystemNow>,
    },
    /// Traces are no longer there.
    Deleted {
        /// Their ids.
        trace_ids: Vec<String>,
    },
    /// Frames were skipped because they came too fast: load the page again.
    Lagged {
        /// Notices left out, at least.
        missed: u64,
    },
    /// The connection is alive.
    Ping,
}

/// A frame with its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NumberedFrame {
    /// Grows with every frame of a run of the feed; of `hello`, `lagged` and `ping` it is that of the frame
    /// before them. Give it as `after`, with the `boot` of `hello`, to go on from here.
    pub seq: u64,
    /// The frame.
    #[serde(flatten)]
    pub frame: LiveFrame,
}
