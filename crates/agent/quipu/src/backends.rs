//! Tables of backends by URI scheme: stores, and all backends of the library.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use quipu_core::{Error, ErrorKind, Result, Store};
use quipu_runtime as runtime;

use crate::plug_ins::plug_ins;

/// Mode of opening a store.
///
/// ```no_run
/// use quipu::{Access, open};
///
/// let store = open("sqlite:", ".quipu".as_ref(), Access::Read); // beside a running agent
/// # drop(store);
/// ```
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
    #[cfg(feature = "backend-clickhouse")]
    ("clickhouse", |rest, _, access| {
        use quipu_backend_clickhouse::{Clickhouse, Config};
        let write = access == Access::Write;
        let mut servers = Config::all_of_uri(rest)?;
        if servers.len() == 1 {
            return Ok(Arc::new(Clickhouse::open_blocking(servers.remove(0), write)?));
        }
        let shard = |config: Config| {
            quipu_shards::Shard::new(
                config.uri(),
                Box::new(move || Ok(Arc::new(Clickhouse::open_blocking(config.clone(), write)?))),
            )
        };
        Ok(Arc::new(quipu_shards::Shards::open(servers.into_iter().map(shard).collect())?))
    }),
    #[cfg(feature = "backend-memory")]
    ("memory", |_, _, _| Ok(Arc::new(quipu_backend_memory::Memory::default()))),
];

/// Statements that make the tables of a store, for a database and the name of a cluster.
type Statements = fn(&str, Option<&str>) -> Vec<String>;

const STATEMENTS: &[(&str, Statements)] = &[
    // stores in servers: one line each
    #[cfg(feature = "backend-clickhouse")]
    ("clickhouse", |database, cluster| {
        let cluster = cluster.map(|name| quipu_backend_clickhouse::Cluster { name: name.to_owned() });
        quipu_backend_clickhouse::statements(database, cluster.as_ref())
    }),
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
///
/// ```
/// let open = |configs: &quipu::BackendConfigs| quipu::open_backends(configs, None).store;
/// # let _ = open;
/// ```
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
///
/// ```
/// assert!(quipu::schemes().contains(&"sqlite"));
/// ```
pub fn schemes() -> Vec<&'static str> {
    STORES.iter().map(|(scheme, _)| *scheme).collect()
}

/// Opens the store of a URI. `sqlite:` uses the folder `data_dir`, `sqlite:PATH` its own folder; options
/// follow a question mark, as in `sqlite:?durability=os`.
///
/// ```no_run
/// use quipu::core::TraceQuery;
///
/// # async fn of() -> quipu::core::Result<()> {
/// let store = quipu::open("sqlite:", ".quipu".as_ref(), quipu::Access::Read)?;
/// for trace in store.traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await?.rows {
///     println!("{}", trace.trace_id);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The scheme is not in this build, an option is unknown, or the store cannot be opened.
pub fn open(uri: &str, data_dir: &Path, access: Access) -> Result<Arc<dyn Store>> {
    let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
    let Some((_, open)) = STORES.iter().find(|(known, _)| *known == scheme) else {
        return Err(unknown("open store", scheme));
    };
    open(rest, data_dir, access)
}

fn unknown(operation: &'static str, scheme: &str) -> Error {
    let known = schemes().join(", ");
    let context = match is_optional(scheme) {
        true => {
            format!("the store {scheme:?} is not in this build: build with the feature `backend-{scheme}`")
        }
        false => format!("{scheme:?} is not a store that this build knows ({known})"),
    };
    Error::new(ErrorKind::Unsupported, operation, context)
}

/// The statements that make the database and tables of a store in a server, each one again harmless.
///
/// ```
/// assert!(quipu::store_statements("sqlite", "quipu", None).is_err(), "a store without a server");
/// ```
///
/// # Errors
/// The store is not in this build, or has no such statements.
pub fn store_statements(scheme: &str, database: &str, cluster: Option<&str>) -> Result<Vec<String>> {
    match STATEMENTS.iter().find(|(known, _)| *known == scheme) {
        Some((_, statements)) => Ok(statements(database, cluster)),
        None => Err(unknown("generate statements", scheme)),
    }
}

/// Whether the store with this URI has its data in files of this machine.
///
/// ```
/// assert!(quipu::has_files("sqlite:") && !quipu::has_files("memory:"));
/// ```
pub fn has_files(uri: &str) -> bool {
    uri.split_once(':').map_or(uri, |(scheme, _)| scheme) == "sqlite"
}

/// The URI without user and password, for messages.
///
/// ```
/// assert_eq!(quipu::without_login("clickhouse://ada:secret@db/quipu"), "clickhouse://db/quipu");
/// ```
pub fn without_login(uri: &str) -> String {
    match (uri.split_once("//"), uri.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}//{rest}"),
        _ => uri.to_owned(),
    }
}

/// Folder of the store with this URI; the data folder for a store without files.
///
/// ```
/// let folder = quipu::store_folder("sqlite:/data/agents", ".quipu".as_ref());
/// assert_eq!(folder.display().to_string(), "/data/agents");
/// ```
pub fn store_folder(uri: &str, data_dir: &Path) -> PathBuf {
    let rest = uri.split_once(':').map_or("", |(_, rest)| rest);
    let path = rest.split_once('?').map_or(rest, |(path, _)| path);
    if path.is_empty() || !has_files(uri) { data_dir.to_owned() } else { PathBuf::from(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_tells_which_backends_have_a_feature() {
        assert!(["otlp", "sqlite", "webhook"].into_iter().all(is_optional));
        assert!(is_optional("clickhouse"));
        assert!(!is_optional("acme") && !is_optional("jaeger-legacy") && !is_optional(""));
    }

    #[test]
    fn a_uri_is_shown_without_its_login() {
        let shown = without_login("clickhouse://ada:p@ss@db:8123/quipu?tls=true");
        assert_eq!(shown, "clickhouse://db:8123/quipu?tls=true");
        assert_eq!(without_login("sqlite:/data/a@b"), "sqlite:/data/a@b");
    }

    #[test]
    fn a_store_in_a_server_has_no_folder_of_its_own() {
        let data = Path::new("/data");
        assert_eq!(store_folder("clickhouse://ada:secret@db/quipu", data), data);
        assert_eq!(store_folder("sqlite:/other?durability=os", data), Path::new("/other"));
    }
}
