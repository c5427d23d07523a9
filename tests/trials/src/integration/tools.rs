//! Third-party programs: found where they are installed, or downloaded into the cache folder.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, anyhow};

use super::{packages, tree};
use crate::shell;

/// The collector before and after Quipu. Only pre-releases exist, so the version is named.
const ROTEL: &str = "rotel==0.0.1a15";

/// The Python of this machine, with the modules that make a virtual environment.
///
/// # Errors
/// It is not installed and cannot be.
pub fn python() -> Result<PathBuf> {
    let python = packages::system("python3", "python3")?;
    // Debian has these in a package of their own.
    if shell::capture(Command::new(&python).args(["-c", "import venv, ensurepip"])).is_err() {
        packages::install("python3-venv")?;
    }
    Ok(python)
}

/// The Python of a virtual environment of its own with these packages, each with its version.
///
/// # Errors
/// There is no Python, or the packages cannot be had.
pub fn venv(cache: &Path, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = cache.join("venv").join(name);
    let inside = folder.join("bin/python");
    let python = python()?;
    once(&folder, packages, || {
        shell::capture(Command::new(&python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        shell::capture(Command::new(&inside).args(pip).args(packages)).context("PyPI")?;
        Ok(())
    })?;
    Ok(inside)
}

/// A folder with these packages of npm in its `node_modules`, each with its version.
///
/// # Errors
/// There is no npm, or the packages cannot be had.
pub fn npm(cache: &Path, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = cache.join("npm").join(name);
    let npm = packages::system("npm", "npm")?;
    once(&folder, packages, || {
        let mut command = Command::new(&npm);
        command.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&folder);
        shell::capture(command.args(packages)).context("npm")?;
        Ok(())
    })?;
    Ok(folder)
}

/// A program that cargo installs: the installed one, else built once, unoptimised, for a suite uses it once.
///
/// # Errors
/// It does not build.
pub fn cargo_install(cache: &Path, package: &str, version: &str) -> Result<PathBuf> {
    if let Some(found) = shell::find(package) {
        return Ok(found);
    }
    let root = cache.join("cargo").join(package);
    once(&root, &[version], || {
        let mut command = shell::cargo();
        command.args(["install", "--quiet", "--locked", "--debug", package, "--version", version]);
        shell::capture(command.arg("--root").arg(&root)).context("crates.io")?;
        Ok(())
    })?;
    Ok(root.join("bin").join(package))
}

/// The collector rotel, out of its wheel on PyPI.
///
/// # Errors
/// There is no Python, or the wheel cannot be had.
pub fn rotel(cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("rotel");
    let program = folder.join("x/rotel/rotel-agent");
    // A virtual environment always has pip; Debian's Python may not.
    let python = venv(cache, "pip", &["pip"])?;
    once(&folder, &[ROTEL], || {
        let download =
            ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--pre", "--no-deps"];
        shell::capture(Command::new(&python).args(download).arg("-d").arg(&folder).arg(ROTEL))
            .context("PyPI")?;
        let wheel = fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
        let wheel = wheel.into_iter().find(|file| file.extension().is_some_and(|ending| ending == "whl"));
        let wheel = wheel.ok_or_else(|| anyhow!("PyPI gave no wheel of rotel"))?;
        let unpack = ["-m", "zipfile", "-e"];
        shell::capture(Command::new(&python).args(unpack).arg(wheel).arg(folder.join("x")))?;
        shell::capture(Command::new("chmod").arg("+x").arg(&program))?;
        Ok(())
    })?;
    Ok(program)
}

/// Fills a folder, unless it holds just this.
fn once(folder: &Path, holds: &[&str], fill: impl FnOnce() -> Result<()>) -> Result<()> {
    let (ready, holds) = (folder.join("ready"), holds.join("\n"));
    if fs::read_to_string(&ready).is_ok_and(|held| held == holds) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    fill()?;
    fs::write(ready, holds)?;
    Ok(())
}

/// A port without a listener.
///
/// # Errors
/// There is no free port.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A program at work, with its output in a file; dropping it kills it with all that it started.
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("{}", log.display()))?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, log: log.to_path_buf() })
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its output so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        tree::kill_all(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
