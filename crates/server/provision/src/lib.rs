//! Configuration files for other programs that show and watch Quipu's metrics and traces.
//!
//! Verb: PROVISION.
//! Takes: the addresses of Quipu and the other programs, and the thresholds of alerts.
//! Gives: Prometheus' scrape configuration and tested rules; Grafana's data sources, dashboards and alerts.
//! Never: reads or writes a file, or names a metric that is not in the catalogue or among Quipu's own.
//!
//! ```
//! let files = quipu_provision::prometheus::files(&quipu_provision::ProvisionConfig::default());
//! assert!(files.iter().any(|file| file.path == "prometheus.yml" && file.text.contains("127.0.0.1:9464")));
//! ```

mod alarms;
mod config;
mod file;
pub mod grafana;
pub mod prometheus;
mod yaml;

pub use config::{ProvisionConfig, Thresholds, Tracing};
pub use file::{File, files};
