//! Programs that print secrets.

use std::process::Stdio;
use std::time::Duration;

use quipu_core::{Error, ErrorKind, Result};
use tokio::process::Command;
use tokio::time::timeout;

use crate::backend::NAME;

/// Timeout of such a program.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest output in bytes that is read.
const LONGEST: usize = 64 << 10;

/// Runs a program with its arguments and returns its output. Standard error is not read, because it may
/// contain secrets.
pub(crate) async fn output(words: &[String]) -> Result<String> {
    let [program, arguments @ ..] = words else {
        return Err(failed("the command is empty"));
    };
    let run = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match timeout(PATIENCE, run).await {
        Err(_) => return Err(failed(format!("{program} has not ended after {} s", PATIENCE.as_secs()))),
        Ok(Err(cause)) => return Err(failed(format!("{program} cannot be run")).caused_by(cause)),
        Ok(Ok(output)) => output,
    };
    if !output.status.success() {
        return Err(failed(format!("{program} failed ({}): run it by hand to see why", output.status)));
    }
    let text = output.stdout.get(..output.stdout.len().min(LONGEST)).unwrap_or_default();
    let text =
        std::str::from_utf8(text).map_err(|_| failed(format!("the output of {program} is not text")))?;
    Ok(text.trim().to_owned())
}

/// Credentials are not available now; a retry may help.
pub(crate) fn failed(context: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unavailable, "get credentials", context).of_backend(NAME)
}
