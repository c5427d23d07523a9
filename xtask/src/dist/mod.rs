//! `cargo xtask dist`: builds the files of a release.
//!
//! The release is one folder. It has the archive with the binary, its licences and its bill of materials,
//! and packages for pip, npm, dpkg and Homebrew. A second copy of the bill of materials is outside of the
//! archive, with the checksums of all files. Two builds from one commit by one compiler are the same to the
//! byte.

mod bundled;
mod linked;
mod notices;
mod pack;
mod packages;
mod sbom;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest as _, Sha256};

use linked::Linked;
use quipu_trials::shell;

/// The package of the binary.
const PACKAGE: &str = "quipu-cli";

/// How to make a release.
#[derive(clap::Args)]
pub struct Args {
    /// Target to build for [default: the static one, x86_64-unknown-linux-musl, where its Rust and C
    /// compilers are there, else the host]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Instead of a release, a dry run of publishing every crate: packages them in the order of their
    /// dependencies and builds each from its package
    #[arg(long, conflicts_with_all = ["target", "features", "binary", "out"])]
    crates: bool,
    /// With --crates, packages without a build
    #[arg(long, requires = "crates")]
    no_verify: bool,
    /// Features of the binary, in addition to the default ones
    #[arg(long, value_name = "LIST", default_value = "")]
    features: String,
    /// Take this binary, which was built for the target with these features, instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Compress quickly instead of well: for tests of the packages
    #[arg(long, hide = true)]
    quick: bool,
    /// Folder to write to [default: dist-files within the folder that cargo builds into]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Name and target of a release.
pub struct Release {
    /// Its version.
    pub version: String,
    /// The target.
    pub target: String,
    /// Features in addition to the default ones.
    pub features: String,
    /// Seconds since 1970 of the commit that it is made from.
    pub made: i64,
    /// Level of compression, 1 to 9.
    pub level: u32,
}

impl Release {
    /// The name of its files.
    pub fn name(&self) -> String {
        format!("quipu-{}-{}", self.version, self.target)
    }
}

/// Makes a release.
///
/// # Errors
/// Something cannot be built, read or written; the bill of materials breaks the rules of its own format.
pub fn run(args: &Args) -> Result<()> {
    if args.crates {
        return publish(args.no_verify);
    }
    let target = args.target.clone().map_or_else(target, Ok)?;
    let made = made()?;
    let (version, features) = (env!("CARGO_PKG_VERSION").into(), args.features.clone());
    let release = Release { version, target, features, made, level: if args.quick { 1 } else { 9 } };
    let binary = match &args.binary {
        Some(binary) => binary.clone(),
        None => build(&release)?,
    };
    let code = std::fs::read(&binary).with_context(|| format!("cannot read {}", binary.display()))?;
    greet(&binary, &release)?;
    let linked = Linked::of(PACKAGE, &release)?;
    let bill = sbom::text(&release, &linked, &digest(&code))?;
    let notices = notices::text(&linked)?;
    let out = args.out.clone().unwrap_or_else(|| shell::target().join("dist-files"));
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let archive = pack::archive(&release, &code, &bill, &notices.text)?;
    let contents = packages::Contents {
        release: &release,
        code: &code,
        bill: &bill,
        notices: &notices.text,
        archive: &archive,
    };
    let mut files = packages::all(&contents, &out)?;
    files.push((format!("{}.tar.gz", release.name()), archive));
    files.push((format!("{}.cdx.json", release.name()), bill));
    write(&out, &release, &files)?;
    let without = notices.without.len();
    println!("{} crates and {} packages of the dashboard in it", linked.inside().count(), linked.web.len());
    println!(
        "{} texts of licences; {without} crates bring none and are named with their licence",
        notices.texts
    );
    files.iter().for_each(|(name, bytes)| println!("{name}: {} bytes", bytes.len()));
    println!(
        "the image: docker build --file deploy/docker/Dockerfile --tag quipu {}",
        shell::root().display()
    );
    println!("{}", out.display());
    Ok(())
}

/// Checks that every crate can be published. Cargo resolves crates that are not in the registry yet from the
/// packages before them.
fn publish(no_verify: bool) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["publish", "--workspace", "--dry-run", "--locked"]);
    if no_verify {
        command.arg("--no-verify");
    }
    shell::run(&mut command).context("a crate cannot be published")
}

/// Writes the files and their checksums, in the form that `sha256sum --check` reads.
fn write(out: &Path, release: &Release, files: &[(String, Vec<u8>)]) -> Result<()> {
    let mut sums = String::new();
    for (name, bytes) in files {
        std::fs::write(out.join(name), bytes).with_context(|| format!("cannot write {name}"))?;
        sums += &format!("{}  {name}\n", digest(bytes));
    }
    Ok(std::fs::write(out.join(format!("{}.sha256", release.name())), sums)?)
}

/// The target to build for when none is named. SQLite and Zstandard are C, so a static binary needs a C
/// compiler of its own.
fn target() -> Result<String> {
    const STATIC: &str = "x86_64-unknown-linux-musl";
    let host = host()?;
    let folder = shell::capture(Command::new("rustc").args(["--print", "target-libdir", "--target", STATIC]));
    let has_std = folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir());
    let has_c = ["musl-gcc", "x86_64-linux-musl-gcc"].iter().any(|compiler| shell::find(compiler).is_some());
    let fits = host.starts_with("x86_64-unknown-linux-") && has_std && has_c;
    if !fits {
        println!(
            "no static binary: {STATIC} needs `rustup target add {STATIC}` and musl-gcc (apt install musl-tools)"
        );
    }
    Ok(if fits { STATIC.into() } else { host })
}

/// The target of this machine.
fn host() -> Result<String> {
    let said = shell::capture(Command::new("rustc").args(["-vV"]))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc tells no host")
}

/// Variables of a build for another architecture: Debian's cross compiler compiles the C sources and links.
fn cross(target: &str) -> Result<Vec<(String, &'static str)>> {
    const ARM: &str = "aarch64-unknown-linux-gnu";
    const COMPILER: &str = "aarch64-linux-gnu-gcc";
    if target != ARM || host()?.starts_with("aarch64-") {
        return Ok(Vec::new());
    }
    anyhow::ensure!(
        shell::find(COMPILER).is_some(),
        "{ARM} needs {COMPILER} (apt install gcc-aarch64-linux-gnu) and `rustup target add {ARM}`"
    );
    let name = ARM.replace('-', "_");
    let linker = format!("CARGO_TARGET_{}_LINKER", name.to_ascii_uppercase());
    Ok(vec![(format!("CC_{name}"), COMPILER), (linker, COMPILER)])
}

/// When the release is made: what `SOURCE_DATE_EPOCH` says
/// (<https://reproducible-builds.org/specs/source-date-epoch/>), else the time of the commit.
fn made() -> Result<i64> {
    let said = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(said) => said,
        Err(_) => shell::capture(Command::new("git").current_dir(shell::root()).args([
            "log",
            "-1",
            "--format=%ct",
        ]))?,
    };
    said.trim().parse().with_context(|| format!("{:?} is no time in seconds", said.trim()))
}

fn build(release: &Release) -> Result<PathBuf> {
    let mut command = shell::cargo();
    command.args([
        "build",
        "--locked",
        "--profile",
        "dist",
        "--package",
        PACKAGE,
        "--target",
        &release.target,
    ]);
    if !release.features.is_empty() {
        command.args(["--features", &release.features]);
    }
    // The build folder is private, and would make each builder's binary different.
    let home =
        std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")));
    let mut flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    flags += &format!(" --remap-path-prefix={}=/quipu", shell::root().display());
    if let Ok(home) = home {
        flags += &format!(" --remap-path-prefix={home}=/cargo");
    }
    shell::run(command.env("RUSTFLAGS", flags.trim()).envs(cross(&release.target)?))?;
    Ok(shell::target().join(&release.target).join("dist").join(program(&release.target)))
}

/// The binary's name on a target.
pub fn program(target: &str) -> &'static str {
    if target.contains("windows") { "quipu.exe" } else { "quipu" }
}

/// Whether the binary runs and is of this version. One for another machine is taken unseen.
fn greet(binary: &Path, release: &Release) -> Result<()> {
    let Ok(said) = shell::capture(Command::new(binary).arg("--version")) else {
        println!("{} does not run here: its version is not checked", binary.display());
        return Ok(());
    };
    if said.trim() != format!("quipu {}", release.version) {
        bail!("{} says {:?}, and the release is {}", binary.display(), said.trim(), release.version);
    }
    Ok(())
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use cargo_metadata::MetadataCommand;

    use super::*;

    #[test]
    fn every_crate_to_publish_has_its_metadata_and_versions() {
        let manifest = shell::root().join("Cargo.toml");
        let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap();
        let public = |name: &str| {
            let package = metadata.packages.iter().find(|package| package.name.as_str() == name);
            package.is_some_and(|package| package.publish.is_none())
        };
        let mut count = 0;
        for package in metadata.packages.iter().filter(|package| package.publish.is_none()) {
            let texts = [&package.description, &package.license, &package.repository];
            assert!(texts.iter().all(|text| text.is_some()), "{}", package.name);
            assert!(package.readme.is_some() && !package.authors.is_empty(), "{}", package.name);
            assert!(!package.keywords.is_empty() && !package.categories.is_empty(), "{}", package.name);
            for needed in package.dependencies.iter().filter(|needed| needed.path.is_some()) {
                // A dev-dependency without a version is left out of the package.
                if needed.kind != cargo_metadata::DependencyKind::Development {
                    let has_version = needed.req.to_string() != "*";
                    assert!(has_version && public(&needed.name), "{} needs {}", package.name, needed.name);
                }
            }
            count += 1;
        }
        assert!(count > 70, "{count} crates can be published");
    }

    #[test]
    fn no_built_package_is_tracked() {
        let mut list = Command::new("git");
        list.current_dir(shell::root()).args(["ls-files", "--", "*.whl", "*.deb", "*.tgz", "*.crate"]);
        assert_eq!(shell::capture(&mut list).unwrap(), "");
    }
}
