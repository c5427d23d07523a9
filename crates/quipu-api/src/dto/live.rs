//! Frames of the live feed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BudgetNotice, TraceSummary};

/// One text frame of the live feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveFrame {
    /// The feed begins.
    Hello {
        /// The server's time.
        now: String,
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
    /// Something was left out because it came too fast: ask for the page again.
    Lagged {
        /// Notices left out, at least.
        missed: u64,
    },
    /// The connection is alive.
    Ping,
}
