//! The library: what the features choose, handed to the runtime.

use quipu_core::{Adapters, Result};
#[cfg(feature = "backend-sqlite")]
use quipu_runtime::OpenAccounts;
use quipu_runtime::{Basis, Open, Tables};

use crate::adapters::adapters;
use crate::backends::BACKENDS;

/// What this build has to offer.
#[derive(Debug)]
pub struct Build;

impl Tables for Build {
    const ENABLED: bool = cfg!(feature = "enable");

    #[cfg(feature = "tokens")]
    type Estimator = quipu_tokens::Estimator;
    #[cfg(not(feature = "tokens"))]
    type Estimator = Basis;

    #[cfg(feature = "tokens")]
    fn estimator(basis: Basis) -> Self::Estimator {
        crate::estimates::of(basis)
    }

    #[cfg(not(feature = "tokens"))]
    fn estimator(basis: Basis) -> Self::Estimator {
        basis
    }

    fn adapters() -> Adapters {
        adapters()
    }

    fn backends() -> Vec<(&'static str, Open)> {
        BACKENDS.to_vec()
    }

    #[cfg(feature = "backend-sqlite")]
    fn accounts() -> Option<OpenAccounts> {
        Some(|path| quipu_backend_sqlite::accounts::open(path))
    }
}

/// The library at work; see [`quipu_runtime::Quipu`].
pub type Quipu = quipu_runtime::Quipu<Build>;

/// A configuration by code; see [`quipu_runtime::Builder`].
pub type Builder = quipu_runtime::Builder<Build>;

/// Starts by environment, `quipu.toml` and preset.
///
/// ```no_run
/// let _quipu = quipu::init()?;
/// let call = quipu::llm("openai", "gpt-5");
/// call.usage((1_200, 85)).finish_reason("stop").end();
/// # Ok::<(), quipu::Error>(())
/// ```
///
/// # Errors
/// The configuration is wrong, or it was started before.
pub fn init() -> Result<Quipu> {
    builder().init()
}

/// Begins a configuration by code.
pub fn builder() -> Builder {
    Quipu::builder()
}

/// Begins with the choices for development: console, file and SQLite at once, everything sampled, prompts recorded.
pub fn development() -> Builder {
    builder().development()
}

/// Begins with those for production: larger batches, a tenth of the traces and all that failed or were slow, no prompts.
pub fn production() -> Builder {
    builder().production()
}
