//! Plug-ins of Acme: the backend `csv`, and the adapter of its own telemetry.

mod adapter;
mod csv;

pub use adapter::Acme;
pub use csv::Csv;
use quipu_cli::Registry;
use quipu_cli::quipu::OpenedBackend;

/// Both, for the library and for the binary.
pub fn plug_ins() -> Registry {
    Registry::new()
        .adapter(Acme)
        .backend("csv", |entry| Ok(OpenedBackend::Exporter(std::sync::Arc::new(Csv::open(entry.config()?)?))))
}
