//! State that the handlers of one router share.

use std::sync::Arc;

use quipu_pipeline::ExporterStatus;

use crate::exporters::exporters;
use crate::graphs::Graphs;
use crate::live::Feed;
use crate::outlines::Outlines;
use crate::state::ApiState;
use crate::system::System;

/// The state of a router: what was handed in, and the live feed that all watchers share.
pub(crate) struct Api {
    pub(crate) state: ApiState,
    pub(crate) feed: Arc<Feed>,
    /// Traces in display order.
    pub(crate) outlines: Outlines,
    /// Graphs of the traces that a map was last made of.
    pub(crate) graphs: Graphs,
    /// How the server is doing.
    pub(crate) system: Arc<System>,
    /// Held while history is priced again, or given back.
    pub(crate) repricing: tokio::sync::Mutex<()>,
}

impl std::ops::Deref for Api {
    type Target = ApiState;

    fn deref(&self) -> &ApiState {
        &self.state
    }
}

impl Api {
    /// State of the exporters.
    pub(crate) async fn exporters(&self) -> Vec<ExporterStatus> {
        exporters(self.pipeline.clone()).await
    }
}

/// The state as handlers take it.
pub(crate) type Shared = axum::extract::State<Arc<Api>>;
