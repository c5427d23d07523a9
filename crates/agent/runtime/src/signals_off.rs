//! Orderly end of the process at signals, in a build without the feature `signals`.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Error, ErrorKind, Result};
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;

use crate::control::{Command, Shared};

/// Refuses the start: a program that relies on the signals would lose its open spans.
///
/// # Errors
/// Always.
pub(crate) fn end_on_signals(
    _commands: &UnboundedSender<Command>,
    _shared: &Arc<Shared>,
    _limit: Duration,
    _runtime: &Handle,
) -> Result<()> {
    let text = "`end_on_signals` is not in this build: build with the feature `signals`";
    Err(Error::new(ErrorKind::Unsupported, "init", text))
}
