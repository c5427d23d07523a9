//! `ci`: the checks that take longer than the tests.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use cargo_metadata::MetadataCommand;

use quipu_trials::{ports, shell};

use crate::{check, test};

/// The crate whose features are checked in combinations.
const MATRIX: &str = "quipu-obs";

/// The crate whose features only pass on those of the other, so it is checked with none and with all.
const PASSES_ON: &str = "quipu-cli";

/// Features that no other crate of the workspace switches on, whose tests would be left out.
const APART: [(&str, &str); 1] = [("quipu-backend-jaeger", "legacy-agent")];

/// Crates whose default features other crates switch on, so tests of their absence would be left out.
const WITHOUT: [&str; 3] = ["quipu-sdk", "quipu-pages", "quipu-runtime"];

/// The suites that together stay under 10 minutes, and of the longer ones a quick part. `jaeger --only out`
/// builds a third-party decoder, and `deploy --only image` a static binary. By name `power` takes `--cuts
/// 1000`, and `faults` `--samples 0` for an error at every call. By name `alerts` and `floods` have all their
/// parts, and `web` its longer ones: `corners`, `data`, `behind`, `widths`. `sql` runs by name only, because
/// it compares times of other routes. So does `clickhouse`, because its engine and its client take minutes to
/// install and to compile.
const SUITES: [&[&str]; 8] = [
    &["recordings", "kills", "otlp", "export", "prometheus", "grafana", "logs", "proxy", "attacks"],
    &["alerts", "--only", "pending,storm"],
    &["jaeger", "--only", "in"],
    &["deploy", "--only", "files,chart,unit"],
    &["faults", "--only", "kill,503,inject", "--seconds", "5", "--samples", "2"],
    &["power", "--cuts", "60"],
    &["floods", "--only", "summaries"],
    &["web", "--only", "walks,restart,access"],
];

type Step = fn(&Args) -> Result<()>;

const STEPS: [(&str, Step); 9] = [
    ("check", |args| check::run(&check::Args::all(args.strict))),
    ("features", |_| matrix()),
    ("doctests", |_| doc_tests()),
    ("apart", |_| separate_features()),
    ("plug-ins", |_| plug_ins()),
    ("newcomer", |args| integration(&["newcomer"], args)),
    ("rust-frameworks", |args| integration(&["rust-frameworks"], args)),
    ("loom", |args| integration(&["loom"], args)),
    ("suites", suites),
];

/// Steps that run by name only. A workspace of its own compiles for minutes.
const BY_NAME: [&str; 3] = ["plug-ins", "newcomer", "rust-frameworks"];

/// Options of `ci`.
#[derive(clap::Args)]
pub struct Args {
    /// A check or suite that cannot run, because a tool is missing, is an error
    #[arg(long, env = "QUIPU_STRICT", value_parser = clap::builder::BoolishValueParser::new())]
    strict: bool,
    /// Only the steps with these names
    #[arg(value_name = "NAME")]
    only: Vec<String>,
}

/// Runs the checks, the feature matrix, the documentation tests and the quick suites. One that fails does not
/// stop the others.
///
/// # Errors
/// Any of them fails; the error lists all. No step has a name that was asked for.
pub fn run(args: &Args) -> Result<()> {
    let names = STEPS.map(|(name, _)| name);
    if let Some(unknown) = args.only.iter().find(|only| !names.contains(&only.as_str())) {
        bail!("no step is called {unknown}; there are {}", names.join(" "));
    }
    let mut failures = Vec::new();
    for (name, step) in STEPS {
        let is_named = args.only.iter().any(|only| only == name);
        if !is_named && (!args.only.is_empty() || BY_NAME.contains(&name)) {
            continue;
        }
        println!("\n== {name}");
        let begin = Instant::now();
        if let Err(error) = step(args) {
            println!("error: {error:#}");
            failures.push(name);
        }
        println!("{name}: {:.0} s", begin.elapsed().as_secs_f64());
    }
    if failures.is_empty() { Ok(()) } else { bail!("failed: {}", failures.join(", ")) }
}

fn doc_tests() -> Result<()> {
    ports::occupy();
    shell::run(shell::cargo().args(["test", "--workspace", "--doc", "--quiet"]))
}

fn separate_features() -> Result<()> {
    APART
        .into_iter()
        .try_for_each(|(package, feature)| test::runner(&["-p", package, "--features", feature]))?;
    WITHOUT.into_iter().try_for_each(|package| test::runner(&["-p", package, "--no-default-features"]))
}

/// Tests of plug-ins in a workspace of their own, in the library and in a binary.
fn plug_ins() -> Result<()> {
    let mut test = shell::cargo();
    test.args(["test", "--quiet"]).current_dir(shell::root().join("tests/plug-in"));
    // Ours, so that nothing is compiled twice.
    shell::run(test.env("CARGO_TARGET_DIR", shell::target()))
}

fn suites(args: &Args) -> Result<()> {
    let failures = SUITES.into_iter().filter_map(|suites| integration(suites, args).err());
    let texts: Vec<String> = failures.map(|failure| failure.to_string()).collect();
    if texts.is_empty() { Ok(()) } else { bail!("{}", texts.join("\n")) }
}

/// A list of suites is a process of its own, because a suite takes its options from the command line.
fn integration(suites: &[&str], args: &Args) -> Result<()> {
    let program = std::env::current_exe().context("the path of this program")?;
    let strict: &[&str] = if args.strict { &["--strict"] } else { &[] };
    shell::run(Command::new(program).arg("integration").args(suites).args(strict))
}

/// `cargo check` of both crates with combinations of their features. Lean: no code is generated.
fn matrix() -> Result<()> {
    let manifest = shell::root().join("Cargo.toml");
    let metadata =
        MetadataCommand::new().manifest_path(manifest).no_deps().exec().context("cargo metadata")?;
    for name in [MATRIX, PASSES_ON] {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == name);
        let package = package.ok_or_else(|| anyhow!("{name} is not a crate of the workspace"))?;
        let mut sets = combinations(&package.features);
        if name == PASSES_ON {
            sets = [sets.first(), sets.last()].into_iter().flatten().cloned().collect();
        }
        for features in sets {
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

/// None, groups, and all. For any two features there is a group that has the first and lacks the second, so a
/// feature that needs another one fails. A group with a set of other features would lack none of them, so
/// sets are left out.
fn combinations(features: &BTreeMap<String, Vec<String>>) -> Vec<Vec<&str>> {
    let is_set = |parts: &[String]| parts.len() > 1 && parts.iter().all(|part| features.contains_key(part));
    let single = features.iter().filter(|(_, parts)| !is_set(parts));
    let names: Vec<&str> = single.map(|(name, _)| name.as_str()).collect();
    let mut sets = vec![Vec::new()];
    sets.extend(separating(&names));
    if !names.is_empty() {
        sets.push(names);
    }
    sets
}

/// As few groups as separate any two names. Each name is in half of the groups, and no two names are in the
/// same ones, so none of these sets of groups contains another one (J. Spencer, "Minimal completely
/// separating systems", Journal of Combinatorial Theory 8, 1970).
fn separating<'a>(names: &[&'a str]) -> Vec<Vec<&'a str>> {
    let halves = |groups: u32| (0..1_u32 << groups).filter(move |set| set.count_ones() == groups / 2);
    let Some(groups) = (0..u32::BITS).find(|groups| halves(*groups).count() >= names.len()) else {
        return Vec::new();
    };
    let group = |at: u32| {
        let chosen = names.iter().zip(halves(groups)).filter(|(_, set)| set >> at & 1 == 1);
        chosen.map(|(name, _)| *name).collect()
    };
    (0..groups).map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Features, each without parts, and a set of all.
    fn features(count: usize) -> BTreeMap<String, Vec<String>> {
        let names: Vec<String> = (0..count).map(|at| format!("f{at}")).collect();
        let single = names.iter().map(|name| (name.clone(), Vec::new()));
        single.chain([("full".to_owned(), names.clone())]).collect()
    }

    #[test]
    fn none_and_all_are_among_the_combinations_and_sets_are_not() {
        assert_eq!(combinations(&features(2)), [vec![], vec!["f0"], vec!["f1"], vec!["f0", "f1"]]);
        assert_eq!(combinations(&BTreeMap::new()), [Vec::<&str>::new()]);
    }

    #[test]
    fn any_two_features_are_separated() {
        let features = features(13);
        let sets = combinations(&features);
        assert_eq!(sets.len(), 1 + 6 + 1);
        let names = || features.keys().map(String::as_str).filter(|name| *name != "full");
        for (first, second) in names().flat_map(|first| names().map(move |second| (first, second))) {
            let separates = |set: &Vec<&str>| set.contains(&first) && !set.contains(&second);
            assert!(first == second || sets.iter().any(separates), "{first} and {second}");
        }
    }
}
