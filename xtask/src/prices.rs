//! `cargo xtask prices`: turns the vendored price facts into the one data file that the program embeds.
//!
//! The file is written unless `--check` only asks whether it is stale; `--reduce` prepares a new list of LiteLLM.

mod decimal;
mod genai;
mod litellm;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use quipu_prices::schema::{self, FORMAT, File, Info, Missing, Packed, Rules};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::shell;

const FACTS: &str = "crates/quipu-prices/facts";
const BOOK: &str = "crates/quipu-prices/data/book.postcard";

/// What `facts/SOURCES.json` says of one file.
#[derive(Debug, Deserialize)]
struct Source {
    source: String,
    version: String,
    license: String,
    retrieved: String,
    file: String,
    sha256: String,
}

/// What to do with the price books.
#[derive(Debug, Default, Parser)]
pub struct Args {
    /// Only tell whether the data file is what the facts give
    #[arg(long)]
    check: bool,
    /// Cut LiteLLM's model list down to the facts that the conversion reads, and write it to the second file
    #[arg(long, num_args = 2, value_names = ["LITELLM.json", "OUT.json"], conflicts_with = "check")]
    reduce: Option<Vec<PathBuf>>,
}

/// Runs the command.
///
/// # Errors
/// The facts are missing, altered or cannot be read; with `--check`, the data file is not what the facts give.
pub fn run(args: &Args) -> Result<()> {
    if let Some([from, to]) = args.reduce.as_deref() {
        let text = fs::read_to_string(from).with_context(|| format!("reading {}", from.display()))?;
        return fs::write(to, litellm::reduce(&text)?).with_context(|| format!("writing {}", to.display()));
    }
    let root = shell::root();
    if args.check {
        return check(&root);
    }
    fs::write(root.join(BOOK), build(&root)?).with_context(|| format!("writing {BOOK}"))
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

/// The bytes of the data file.
fn build(root: &Path) -> Result<Vec<u8>> {
    let list = root.join(FACTS).join("SOURCES.json");
    let list = fs::read_to_string(&list).with_context(|| format!("reading {}", list.display()))?;
    let sources: Vec<Source> = serde_json::from_str(&list).context("reading SOURCES.json")?;
    let mut packed = Vec::new();
    for source in &sources {
        packed.push((source, pack(root, source)?));
    }
    let books = packed.iter().map(|(source, (missing, rules))| Packed {
        info: Info {
            source: &source.source,
            version: &source.version,
            license: &source.license,
            sha256: &source.sha256,
            retrieved: &source.retrieved,
            missing: *missing,
        },
        rules,
    });
    Ok(schema::encode(&File { format: FORMAT, books: books.collect() })?)
}

/// One source as a book.
fn pack(root: &Path, source: &Source) -> Result<(Missing, Vec<u8>)> {
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
    let (missing, rules): (_, Rules<'static>) = match source.source.as_str() {
        "genai-prices" => (Missing::Uncharged, genai::rules(&text)?),
        "litellm" => (Missing::Unknown, litellm::rules(&text)?),
        other => bail!("no conversion for the source {other}"),
    };
    Ok((missing, schema::encode(&rules)?))
}

/// Text that the records borrow. The tool ends after one conversion, so nothing is given back.
fn keep(text: impl Into<String>) -> &'static str {
    Box::leak(text.into().into_boxed_str())
}

/// Bytes that the records borrow.
fn keep_bytes(bytes: Vec<u8>) -> &'static [u8] {
    Box::leak(bytes.into_boxed_slice())
}
