//! Debian packages that the suites need: found, installed by root, or unpacked into the cache.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

use crate::shell;

/// Debian's switch for services: exit code 101 keeps a package from starting its daemon.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Finds a program of a Debian package, or brings it: root installs the package, other users unpack it and
/// what it depends on into `cache`.
///
/// # Errors
/// The program is not installed and cannot be brought.
pub fn apt(cache: &Path, package: &str, program: &str) -> Result<PathBuf> {
    if let Some(found) = installed(program) {
        return Ok(found);
    }
    let root = bring(cache, package).with_context(|| format!("{program} is not installed"))?;
    let file = within(&root, program).ok_or_else(|| anyhow!("{package} has no {program}"))?;
    if root == Path::new("/") {
        return Ok(file);
    }
    let script = root.join("run").join(program);
    wrap(&root, &file, &script)?;
    Ok(script)
}

/// Brings a package and gives the root that its files are under: `/` where it is installed now, else a folder
/// of `cache`.
///
/// # Errors
/// The package cannot be brought.
pub fn bring(cache: &Path, package: &str) -> Result<PathBuf> {
    if is_root() {
        install(package)?;
        return Ok(PathBuf::from("/"));
    }
    let folder = cache.join("apt").join(package);
    let ready = folder.join("ready");
    if !ready.is_file() {
        unpack(&folder, package)?;
        fs::write(ready, "")?;
    }
    Ok(folder)
}

/// Finds a program that only works where its package is installed, such as an interpreter; root installs the
/// package.
///
/// # Errors
/// The program is not installed, and this user may not install it.
pub fn system(package: &str, program: &str) -> Result<PathBuf> {
    if let Some(found) = installed(program) {
        return Ok(found);
    }
    install(package).with_context(|| format!("{program} is not installed (package {package})"))?;
    installed(program).ok_or_else(|| anyhow!("the package {package} has no {program}"))
}

/// Installs a package without starting its services.
///
/// # Errors
/// The user is not root, there is no apt-get, or apt-get fails.
pub fn install(package: &str) -> Result<()> {
    if !is_root() {
        bail!("only root can install the package {package}");
    }
    lists()?;
    println!("        installs the package {package}");
    let _quiet = Quiet::new()?;
    let install =
        ["-qq", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", package];
    let mut command = Command::new("apt-get");
    command.args(install).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    shell::capture(&mut command).map(drop)
}

/// Unpacks a package into a folder, and those of its dependencies that are not installed.
///
/// # Errors
/// There is no apt-get, or the packages cannot be downloaded.
fn unpack(folder: &Path, package: &str) -> Result<()> {
    if shell::find("dpkg").is_none() {
        bail!("there is no dpkg to unpack {package}");
    }
    lists()?;
    let simulated = ["--simulate", "--no-install-recommends", "install", package];
    let said = shell::capture(Command::new("apt-get").args(simulated).env("LC_ALL", "C"))?;
    let mut wanted = missing(&said);
    if wanted.is_empty() {
        wanted.push(package.to_owned());
    }
    fs::create_dir_all(folder)?;
    shell::capture(Command::new("apt-get").arg("download").args(&wanted).current_dir(folder))
        .with_context(|| format!("apt-get cannot download {package}"))?;
    for file in fs::read_dir(folder)?.flatten().map(|entry| entry.path()) {
        if file.extension().is_some_and(|ending| ending == "deb") {
            shell::capture(Command::new("dpkg").arg("-x").arg(file).arg(folder))?;
        }
    }
    Ok(())
}

/// Whether this process may install packages.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The packages that a simulated installation would add.
fn missing(said: &str) -> Vec<String> {
    let names = said.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// Fetches the package lists once, where a bare image has none.
fn lists() -> Result<()> {
    static FETCHED: OnceLock<bool> = OnceLock::new();
    if shell::find("apt-get").is_none() {
        bail!("there is no apt-get");
    }
    let there = || {
        let files = fs::read_dir("/var/lib/apt/lists").into_iter().flatten().flatten();
        files.into_iter().any(|file| file.file_name().to_string_lossy().contains("_Packages"))
    };
    let update = ["-qq", "-o", "DPkg::Lock::Timeout=300", "update"];
    let fetched = *FETCHED.get_or_init(|| {
        there() || !is_root() || shell::capture(Command::new("apt-get").args(update)).is_ok()
    });
    if fetched { Ok(()) } else { bail!("apt-get update fails") }
}

/// Writes a script that starts a program with the libraries that were unpacked with it.
fn wrap(folder: &Path, file: &Path, script: &Path) -> Result<()> {
    let triple = format!("{}-linux-gnu", std::env::consts::ARCH);
    let libraries = ["usr/lib", "lib"].map(|below| folder.join(below).join(&triple).display().to_string());
    fs::create_dir_all(script.parent().context("the script has no folder")?)?;
    let text = format!(
        "#!/bin/sh\nexport LD_LIBRARY_PATH='{}'\nexec '{}' \"$@\"\n",
        libraries.join(":"),
        file.display()
    );
    fs::write(script, text)?;
    fs::set_permissions(script, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn installed(program: &str) -> Option<PathBuf> {
    shell::find(program).or_else(|| within(Path::new("/"), program))
}

fn within(root: &Path, program: &str) -> Option<PathBuf> {
    let folders = ["usr/bin", "usr/sbin", "bin", "sbin"].map(|folder| root.join(folder).join(program));
    folders.into_iter().find(|file| file.is_file())
}

/// Keeps services from starting while it lives, where the machine has no policy of its own.
struct Quiet {
    ours: bool,
}

impl Quiet {
    fn new() -> Result<Self> {
        let ours = !Path::new(POLICY).exists();
        if ours {
            fs::write(POLICY, "#!/bin/sh\nexit 101\n")?;
            fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { ours })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_file(POLICY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulated_installation_names_every_missing_package() {
        let said = "Reading package lists...\nInst libestr0 (0.1.11-1 Debian:12 [amd64])\n\
                    Inst rsyslog (8.2302.0-1 Debian:12 [amd64])\nConf libestr0 (0.1.11-1 Debian:12 [amd64])\n";
        assert_eq!(missing(said), ["libestr0", "rsyslog"]);
    }

    #[test]
    fn an_unpacked_program_finds_the_libraries_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let (file, script) = (folder.path().join("usr/bin/tool"), folder.path().join("run/tool"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "#!/bin/sh\necho \"$LD_LIBRARY_PATH $1\"\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        wrap(folder.path(), &file, &script).unwrap();
        let said = shell::capture(Command::new(&script).arg("word")).unwrap();
        let library = folder.path().join("usr/lib").display().to_string();
        assert!(said.starts_with(&library) && said.ends_with(" word\n"), "{said}");
    }
}
