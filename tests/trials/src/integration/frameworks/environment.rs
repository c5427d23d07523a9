//! Environments of frameworks: one folder each, filled once and kept until its pins change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Error, Result, bail};

use super::bounded;
use super::pins::Case;
use crate::{guide, shell};

/// How long an installation may take.
const INSTALL: Duration = Duration::from_secs(420);
/// The oldest Node.js that every pinned package runs with.
const NODE: u32 = 22;

/// Program that runs a script, with the path of its packages.
pub struct Ready {
    /// Python, Node.js or bash.
    pub program: PathBuf,
    /// Search path of programs.
    pub folders: Vec<PathBuf>,
    /// The folder that the packages are in.
    pub home: PathBuf,
}

impl Ready {
    /// Folder to run a script from: Node.js looks for modules from the script's folder.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn place(&self, script: &Path) -> Result<PathBuf> {
        if script.extension().is_none_or(|ending| ending != "mjs") {
            return Ok(script.to_path_buf());
        }
        let copy = self.home.join(script.file_name().unwrap_or_default());
        fs::copy(script, &copy).with_context(|| format!("{}", script.display()))?;
        Ok(copy)
    }

    /// A copy of a script with the blocks of its guides, beside its packages, and the blocks of a shell that
    /// come before it.
    ///
    /// # Errors
    /// A block does not exist, or the copy cannot be written.
    pub fn filled(&self, script: &Path, addresses: [&str; 3]) -> Result<(PathBuf, String)> {
        let text = fs::read_to_string(script).with_context(|| format!("{}", script.display()))?;
        let is_shell = script.extension().is_some_and(|ending| ending == "sh");
        let filled = guide::fill(&text, is_shell, addresses)?;
        let copy = self.home.join(script.file_name().unwrap_or_default());
        fs::write(&copy, filled.text)?;
        Ok((copy, filled.setup))
    }
}

/// Why a framework cannot be tried.
pub enum Unready {
    /// The machine lacks a program.
    Lacking(String),
    /// It was tried and failed.
    Failed(Error),
}

impl From<Error> for Unready {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Installs the framework's packages, unless they are installed.
///
/// # Errors
/// A program is missing, or the registry does not give the packages.
pub fn prepare(case: &Case, node: &str, cache: &Path) -> Result<Ready, Unready> {
    let folder = cache.join(&case.name);
    if case.is_node() { with_npm(case, node, cache, &folder) } else { with_python(case, &folder) }
}

fn with_python(case: &Case, folder: &Path) -> Result<Ready, Unready> {
    let inside = folder.join("venv/bin/python");
    let python = program("python3")?;
    once(folder, &case.packages, || {
        let mut make = Command::new(python);
        install(make.args(["-m", "venv", "--clear"]).arg(folder.join("venv")), folder)?;
        let mut pip = Command::new(&inside);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(&case.packages);
        install(&mut pip, folder)
    })?;
    let folders = vec![folder.join("venv/bin")];
    Ok(Ready { program: inside, folders, home: folder.to_path_buf() })
}

fn with_npm(case: &Case, node: &str, cache: &Path, folder: &Path) -> Result<Ready, Unready> {
    let npm = program("npm")?;
    let node = node_folder(&npm, node, cache)?;
    once(folder, &case.packages, || npm_install(&npm, folder, &case.packages, node.as_deref()))?;
    let folders: Vec<_> = node.into_iter().chain([folder.join("node_modules/.bin")]).collect();
    let runner = if case.script.ends_with(".sh") { "bash" } else { "node" };
    let own = folders.iter().map(|folder| folder.join(runner)).find(|file| file.is_file());
    let program = own.map_or_else(|| program(runner), Ok)?;
    Ok(Ready { program, folders, home: folder.to_path_buf() })
}

/// The program of a Node.js that is new enough.
///
/// # Errors
/// There is no npm, or the registry does not give Node.js.
pub fn node(cache: &Path) -> Result<PathBuf> {
    let cache = cache.join("frameworks");
    let pins = super::pins::Pins::read(&shell::root().join("tests/trials/frameworks/versions.json"))?;
    let found = program("npm").and_then(|npm| node_folder(&npm, &pins.node, &cache));
    match found {
        Ok(Some(folder)) => Ok(folder.join("node")),
        Ok(None) => shell::find("node").context("node is not installed"),
        Err(Unready::Lacking(why)) => bail!("{why}"),
        Err(Unready::Failed(error)) => Err(error),
    }
}

/// The folder of a Node.js that is new enough; `None` when the machine's own is.
fn node_folder(npm: &Path, package: &str, cache: &Path) -> Result<Option<PathBuf>, Unready> {
    let own = shell::capture(Command::new("node").arg("--version")).unwrap_or_default();
    let major = own.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= NODE) {
        return Ok(None);
    }
    let folder = cache.join("node");
    let packages = [package.to_owned()];
    once(&folder, &packages, || npm_install(npm, &folder, &packages, None))?;
    Ok(Some(folder.join("node_modules/node/bin")))
}

fn npm_install(npm: &Path, folder: &Path, packages: &[String], node: Option<&Path>) -> Result<()> {
    let mut command = Command::new(npm);
    command.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(folder);
    if let Some(node) = node {
        command.env("PATH", super::search_path(&[node.to_path_buf()])?);
    }
    install(command.args(packages), folder)
}

/// Fills the folder unless it already holds these packages.
fn once(folder: &Path, packages: &[String], fill: impl FnOnce() -> Result<()>) -> Result<()> {
    let (ready, pins) = (folder.join("ready"), packages.join("\n"));
    if fs::read_to_string(&ready).is_ok_and(|held| held == pins) {
        return Ok(());
    }
    println!("install {}", packages.join(" "));
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    fill()?;
    fs::write(ready, pins)?;
    Ok(())
}

fn install(command: &mut Command, folder: &Path) -> Result<()> {
    let log = folder.join("install.log");
    let output = fs::File::create(&log)?;
    command.current_dir(folder).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let name =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    match bounded(command, INSTALL).with_context(|| name.clone())? {
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            let words = fs::read_to_string(&log).unwrap_or_default();
            bail!("{name}: {status}: {}", shell::tail(&words, 3).trim())
        }
        None => bail!("{name} did not end within {} s", INSTALL.as_secs()),
    }
}

fn program(name: &str) -> Result<PathBuf, Unready> {
    shell::find(name).ok_or_else(|| Unready::Lacking(format!("{name} is not installed")))
}
