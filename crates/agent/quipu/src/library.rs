//! The library, assembled from the enabled features.

use quipu_core::{Adapters, Result};
#[cfg(feature = "backend-sqlite")]
use quipu_runtime::OpenAccounts;
use quipu_runtime::{Basis, Open, Tables};

use crate::adapters::adapters;
use crate::backends;

/// Tables of this build.
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

    fn is_optional(kind: &str) -> bool {
        backends::is_optional(kind)
    }

    fn backends() -> Vec<(&'static str, Open)> {
        backends::known()
    }

    #[cfg(feature = "backend-sqlite")]
    fn accounts() -> Option<OpenAccounts> {
        Some(|path| quipu_backend_sqlite::accounts::open(path))
    }
}

/// The running library; see [`quipu_runtime::Quipu`].
pub type Quipu = quipu_runtime::Quipu<Build>;

/// Configuration in code; see [`quipu_runtime::Builder`].
pub type Builder = quipu_runtime::Builder<Build>;

/// Starts with the configuration of the environment, `quipu.toml` and the preset.
///
/// ```no_run
/// let _quipu = quipu::init()?;
/// let call = quipu::llm("openai", "gpt-5");
/// call.usage((1_200, 85)).finish_reason("stop").end();
/// # Ok::<(), quipu::Error>(())
/// ```
///
/// # Errors
/// The configuration is invalid, or the library was started before.
pub fn init() -> Result<Quipu> {
    builder().init()
}

/// Starts a configuration in code.
pub fn builder() -> Builder {
    Quipu::builder()
}

/// Starts with the preset for development: console, file and SQLite at once, all traces sampled, prompts
/// recorded.
pub fn development() -> Builder {
    builder().development()
}

/// Starts with the preset for production: larger batches, a tenth of the traces plus all failed or slow ones,
/// no prompts.
pub fn production() -> Builder {
    builder().production()
}
