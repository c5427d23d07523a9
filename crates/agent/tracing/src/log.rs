//! Capture of `log` records through `tracing`.

use std::sync::OnceLock;

use tracing_log::LogTracer;

/// Error: another logger is installed for `log`, so its records are not captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another logger is installed for `log`, so its records are not recorded")]
pub struct LogTaken;

/// Converts records of `log` into events of `tracing`. The layer then records them in their trace, with
/// `log`'s target, module, file and line.
///
/// It installs the bridge once; further calls have no effect. `tracing_subscriber`'s `init` and `try_init`
/// install the same bridge, so call either those or this function.
///
/// # Errors
/// [`LogTaken`] if another logger is installed.
pub fn catch_log() -> Result<(), LogTaken> {
    static CAUGHT: OnceLock<Result<(), LogTaken>> = OnceLock::new();
    *CAUGHT.get_or_init(|| LogTracer::init().map_err(|_| LogTaken))
}
