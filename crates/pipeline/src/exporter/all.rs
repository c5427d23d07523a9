//! List of all exporters, which can change while the pipeline runs.

use std::sync::Arc;

use quipu_core::locks::RwLock;

use super::Open;

/// List of all exporters. Clones share it.
#[derive(Clone)]
pub(crate) struct AllExporters(Arc<RwLock<Arc<[Arc<Open>]>>>);

impl AllExporters {
    pub fn new(exporters: impl Iterator<Item = Arc<Open>>) -> Self {
        Self(Arc::new(RwLock::new(exporters.collect())))
    }

    /// The present exporters, in their order.
    pub fn now(&self) -> Arc<[Arc<Open>]> {
        Arc::clone(&self.0.read())
    }

    /// The exporter with this name.
    pub fn named(&self, name: &str) -> Option<Arc<Open>> {
        self.0.read().iter().find(|exporter| exporter.name() == name).cloned()
    }

    /// Adds the exporter that `open` returns, unless one with this name exists. Returns whether it was added.
    pub fn add(&self, name: &str, open: impl FnOnce() -> Arc<Open>) -> bool {
        let mut all = self.0.write();
        if all.iter().any(|exporter| exporter.name() == name) {
            return false;
        }
        *all = all.iter().cloned().chain([open()]).collect();
        true
    }

    /// Takes the exporter with this name out of the list.
    pub fn remove(&self, name: &str) -> Option<Arc<Open>> {
        let mut all = self.0.write();
        let removed = all.iter().find(|exporter| exporter.name() == name).cloned()?;
        *all = all.iter().filter(|exporter| exporter.name() != name).cloned().collect();
        Some(removed)
    }
}
