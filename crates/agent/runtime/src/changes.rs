//! Changes of the running library: exporters and prices.

use std::sync::Arc;

use quipu_core::{Backend, Error, ErrorKind, Result};
use quipu_pipeline::Exporter;
use quipu_prices::Books;

use crate::backends::Backends;
use crate::quipu::{Quipu, Running};
use crate::sharing::tend_shared;
use crate::tables::Tables;

impl<T: Tables> Quipu<T> {
    /// Adds a backend by its URI as an exporter, as [`crate::Builder::backend`] does at the start. Its table
    /// in the file applies. It gets the records from now on.
    ///
    /// # Errors
    /// Recording is off, the build lacks the backend, it cannot be opened, or one with its name exists.
    pub fn add_backend(&self, uri: &str) -> Result<()> {
        let running = self.recording("add backend")?;
        let mut config = running.backends.clone();
        (config.list, config.by_preset) = (vec![uri.to_owned()], Default::default());
        config.tables.retain(|name, _| uri.split(':').next() == Some(name));
        let _within = running.clock.enter();
        // The present store stays the only one, so a further one becomes an exporter.
        let mut added = Backends { store: running.shared.store.clone(), ..Backends::default() };
        added.open(&config, &running.known, T::is_optional);
        if let Some((_, error)) = added.failed.pop() {
            return Err(error);
        }
        tend_shared(std::mem::take(&mut added.shared), &running.shared, &running.clock);
        let alone = if running.shared.store.is_none() { added.store.take() } else { None };
        let alone = alone.map(|store| Exporter::new(store as Arc<dyn Backend>));
        alone.into_iter().chain(added.exporters).try_for_each(|one| running.shared.pipeline.add_exporter(one))
    }
}

impl<T> Quipu<T> {
    /// Adds an exporter to the running library. It gets the records from now on.
    ///
    /// # Errors
    /// Recording is off, or an exporter with its name exists.
    pub fn add_exporter(&self, backend: Arc<dyn Backend>) -> Result<()> {
        let running = self.recording("add exporter")?;
        let _within = running.clock.enter();
        let config = running.backends.delivery.clone();
        running.shared.pipeline.add_exporter(Exporter { config, ..Exporter::new(backend) })
    }

    /// Removes an exporter from the running library, by its name in [`Quipu::status`]. It writes its waiting
    /// records and closes, within its close timeout. It works on any runtime.
    ///
    /// # Errors
    /// Recording is off, or there is no exporter with this name.
    pub async fn remove_exporter(&self, name: &str) -> Result<()> {
        let running = self.recording("remove exporter")?;
        let (shared, name) = (Arc::clone(&running.shared), name.to_owned());
        let removal = running.clock.spawn(async move { shared.pipeline.remove_exporter(&name).await });
        removal.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "remove exporter", "the library is shut down"))
        })
    }

    /// The price books of this library, for [`Books::add`]. `None` for a price book from code; if recording
    /// is off, the vendored books.
    pub fn prices(&self) -> Option<Books> {
        self.running.as_ref().map_or_else(|| Some(Books::vendored()), |running| running.basis.books.clone())
    }

    fn recording(&self, operation: &'static str) -> Result<&Running> {
        self.running.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, operation, "recording is off (`enabled`, feature `enable`)")
        })
    }
}
