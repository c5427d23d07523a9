//! `test`: the checks, the feature matrix, documentation tests, and last all tests of the workspace.

use anyhow::{Context, Result, anyhow};
use cargo_metadata::MetadataCommand;

use crate::{check, ports, shell};

/// Crates whose features are checked none, each and all.
const MATRIX: [&str; 2] = ["quipu", "quipu-cli"];

/// Features that no other crate of the workspace switches on, whose tests would be left out.
const APART: [(&str, &str); 1] = [("quipu-backend-jaeger", "legacy-agent")];

/// Options of `test`.
#[derive(clap::Args)]
pub struct Args {
    /// Leaves the checks out
    #[arg(long)]
    no_check: bool,
    /// Leaves the feature matrix out
    #[arg(long)]
    no_matrix: bool,
    /// A check that could not be made, because its tool is missing, is a failure
    #[arg(long, env = "QUIPU_STRICT", value_parser = clap::builder::BoolishValueParser::new())]
    strict: bool,
}

/// Runs everything; the tests come last, so that the output ends as a test run does.
///
/// # Errors
/// The first thing that fails.
pub fn run(args: &Args) -> Result<()> {
    if !args.no_check {
        check::run(&check::Args::all(args.strict))?;
    }
    if !args.no_matrix {
        matrix()?;
    }
    ports::occupy();
    shell::run(shell::cargo().args(["test", "--workspace", "--doc", "--quiet"]))?;
    let command: &[&str] = if shell::has_cargo("nextest") {
        &["nextest", "run"]
    } else {
        println!("cargo-nextest is not installed: running `cargo test` instead");
        &["test", "--lib", "--bins", "--tests"]
    };
    for (package, feature) in APART {
        shell::run(shell::cargo().args(command).args(["-p", package, "--features", feature]))?;
    }
    shell::run(shell::cargo().args(command).arg("--workspace"))
}

/// `cargo check` of each crate with no feature, each feature alone, and all. Lean: no code is generated.
fn matrix() -> Result<()> {
    let manifest = shell::root().join("Cargo.toml");
    let metadata =
        MetadataCommand::new().manifest_path(manifest).no_deps().exec().context("cargo metadata")?;
    for name in MATRIX {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == name);
        let package = package.ok_or_else(|| anyhow!("{name} is not a crate of the workspace"))?;
        for features in combinations(package.features.keys()) {
            let mut command = shell::cargo();
            command.args(["check", "--quiet", "-p", name, "--no-default-features"]);
            if !features.is_empty() {
                command.args(["--features", &features.join(",")]);
            }
            shell::run(&mut command)?;
        }
    }
    Ok(())
}

/// None, each, all; `default` is left out, it being a set of the others.
fn combinations<'a>(names: impl Iterator<Item = &'a String>) -> Vec<Vec<&'a str>> {
    let names: Vec<&str> = names.map(String::as_str).filter(|name| *name != "default").collect();
    let mut sets = vec![Vec::new()];
    sets.extend(names.iter().map(|name| vec![*name]));
    if names.len() > 1 {
        sets.push(names);
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_each_and_all() {
        let names = ["a", "b", "default"].map(String::from);
        assert_eq!(combinations(names.iter()), [vec![], vec!["a"], vec!["b"], vec!["a", "b"]]);
        assert_eq!(combinations(names[..1].iter()), [vec![], vec!["a"]]);
        assert_eq!(combinations([].iter()), [Vec::<&str>::new()]);
    }
}
