//! A terminal of a user: the shell blocks of a guide, run in their order.

use std::ffi::OsString;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::users::User;
use crate::integration::tools::{self, Program};
use crate::{guide, shell};

/// How long a server may take until it listens.
const READY: Duration = Duration::from_secs(60);
/// How long a trace may take after its program.
const ARRIVE: Duration = Duration::from_secs(20);
/// Beginnings of commands that change the terminal: they are repeated before each later block.
const STATE: [&str; 2] = ["export ", ". "];

/// Variables that tell programs how this machine reaches the registries.
const MACHINE: [&str; 10] = [
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_INDEX_URL",
    "REQUESTS_CA_BUNDLE",
    "RUSTUP_HOME",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// A terminal in a folder, with a home folder of its own.
pub struct Walk {
    /// The folder that the user works in.
    pub work: PathBuf,
    /// The user's home folder.
    pub home: PathBuf,
    /// Address of the model server.
    pub models: String,
    /// Variables of the user.
    pub env: Vec<(String, String)>,
    /// Folders of the user's programs.
    pub path: Vec<PathBuf>,
    addresses: [String; 3],
    /// Variables of this machine.
    machine: Vec<(String, OsString)>,
    state: String,
    server: Option<Program>,
}

/// Times of a guide.
pub struct Ended {
    /// From the first command to the stored trace of the program.
    pub first_trace: Duration,
    /// The step that took longest, and its time.
    pub longest: (String, Duration),
}

impl Walk {
    /// A terminal in empty folders, with free ports in place of the guide's.
    ///
    /// # Errors
    /// A folder cannot be made, or no port is free.
    pub fn new(place: &Path, models: &str) -> Result<Self> {
        let (work, home) = (place.join("work"), place.join("home"));
        fs::create_dir_all(&work)?;
        fs::create_dir_all(&home)?;
        let address = || Ok::<_, anyhow::Error>(format!("http://127.0.0.1:{}", tools::free_port()?));
        let addresses = [address()?, address()?, address()?];
        let (path, models) = (vec![home.join(".npm-global/bin")], models.to_owned());
        let (env, machine, state) = (Vec::new(), machine()?, String::new());
        Ok(Self { work, home, models, env, path, addresses, machine, state, server: None })
    }

    /// Names the server of the guide to helpers and commands. Its port is free in place of their default.
    pub fn name_server(&mut self) {
        self.env.push(("QUIPU_URL".into(), self.addresses[0].clone()));
    }

    /// Writes a program of the user, with the blocks of the guide in their places.
    ///
    /// # Errors
    /// A block does not exist, or the file cannot be written.
    pub fn program(&self, name: &str, source: &str) -> Result<()> {
        let filled = guide::fill(source, false, self.addresses())?;
        let file = self.work.join(name);
        fs::create_dir_all(file.parent().unwrap_or(&self.work))?;
        Ok(fs::write(file, filled.text)?)
    }

    fn addresses(&self) -> [&str; 3] {
        self.addresses.each_ref().map(String::as_str)
    }

    /// Runs the blocks of a guide.
    ///
    /// # Errors
    /// A command fails, or the program leaves no trace.
    pub fn run(&mut self, user: &User) -> Result<Ended> {
        let begin = Instant::now();
        let (mut first_trace, mut longest) = (None, (String::new(), Duration::ZERO));
        for block in guide::blocks(user.page)?.into_iter().filter(|block| block.language == "sh") {
            let step = Instant::now();
            let text = self.moved(&block.text);
            self.block(&text).with_context(|| format!("{}:{}", block.page, block.line))?;
            let took = step.elapsed();
            println!("        {:5.1} s  {}", took.as_secs_f64(), first_line(&block.text));
            if took > longest.1 {
                longest = (first_line(&block.text), took);
            }
            if first_trace.is_none() && block.text.contains(user.runs) {
                let found = shell::poll(ARRIVE, || self.calls(user.asks).ok().filter(|calls| *calls > 0));
                found.ok_or_else(|| anyhow!("the program left no trace: {}", self.said()))?;
                first_trace = Some(begin.elapsed());
            }
        }
        let first_trace = first_trace.context("no block runs the program")?;
        Ok(Ended { first_trace, longest })
    }

    /// A block with the free ports; some commands name a port without a scheme.
    fn moved(&self, text: &str) -> String {
        let bare = |address: &str| address.trim_start_matches("http://").to_owned();
        let pairs = guide::ADDRESSES.iter().zip(&self.addresses);
        pairs.fold(text.to_owned(), |text, (from, to)| text.replace(&bare(from), &bare(to)))
    }

    fn block(&mut self, text: &str) -> Result<()> {
        let mut waiting = String::new();
        for line in text.replace("\\\n", " ").lines() {
            if STATE.iter().any(|begin| line.starts_with(begin)) {
                self.shell(&std::mem::take(&mut waiting))?;
                self.state += &format!("{line}\n");
                self.shell("true\n")?;
            } else if line.split_whitespace().take(2).last() == Some("serve") {
                self.shell(&std::mem::take(&mut waiting))?;
                self.serve(line)?;
            } else {
                waiting += &format!("{line}\n");
            }
        }
        self.shell(&waiting)
    }

    /// Starts the server of a line in the background, on the free ports, in place of the one before it.
    fn serve(&mut self, line: &str) -> Result<()> {
        if let Some(server) = self.server.take() {
            let id = server.id();
            shell::signal("TERM", &[id.to_string()])?;
            let is_gone = || (!is_alive(id)).then_some(());
            shell::poll(READY, is_gone).context("the server before does not end")?;
        }
        let [http, otlp, _] = self.addresses.each_ref().map(|address| address.trim_start_matches("http://"));
        let listeners = format!("--http {http} --otlp-http {otlp} --otlp-grpc 127.0.0.1:0 --prometheus off");
        let upstreams = format!("--openai {0}/v1 --anthropic {0}", self.models);
        let is_gateway = line.contains("--gateway");
        let more = if is_gateway { format!("{listeners} {upstreams}") } else { listeners.clone() };
        let script = format!("{}exec {line} {more}", self.state);
        let server = Program::start(&mut self.command(&script)?, &self.work.join("server.log"))?;
        let address = http.parse()?;
        let up = || TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok();
        shell::poll(READY, up).ok_or_else(|| anyhow!("the server does not listen: {}", server.said()))?;
        self.server = Some(server);
        Ok(())
    }

    /// Runs commands in the terminal.
    ///
    /// # Errors
    /// One fails.
    pub fn shell(&self, script: &str) -> Result<()> {
        if script.trim().is_empty() {
            return Ok(());
        }
        let said = shell::capture(&mut self.command(&format!("{}{script}", self.state))?)?;
        fs::write(self.work.join("said.log"), said)?;
        Ok(())
    }

    fn command(&self, script: &str) -> Result<Command> {
        let mut command = Command::new("bash");
        let path = crate::integration::frameworks::search_path(&self.path)?;
        command.args(["-euo", "pipefail", "-c", script]).current_dir(&self.work).env_clear();
        command.env("PATH", path).env("HOME", &self.home).env("LANG", "C.UTF-8").env("SHELL", "/bin/bash");
        // Nothing comes from a cache, so the times are those of a new machine.
        command.env("PIP_NO_CACHE_DIR", "1").env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        command.env("npm_config_cache", self.home.join(".npm-empty"));
        command
            .env("npm_config_prefix", self.home.join(".npm-global"))
            .env("npm_config_update_notifier", "false");
        command.envs(self.machine.iter().map(|(name, value)| (name, value)));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// Calls that are stored, as the command line says.
    ///
    /// # Errors
    /// The command fails, or prints no JSON.
    pub fn calls(&self, asks: &str) -> Result<u64> {
        let said = shell::capture(&mut self.command(&format!("{}{asks}", self.state))?)?;
        let found: Value = serde_json::from_str(&said).with_context(|| said.clone())?;
        match found["total"]["llm_calls"].as_u64() {
            Some(calls) => Ok(calls),
            None => bail!("no total: {said}"),
        }
    }

    /// The last words of the latest block and of the server.
    pub fn said(&self) -> String {
        let said = fs::read_to_string(self.work.join("said.log")).unwrap_or_default();
        let server = self.server.as_ref().map(Program::said).unwrap_or_default();
        format!("{}{}", shell::tail(&said, 8), shell::tail(&server, 4))
    }
}

/// The way of this machine to the registries: certificates, proxies, toolchain.
fn machine() -> Result<Vec<(String, OsString)>> {
    let named = MACHINE.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var_os(name)?)));
    let mut found: Vec<(String, OsString)> = named.collect();
    if std::env::var_os("RUSTUP_HOME").is_none() {
        found
            .extend(std::env::home_dir().map(|home| ("RUSTUP_HOME".to_owned(), home.join(".rustup").into())));
    }
    if let Some(npm) = shell::find("npm") {
        // It is in the prefix, which is another one here.
        let file = shell::capture(Command::new(npm).args(["config", "get", "globalconfig"]))?;
        found.push(("npm_config_globalconfig".into(), file.trim().into()));
    }
    Ok(found)
}

fn is_alive(id: u32) -> bool {
    // A zombie has ended; its parent reads its status later.
    let state = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    state.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.trim_end_matches('\\').trim().to_owned()
}
