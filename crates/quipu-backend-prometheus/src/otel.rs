//! OpenTelemetry's own meters, and the registry behind the page: what an application already records comes out beside
//! Quipu's records.
//!
//! The types here are those of `opentelemetry_sdk` 0.33 and `prometheus` 0.14; they change with the versions of these
//! crates. Nothing else of this crate shows them.
//!
//! ```
//! use opentelemetry::metrics::MeterProvider as _;
//! use quipu_backend_prometheus::{Config, Format, Prometheus};
//!
//! let prometheus = Prometheus::open(Config { listen: None, ..Config::default() })?;
//! let provider = prometheus.meter_provider();
//! provider.meter("shop").u64_counter("orders").with_description("Orders taken.").build().add(2, &[]);
//! assert!(prometheus.text(Format::Text).contains("orders_total 2\n"));
//! # Ok::<(), quipu_core::Error>(())
//! ```

use opentelemetry_sdk::Resource;
use quipu_core::{Error, ErrorKind, Result};

pub use opentelemetry_sdk::metrics::SdkMeterProvider;
pub use prometheus::Registry;

use crate::Prometheus;
use crate::prometheus::NAME;

/// The meter provider, read by `opentelemetry-prometheus` into a registry of its own.
pub(crate) struct Meters {
    provider: SdkMeterProvider,
    pub(crate) registry: Registry,
}

impl Meters {
    pub(crate) fn new() -> Result<Self> {
        let registry = Registry::new();
        // Scope labels would multiply every series; target_info comes from the records' resource.
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .build();
        let exporter = exporter.map_err(|error| {
            Error::new(ErrorKind::Internal, "open backend", "exporter").of_backend(NAME).caused_by(error)
        })?;
        // An empty resource: the default one would be read from the environment.
        let resource = Resource::builder_empty().build();
        let provider = SdkMeterProvider::builder().with_resource(resource).with_reader(exporter).build();
        Ok(Self { provider, registry })
    }
}

impl Prometheus {
    /// A meter provider whose instruments appear on the page; make it the global one, or take meters from it. Names follow
    /// `opentelemetry-prometheus`, without labels for scopes. Exponential histograms are not shown by it.
    ///
    /// Where a name is also that of a record with another type, the record stays; the same series of both is shown once, as
    /// the record has it.
    pub fn meter_provider(&self) -> SdkMeterProvider {
        self.meters.provider.clone()
    }

    /// The registry that the page is made from, to register collectors of the `prometheus` crate, or to read it otherwise,
    /// such as for a push gateway.
    pub fn registry(&self) -> Registry {
        self.shown.registry.clone()
    }
}
