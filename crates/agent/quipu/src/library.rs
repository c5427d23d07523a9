//! The library, assembled from the enabled features.

use quipu_core::{Adapters, Result};
#[cfg(feature = "backend-sqlite")]
use quipu_runtime::OpenAccounts;
use quipu_runtime::{Basis, Open, Tables};

use crate::adapters::adapters;
use crate::backends;

/// Tables of this build.
///
/// ```
/// use quipu_runtime::Tables;
///
/// assert!(quipu::Build::ENABLED);
/// ```
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
///
/// ```no_run
/// use std::time::Duration;
///
/// let quipu: quipu::Quipu = quipu::init()?;
/// quipu::tool("search").end();
/// quipu.flush(Duration::from_secs(5))?;
/// println!("{}", quipu.status());
/// quipu.shutdown(Duration::from_secs(5))?;
/// # Ok::<(), quipu::Error>(())
/// ```
pub type Quipu = quipu_runtime::Quipu<Build>;

/// Configuration in code; see [`quipu_runtime::Builder`].
///
/// ```no_run
/// let builder: quipu::Builder = quipu::builder();
/// let _quipu = builder.service("shop").backend("file:/var/log/shop").sample_ratio(0.5).init()?;
/// # Ok::<(), quipu::Error>(())
/// ```
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
///
/// ```no_run
/// let _quipu = quipu::builder().service("shop").data_dir("/var/lib/shop").init()?;
/// # Ok::<(), quipu::Error>(())
/// ```
pub fn builder() -> Builder {
    Quipu::builder()
}

/// Starts with the preset for development: console, file and SQLite at once, all traces sampled, prompts
/// recorded.
///
/// ```no_run
/// let _quipu = quipu::development().init()?; // console and store, with prompts
/// # Ok::<(), quipu::Error>(())
/// ```
pub fn development() -> Builder {
    builder().development()
}

/// Starts with the preset for production: larger batches, a tenth of the traces plus all failed or slow ones,
/// no prompts.
///
/// ```no_run
/// let _quipu = quipu::production().service("shop").init()?; // failed and slow traces, a tenth of the others
/// # Ok::<(), quipu::Error>(())
/// ```
pub fn production() -> Builder {
    builder().production()
}
