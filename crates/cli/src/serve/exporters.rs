//! Exporters of a project.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use quipu::core::Store;
use quipu::pipeline::Exporter;

use super::Config;

/// Opens all exporters of a project. An error with one of them stops the start: otherwise an operator would
/// not see that records are not exported.
pub fn open(
    config: &Config,
    exporters: &[String],
    folder: &Path,
    store: &Arc<dyn Store>,
) -> Result<Vec<Exporter>> {
    let opened = quipu::open_backends(&config.named(exporters, folder), Some(Arc::clone(store)));
    opened.notes.iter().for_each(|note| tracing::warn!("{note}"));
    let wrong: Vec<String> = opened.failed.iter().map(|(_, error)| error.to_string()).collect();
    if !wrong.is_empty() {
        bail!("cannot open every backend:\n  {}", wrong.join("\n  "));
    }
    Ok(opened.exporters)
}
