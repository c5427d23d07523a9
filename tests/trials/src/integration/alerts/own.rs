//! A server with its own configuration, whose standard output is read: the channel `console` writes there.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::Value;

use crate::integration::Bench;
use crate::integration::tools::Program;
use crate::shell;

/// A running server; dropping it kills it.
pub struct Own {
    program: Program,
    /// Address of dashboard and API.
    pub http: String,
    /// Address of OTLP over HTTP.
    pub otlp_http: String,
}

impl Own {
    /// Starts it on a folder, with the text of its configuration file.
    ///
    /// # Errors
    /// It is not ready in time.
    pub fn start(bench: &Bench, folder: &Path, config: &str) -> Result<Self> {
        let (file, ready) = (folder.join("quipu.toml"), folder.join("ready.json"));
        fs::write(&file, config)?;
        let _ = fs::remove_file(&ready);
        let mut command = Command::new(&bench.binary);
        command.arg("serve").arg("--data-dir").arg(folder.join("data")).arg("--ready-file").arg(&ready);
        for listener in ["--http", "--otlp-http", "--otlp-grpc", "--prometheus"] {
            command.args([listener, "127.0.0.1:0"]);
        }
        let program = Program::start(command.arg("--config").arg(&file), &folder.join("own.log"))?;
        let urls = || serde_json::from_str::<Value>(&fs::read_to_string(&ready).ok()?).ok();
        let urls = shell::poll(Duration::from_secs(60), urls)
            .ok_or_else(|| anyhow!("the server is not ready: {}", shell::tail(&program.said(), 10)))?;
        let url = |name: &str| urls[name].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
        Ok(Self { http: url("http"), otlp_http: url("otlp_http"), program })
    }

    /// An address of the API.
    pub fn api(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.http)
    }

    /// Standard output and log so far.
    pub fn said(&self) -> String {
        self.program.said()
    }
}
