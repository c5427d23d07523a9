//! `bench`: figures of this machine, each against its aim.

mod alerts;
mod export;
mod figures;
mod growth;
mod hot;
mod ingest;
mod load;
mod modes;
mod money;
mod peers;
mod query;
mod raw;
mod redact;
pub mod send;
mod sink;
mod statements;
mod web;
mod wire;
pub mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

pub use figures::Figures;
pub use load::Load;

use crate::{integration, shell};

/// Options of `bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Benches to run; none means all except the long ones: alerts, growth, peers
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
    /// Keep the store in this folder; an existing store of a former run is queried unchanged
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Uses this binary instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Spans of the largest store of `growth`; the others have a tenth and a hundredth
    #[arg(long, default_value_t = 10_000_000)]
    most: u64,
    /// With `ingest`: also compares what durability and encryption cost
    #[arg(long)]
    modes: bool,
    /// Spans that `peers` sends to each
    #[arg(long, default_value_t = 20_000)]
    peer_spans: u64,
    /// A peer that cannot be measured is a failure
    #[arg(long, env = "QUIPU_STRICT", value_parser = clap::builder::BoolishValueParser::new())]
    strict: bool,
}

/// Setup of a bench.
pub struct Setup {
    /// The binary under test, built as releases are.
    pub binary: PathBuf,
    /// The load.
    pub load: Load,
    /// Connections.
    pub senders: usize,
    /// The store's folder.
    pub data: PathBuf,
    /// Folder of the stores that grow.
    pub grown: PathBuf,
    /// They stay.
    pub keeps: bool,
    /// Spans of the largest of them.
    pub most: u64,
    /// Durability and encryption are compared.
    pub modes: bool,
    /// Spans that each peer is sent.
    pub peer_spans: u64,
    /// A peer that cannot be measured is an error.
    pub strict: bool,
}

impl Setup {
    fn new(args: &Args, scratch: &Path) -> Result<Self> {
        let binary = match &args.binary {
            Some(file) => file.canonicalize().with_context(|| format!("{}", file.display()))?,
            None => integration::build(integration::Profile::Dist)?,
        };
        let data = args.keep.clone().unwrap_or_else(|| scratch.join("store"));
        Ok(Self {
            binary,
            load: Load::new(args.spans),
            senders: args.senders.max(1),
            data,
            grown: args.keep.as_deref().unwrap_or(scratch).join("growth"),
            keeps: args.keep.is_some(),
            most: args.most,
            modes: args.modes,
            peer_spans: args.peer_spans,
            strict: args.strict,
        })
    }
}

/// How a bench is run.
#[derive(Clone, Copy)]
enum Bench {
    /// A separate program.
    Alone(fn(&mut Figures) -> Result<()>),
    /// On a server of the binary under test.
    Server(fn(&Setup, &mut Figures) -> Result<()>),
}

/// In this order: `query` and `web` ask the store that `ingest` made.
const BENCHES: [(&str, Bench); 10] = [
    ("hot", Bench::Alone(hot::run)),
    ("ingest", Bench::Server(ingest::run)),
    ("query", Bench::Server(query::run)),
    ("web", Bench::Server(web::run)),
    ("money", Bench::Alone(money::run)),
    ("redact", Bench::Alone(redact::run)),
    ("export", Bench::Server(export::run)),
    ("alerts", Bench::Server(alerts::run)),
    ("growth", Bench::Server(growth::run)),
    ("peers", Bench::Server(peers::run)),
];

/// Benches that only run when they are named: they take long.
const ASKED_FOR: [&str; 3] = ["alerts", "growth", "peers"];

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
    let wanted = |name: &str| match args.benches.as_slice() {
        [] => !ASKED_FOR.contains(&name),
        named => named.iter().any(|bench| bench == name),
    };
    let chosen: Vec<_> = BENCHES.into_iter().filter(|(name, _)| wanted(name)).collect();
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
