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
        /// This run of the feed: numbers of frames are of it.
        boot: String,
        /// Whether the feed goes on where the connection that was named ended. If not, pages ask anew.
        resumed: bool,
        /// Frames that are no longer there of those that were missed; null where nothing is known, or nothing missed.
        missed: Option<u64>,
    },
    /// A trace is new or has changed.
    Trace {
        /// The trace in figures, as of now.
        trace: Box<TraceSummary>,
    },
    /// A budget has something to say: a threshold was passed, a call was refused, work goes in circles.
    Budget {
        /// What it says.
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
    /// Something was left out because it came too fast: ask for the page again.
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
    /// Grows with every frame of a run of the feed; of `hello`, `lagged` and `ping` it is that of the frame before them. Give it
    /// as `after`, with the `boot` of `hello`, to go on from here.
    pub seq: u64,
    /// The frame.
    #[serde(flatten)]
    pub frame: LiveFrame,
}
