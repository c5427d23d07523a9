//! `cargo xtask prices`: turns the vendored price facts into the one data file that the program embeds.
//!
//! The task prints the differences of the new file, then writes it. `--check` only asks whether it is stale,
//! `--reduce` prepares a new list of LiteLLM. A source may be listed in several versions: past ones stay in
//! the file.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use quipu_prices::convert::{self, List, Origin};
use quipu_prices::{Books, diff};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use quipu_trials::shell;

const FACTS: &str = "crates/count/prices/facts";
const BOOK: &str = "crates/count/prices/data/book.postcard";

/// Entry of one file in `facts/SOURCES.json`.
#[derive(Debug, Deserialize)]
struct Source {
    source: String,
    version: String,
    retrieved: String,
    file: String,
    sha256: String,
}

/// Tasks for the price books.
#[derive(Debug, Default, Parser)]
pub struct Args {
    /// Only tell whether the data file is what the facts give
    #[arg(long)]
    check: bool,
    /// Only print what the new file would say differently
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,
    /// Cut LiteLLM's model list down to the facts that the conversion reads, and write it to the second file
    #[arg(long, num_args = 2, value_names = ["LITELLM.json", "OUT.json"], conflicts_with_all = ["check", "dry_run"])]
    reduce: Option<Vec<PathBuf>>,
}

/// Runs the command.
///
/// # Errors
/// The facts are missing, altered or cannot be read; with `--check`, the data file is not what the facts
/// give.
pub fn run(args: &Args) -> Result<()> {
    if let Some([from, to]) = args.reduce.as_deref() {
        let text = fs::read_to_string(from).with_context(|| format!("reading {}", from.display()))?;
        let reduced = convert::reduce(&text).with_context(|| format!("reading {}", from.display()))?;
        return fs::write(to, reduced).with_context(|| format!("writing {}", to.display()));
    }
    let root = shell::root();
    if args.check {
        return check(&root);
    }
    let new = build(&root)?;
    print!("{}", difference(&root, &new)?);
    if args.dry_run {
        return Ok(());
    }
    fs::write(root.join(BOOK), new).with_context(|| format!("writing {BOOK}"))
}

/// Whether the data file is what the facts give.
///
/// # Errors
/// It is not, or the facts cannot be read.
pub fn check(root: &Path) -> Result<()> {
    let committed = fs::read(root.join(BOOK)).with_context(|| format!("reading {BOOK}"))?;
    ensure!(committed == build(root)?, "{BOOK} is stale: run `cargo xtask prices`");
    Ok(())
}

/// Differences of the new file from the existing one; everything when that cannot be read.
fn difference(root: &Path, new: &[u8]) -> Result<quipu_prices::Diff> {
    let old = fs::read(root.join(BOOK)).ok().and_then(|bytes| Books::decode(bytes).ok());
    let old = old.map_or_else(|| Books::decode(convert::join(&[])?), Ok)?;
    Ok(diff(&old, &Books::decode(new.to_vec())?))
}

/// The bytes of the data file.
fn build(root: &Path) -> Result<Vec<u8>> {
    let list = root.join(FACTS).join("SOURCES.json");
    let list = fs::read_to_string(&list).with_context(|| format!("reading {}", list.display()))?;
    let sources: Vec<Source> = serde_json::from_str(&list).context("reading SOURCES.json")?;
    let files = sources.iter().map(|source| pack(root, source)).collect::<Result<Vec<_>>>()?;
    Ok(convert::join(&files)?)
}

/// One source as a data file.
fn pack(root: &Path, source: &Source) -> Result<Vec<u8>> {
    let path = root.join(FACTS).join(&source.file);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let sha256 = Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    ensure!(
        sha256 == source.sha256,
        "{} has sha256 {sha256}, SOURCES.json says {}",
        source.file,
        source.sha256
    );
    let is = List::of(&text, &source.file)?.source();
    ensure!(is == source.source, "{} is a list of {is}, SOURCES.json says {}", source.file, source.source);
    let origin = Origin { file: &source.file, version: Some(&source.version), retrieved: &source.retrieved };
    Ok(convert::file(text.as_bytes(), &origin)?)
}
