//! The server under attack, its users, and its secrets.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::wire::{Ask, Reply, Wire};
use crate::integration::{Bench, Server};
use crate::shell;

/// Everybody's password.
pub const PASSWORD: &str = "correct-horse-battery";
/// Secrets of the projects `default` and `shop`.
pub const SECRETS: [&str; 2] = ["meerkat-of-default", "walrus-of-shop"];
/// Traces that hold them.
pub const TRACES: [&str; 2] = ["0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319d"];

/// A running server in its own folder.
pub struct Scene {
    /// The server.
    pub server: Server,
    /// Dashboard and API.
    pub api: Wire,
    /// OTLP over HTTP.
    pub otlp: Wire,
    /// Metrics.
    pub metrics: Wire,
    binary: PathBuf,
    folder: TempDir,
}

impl Scene {
    /// A server with required access, two projects and four users. They are `adam` (admin), `edda` (editor),
    /// `vera` (viewer), and `sven`, who is a viewer of the project `shop` only.
    ///
    /// # Errors
    /// It does not come up.
    pub fn guarded(bench: &Bench, more: &str, flags: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        for (name, role) in
            [("adam", "admin"), ("edda", "editor"), ("vera", "viewer"), ("sven", "shop:viewer")]
        {
            let data = data.to_string_lossy();
            quipu(
                &bench.binary,
                &["users", "add", name, "--role", role, "--own-password", "--data-dir", &data],
                &format!("{PASSWORD}\n"),
            )?;
        }
        Self::start(bench, folder, &format!("{more}\n[project.shop]\n"), flags)
    }

    /// A server without authentication.
    ///
    /// # Errors
    /// It does not come up.
    pub fn open(bench: &Bench, config: &str) -> Result<Self> {
        Self::start(bench, tempfile::tempdir()?, config, &[])
    }

    fn start(bench: &Bench, folder: TempDir, config: &str, flags: &[&str]) -> Result<Self> {
        let file = folder.path().join("quipu.toml");
        std::fs::write(&file, config)?;
        let file = file.to_string_lossy().into_owned();
        let flags: Vec<&str> = ["--config", &file].into_iter().chain(flags.iter().copied()).collect();
        let server = Server::on(&bench.binary, &folder.path().join("data"), &flags)?;
        let (api, otlp) = (Wire::of(&server.http)?, Wire::of(&server.otlp_http)?);
        let metrics = Wire::of(&server.prometheus)?;
        Ok(Self { api, otlp, metrics, server, binary: bench.binary.clone(), folder })
    }

    /// The same server, stopped and started again.
    ///
    /// # Errors
    /// It does not stop, or not come up.
    pub fn restarted(self, bench: &Bench, config: &str) -> Result<Self> {
        let Self { server, folder, .. } = self;
        server.stop()?;
        Self::start(bench, folder, config, &[])
    }

    /// The folder that the data folder is in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Address of the gateway.
    ///
    /// # Errors
    /// There is no gateway.
    pub fn gateway(&self) -> Result<Wire> {
        let said: Value = serde_json::from_slice(&std::fs::read(self.data().join("ready.json"))?)?;
        Wire::of(said["gateway"].as_str().context("no gateway")?)
    }

    /// The whole log of the server.
    pub fn log(&self) -> Vec<u8> {
        std::fs::read(self.data().join("server.log")).unwrap_or_default()
    }

    /// All lines of the audit.
    pub fn audit(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.data().join("audit")).into_iter().flatten().flatten();
        let lines = files.filter(|file| file.file_name().to_string_lossy().ends_with(".jsonl"));
        lines.flat_map(|file| std::fs::read(file.path()).unwrap_or_default()).collect()
    }

    /// Runs the command line on this data folder.
    ///
    /// # Errors
    /// It does not end with success.
    pub fn command(&self, words: &[&str]) -> Result<String> {
        let data = self.data();
        let words: Vec<&str> =
            words.iter().copied().chain(["--data-dir", data.to_str().unwrap_or_default()]).collect();
        quipu(&self.binary, &words, "")
    }

    /// The program.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// A new key: its id and its text.
    ///
    /// # Errors
    /// The key is not created.
    pub fn key(&self, words: &[&str]) -> Result<(String, String)> {
        let words: Vec<&str> = ["keys", "add", "tried", "--json"].iter().chain(words).copied().collect();
        let said: Value = serde_json::from_str(&self.command(&words)?)?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| anyhow!("no key: {said}"));
        Ok((text(&said["key"]["id"])?, text(&said["secret"])?))
    }

    /// Tries to log in.
    ///
    /// # Errors
    /// No answer.
    pub fn try_login(&self, name: &str, password: &str) -> Result<Reply> {
        self.api.ask(Ask::post("/api/v1/login", &json!({"name": name, "password": password})))
    }

    /// Logs in and gives the cookie.
    ///
    /// # Errors
    /// The login is rejected.
    pub fn login(&self, name: &str) -> Result<String> {
        let reply = self.try_login(name, PASSWORD)?;
        reply.cookie().ok_or_else(|| anyhow!("{name} cannot log in: {}", reply.status))
    }

    /// Puts a trace with its secret into each project.
    ///
    /// # Errors
    /// It is not taken, or not seen.
    pub fn fill(&self) -> Result<()> {
        for (project, (secret, trace)) in ["default", "shop"].iter().zip(SECRETS.iter().zip(TRACES)) {
            let (_, key) = self.key(&["--scope", "ingest,read", "--project", project])?;
            let sent = self.otlp.ask(Ask::post("/v1/traces", &span(trace, secret, secret)).key(&key))?;
            if sent.status != 200 {
                bail!("the trace of {project} is not taken: {}", sent.status);
            }
            let there = || {
                let reply = self.api.ask(Ask::get(&format!("/api/v1/traces/{trace}")).key(&key)).ok()?;
                (reply.status == 200).then_some(())
            };
            shell::poll(Duration::from_secs(30), there).context("the trace is not seen")?;
        }
        Ok(())
    }

    /// Whether the server still answers.
    pub fn lives(&self) -> bool {
        self.api.ask(Ask::get("/healthz")).is_ok_and(|reply| reply.status == 200)
    }
}

/// A trace of one span of a chat, by name and prompt.
pub fn span(trace: &str, name: &str, prompt: &str) -> Value {
    let now = jiff::Timestamp::now().as_nanosecond().to_string();
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let attributes = [
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.request.model", "gpt-5"),
        text("gen_ai.conversation.id", &format!("talk-{trace}")),
        text("input.value", prompt),
    ];
    json!({"resourceSpans": [{"resource": {"attributes": [text("service.name", name)]}, "scopeSpans": [{"spans": [{
        "traceId": trace, "spanId": &trace[..16], "name": name, "startTimeUnixNano": now, "endTimeUnixNano": now,
        "attributes": attributes,
    }]}]}]})
}

/// Error of a program that was ended by a signal, such as for the memory that it took.
pub const CRASHED: &str = "the program crashed";

/// Runs the program with something on its standard input.
///
/// # Errors
/// It does not end with success; the error holds its output.
pub fn quipu(binary: &Path, words: &[&str], input: &str) -> Result<String> {
    let mut command = Command::new(binary);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{}", binary.display()))?;
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if output.status.code().is_none() {
            bail!("{CRASHED}: {}: {}", output.status, shell::tail(&said, 5));
        }
        bail!("quipu {}: {}", words.first().unwrap_or(&""), shell::tail(&said, 5));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
