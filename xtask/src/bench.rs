//! `bench`: figures of this machine, each against its aim.

mod export;
mod figures;
mod hot;
mod ingest;
mod load;
mod money;
mod query;
mod raw;
mod redact;
pub mod send;
mod sink;
mod web;
mod wire;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

pub use figures::Figures;
pub use load::Load;

use crate::{integration, shell};

/// Options of `bench`.
#[derive(clap::Args)]
pub struct Args {
    /// What to measure; none means all
    #[arg(value_name = "BENCH")]
    benches: Vec<String>,
    /// Writes the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Spans of the load
    #[arg(long, default_value_t = 300_000)]
    spans: u64,
    /// Connections that send at the same time
    #[arg(long, default_value_t = 3)]
    senders: usize,
    /// Keeps the store in this folder; a store of a former run there is asked as it is
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Uses this binary instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What a bench works with.
pub struct Setup {
    /// The binary under test, optimised.
    pub binary: PathBuf,
    /// The load.
    pub load: Load,
    /// Connections.
    pub senders: usize,
    /// The store's folder.
    pub data: PathBuf,
}

impl Setup {
    fn new(args: &Args, scratch: &Path) -> Result<Self> {
        let binary = match &args.binary {
            Some(file) => file.canonicalize().with_context(|| format!("{}", file.display()))?,
            None => integration::build(true)?,
        };
        let data = args.keep.clone().unwrap_or_else(|| scratch.join("store"));
        Ok(Self { binary, load: Load::new(args.spans), senders: args.senders.max(1), data })
    }
}

/// How a bench is run.
#[derive(Clone, Copy)]
enum Bench {
    /// By a program of its own.
    Alone(fn(&mut Figures) -> Result<()>),
    /// On a server of the binary under test.
    Server(fn(&Setup, &mut Figures) -> Result<()>),
}

/// In this order: `query` and `web` ask the store that `ingest` made.
const BENCHES: [(&str, Bench); 7] = [
    ("hot", Bench::Alone(hot::run)),
    ("ingest", Bench::Server(ingest::run)),
    ("query", Bench::Server(query::run)),
    ("web", Bench::Server(web::run)),
    ("money", Bench::Alone(money::run)),
    ("redact", Bench::Alone(redact::run)),
    ("export", Bench::Server(export::run)),
];

/// Set for the optimised build of this task when it is started by the other one.
const AGAIN: &str = "QUIPU_XTASK_RELEASE";

/// Measures, prints, and writes.
///
/// # Errors
/// Something could not be measured. A figure that misses its aim is no error.
pub fn run(args: &Args) -> Result<()> {
    if let Some(name) = args.benches.iter().find(|name| !BENCHES.iter().any(|(known, _)| known == name)) {
        bail!("no bench is called {name}; there are {}", BENCHES.map(|(name, _)| name).join(" "));
    }
    if cfg!(debug_assertions) && std::env::var_os(AGAIN).is_none() {
        return optimised();
    }
    let chosen: Vec<_> = BENCHES
        .into_iter()
        .filter(|(name, _)| args.benches.is_empty() || args.benches.iter().any(|bench| bench == name))
        .collect();
    let scratch = tempfile::tempdir()?;
    let mut figures = Figures::default();
    let mut setup = None;
    for (name, bench) in chosen {
        println!("\n== {name}");
        match bench {
            Bench::Alone(run) => run(&mut figures)?,
            Bench::Server(run) => {
                let setup = match &mut setup {
                    Some(setup) => setup,
                    none => none.insert(Setup::new(args, scratch.path())?),
                };
                run(setup, &mut figures)?;
            }
        }
    }
    println!();
    figures.print();
    match &args.json {
        Some(file) => std::fs::write(file, figures.json()?).with_context(|| format!("{}", file.display())),
        None => Ok(()),
    }
}

/// Runs the same command in an optimised build: the load's sender must not be what is measured.
fn optimised() -> Result<()> {
    let mut command = shell::cargo();
    let manifest = shell::root().join("Cargo.toml");
    command
        .args(["run", "--quiet", "--release", "--package", "xtask", "--manifest-path"])
        .arg(manifest)
        .arg("--");
    // File names on the command line are meant from where the user stands.
    command.args(std::env::args_os().skip(1)).env(AGAIN, "1").current_dir(std::env::current_dir()?);
    shell::run(&mut command)
}
