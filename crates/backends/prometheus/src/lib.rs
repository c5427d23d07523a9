//! The backend `prometheus`: shows metrics to Prometheus.
//!
//! Verb: SHOW.
//! Takes: metric records, and the process's metrics from OpenTelemetry's meter API.
//! Gives: the latest figures in Prometheus text and OpenMetrics, on its own port or by a handler.
//! Never: blocks the pipeline, or serves a page that Prometheus cannot read.
//!
//! ```
//! use quipu_backend_prometheus::{Config, Format, Prometheus};
//!
//! let prometheus = Prometheus::open(Config { listen: None, ..Config::default() })?;
//! // Give it to the pipeline as a backend; mount `prometheus.handler()` in your own server, or set `listen`.
//! assert!(prometheus.text(Format::OpenMetrics).ends_with("# EOF\n"));
//! # Ok::<(), quipu_core::Error>(())
//! ```

mod config;
mod joined;
mod names;
pub mod otel;
mod page;
mod prometheus;
mod records;
mod remote;
mod sending;
mod server;
mod shown;
mod sources;
mod wire;

pub use config::Config;
pub use page::Format;
pub use prometheus::Prometheus;
pub use remote::{Push, RemoteWrite};
