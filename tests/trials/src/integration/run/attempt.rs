//! One run of a program, with `quipu run` or without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::programs::{Furnished, Home, Installed, Program};
use crate::integration::frameworks::models::Models;
use crate::shell;

/// How long a program may take.
const RUN: Duration = Duration::from_secs(150);
/// The exit code of a program that did not end in time.
pub const NO_END: i32 = -2;
/// A question with spaces, quotes and characters of shells.
pub const PROMPT: &str = "Run \"echo\" in Paris, and tell me what's  $HOME * or `weather`; no more";

/// A model server and a program's home folder.
pub struct Attempt<'a> {
    program: &'a Program,
    installed: &'a Installed,
    scratch: tempfile::TempDir,
    models: Models,
}

/// A program that ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; 128 and the number after a signal.
    pub code: i32,
    /// What it wrote.
    pub said: String,
    /// The figures of `quipu run`; null without them.
    pub figures: Value,
}

impl<'a> Attempt<'a> {
    /// Starts a model server with these variables.
    ///
    /// # Errors
    /// It does not start.
    pub fn with(program: &'a Program, installed: &'a Installed, variables: &[(&str, &str)]) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let script = shell::root().join("tests/trials/frameworks/model_server.py");
        let heard = [("HEARD", PROMPT)];
        let models = Models::with_variables(&script, scratch.path(), variables.iter().chain(&heard))?;
        Ok(Self { program, installed, scratch, models })
    }

    /// The model server's log.
    pub fn log(&self) -> &Path {
        &self.models.log
    }

    /// Lines of the model server's log.
    pub fn served(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// It does not start, or does not end in time.
    pub fn run(&self, quipu: Option<(&Path, &[&str])>) -> Result<Ended> {
        let (child, files) = self.start(quipu)?;
        let ended = self.end(child, &files, RUN);
        if ended.code == NO_END {
            bail!("no end within {} s: {}", RUN.as_secs(), shell::tail(&ended.said, 5));
        }
        Ok(ended)
    }

    /// Starts the program, without a terminal, in a process group of its own.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(&self, quipu: Option<(&Path, &[&str])>) -> Result<(Child, Files)> {
        use std::os::unix::process::CommandExt as _;
        let home = self.scratch.path().join(if quipu.is_some() { "observed" } else { "alone" });
        fs::create_dir_all(&home)?;
        let place = Home { folder: &home, models: &self.models.url, prompt: PROMPT };
        let furnished: Furnished = place.furnish(self.program, self.installed)?;
        let files = Files { log: home.join("program.log"), figures: home.join("figures.json") };
        let (first, rest) = furnished.command.split_first().context("the program has no command")?;
        // A suite in the background of a shell ignores SIGINT, and programs would inherit that.
        let mut command = Command::new("env");
        command.args(["--default-signal=INT,QUIT,HUP", "--"]);
        match quipu {
            Some((binary, flags)) => {
                command
                    .arg(binary)
                    .args(["run", "--data-dir"])
                    .arg(home.join("quipu"))
                    .arg("--json")
                    .arg(&files.figures);
                command.args(&self.program.flags).args(flags).arg("--").arg(first);
            }
            None => drop(command.arg(find(first, self.installed)?)),
        }
        furnished.environment(&mut command, &home, self.installed)?;
        let output = fs::File::create(&files.log)?;
        command.args(rest).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.process_group(0).spawn().with_context(|| format!("cannot start {first}"))?;
        Ok((child, files))
    }

    /// Waits for the end; a process that outlives it ends too. One that takes too long has [`NO_END`].
    pub fn end(&self, mut child: Child, files: &Files, patience: Duration) -> Ended {
        let status = shell::poll(patience, || child.try_wait().ok().flatten());
        let _ = shell::signal("KILL", &[format!("-{}", child.id())]);
        let _ = child.wait();
        let said = fs::read_to_string(&files.log).unwrap_or_default();
        let figures = fs::read_to_string(&files.figures).unwrap_or_default();
        let code = status.map_or(NO_END, code);
        Ended { code, said, figures: serde_json::from_str(&figures).unwrap_or_default() }
    }
}

/// Files that a run writes.
pub struct Files {
    log: PathBuf,
    figures: PathBuf,
}

fn find(program: &str, installed: &Installed) -> Result<PathBuf> {
    let own = installed.folders.iter().map(|folder| folder.join(program)).find(|file| file.is_file());
    own.or_else(|| shell::find(program)).ok_or_else(|| anyhow!("{program} is not installed"))
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(-1)
}
