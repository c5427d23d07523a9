//! `fuzz`: searches for inputs that break a target, for a time or a number of runs each. Needs a nightly
//! toolchain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};

use quipu_trials::{shell, table};

/// Version to install if it is missing.
const CARGO_FUZZ: &str = "0.13.2";
/// Largest input that is made up.
const LARGEST: usize = 64 << 10;
/// Seconds after which one input counts as a hang.
const HANG: u32 = 20;
/// MiB after which one input counts as a leak.
const MEMORY: u32 = 4_096;

/// Options of `fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// Targets [default: all]
    targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Runs after which a target has had enough
    #[arg(long, default_value_t = 10_000_000)]
    runs: u64,
    /// address finds more in C and in unsafe code, and takes twice the time
    #[arg(long, default_value = "none", value_parser = ["none", "address"])]
    sanitizer: String,
    /// Write the results to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Result of one target.
#[derive(serde::Serialize)]
struct Outcome {
    target: String,
    runs: u64,
    seconds: u64,
    coverage: u64,
    /// Files with inputs that broke it.
    found: Vec<PathBuf>,
}

/// Searches in each target, and keeps what it finds where the tests look for it.
///
/// # Errors
/// A tool is missing, or something was found.
pub fn run(args: &Args) -> Result<()> {
    prepare()?;
    let all = targets()?;
    let wanted: Vec<&String> = match args.targets.as_slice() {
        [] => all.iter().collect(),
        named => named.iter().collect(),
    };
    if let Some(unknown) = wanted.iter().find(|target| !all.contains(target)) {
        bail!("{unknown} is no target; there are {}", all.join(", "));
    }
    let mut outcomes = Vec::new();
    for target in wanted {
        outcomes.push(search(target, args)?);
    }
    tell(&outcomes);
    if let Some(file) = &args.json {
        fs::write(file, serde_json::to_vec_pretty(&outcomes)?)?;
    }
    match outcomes.iter().map(|outcome| outcome.found.len()).sum::<usize>() {
        0 => Ok(()),
        found => bail!("{found} inputs break something: they are kept in tests/fuzzed/found"),
    }
}

/// A nightly toolchain and cargo-fuzz.
fn prepare() -> Result<()> {
    let nightly = Command::new("rustup").args(["run", "nightly", "rustc", "--version"]).output();
    if !nightly.is_ok_and(|output| output.status.success()) {
        bail!("there is no nightly toolchain: rustup toolchain install nightly");
    }
    if !shell::has_cargo("fuzz") {
        let install = ["install", "--quiet", "--locked", "--debug", "cargo-fuzz", "--version", CARGO_FUZZ];
        shell::run(shell::cargo().args(install))?;
    }
    Ok(())
}

/// The names of the files with targets.
fn targets() -> Result<Vec<String>> {
    let folder = shell::root().join("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let stem = |entry: fs::DirEntry| Some(entry.path().file_stem()?.to_str()?.to_owned());
    let mut names: Vec<String> = entries.filter_map(|entry| stem(entry.ok()?)).collect();
    names.sort();
    Ok(names)
}

fn search(target: &str, args: &Args) -> Result<Outcome> {
    let corpus = shell::root().join("fuzz/corpus").join(target);
    let seeds = ["run", "--quiet", "--package", "quipu-fuzzed", "--example", "seeds", "--", target];
    shell::run(shell::cargo().args(seeds).arg(&corpus))?;
    let artifacts = shell::root().join("fuzz/artifacts").join(target);
    let before = files(&artifacts);
    let told = fuzz(target, &corpus, args)?;
    let figure = |name: &str| {
        let line = told.lines().rev().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
    };
    let found = files(&artifacts).into_iter().filter(|file| !before.contains(file));
    let found = found.map(|file| keep(target, &file)).collect::<Result<Vec<_>>>()?;
    Ok(Outcome {
        target: target.to_owned(),
        runs: figure("stat::number_of_executed_units:"),
        seconds: args.seconds,
        coverage: coverage(&told),
        found,
    })
}

fn fuzz(target: &str, corpus: &Path, args: &Args) -> Result<String> {
    let mut command = Command::new("cargo");
    command.current_dir(shell::root()).env_remove("RUSTFLAGS").env_remove("RUSTUP_TOOLCHAIN");
    command.args(["+nightly", "fuzz", "run", "--sanitizer", &args.sanitizer, target]).arg(corpus).arg("--");
    command.args([
        format!("-max_total_time={}", args.seconds),
        format!("-runs={}", args.runs),
        format!("-max_len={LARGEST}"),
        format!("-timeout={HANG}"),
        format!("-rss_limit_mb={MEMORY}"),
        "-print_final_stats=1".to_owned(),
    ]);
    println!("$ {command:?}");
    let output = command.stdin(Stdio::null()).output().context("cargo fuzz")?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    // It fails when something was found, which the artifacts tell; else it has not begun.
    if !told.contains("stat::number_of_executed_units") && !told.contains("Test unit written to") {
        let last: Vec<&str> = told.lines().rev().take(30).collect();
        return Err(anyhow!("{target}: {}", last.into_iter().rev().collect::<Vec<_>>().join("\n")));
    }
    Ok(told)
}

/// Edges of the code that were reached, as libFuzzer says now and then.
fn coverage(told: &str) -> u64 {
    let figure = |line: &str| line.split("cov: ").nth(1)?.split(' ').next()?.parse().ok();
    told.lines().rev().find_map(figure).unwrap_or(0)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()
}

/// Keeps the input for the tests, which run it from then on.
fn keep(target: &str, file: &Path) -> Result<PathBuf> {
    let folder = shell::root().join("tests/fuzzed/found").join(target);
    fs::create_dir_all(&folder)?;
    let kept = folder.join(file.file_name().unwrap_or_default());
    fs::copy(file, &kept)?;
    Ok(kept)
}

fn tell(outcomes: &[Outcome]) {
    let row = |outcome: &Outcome| {
        let figures = [outcome.runs, outcome.coverage, outcome.found.len() as u64];
        std::iter::once(outcome.target.clone()).chain(figures.map(|figure| figure.to_string())).collect()
    };
    let rows: Vec<Vec<String>> = outcomes.iter().map(row).collect();
    table::print(&["target", "runs", "edges reached", "found"], &rows);
}
