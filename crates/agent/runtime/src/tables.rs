//! Tables of a build: its adapters and backends. The crate that selects the features fills them in.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quipu_core::locks::Mutex;
use quipu_core::{Accounts, Adapters, Backend, Error, ErrorKind, Level, Result, Store};
use quipu_pipeline::SharedStore;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::basis::Basis;
use crate::syntax::discreet;
use crate::variables::Variables;

/// Adapters and backends of a build.
pub trait Tables: Send + Sync + 'static {
    /// Whether recording is compiled in.
    const ENABLED: bool;

    /// Type of the estimator.
    type Estimator;

    /// Creates the estimator.
    fn estimator(basis: Basis) -> Self::Estimator;

    /// Every adapter.
    fn adapters() -> Adapters;

    /// Functions that open backends, by URI scheme.
    fn backends() -> Vec<(&'static str, Open)>;

    /// Whether a cargo feature adds this kind of backend to a build.
    fn is_optional(_kind: &str) -> bool {
        false
    }

    /// Function that opens the file of shared budget accounts; `None` if this build has none.
    fn accounts() -> Option<OpenAccounts> {
        None
    }
}

/// Whether a cargo feature adds a kind of backend to a build.
pub type IsOptional = fn(&str) -> bool;

/// Opens or creates account books.
pub type OpenAccounts = fn(&Path) -> Result<Arc<dyn Accounts>>;

/// Opens a backend. A tokio runtime is current during the call; its tasks live until shutdown.
pub type Open = fn(&BackendEntry<'_>) -> Result<Opened>;

/// An opened backend.
///
/// ```
/// use std::sync::Arc;
///
/// use quipu_core::Backend;
/// use quipu_runtime::Opened;
///
/// fn opened(backend: Arc<dyn Backend>) -> Opened {
///     Opened::Exporter(backend)
/// }
/// # let _ = opened;
/// ```
pub enum Opened {
    /// A backend that answers queries. The count uses the first one for look-ups beyond its memory.
    Store(Arc<dyn Store>),
    /// A store in a folder that further processes can use at the same time.
    Shared(Arc<SharedStore>),
    /// An exporter.
    Exporter(Arc<dyn Backend>),
}

/// Config of a backend to open.
///
/// ```
/// use quipu_runtime::BackendEntry;
///
/// fn folder(entry: &BackendEntry<'_>) -> std::path::PathBuf {
///     entry.folder("".into(), "lines") // of the URI, of the config, or in the data folder
/// }
/// # let _ = folder;
/// ```
pub struct BackendEntry<'a> {
    /// Name of the backend in the configuration.
    pub scheme: &'a str,
    /// Text after the name; empty for the backend's default.
    pub path: &'a str,
    /// Default folder for files.
    pub data_dir: &'a Path,
    /// Minimum level of recorded events.
    pub level: Level,
    pub(crate) table: toml::Table,
    pub(crate) place: String,
    pub(crate) notes: Mutex<Vec<String>>,
    pub(crate) variables: Variables,
}

impl BackendEntry<'_> {
    /// Config of this backend: its table over its defaults.
    ///
    /// # Errors
    /// The table is invalid: the text names file, line and key.
    pub fn config<C: DeserializeOwned>(&self) -> Result<C> {
        self.table.clone().try_into().map_err(|error| self.wrong(&discreet(error.message())))
    }

    /// Config of this backend: its table over the given defaults.
    ///
    /// # Errors
    /// As for [`Self::config`].
    pub fn config_over<C: Serialize + DeserializeOwned>(&self, defaults: C) -> Result<C> {
        let mut table = toml::Table::try_from(defaults).map_err(|error| self.wrong(&error.to_string()))?;
        table.extend(self.table.clone());
        table.try_into().map_err(|error| self.wrong(&discreet(error.message())))
    }

    /// An environment variable, for backends with standardised variables; an empty one counts as unset.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name)
    }

    /// Adds a note for the operator to `status().problems`; the backend still opens.
    pub fn note(&self, what: impl fmt::Display) {
        self.notes.lock().push(format!("{}: {what}", self.scheme));
    }

    /// Folder of a backend: the path of the URI, else the configured one, else `name` in the data folder.
    pub fn folder(&self, said: PathBuf, name: &str) -> PathBuf {
        if !self.path.is_empty() {
            return PathBuf::from(self.path);
        }
        if self.table.contains_key("path") { said } else { self.data_dir.join(name) }
    }

    /// Listen address of a backend: the one in the URI, else the configured one. `off` means none.
    ///
    /// # Errors
    /// The URI holds another text.
    pub fn address(&self, said: Option<SocketAddr>) -> Result<Option<SocketAddr>> {
        match self.path {
            "" => Ok(said),
            "off" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                let context =
                    format!("{}:{text}: expected an address such as 127.0.0.1:9464, or off", self.scheme);
                Error::new(ErrorKind::Invalid, "open backend", context).of_backend(self.scheme)
            }),
        }
    }

    fn wrong(&self, why: &str) -> Error {
        let context = format!("{}: {why}", self.place);
        Error::new(ErrorKind::Invalid, "read configuration", context).of_backend(self.scheme)
    }
}
