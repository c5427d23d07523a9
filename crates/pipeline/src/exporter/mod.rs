//! Delivery to exporters. Each has its own worker, bounded backlog and circuit breaker, so a slow or failing
//! exporter delays no other.

mod all;
mod backlog;
mod breaker;
mod config;
mod dead;
mod deliver;
mod forgotten;
mod frame;
mod inspect;
mod kept;
mod offered;
mod open;
mod pieces;
pub(crate) mod private;
mod rules;
mod spool;
mod status;
mod steady;
mod tally;
mod waiting;

use std::path::PathBuf;
use std::sync::Arc;

use quipu_core::Backend;

pub(crate) use all::AllExporters;
pub use config::{DeliveryConfig, SpoolConfig, WhenFull};
pub use dead::{DeadLetter, DeadLetters, Replayed};
pub use forgotten::{Forgotten, Swept};
pub(crate) use frame::{Head, Packed};
pub use inspect::unreadable;
pub(crate) use offered::Offered;
pub(crate) use open::{ExporterParts, Open};
pub use rules::{ExporterRules, RuleSignal};
pub(crate) use spool::failed;
pub use status::{BreakerState, ExporterStatus};
pub use steady::Steady;
pub(crate) use tally::Tally;

/// An exporter: a backend other than the store.
///
/// ```
/// use std::sync::Arc;
///
/// use quipu_core::Backend;
/// use quipu_pipeline::{DeliveryConfig, Exporter};
///
/// fn patient(backend: Arc<dyn Backend>) -> Exporter {
///     let config = DeliveryConfig { attempts: 20, ..DeliveryConfig::default() };
///     Exporter { config, ..Exporter::new(backend) }
/// }
/// # let _ = patient;
/// ```
#[derive(Clone)]
pub struct Exporter {
    /// Name in the configuration; several exporters can be of one kind.
    pub name: String,
    /// The backend.
    pub backend: Arc<dyn Backend>,
    /// Delivery config.
    pub config: DeliveryConfig,
    /// Rules that select its records.
    pub rules: ExporterRules,
    /// Folder for the spool and the dead letters of this exporter alone; without one nothing is stored on
    /// disk.
    pub folder: Option<PathBuf>,
}

impl Exporter {
    /// Creates an exporter with the backend's own name, default config and no rules.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        let (config, rules) = (DeliveryConfig::default(), ExporterRules::default());
        Self { name: backend.name().to_owned(), backend, config, rules, folder: None }
    }
}
