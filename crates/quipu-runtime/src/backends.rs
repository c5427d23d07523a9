//! Opening what the configuration names.

use std::sync::Arc;

use parking_lot::Mutex;
use quipu_core::{Backend, Error, ErrorKind, Health, Result, Store};
use quipu_pipeline::{Exit, ExitStatus};

use crate::config::{Config, FILE_NAME, place};
use crate::tables::{Open, Opened, Place};

/// Everything that records go to.
#[derive(Default)]
pub(crate) struct Backends {
    pub store: Option<Arc<dyn Store>>,
    pub exits: Vec<Exit>,
    /// Those that did not open, and why.
    pub failed: Vec<ExitStatus>,
    /// What backends had to say as they opened.
    pub notes: Vec<String>,
}

impl Backends {
    /// Takes one in. The first that can be asked is the store; further ones are written to beside it.
    pub fn add(&mut self, opened: Opened, config: &Config) {
        let exit = |backend: Arc<dyn Backend>| Exit { backend, settings: config.delivery.clone() };
        match opened {
            Opened::Store(store) if self.store.is_none() => self.store = Some(store),
            Opened::Store(store) => self.exits.push(exit(store)),
            Opened::Exit(backend) => self.exits.push(exit(backend)),
        }
    }

    /// Notes one that did not open: the others go on.
    pub fn fail(&mut self, name: &str, error: &Error) {
        let text = error.to_string();
        self.failed.push(ExitStatus {
            name: name.to_owned(),
            health: Health::Down(text.clone()),
            written: 0,
            dropped: Default::default(),
            failures: 1,
            queued: 0,
            last_error: Some(text),
        });
    }

    /// Opens all that the configuration names.
    pub fn open(&mut self, config: &Config, known: &[(&'static str, Open)]) {
        for uri in &config.backends {
            let (scheme, path) = uri.split_once(':').unwrap_or((uri.as_str(), ""));
            match known.iter().find(|(name, _)| *name == scheme) {
                Some((_, open)) => match self.open_one(config, scheme, path, *open) {
                    Ok(opened) => self.add(opened, config),
                    Err(error) => self.fail(scheme, &error),
                },
                None if config.backends_by_preset => {}
                None => self.fail(scheme, &unknown(scheme, known)),
            }
        }
    }

    fn open_one(&mut self, config: &Config, scheme: &str, path: &str, open: Open) -> Result<Opened> {
        let place = place_of(config, scheme, path);
        let opened = open(&place);
        self.notes.append(&mut place.notes.into_inner());
        opened
    }
}

fn unknown(scheme: &str, known: &[(&'static str, Open)]) -> Error {
    let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let context = format!("{scheme:?} is not a backend that this build knows ({})", known.join(", "));
    Error::new(ErrorKind::Unsupported, "open backend", context)
}

fn place_of<'a>(config: &'a Config, scheme: &'a str, path: &'a str) -> Place<'a> {
    let table = config.backend.get(scheme);
    let file = config.file.as_ref().map_or_else(|| FILE_NAME.into(), |path| path.display().to_string());
    let at = table.map(|table| table.span().start).filter(|_| config.file.is_some());
    let text = config.file.as_ref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let line = if at.is_some() { place(&text, at) } else { format!(": backend.{scheme}") };
    Place {
        scheme,
        path,
        data_dir: &config.data_dir,
        level: config.level,
        table: table.map(|table| table.get_ref().clone()).unwrap_or_default(),
        place: format!("{file}{line}"),
        notes: Mutex::default(),
    }
}
