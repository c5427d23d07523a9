//! Phoenix and `MLflow`: their versions, installation and start.
//!
//! Both come from PyPI into separate environments and run as separate programs; no release of Quipu contains
//! them. Arize Phoenix is under the Elastic License 2.0: anyone may run it, but not offer it to others as a
//! service. `MLflow` is under the Apache License 2.0.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::tools::{self, free_port};

const PHOENIX: &str = "arize-phoenix==20.26.1";
const MLFLOW: &str = "mlflow==3.17.2";

/// A product that is installed and can be started.
pub struct Launch {
    /// Command that starts it, with its store in its folder.
    pub command: Command,
    /// Address for OTLP over HTTP and for queries.
    pub url: String,
    /// The address that answers 200 as soon as it can do either.
    pub ready: String,
}

/// Phoenix with its default, a SQLite database in its working folder, and without telemetry of its own.
///
/// # Errors
/// It cannot be installed.
pub fn phoenix(cache: &Path, folder: &Path) -> Result<Launch> {
    let python = tools::venv(cache, "phoenix", &[PHOENIX])?;
    let [port, grpc] = [free_port()?, free_port()?];
    let mut command = Command::new(beside(&python, "phoenix"));
    command.arg("serve").env("PHOENIX_WORKING_DIR", folder).env("PHOENIX_HOST", "127.0.0.1");
    command.env("PHOENIX_PORT", port.to_string()).env("PHOENIX_GRPC_PORT", grpc.to_string());
    command.env("PHOENIX_TELEMETRY_ENABLED", "false");
    let url = format!("http://127.0.0.1:{port}");
    let ready = format!("{url}/healthz");
    Ok(Launch { command, url, ready })
}

/// `MLflow` with a SQLite database, without its own telemetry, and with as few processes as possible. One
/// process answers instead of four. Over SQLite, four wait for each other's locks, up to the limit of 20 s,
/// and stored fewer spans a second than one. The eight processes for jobs are off: no job runs here, and they
/// take 2 GiB.
///
/// # Errors
/// It cannot be installed.
pub fn mlflow(cache: &Path, folder: &Path) -> Result<Launch> {
    let python = tools::venv(cache, "mlflow", &[MLFLOW])?;
    let port = free_port()?;
    let mut command = Command::new(beside(&python, "mlflow"));
    command.args(["server", "--host", "127.0.0.1", "--workers", "1", "--port", &port.to_string()]);
    command.args(["--backend-store-uri", &format!("sqlite:///{}/mlflow.db", folder.display())]);
    command.arg("--artifacts-destination").arg(folder.join("artifacts")).current_dir(folder);
    command.env("MLFLOW_DISABLE_TELEMETRY", "true").env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false");
    let url = format!("http://127.0.0.1:{port}");
    let ready = format!("{url}/health");
    Ok(Launch { command, url, ready })
}

/// A program in the same environment as a Python.
fn beside(python: &Path, program: &str) -> PathBuf {
    python.with_file_name(program)
}
