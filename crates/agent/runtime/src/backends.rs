//! Opening of the configured backends.

use std::collections::BTreeSet;
use std::sync::Arc;

use quipu_core::{Backend, Error, ErrorKind, Result, Store};
use quipu_pipeline::{DeliveryConfig, Exporter, ExporterStatus, SharedStore};

use crate::named::{BackendConfigs, Entry};
use crate::tables::{IsOptional, Open, Opened};

/// All opened backends.
#[derive(Default)]
pub struct Backends {
    /// The first backend that answers queries.
    pub store: Option<Arc<dyn Store>>,
    /// All other backends.
    pub exporters: Vec<Exporter>,
    /// Backends that failed to open: name and error.
    pub failed: Vec<(String, Error)>,
    /// Notes of backends about their opening.
    pub notes: Vec<String>,
    /// Opened stores that other processes share. The owner has to tend them ([`SharedStore::tend`]).
    pub shared: Vec<Arc<SharedStore>>,
}

impl Backends {
    /// Opens the configured backends on the current tokio runtime. A failed backend does not affect the
    /// others. `is_optional` tells which kinds a cargo feature adds to a build.
    pub fn open(&mut self, named: &BackendConfigs, known: &[(&'static str, Open)], is_optional: IsOptional) {
        named.rename_former_folder();
        let spares_file = known.iter().any(|(kind, _)| *kind == "sqlite") && named.by_preset.contains("file");
        let mut seen = BTreeSet::new();
        for listed in &named.list {
            let name = listed.split(':').next().unwrap_or_default();
            if name == "file" && spares_file {
                continue;
            }
            let opened = if seen.insert(name) {
                self.open_one(named, listed, known, is_optional)
            } else {
                Err(twice(name))
            };
            if let Err(error) = opened {
                self.failed.push((name.to_owned(), error));
            }
        }
        self.notes.extend(named.unused());
    }

    fn open_one(
        &mut self,
        named: &BackendConfigs,
        listed: &str,
        known: &[(&'static str, Open)],
        is_optional: IsOptional,
    ) -> Result<()> {
        let entry = named.entry(listed)?;
        match known.iter().find(|(kind, _)| *kind == entry.kind) {
            Some((_, open)) => {
                let opened = open(&entry.place);
                self.notes.append(&mut entry.place.notes.lock());
                self.add_entry(opened?, entry, named.keep);
                Ok(())
            }
            None if named.by_preset.contains(entry.name) => Ok(()),
            None => Err(unknown(&entry.kind, known, is_optional).of_backend(entry.name)),
        }
    }

    /// Adds a backend without a configuration.
    pub(crate) fn add(&mut self, opened: Opened, delivery: &DeliveryConfig) {
        if let Some(backend) = self.beside_store(opened) {
            self.exporters.push(Exporter { config: delivery.clone(), ..Exporter::new(backend) });
        }
    }

    fn add_entry(&mut self, opened: Opened, entry: Entry<'_>, keep: bool) {
        let Some(backend) = self.beside_store(opened) else { return };
        let Entry { name, mut delivery, says, rules, folder, .. } = entry;
        // A backend on this machine, such as a file or a page, needs no spool file.
        delivery.spool.enabled &= says.spool || (keep && backend.is_remote());
        if !(says.dead_letters || keep) {
            delivery.dead_letter_bytes = 0;
        }
        self.exporters.push(Exporter {
            name: name.to_owned(),
            backend,
            config: delivery,
            rules,
            folder: Some(folder),
        });
    }

    /// The first store becomes the store; further ones are exporters.
    fn beside_store(&mut self, opened: Opened) -> Option<Arc<dyn Backend>> {
        match opened {
            Opened::Store(store) if self.store.is_none() => {
                self.store = Some(store);
                None
            }
            Opened::Store(store) => Some(store),
            Opened::Shared(store) => {
                self.shared.push(Arc::clone(&store));
                self.beside_store(Opened::Store(store))
            }
            Opened::Exporter(backend) => Some(backend),
        }
    }

    /// Problem of a library whose records no backend takes.
    pub(crate) fn nowhere(&self) -> Option<String> {
        let is_empty = self.store.is_none() && self.exporters.is_empty();
        is_empty.then(|| {
            "records go nowhere: no backend is open; list one in `backends` (`QUIPU_BACKENDS`, `quipu.toml`), or \
             add one in code"
                .to_owned()
        })
    }

    /// Status of the backends that failed to open.
    pub(crate) fn failures(&self) -> Vec<ExporterStatus> {
        self.failed.iter().map(|(name, error)| ExporterStatus::unopened(name, error)).collect()
    }
}

fn twice(name: &str) -> Error {
    let context =
        format!("{name:?} appears twice in `backends`: give the second its own name, and set `use`");
    Error::new(ErrorKind::Invalid, "open backend", context).of_backend(name)
}

fn unknown(kind: &str, known: &[(&'static str, Open)], is_optional: IsOptional) -> Error {
    let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let mut context = format!("{kind:?} is not a backend that this build knows ({})", known.join(", "));
    if is_optional(kind) {
        context.push_str(&format!("; the cargo feature `backend-{kind}` of the crate `quipu` adds it"));
    }
    Error::new(ErrorKind::Unsupported, "open backend", context)
}
