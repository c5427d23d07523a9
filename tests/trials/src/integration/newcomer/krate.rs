//! A new crate with the library and the agent.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::shell;

const AGENT: &str = include_str!("../../../suites/newcomer/main.rs");
/// Packages beside the library, with their options.
const BESIDE: [&[&str]; 3] = [
    &["tokio", "--features", "macros,rt-multi-thread"],
    &["tracing"],
    &["tracing-subscriber", "--no-default-features", "--features", "registry,std"],
];
/// Longest time of a run until it waits for input.
const RUN: Duration = Duration::from_secs(60);
/// The last line before the program waits begins so.
const LAST: &str = "budget trip: ";

/// The file in the crate's folder with what the program writes to stderr.
pub const ERRORS: &str = "errors.txt";

/// A crate outside of the workspace.
pub struct Crate {
    /// Its folder.
    pub folder: PathBuf,
}

impl Crate {
    /// Makes it by `cargo new` and `cargo add`, with these options of the library.
    ///
    /// # Errors
    /// A command fails.
    pub fn make(place: &Path, options: &[&str]) -> Result<Self> {
        let folder = place.join("hour");
        let _ = fs::remove_dir_all(&folder);
        shell::capture(cargo(place).args(["new", "--quiet", "--vcs", "none", "hour"]))?;
        // The versions of the workspace, so a new release of a dependency does not break the suite.
        fs::copy(shell::root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let library = shell::root().join("crates/agent/quipu");
        shell::capture(cargo(&folder).args(["add", "--quiet", "--path"]).arg(library).args(options))?;
        for package in BESIDE {
            shell::capture(cargo(&folder).args(["add", "--quiet"]).args(package))?;
        }
        fs::write(folder.join("src/main.rs"), AGENT)?;
        Ok(Self { folder })
    }

    /// Differences between its dependencies and those of the commands.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn wrong_manifest(&self) -> Result<Vec<String>> {
        let manifest: toml::Table = fs::read_to_string(self.folder.join("Cargo.toml"))?.parse()?;
        let found = manifest["dependencies"].as_table().context("no dependencies")?;
        let found: Vec<&str> = found.keys().map(String::as_str).collect();
        let expected = ["quipu-obs", "tokio", "tracing", "tracing-subscriber"];
        Ok(if found == expected { Vec::new() } else { vec![format!("the dependencies are {found:?}")] })
    }

    /// Builds it; gives the words of cargo.
    ///
    /// # Errors
    /// It does not build.
    pub fn build(&self) -> Result<String> {
        let output = cargo(&self.folder).arg("build").stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(said) } else { bail!("{}", shell::tail(&said, 30)) }
    }

    /// Starts it in its folder, without data of an earlier run.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&self) -> Result<Running> {
        let _ = fs::remove_dir_all(self.folder.join(".quipu"));
        let mut command = Command::new(target().join("debug/hour"));
        command.current_dir(&self.folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(fs::File::create(self.folder.join(ERRORS))?);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_config(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        let mut child = command.spawn().context("cannot start the agent")?;
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().context("no output")?);
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok()
        });
        let input = child.stdin.take();
        Ok(Running { child, input, lines })
    }
}

/// Whether the library reads a variable.
fn is_config(name: &str) -> bool {
    name.starts_with("QUIPU_") || name.starts_with("OTEL_")
}

fn target() -> PathBuf {
    shell::target().join("newcomer")
}

fn cargo(folder: &Path) -> Command {
    let mut command = shell::cargo();
    command.current_dir(folder).env("CARGO_TARGET_DIR", target());
    command
}

/// The program, which waits for a line of input at its end.
pub struct Running {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Running {
    /// Output until the program waits.
    ///
    /// # Errors
    /// It ends, or takes too long.
    pub fn said(&mut self) -> Result<String> {
        let mut said = String::new();
        loop {
            let line = self.lines.recv_timeout(RUN).with_context(|| format!("the agent said: {said}"))?;
            said += &format!("{line}\n");
            if line.starts_with(LAST) {
                return Ok(said);
            }
        }
    }

    /// Answers the program, and waits for its end.
    ///
    /// # Errors
    /// It does not end with success.
    pub fn end(mut self) -> Result<()> {
        if let Some(mut input) = self.input.take() {
            input.write_all(b"\n")?;
        }
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { bail!("the agent ended with {status}") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
