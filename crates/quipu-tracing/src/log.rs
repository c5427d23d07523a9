//! Records of `log`, by way of `tracing`.

use std::sync::OnceLock;

use tracing_log::LogTracer;

/// Another logger has been installed for `log` already; its records do not come this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another logger is installed for `log`, whose records are therefore not caught")]
pub struct LogTaken;

/// Makes records of `log` events of `tracing`, so that the layer records them with the target, module, file and line that
/// `log` was given, in the trace that they belong to.
///
/// Installed once however often it is called. `tracing_subscriber`'s `init` and `try_init` install the same bridge
/// themselves: call either those or this one.
///
/// # Errors
/// [`LogTaken`] when another logger is installed.
pub fn catch_log() -> Result<(), LogTaken> {
    static CAUGHT: OnceLock<Result<(), LogTaken>> = OnceLock::new();
    *CAUGHT.get_or_init(|| LogTracer::init().map_err(|_| LogTaken))
}
