//! What other programs need to know to show and watch Quipu's metrics and traces, as the texts of their files.
//!
//! Verb: PROVISION.
//! Takes: where Quipu and the other programs are, and from when on something is wrong.
//! Gives: Prometheus' scrape configuration and rules with their tests; Grafana's data sources, dashboards and alert rules.
//! Never: reads or writes a file, or names a metric that is not in the catalogue or among Quipu's own.
//!
//! ```
//! let files = quipu_provision::prometheus::files(&quipu_provision::Settings::default());
//! assert!(files.iter().any(|file| file.path == "prometheus.yml" && file.text.contains("127.0.0.1:9464")));
//! ```

mod alarms;
mod file;
pub mod grafana;
pub mod prometheus;
mod settings;
mod yaml;

pub use file::{File, files};
pub use settings::{Settings, Thresholds, Tracing};
