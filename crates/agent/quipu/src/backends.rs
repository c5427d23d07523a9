//! Tables of backends by URI scheme: stores, and all backends of the library.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use quipu_core::{Error, ErrorKind, Result, Store};
use quipu_runtime as runtime;

use crate::plug_ins::plug_ins;

/// Mode of opening a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read and write; the store is created if it does not exist.
    Write,
    /// Read only, concurrently with a writer.
    Read,
}

/// Opens a store from the text after the scheme; the folder is the default location.
type Open = fn(&str, &Path, Access) -> Result<Arc<dyn Store>>;

const STORES: &[(&str, Open)] = &[
    // backends: one line each
    #[cfg(feature = "backend-sqlite")]
    ("sqlite", |rest, folder, access| {
        let config = quipu_backend_sqlite::Config::of_uri(rest, folder)?;
        match access {
            Access::Write => {
                let folder = config.path.clone();
                let open = || quipu_backend_sqlite::Sqlite::open(config.clone());
                Ok(Arc::new(quipu_pipeline::open_leased(&folder, open)?))
            }
            Access::Read => Ok(Arc::new(quipu_backend_sqlite::Sqlite::open_read_only_with(config)?)),
        }
    }),
    #[cfg(feature = "backend-memory")]
    ("memory", |_, _, _| Ok(Arc::new(quipu_backend_memory::Memory::default()))),
];

/// Every backend of the library, opened with its config.
pub(crate) const BACKENDS: &[(&str, runtime::Open)] = &[
    // exporters: one line each
    #[cfg(feature = "backend-sqlite")]
    ("sqlite", |place| {
        let mut config = place.config_over(quipu_backend_sqlite::Config::lean())?;
        config.path = place.folder(config.path, "");
        if config.encryption.is_some() {
            // The inbox of a shared store is not encrypted.
            return Ok(runtime::Opened::Store(Arc::new(quipu_backend_sqlite::Sqlite::open(config)?)));
        }
        let folder = config.path.clone();
        let open = move |mode| -> Result<Arc<dyn Store>> {
            let config = config.clone();
            Ok(match mode {
                runtime::StoreMode::Write => Arc::new(quipu_backend_sqlite::Sqlite::open(config)?),
                runtime::StoreMode::Read => {
                    Arc::new(quipu_backend_sqlite::Sqlite::open_read_only_with(config)?)
                }
            })
        };
        let shared = runtime::SharedStore::open("sqlite", &folder, open)?;
        Ok(runtime::Opened::Shared(Arc::new(shared)))
    }),
    #[cfg(feature = "backend-memory")]
    ("memory", |_| Ok(runtime::Opened::Store(Arc::new(quipu_backend_memory::Memory::default())))),
    #[cfg(feature = "backend-file")]
    ("file", |place| {
        let mut config: quipu_backend_file::Config = place.config()?;
        config.path = place.folder(config.path, "lines");
        let file = quipu_backend_file::File::open_free(&config)?;
        file.mended().into_iter().for_each(|mended| place.note(mended));
        Ok(runtime::Opened::Exporter(Arc::new(file)))
    }),
    #[cfg(feature = "backend-console")]
    ("console", |place| {
        Ok(runtime::Opened::Exporter(Arc::new(quipu_backend_console::Console::new(place.config()?)?)))
    }),
    #[cfg(feature = "backend-otlp")]
    ("otlp", |place| {
        let mut config: quipu_backend_otlp::Config = place.config()?;
        config.endpoint = Some(place.path.to_owned()).filter(|path| !path.is_empty()).or(config.endpoint);
        let otlp = quipu_backend_otlp::Otlp::open(config, &|name| place.variable(name))?;
        Ok(runtime::Opened::Exporter(Arc::new(otlp)))
    }),
    #[cfg(feature = "backend-jaeger")]
    ("jaeger", |place| {
        let mut config: quipu_backend_jaeger::Config = place.config()?;
        config.endpoint =
            Some(place.path.to_owned()).filter(|path| !path.is_empty()).unwrap_or(config.endpoint);
        let config = config.or_variables(|name| place.variable(name))?;
        Ok(runtime::Opened::Exporter(Arc::new(quipu_backend_jaeger::Jaeger::open(config)?)))
    }),
    #[cfg(feature = "backend-prometheus")]
    ("prometheus", |place| {
        let mut config: quipu_backend_prometheus::Config = place.config()?;
        config.listen = place.address(config.listen)?;
        Ok(runtime::Opened::Exporter(Arc::new(quipu_backend_prometheus::Prometheus::open(config)?)))
    }),
    #[cfg(feature = "backend-elasticsearch")]
    ("elasticsearch", |place| {
        let mut config: quipu_backend_elasticsearch::Config = place.config()?;
        config.url = Some(place.path.to_owned()).filter(|path| !path.is_empty()).unwrap_or(config.url);
        Ok(runtime::Opened::Exporter(Arc::new(quipu_backend_elasticsearch::Elasticsearch::open(config)?)))
    }),
    #[cfg(feature = "backend-syslog")]
    ("syslog", |place| {
        let mut config: quipu_backend_syslog::Config = place.config()?;
        config.url = Some(place.path.to_owned()).filter(|path| !path.is_empty()).unwrap_or(config.url);
        Ok(runtime::Opened::Exporter(Arc::new(quipu_backend_syslog::Syslog::open(config)?)))
    }),
    #[cfg(feature = "backend-webhook")]
    ("webhook", |place| {
        let mut config: quipu_backend_webhook::Config = place.config()?;
        config.url = if place.path.is_empty() { config.url } else { place.path.into() };
        Ok(runtime::Opened::Exporter(Arc::new(quipu_backend_webhook::Webhook::open(config)?)))
    }),
];

/// Every kind of backend of this program.
pub(crate) fn known() -> Vec<(&'static str, runtime::Open)> {
    plug_ins().backends_over(BACKENDS)
}

/// Opens the configured backends on the current tokio runtime; `store` is an already open store.
pub fn open_backends(named: &runtime::BackendConfigs, store: Option<Arc<dyn Store>>) -> runtime::Backends {
    let mut backends = runtime::Backends { store, ..runtime::Backends::default() };
    backends.open(named, &known(), is_optional);
    runtime::tend_alone(std::mem::take(&mut backends.shared));
    backends
}

/// Whether a cargo feature adds this kind of backend to a build. The manifest of this crate decides.
pub(crate) fn is_optional(kind: &str) -> bool {
    let feature = format!("backend-{kind} = [");
    include_str!("../Cargo.toml").lines().any(|line| line.starts_with(&feature))
}

/// URI schemes of this build.
pub fn schemes() -> Vec<&'static str> {
    STORES.iter().map(|(scheme, _)| *scheme).collect()
}

/// Opens the store of a URI. `sqlite:` uses the folder `data_dir`, `sqlite:PATH` its own folder; options
/// follow a question mark, as in `sqlite:?durability=os`.
///
/// # Errors
/// The scheme is not in this build, an option is unknown, or the store cannot be opened.
pub fn open(uri: &str, data_dir: &Path, access: Access) -> Result<Arc<dyn Store>> {
    let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
    let Some((_, open)) = STORES.iter().find(|(known, _)| *known == scheme) else {
        let known = schemes().join(", ");
        let context = format!("{scheme:?} is not a store that this build knows ({known})");
        return Err(Error::new(ErrorKind::Unsupported, "open store", context));
    };
    open(rest, data_dir, access)
}

/// Folder of the store with this URI.
pub fn store_folder(uri: &str, data_dir: &Path) -> PathBuf {
    let rest = uri.split_once(':').map_or("", |(_, rest)| rest);
    let path = rest.split_once('?').map_or(rest, |(path, _)| path);
    if path.is_empty() { data_dir.to_owned() } else { PathBuf::from(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_tells_which_backends_have_a_feature() {
        assert!(["otlp", "sqlite", "webhook"].into_iter().all(is_optional));
        assert!(!is_optional("acme") && !is_optional("jaeger-legacy") && !is_optional(""));
    }
}
