//! OpenTelemetry meters on the page, and the registry behind it: metrics that an application already records
//! appear next to Quipu's.
//!
//! The types here are those of `opentelemetry_sdk` 0.33 and `prometheus` 0.14, and change with the versions
//! of these crates. No other part of this crate exposes them.
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
use crate::config::NAME;

/// The meter provider; `opentelemetry-prometheus` reads it into a separate registry.
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
        // An empty resource, because the default one would be read from the environment.
        let resource = Resource::builder_empty().build();
        let provider = SdkMeterProvider::builder().with_resource(resource).with_reader(exporter).build();
        Ok(Self { provider, registry })
    }
}

impl Prometheus {
    /// A meter provider whose instruments appear on the page. Make it the global one, or create meters from
    /// it. Names follow `opentelemetry-prometheus`, without labels for scopes. It does not show exponential
    /// histograms.
    ///
    /// If a record has the same name with another type, only the record is shown. If both have the same
    /// series, it is shown once, with the record's figures.
    pub fn meter_provider(&self) -> SdkMeterProvider {
        self.meters.provider.clone()
    }

    /// The registry behind the page. Use it to register collectors of the `prometheus` crate, or for another
    /// output, such as a Pushgateway.
    pub fn registry(&self) -> Registry {
        self.shown.registry.clone()
    }
}
