//! The program `trial` of `quipu-alert`: rules over scripts and objectives over histories.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::shell;

/// The built program.
pub struct Trial(PathBuf);

impl Trial {
    /// Builds it.
    ///
    /// # Errors
    /// It does not build.
    pub fn build() -> Result<Self> {
        Ok(Self(shell::programs()?.join("examples/trial")))
    }

    /// Its answers to `scripts` or `objectives`, one for each entry.
    ///
    /// # Errors
    /// It rejects the input, or gives another number of answers.
    pub fn ask(&self, what: &str, entries: &[Value]) -> Result<Vec<Value>> {
        fed(Command::new(&self.0).arg(what), entries)
    }
}

/// The answers of a program that reads a JSON array and writes one of the same length.
///
/// # Errors
/// It does not end well, or gives another number of answers.
pub fn fed(command: &mut Command, entries: &[Value]) -> Result<Vec<Value>> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("cannot start")?;
    let mut stdin = child.stdin.take().ok_or_else(|| anyhow!("no input"))?;
    stdin.write_all(serde_json::to_string(entries)?.as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{command:?}: {}", output.status);
    }
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    match answers.len() == entries.len() {
        true => Ok(answers),
        false => bail!("{command:?}: {} answers to {} entries", answers.len(), entries.len()),
    }
}
