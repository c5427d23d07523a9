//! Checks that other programs make.

use std::net::{TcpStream, ToSocketAddrs};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::Outcome;
use quipu_trials::shell;

/// Host of cargo-deny's advisories.
const ADVISORIES: &str = "github.com:443";

/// `cargo fmt`.
pub fn fmt(fix: bool) -> Result<Outcome> {
    if !shell::has_cargo("fmt") {
        return Ok(Outcome::Skipped("rustfmt is not installed".into()));
    }
    let mut command = shell::cargo();
    command.args(["fmt", "--all"]);
    if !fix {
        command.arg("--check");
    }
    shell::run(&mut command)?;
    Ok(Outcome::Good(String::new()))
}

/// Clippy, with every warning an error.
pub fn clippy() -> Result<Outcome> {
    if !shell::has_cargo("clippy") {
        return Ok(Outcome::Skipped("clippy is not installed".into()));
    }
    shell::run(shell::cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(Outcome::Good(String::new()))
}

/// The documentation of every crate: no link that leads nowhere, and with clippy's help no public item
/// without a word.
pub fn docs() -> Result<Outcome> {
    let mut command = shell::cargo();
    command.args(["doc", "--workspace", "--no-deps", "--quiet"]);
    shell::run(command.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Good(String::new()))
}

/// Spelling.
pub fn typos() -> Result<Outcome> {
    if shell::find("typos").is_none() {
        return Ok(Outcome::Skipped("typos is not installed: pip install typos".into()));
    }
    shell::run(Command::new("typos").current_dir(shell::root()))?;
    Ok(Outcome::Good(String::new()))
}

/// Bans, licences and sources of everything that is linked.
pub fn deny() -> Result<Outcome> {
    if !shell::has_cargo("deny") {
        return Ok(Outcome::Skipped("cargo-deny is not installed: cargo install cargo-deny --locked".into()));
    }
    shell::run(shell::cargo().args([
        "deny",
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))?;
    Ok(Outcome::Good(String::new()))
}

/// Known vulnerabilities of linked crates; needs the advisory database.
pub fn advisories() -> Result<Outcome> {
    if !shell::has_cargo("deny") {
        return Ok(Outcome::Skipped("cargo-deny is not installed: cargo install cargo-deny --locked".into()));
    }
    if !reachable(ADVISORIES) {
        return Ok(Outcome::Unreachable(format!(
            "the advisory database at {ADVISORIES} cannot be reached from here"
        )));
    }
    shell::run(shell::cargo().args(["deny", "--log-level", "error", "check", "advisories"]))?;
    Ok(Outcome::Good(String::new()))
}

/// Variable with the revision that `semver` compares with, in place of the last release.
const BASE: &str = "QUIPU_SEMVER_BASE";

/// Breaking changes of the library since its last release, by `cargo-semver-checks`. The last release is the
/// newest tag of the form `v1.2.3`.
pub fn semver() -> Result<Outcome> {
    let Some(base) = semver_base(std::env::var(BASE).ok(), released()?) else {
        return Ok(Outcome::Good(format!("no release has a tag yet; {BASE} names another revision")));
    };
    if !shell::has_cargo("semver-checks") {
        let remedy = "cargo install cargo-semver-checks --locked";
        return Ok(Outcome::Skipped(format!("cargo-semver-checks is not installed: {remedy}")));
    }
    let mut command = shell::cargo();
    command.args(["semver-checks", "--package", "quipu-obs", "--baseline-rev", &base]);
    shell::run(&mut command)?;
    Ok(Outcome::Good(format!("compared with {base}")))
}

/// Tags of releases, newest first.
fn released() -> Result<String> {
    let sort = ["tag", "--list", "v*", "--sort=-version:refname"];
    shell::capture(Command::new("git").current_dir(shell::root()).args(sort))
}

fn semver_base(named: Option<String>, released: String) -> Option<String> {
    let newest = || released.lines().find(|tag| tag[1..].starts_with(|c: char| c.is_ascii_digit()));
    named.filter(|name| !name.is_empty()).or_else(|| newest().map(str::to_owned))
}

/// Whether the committed web build is what the sources give, and the sources have the form of their
/// formatter. A clone without the npm packages has no formatter.
pub fn web() -> Result<Outcome> {
    let sources = shell::root().join("crates/server/web/ui");
    let formatter = sources.join("node_modules/.bin/biome");
    if formatter.exists() {
        shell::run(Command::new(formatter).args(["check", "."]).current_dir(sources))?;
    }
    let script = "crates/server/web/ui/scripts/check.mjs";
    if !shell::root().join(script).is_file() {
        return Ok(Outcome::Skipped(format!("{script} is missing")));
    }
    if shell::find("node").is_none() {
        return Ok(Outcome::Skipped("node is not installed".into()));
    }
    shell::run(Command::new("node").arg(script).current_dir(shell::root()))?;
    Ok(Outcome::Good(String::new()))
}

/// Whether the committed price book is what its sources give.
pub fn prices() -> Result<Outcome> {
    let this = std::env::current_exe()?;
    shell::run(Command::new(this).args(["prices", "--check"]).current_dir(shell::root()))?;
    Ok(Outcome::Good(String::new()))
}

fn reachable(host: &str) -> bool {
    let Ok(mut addresses) = host.to_socket_addrs() else { return false };
    addresses.any(|address| TcpStream::connect_timeout(&address, Duration::from_secs(3)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_named_revision_or_the_newest_release() {
        let tags = || "viewer\nv0.3.0\nv0.2.0\n".to_owned();
        assert_eq!(semver_base(None, tags()).as_deref(), Some("v0.3.0"));
        assert_eq!(semver_base(Some("main".into()), tags()).as_deref(), Some("main"));
        assert_eq!(semver_base(Some(String::new()), String::new()), None);
    }
}
