//! `bare`: runs other suites in a fresh Debian root that has nothing installed but Rust and a C compiler.
//!
//! A suite that passes only because a package was installed earlier fails here. The root is made by
//! debootstrap and entered by `pivot_root` in a mount namespace; the repository, the toolchain and the built
//! programs are bind mounts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use super::{Bench, Report, packages};
use crate::shell;

/// Cases by name, and the arguments of `cargo xtask integration`.
const CASES: [(&str, &[&str]); 4] = [
    ("prometheus", &["prometheus"]),
    ("logs", &["logs"]),
    ("files", &["deploy", "--only", "files,chart,unit"]),
    ("image", &["deploy", "--only", "image"]),
];
/// Packages that CONTRIBUTING.md requires besides Rust.
const GIVEN: &str = "--include=gcc,libc6-dev,ca-certificates";
/// Mounts into the root `$1` what the suites may use, and runs the rest of the arguments there.
const ENTER: &str = r#"
set -e
root=$1 repository=$2 cache=$3 binary=$4
shift 4
mount --bind "$root" "$root"
folder() { mkdir -p "$root$1" && mount --rbind "$1" "$root$1"; }
folder /dev
folder /sys
folder /etc/ssl/certs
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
folder "$repository"
for home in "${CARGO_HOME:-$HOME/.cargo}" "${RUSTUP_HOME:-$HOME/.rustup}"; do
  [ ! -d "$home" ] || folder "$home"
done
mkdir -p "$root$cache"
mount -t tmpfs tmpfs "$root$cache"
touch "$root/quipu"
mount --bind "$binary" "$root/quipu"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
# After a plain chroot the kernel refuses user namespaces, which the case of the image needs.
mkdir "$root/outside"
cd "$root"
pivot_root . outside
exec chroot . sh -c 'umount -l /outside && cd "$0" && exec "$@"' "$repository" "$@"
"#;

/// Runs each case in a root of its own.
///
/// # Errors
/// The programs that the cases start do not build.
pub fn run(bench: &Bench) -> Result<Report> {
    let template = match template(&bench.cache) {
        Ok(template) => template,
        Err(error) => return Ok(Report::new().skipped("bare", &format!("{error:#}"))),
    };
    // Built with the linker of this machine, which the root does not have.
    shell::programs()?;
    let wanted = |name: &&str| bench.only.is_empty() || bench.only.iter().any(|only| only == name);
    let cases = CASES.into_iter().filter(|(name, _)| wanted(name));
    cases.into_iter().try_fold(Report::new(), |report, (name, arguments)| {
        let case = format!("{name} on a bare machine");
        let wrong = within(bench, &template, arguments).err().map(|error| format!("{error:#}"));
        Ok(report.judged(&case, wrong.as_slice()))
    })
}

/// A root that debootstrap made, kept for the next run.
fn template(cache: &Path) -> Result<PathBuf> {
    let mut probe = Command::new("unshare");
    shell::capture(probe.args(["-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]))
        .context("this machine does not let us mount, which takes root")?;
    let root = cache.join("bare");
    let ready = cache.join("bare.ready");
    if ready.is_file() {
        return Ok(root);
    }
    let debootstrap = packages::apt(cache, "debootstrap", "debootstrap")?;
    let release = fs::read_to_string("/etc/os-release")?;
    let name = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let name = name.ok_or_else(|| anyhow!("/etc/os-release has no VERSION_CODENAME"))?;
    let mut indexes = Command::new("apt-get");
    indexes.args(["indextargets", "--format", "$(CODENAME) $(SITE)", "Created-By: Packages"]);
    let said = shell::capture(&mut indexes)?;
    let mirror = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let mirror = mirror.ok_or_else(|| anyhow!("apt has no source for {name}"))?;
    let _ = fs::remove_dir_all(&root);
    let mut make = Command::new(debootstrap);
    shell::capture(make.args(["--variant=minbase", GIVEN, name]).arg(&root).arg(mirror))?;
    // A bare image has no package lists.
    fs::remove_dir_all(root.join("var/lib/apt/lists"))?;
    fs::write(ready, "")?;
    Ok(root)
}

/// Runs suites strictly in a copy of the root.
fn within(bench: &Bench, template: &Path, arguments: &[&str]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("root");
    shell::capture(Command::new("cp").arg("-a").arg(template).arg(&root))?;
    let mut command = Command::new("unshare");
    command.args(["-m", "--propagation", "private", "sh", "-c", ENTER, "sh"]);
    command.arg(&root).arg(shell::root()).arg(&bench.cache).arg(&bench.binary);
    command.arg(std::env::current_exe()?).arg("integration").args(arguments);
    command.args(["--strict", "--binary", "/quipu"]);
    let output = command.output().context("cannot start unshare")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.lines().for_each(|line| println!("        | {line}"));
    if output.status.success() {
        return Ok(());
    }
    let wrong = said.lines().filter(|line| line.starts_with("FAILED") || line.starts_with("skipped"));
    let wrong: Vec<&str> = wrong.collect();
    bail!(
        "{}: {} {}",
        output.status,
        wrong.join("; "),
        shell::tail(&String::from_utf8_lossy(&output.stderr), 5)
    )
}
