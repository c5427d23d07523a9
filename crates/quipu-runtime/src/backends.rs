//! Opening what the configuration names.

use std::collections::BTreeSet;
use std::sync::Arc;

use quipu_core::{Backend, Error, ErrorKind, Result, Store};
use quipu_pipeline::{Exit, ExitSettings, ExitStatus};

use crate::named::{Entry, Named};
use crate::tables::{Open, Opened};

/// Everything that records go to.
#[derive(Default)]
pub struct Backends {
    /// The first that can be asked.
    pub store: Option<Arc<dyn Store>>,
    /// All others.
    pub exits: Vec<Exit>,
    /// Those that did not open: name and why.
    pub failed: Vec<(String, Error)>,
    /// What backends had to say as they opened.
    pub notes: Vec<String>,
}

impl Backends {
    /// Opens all that a configuration names, on the current tokio runtime. One that does not open leaves the others alone.
    pub fn open(&mut self, named: &Named, known: &[(&'static str, Open)]) {
        let mut seen = BTreeSet::new();
        for listed in &named.list {
            let name = listed.split(':').next().unwrap_or_default();
            let opened =
                if seen.insert(name) { self.open_one(named, listed, known) } else { Err(twice(name)) };
            if let Err(error) = opened {
                self.failed.push((name.to_owned(), error));
            }
        }
        self.notes.extend(named.unused());
    }

    fn open_one(&mut self, named: &Named, listed: &str, known: &[(&'static str, Open)]) -> Result<()> {
        let entry = named.entry(listed)?;
        match known.iter().find(|(kind, _)| *kind == entry.kind) {
            Some((_, open)) => {
                let opened = open(&entry.place);
                self.notes.append(&mut entry.place.notes.lock());
                self.add_entry(opened?, entry, named.keep);
                Ok(())
            }
            None if named.lenient => Ok(()),
            None => Err(unknown(&entry.kind, known).of_backend(entry.name)),
        }
    }

    /// Takes one in that came without a configuration.
    pub(crate) fn add(&mut self, opened: Opened, delivery: &ExitSettings) {
        if let Some(backend) = self.beside_store(opened) {
            self.exits.push(Exit { settings: delivery.clone(), ..Exit::new(backend) });
        }
    }

    fn add_entry(&mut self, opened: Opened, entry: Entry<'_>, keep: bool) {
        let Some(backend) = self.beside_store(opened) else { return };
        let Entry { name, mut delivery, says, rules, folder, .. } = entry;
        // What waits for a file or a page of this machine is not worth a second file.
        delivery.spool.enabled &= says.spool || (keep && backend.is_remote());
        if !(says.dead_letters || keep) {
            delivery.dead_letter_bytes = 0;
        }
        self.exits.push(Exit {
            name: name.to_owned(),
            backend,
            settings: delivery,
            rules,
            folder: Some(folder),
        });
    }

    /// The first that can be asked is the store; further ones are written to beside it.
    fn beside_store(&mut self, opened: Opened) -> Option<Arc<dyn Backend>> {
        match opened {
            Opened::Store(store) if self.store.is_none() => {
                self.store = Some(store);
                None
            }
            Opened::Store(store) => Some(store),
            Opened::Exit(backend) => Some(backend),
        }
    }

    /// Those that did not open, as the others tell of themselves.
    pub(crate) fn failures(&self) -> Vec<ExitStatus> {
        self.failed.iter().map(|(name, error)| ExitStatus::unopened(name, error)).collect()
    }
}

fn twice(name: &str) -> Error {
    let context =
        format!("{name:?} is named twice in `backends`: give the second a name of its own, and `use`");
    Error::new(ErrorKind::Invalid, "open backend", context).of_backend(name)
}

fn unknown(kind: &str, known: &[(&'static str, Open)]) -> Error {
    let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let context = format!("{kind:?} is not a backend that this build knows ({})", known.join(", "));
    Error::new(ErrorKind::Unsupported, "open backend", context)
}
