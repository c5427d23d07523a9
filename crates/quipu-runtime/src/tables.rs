//! What a build has to offer: filled in by whoever chooses the features.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use quipu_core::{Accounts, Adapters, Backend, Error, ErrorKind, Level, Result, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::basis::Basis;
use crate::config::discreet;
use crate::variables::Variables;

/// Adapters and backends of a build.
pub trait Tables: Send + Sync + 'static {
    /// Whether anything is recorded at all.
    const ENABLED: bool;

    /// What estimates calls before they are made.
    type Estimator;

    /// Makes it.
    fn estimator(basis: Basis) -> Self::Estimator;

    /// Every adapter.
    fn adapters() -> Adapters;

    /// How backends are opened, by their URI scheme.
    fn backends() -> Vec<(&'static str, Open)>;

    /// How a file is opened in which processes share what budgets have spent; `None` where this build cannot.
    fn accounts() -> Option<OpenAccounts> {
        None
    }
}

/// Opens books of accounts, or makes them.
pub type OpenAccounts = fn(&Path) -> Result<Arc<dyn Accounts>>;

/// Opens a backend. A tokio runtime is current while it runs, whose tasks live until shutdown.
pub type Open = fn(&Place<'_>) -> Result<Opened>;

/// A backend that was opened.
pub enum Opened {
    /// It can be asked: the first of these is where the count looks up what has left its memory.
    Store(Arc<dyn Store>),
    /// It delivers.
    Exit(Arc<dyn Backend>),
}

/// Where and how a backend is to be opened.
pub struct Place<'a> {
    /// The backend's name in the configuration.
    pub scheme: &'a str,
    /// What stands behind the name there; empty for the backend's own default.
    pub path: &'a str,
    /// Folder for what has no path of its own.
    pub data_dir: &'a Path,
    /// Events below this level are not recorded.
    pub level: Level,
    pub(crate) table: toml::Table,
    pub(crate) place: String,
    pub(crate) notes: Mutex<Vec<String>>,
    pub(crate) variables: Variables,
}

impl Place<'_> {
    /// The settings of this backend: its table in the configuration, over its defaults.
    ///
    /// # Errors
    /// Something in the table is wrong: the text names file, line and key.
    pub fn config<C: DeserializeOwned>(&self) -> Result<C> {
        self.table.clone().try_into().map_err(|error| self.wrong(&discreet(error.message())))
    }

    /// The settings of this backend: its table in the configuration, over these defaults.
    ///
    /// # Errors
    /// As [`Self::config`].
    pub fn config_over<C: Serialize + DeserializeOwned>(&self, defaults: C) -> Result<C> {
        let mut table = toml::Table::try_from(defaults).map_err(|error| self.wrong(&error.to_string()))?;
        table.extend(self.table.clone());
        table.try_into().map_err(|error| self.wrong(&discreet(error.message())))
    }

    /// An environment variable, for backends that have some of their own by a standard; one that is empty is not set.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name)
    }

    /// Says something that whoever runs this should know, though the backend opens: it stands in `status().problems`.
    pub fn note(&self, what: impl fmt::Display) {
        self.notes.lock().push(format!("{}: {what}", self.scheme));
    }

    /// The folder of a backend: the URI's path, else what its settings say, else `name` in the data folder.
    pub fn folder(&self, said: PathBuf, name: &str) -> PathBuf {
        if !self.path.is_empty() {
            return PathBuf::from(self.path);
        }
        if self.table.contains_key("path") { said } else { self.data_dir.join(name) }
    }

    /// The address that a backend listens on: the URI's, else what its settings say. `off` is none.
    ///
    /// # Errors
    /// The URI holds something else.
    pub fn address(&self, said: Option<SocketAddr>) -> Result<Option<SocketAddr>> {
        match self.path {
            "" => Ok(said),
            "off" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                let context =
                    format!("{}:{text}: not an address such as 127.0.0.1:9464, nor off", self.scheme);
                Error::new(ErrorKind::Invalid, "open backend", context).of_backend(self.scheme)
            }),
        }
    }

    fn wrong(&self, why: &str) -> Error {
        let context = format!("{}: {why}", self.place);
        Error::new(ErrorKind::Invalid, "read configuration", context).of_backend(self.scheme)
    }
}
