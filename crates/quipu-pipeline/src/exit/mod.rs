//! The ways out beside the store: each with a worker, a bounded backlog and a breaker of its own, so that a slow or failing one
//! holds up nobody.

mod backlog;
mod breaker;
mod dead;
mod deliver;
mod forgotten;
mod frame;
mod inspect;
mod kept;
mod offered;
mod open;
mod pieces;
mod private;
mod rules;
mod settings;
mod spool;
mod status;
mod steady;
mod tally;
mod waiting;

use std::path::PathBuf;
use std::sync::Arc;

use quipu_core::Backend;

pub use dead::{DeadLetter, DeadLetters, Replayed};
pub use forgotten::{Forgotten, Swept};
pub use inspect::unreadable;
pub(crate) use offered::Offered;
pub(crate) use open::{Open, Parts};
pub use rules::{ExitRules, RuleSignal};
pub use settings::{ExitSettings, SpoolSettings, WhenFull};
pub use status::{BreakerState, ExitStatus};
pub use steady::Steady;
pub(crate) use tally::{Tally, taken};

/// A backend beside the store.
#[derive(Clone)]
pub struct Exit {
    /// Its name in the configuration: several may be of one kind.
    pub name: String,
    /// The backend.
    pub backend: Arc<dyn Backend>,
    /// How it is delivered to.
    pub settings: ExitSettings,
    /// What goes there.
    pub rules: ExitRules,
    /// Folder for what waits and for what was refused, this backend's alone; without one nothing of it is kept on disk.
    pub folder: Option<PathBuf>,
}

impl Exit {
    /// A backend by its own name, with the default settings, that gets everything.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        let (settings, rules) = (ExitSettings::default(), ExitRules::default());
        Self { name: backend.name().to_owned(), backend, settings, rules, folder: None }
    }
}
