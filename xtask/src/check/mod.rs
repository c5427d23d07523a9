//! `check`: static checks of the sources.

mod cards;
mod circles;
mod crates;
mod layers;
mod links;
mod prose;
mod shrinking;
mod sizes;
mod tools;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};

use quipu_trials::{shell, table};

/// Options of `check`.
#[derive(clap::Args)]
pub struct Args {
    /// Formats the sources, and lowers the ceilings of prose, the list of circles and the numbers of crates
    #[arg(long)]
    fix: bool,
    /// A check that could not be made, because its tool is missing, is a failure
    #[arg(long, env = "QUIPU_STRICT", value_parser = clap::builder::BoolishValueParser::new())]
    strict: bool,
    /// Only the checks with these names
    #[arg(value_name = "NAME")]
    only: Vec<String>,
}

impl Args {
    /// The checks of `test`: all of them.
    pub const fn all(strict: bool) -> Self {
        Self { fix: false, strict, only: Vec::new() }
    }
}

/// How a check ends when nothing is wrong.
pub enum Outcome {
    /// It was made; the text adds a figure or nothing.
    Good(String),
    /// A tool is missing; `--strict` makes that a failure.
    Skipped(String),
    /// The network is unreachable; never a failure.
    Unreachable(String),
}

type Check = (&'static str, fn(&Args) -> Result<Outcome>);

/// Cheap checks first, so that a typo does not wait for a compiler.
const CHECKS: [Check; 17] = [
    ("fmt", |args| tools::fmt(args.fix)),
    ("cards", |_| cards::cards(&shell::root())),
    ("openings", |_| cards::openings(&shell::root())),
    ("sizes", |_| sizes::sizes(&shell::root())),
    ("layers", |_| layers::layers()),
    ("circles", |args| circles::circles(&shell::root(), args.fix)),
    ("crates", |args| crates::crates(&shell::root(), args.fix)),
    ("links", |_| links::links(&shell::root())),
    ("prose", |args| prose::prose(&shell::root(), args.fix)),
    ("typos", |_| tools::typos()),
    ("web", |_| tools::web()),
    ("prices", |_| tools::prices()),
    ("deny", |_| tools::deny()),
    ("advisories", |_| tools::advisories()),
    ("clippy", |_| tools::clippy()),
    ("docs", |_| tools::docs()),
    ("semver", |_| tools::semver()),
];

/// Runs every check, prints the results, and fails if one failed.
///
/// # Errors
/// A check failed, or with `--strict` could not be made.
pub fn run(args: &Args) -> Result<()> {
    let known = |name: &String| CHECKS.iter().any(|(known, _)| known == name);
    if let Some(name) = args.only.iter().find(|name| !known(name)) {
        bail!("no check is called {name}; there are {}", CHECKS.map(|(name, _)| name).join(" "));
    }
    let chosen =
        CHECKS.iter().filter(|(name, _)| args.only.is_empty() || args.only.iter().any(|only| only == name));
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for (name, check) in chosen {
        let begin = Instant::now();
        let (state, note) = match check(args) {
            Ok(Outcome::Good(note)) => ("ok", note),
            Ok(Outcome::Unreachable(why)) => ("not made", why),
            Ok(Outcome::Skipped(why)) => {
                println!("skipped: {name} ({why})");
                if args.strict {
                    failures.push(format!("{name}: skipped ({why}), and --strict allows no skip"));
                }
                ("skipped", why)
            }
            Err(error) => {
                failures.push(format!("{name}: {error:#}"));
                ("FAILED", String::new())
            }
        };
        rows.push(vec![
            (*name).to_owned(),
            state.to_owned(),
            format!("{:.1}", begin.elapsed().as_secs_f64()),
            note,
        ]);
    }
    table::print(&["check", "state", "s", "note"], &rows);
    if failures.is_empty() { Ok(()) } else { bail!("check failed\n{}", failures.join("\n")) }
}

/// One complaint a line, or good.
fn verdict(complaints: &[String], good: String) -> Result<Outcome> {
    if complaints.is_empty() { Ok(Outcome::Good(good)) } else { bail!("\n  {}", complaints.join("\n  ")) }
}

/// Every Rust file of the workspace, in order, relative to the root.
fn sources(root: &Path) -> Vec<PathBuf> {
    files_with(root, &["benches", "crates", "examples", "tests", "xtask"], "rs")
}

/// Every file with this ending under the folders, in order, relative to the root.
fn files_with(root: &Path, folders: &[&str], ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in folders {
        let folder = if *folder == "." { root.to_path_buf() } else { root.join(folder) };
        collect(&folder, ending, &mut files);
    }
    files.sort();
    files.iter().filter_map(|file| file.strip_prefix(root).ok()).map(Path::to_path_buf).collect()
}

fn collect(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The target of a link is in its own folder.
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if !["target", "node_modules", "ui"].contains(&name.as_str()) && !name.starts_with('.') {
                collect(&path, ending, files);
            }
        } else if path.extension().is_some_and(|extension| extension == ending) {
            files.push(path);
        }
    }
}
