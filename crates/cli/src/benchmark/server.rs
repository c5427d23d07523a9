//! The server under measurement, a process of its own over a temporary folder.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long it may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server; dropping it ends it.
pub struct Server {
    child: Child,
    pub http: String,
    pub otlp: String,
}

impl Server {
    /// Starts this binary on free ports. Variables of the caller that configure a server do not reach it.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start(folder: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("the path of this program is unknown")?;
        let ready = folder.join("ready.json");
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("QUIPU_") {
                command.env_remove(name);
            }
        }
        command.arg("serve").arg("--data-dir").arg(data(folder)).arg("--ready-file").arg(&ready);
        command.args(["--http", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0"]);
        command.args(["--otlp-grpc", "off", "--prometheus", "off"]);
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context("cannot start the server")?;
        let mut server = Self { child, http: String::new(), otlp: String::new() };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended at once: {status}");
            }
            let said =
                std::fs::read(&ready).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
            let url = |name: &str| said.as_ref()?[name].as_str().map(str::to_owned);
            if let (Some(http), Some(otlp)) = (url("http"), url("otlp_http")) {
                (server.http, server.otlp) = (http, otlp);
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        bail!("the server did not start within {} s", PATIENCE.as_secs())
    }

    /// A figure of its memory such as `VmRSS`, in MiB. Only Linux tells it.
    pub fn memory_mib(&self, figure: &str) -> Option<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'))?;
        let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib / 1_024.0)
    }

    /// Ends it as an operator would.
    ///
    /// # Errors
    /// It does not end in time, or with an error.
    pub fn stop(&mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() { Ok(()) } else { bail!("the server ended with {status}") };
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("the server did not end within {} s", PATIENCE.as_secs())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Bytes of the files of the store.
pub fn bytes_in(folder: &Path) -> u64 {
    bytes_below(&data(folder))
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => bytes_below(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.map(bytes).sum()
}
