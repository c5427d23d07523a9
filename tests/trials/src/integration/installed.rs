//! `packages`: the packages of a release, each installed from its file into a new environment, with the
//! demo run from it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::{Bench, Http, Report, Server, packages, tools};
use crate::shell;

/// Evaluates a formula without Homebrew.
const FORMULA: &str = include_str!("../../suites/formula.rb");

/// Installs a package below a folder and returns the installed binary; the last argument is the folder of
/// all packages.
type Install = fn(&Bench, &Path, &Path) -> Result<Installed>;

/// The packages by the ends of their names.
const PACKAGES: [(&str, Install); 4] =
    [(".whl", by_pip), (".tgz", by_npm), (".deb", by_dpkg), (".rb", by_formula)];

/// An installed binary, and the command that removes it.
struct Installed {
    binary: PathBuf,
    remove: Option<Command>,
}

/// Makes the packages of the binary under test, and installs each.
///
/// # Errors
/// The packages cannot be made.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let out = made(bench, folder.path())?;
    let version = shell::capture(Command::new(&bench.binary).arg("--version"))?;
    let mut report = Report::new();
    for (end, install) in PACKAGES {
        let case = format!("a {} installs and runs the demo", end.trim_start_matches('.'));
        let target = folder.path().join(end.trim_start_matches('.'));
        report = match install(bench, &target, &out) {
            Ok(installed) => {
                let wrong = works(installed, &version).err().map(|error| format!("{error:#}"));
                report.judged(&case, wrong.as_slice())
            }
            Err(error) if is_missing(&error) => report.skipped(&case, &format!("{error:#}")),
            Err(error) => report.failed(&case, &format!("{error:#}")),
        };
    }
    Ok(report)
}

/// A program of this machine that a package needs and that cannot be brought.
#[derive(Debug)]
struct Missing(anyhow::Error);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Missing {}

fn is_missing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Missing>().is_some()
}

/// Packages of the binary, without its symbols: those of a debug build have 300 MB.
///
/// # Errors
/// `dist` fails.
pub fn made(bench: &Bench, folder: &Path) -> Result<PathBuf> {
    let out = folder.join("files");
    let binary = folder.join("quipu");
    let is_stripped = !bench.release
        && shell::capture(Command::new("strip").arg("-o").arg(&binary).arg(&bench.binary)).is_ok();
    let binary = if is_stripped { &binary } else { &bench.binary };
    let target = target(&fs::read(binary)?);
    let mut dist = Command::new(std::env::current_exe()?);
    dist.args(["dist", "--quick", "--target", &target, "--binary"]).arg(binary).arg("--out").arg(&out);
    let said = shell::capture(&mut dist)?;
    said.lines().for_each(|line| println!("        | {line}"));
    if !said.contains("deploy/docker/Dockerfile") {
        bail!("dist does not say how the image is built");
    }
    Ok(out)
}

/// The target that a binary of this machine was built for: a static one names no loader.
fn target(code: &[u8]) -> String {
    const LOADER: &[u8] = b"/ld-linux";
    let is_dynamic = memchr::memmem::find(code, LOADER).is_some();
    format!("{}-unknown-linux-{}", std::env::consts::ARCH, if is_dynamic { "gnu" } else { "musl" })
}

/// Runs the demo from an installed binary, and removes the package.
fn works(installed: Installed, version: &str) -> Result<()> {
    let binary = installed.binary;
    let said = shell::capture(Command::new(&binary).arg("--version"))?;
    if said != version {
        bail!("{} says {said:?}, expected {version:?}", binary.display());
    }
    let server = Server::fresh(&binary, &["--demo"])?;
    let http = Http::new(Duration::from_secs(30));
    let listed = http.json(&server.api("traces?limit=1"))?;
    if listed["traces"][0]["trace_id"].as_str().is_none() {
        bail!("the demo has no trace: {listed}");
    }
    let page = http.get(&server.http)?.text();
    if !page.contains("<html") {
        bail!("the dashboard is {:?}", page.chars().take(80).collect::<String>());
    }
    server.stop()?;
    if let Some(mut remove) = installed.remove {
        shell::capture(&mut remove)?;
        if fs::symlink_metadata(&binary).is_ok() {
            bail!("{} is there after its package was removed", binary.display());
        }
    }
    Ok(())
}

/// A new virtual environment, without an index.
fn by_pip(_: &Bench, folder: &Path, out: &Path) -> Result<Installed> {
    let python = tools::python().map_err(Missing)?;
    shell::capture(Command::new(python).args(["-m", "venv"]).arg(folder))?;
    let pip = || {
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "--disable-pip-version-check", "--quiet"]);
        pip
    };
    shell::capture(pip().args(["install", "--no-index"]).arg(file(out, ".whl")?))?;
    shell::capture(pip().arg("check"))?;
    let mut remove = pip();
    remove.args(["uninstall", "--yes", "quipu-obs"]);
    Ok(Installed { binary: folder.join("bin/quipu"), remove: Some(remove) })
}

/// A new prefix, without a registry.
fn by_npm(_: &Bench, folder: &Path, out: &Path) -> Result<Installed> {
    let program = packages::system("npm", "npm").map_err(Missing)?;
    let npm = |verb: &str| {
        let mut npm = Command::new(&program);
        npm.args([verb, "--global", "--offline", "--no-audit", "--no-fund", "--prefix"]).arg(folder);
        npm.env("npm_config_cache", folder.join("cache"));
        npm
    };
    fs::create_dir_all(folder)?;
    shell::capture(npm("install").arg(file(out, ".tgz")?))?;
    let mut remove = npm("uninstall");
    remove.arg("quipu-obs");
    Ok(Installed { binary: folder.join("bin/quipu"), remove: Some(remove) })
}

/// A new root with a database of its own. It has no C library, so its absence is overruled; the version that
/// the package needs is compared with the one of this machine instead.
fn by_dpkg(_: &Bench, folder: &Path, out: &Path) -> Result<Installed> {
    if shell::find("dpkg").is_none() {
        return Err(Missing(anyhow!("there is no dpkg")).into());
    }
    let package = file(out, ".deb")?;
    let needed = shell::capture(Command::new("dpkg-deb").arg("--field").arg(&package).arg("Depends"))?;
    if let Some(version) = needed.trim().strip_prefix("libc6 (>= ").and_then(|rest| rest.strip_suffix(')')) {
        let own = shell::capture(Command::new("dpkg-query").args(["-W", "-f", "${Version}", "libc6"]))?;
        shell::capture(Command::new("dpkg").args(["--compare-versions", &own, "ge", version]))
            .with_context(|| format!("the package needs libc6 {version}, and this machine has {own}"))?;
    }
    for below in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"] {
        fs::create_dir_all(folder.join(below))?;
    }
    fs::write(folder.join("var/lib/dpkg/status"), "")?;
    let dpkg = || {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", folder.display())).args(["--force-depends", "--force-not-root"]);
        dpkg.args(["--log", "/dev/null"]);
        dpkg
    };
    shell::capture(dpkg().arg("--install").arg(&package))?;
    for path in
        ["etc/quipu/quipu.toml", "usr/lib/systemd/system/quipu.service", "usr/share/doc/quipu-obs/copyright"]
    {
        if !folder.join(path).is_file() {
            bail!("the package has no /{path}");
        }
    }
    let mut remove = dpkg();
    remove.args(["--purge", "quipu-obs"]);
    Ok(Installed { binary: folder.join("usr/bin/quipu"), remove: Some(remove) })
}

/// A new prefix of a formula. Homebrew itself is not in the registries of this project's suites, so Ruby
/// checks the syntax and evaluates the formula.
fn by_formula(bench: &Bench, folder: &Path, out: &Path) -> Result<Installed> {
    let ruby = packages::apt(&bench.cache, "ruby", "ruby").map_err(Missing)?;
    let (formula, script) = (file(out, ".rb")?, bench.cache.join("formula.rb"));
    fs::write(&script, FORMULA)?;
    shell::capture(Command::new(&ruby).args(["-wc"]).arg(&formula))?;
    shell::capture(Command::new(&ruby).arg(script).arg(formula).arg(out).arg(folder))?;
    Ok(Installed { binary: folder.join("bin/quipu"), remove: None })
}

/// The package whose name has this end.
fn file(out: &Path, end: &str) -> Result<PathBuf> {
    let mut files = fs::read_dir(out)?.flatten().map(|entry| entry.path());
    let found = files.find(|file| file.to_string_lossy().ends_with(end));
    found.ok_or_else(|| anyhow!("{} has no file {end}", out.display()))
}
