//! The model server of `tests/trials/frameworks`, running.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use crate::integration::packages;
use crate::shell;

const READY: Duration = Duration::from_secs(20);

/// A running model server; dropping it ends it.
pub struct Models {
    child: Child,
    /// Address of the listener.
    pub url: String,
    /// Log of served calls, one JSON object a line.
    pub log: PathBuf,
}

impl Models {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// There is no Python, or it does not listen.
    pub fn start(script: &Path, scratch: &Path) -> Result<Self> {
        Self::with_variables(script, scratch, &[])
    }

    /// The same, with answers that take so long.
    ///
    /// # Errors
    /// As for [`Models::start`].
    pub fn with_latency(script: &Path, scratch: &Path, latency: Duration) -> Result<Self> {
        Self::with_variables(script, scratch, &[("LATENCY_MS", latency.as_millis().to_string().as_str())])
    }

    /// The same, with variables that `model_server.py` describes.
    ///
    /// # Errors
    /// As for [`Models::start`].
    pub fn with_variables<'v>(
        script: &Path,
        scratch: &Path,
        variables: impl IntoIterator<Item = &'v (&'v str, &'v str)>,
    ) -> Result<Self> {
        let python = packages::system("python3", "python3")?;
        let (log, port) = (scratch.join("served.jsonl"), scratch.join("port"));
        let child = Command::new(python)
            .arg(script)
            .args([&log, &port])
            .envs(variables.into_iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("model server")?;
        let mut models = Self { child, url: String::new(), log };
        let port = shell::poll(READY, || fs::read_to_string(&port).ok()?.parse::<u16>().ok());
        let port = port.ok_or_else(|| anyhow!("the model server does not listen"))?;
        models.url = format!("http://127.0.0.1:{port}");
        Ok(models)
    }
}

impl Drop for Models {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
