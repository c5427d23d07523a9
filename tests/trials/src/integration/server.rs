//! The binary under test, running on its own folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::shell;

/// How long a server may take until it listens.
const READY: Duration = Duration::from_secs(60);
/// How long it may take to end; 10 s are promised.
const STOP: Duration = Duration::from_secs(15);

/// Configuration of a server that takes records of any age; append it at the end.
pub const ANY_AGE: &str = "\n[limits]\npast_seconds = 4000000000\n";

/// Builds the binary and returns its path.
///
/// # Errors
/// It does not build.
pub fn build(profile: Profile) -> Result<PathBuf> {
    let name = match profile {
        Profile::Dev => return Ok(shell::programs()?.join("quipu")),
        Profile::Release => "release",
        Profile::Dist => "dist",
    };
    shell::run(shell::cargo().args(["build", "--quiet", "-p", "quipu-cli", "--profile", name]))?;
    Ok(shell::target().join(name).join("quipu"))
}

/// How the binary is built.
#[derive(Debug, Clone, Copy)]
pub enum Profile {
    /// In the shortest time.
    Dev,
    /// Optimised, crate by crate.
    Release,
    /// The release build: the crates optimised together.
    Dist,
}

/// A running server; dropping it kills it.
pub struct Server {
    child: Child,
    own: Option<TempDir>,
    /// From its start until it said that it listens.
    pub ready_after: Duration,
    /// UI and API.
    pub http: String,
    /// OTLP over HTTP.
    pub otlp_http: String,
    /// OTLP over gRPC.
    pub otlp_grpc: String,
    /// Address of the metrics page; empty without one.
    pub prometheus: String,
    /// Address of the gateway; empty without one.
    pub gateway: String,
}

impl Server {
    /// Starts on a fresh folder that goes away with the server.
    ///
    /// # Errors
    /// It does not come up.
    pub fn fresh(binary: &Path, extra: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut server = Self::on(binary, folder.path(), extra)?;
        server.own = Some(folder);
        Ok(server)
    }

    /// Starts on a fresh folder, for records of any age, such as recordings.
    ///
    /// # Errors
    /// It does not come up.
    pub fn for_any_age(binary: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("quipu.toml");
        fs::write(&config, ANY_AGE)?;
        let mut server = Self::on(binary, folder.path(), &["--config", &config.to_string_lossy()])?;
        server.own = Some(folder);
        Ok(server)
    }

    /// Starts on a folder that stays.
    ///
    /// # Errors
    /// It does not come up; the error holds its last words.
    pub fn on(binary: &Path, data: &Path, extra: &[&str]) -> Result<Self> {
        Self::with_files(binary, data, data, extra)
    }

    /// Starts on a folder that holds nothing but its data: the ready file and the log are outside the folder.
    ///
    /// # Errors
    /// As for [`Server::on`].
    pub fn beside(binary: &Path, data: &Path, extra: &[&str]) -> Result<Self> {
        Self::with_files(binary, data, data.parent().unwrap_or(data), extra)
    }

    fn with_files(binary: &Path, data: &Path, files: &Path, extra: &[&str]) -> Result<Self> {
        fs::create_dir_all(data)?;
        let ready = files.join("ready.json");
        let log = files.join("server.log");
        let _ = fs::remove_file(&ready);
        let begin = Instant::now();
        let mut child = command(binary, data, &ready, extra)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::options().create(true).append(true).open(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let urls = shell::poll(READY, || match child.try_wait() {
            Ok(Some(status)) => Some(Err(anyhow!("ended at once: {status}"))),
            _ => listening(&ready).map(Ok),
        });
        let ready_after = begin.elapsed();
        match urls.unwrap_or_else(|| Err(anyhow!("not ready after {} s", READY.as_secs()))) {
            Ok(urls) => Self::with(child, ready_after, &urls),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                let words = fs::read_to_string(&log).unwrap_or_default();
                Err(error.context(format!("server on {}: {}", data.display(), shell::tail(&words, 10))))
            }
        }
    }

    fn with(child: Child, ready_after: Duration, urls: &Value) -> Result<Self> {
        let url = |name: &str| {
            let text = urls[name].as_str().map(|text| text.trim_end_matches('/').to_owned());
            text.ok_or_else(|| anyhow!("the ready file has no {name}: {urls}"))
        };
        let (http, otlp_http, otlp_grpc) = (url("http")?, url("otlp_http")?, url("otlp_grpc")?);
        let optional = |name: &str| urls[name].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
        let (prometheus, gateway) = (optional("prometheus"), optional("proxy"));
        Ok(Self { child, own: None, ready_after, http, otlp_http, otlp_grpc, prometheus, gateway })
    }

    /// An address of the API.
    pub fn api(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.http)
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGKILL and does not wait.
    pub fn cut_off(&self) {
        let _ = shell::signal("KILL", &[self.id().to_string()]);
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends it as an operator would.
    ///
    /// # Errors
    /// It does not end in time, or not with 0.
    pub fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        shell::signal("TERM", &[id])?;
        match shell::poll(STOP, || self.child.try_wait().ok().flatten()) {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("after SIGTERM the server ended with {status}"),
            None => bail!("the server did not end within {} s of SIGTERM", STOP.as_secs()),
        }
    }

    /// A figure of /proc/PID/status in MiB, such as `VmRSS` or `VmHWM`.
    ///
    /// # Errors
    /// The figure is missing.
    pub fn memory_mib(&self, figure: &str) -> Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
        let kib: f64 = line.and_then(|line| line.split_whitespace().next()).unwrap_or_default().parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bytes of all files below a folder, without what this task put there.
pub fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let bytes = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size(&entry.path()),
        Ok(meta) if entry.file_name() != "server.log" && entry.file_name() != "ready.json" => meta.len(),
        _ => 0,
    };
    entries.flatten().map(bytes).sum()
}

fn command(binary: &Path, data: &Path, ready: &Path, extra: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command.arg("serve").arg("--data-dir").arg(data).arg("--ready-file").arg(ready);
    for listener in ["--http", "--otlp-http", "--otlp-grpc", "--prometheus"] {
        command.args([listener, "127.0.0.1:0"]);
    }
    command.args(extra);
    command
}

fn listening(ready: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(ready).ok()?).ok()
}
