//! State of the pipeline's exporters.

use std::sync::Arc;

use crate::spawned::blocking;
use quipu_pipeline::{ExporterStatus, Pipeline};

/// State of a pipeline's exporters. This may read the disk, so do not call it on a thread that answers
/// requests.
pub(crate) async fn exporters(pipeline: Option<Arc<Pipeline>>) -> Vec<ExporterStatus> {
    let Some(pipeline) = pipeline else { return Vec::new() };
    blocking(move || pipeline.exporters()).await.unwrap_or_default()
}
