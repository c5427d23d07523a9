//! `integration`: suites against the running binary and third-party software.

mod alertmanager;
mod alerts;
mod attacks;
mod bare;
mod clickhouse;
mod clients;
mod deploy;
mod disk;
mod export;
mod faults;
mod first_trace;
mod floods;
mod frameworks;
mod generated;
mod grafana;
mod hook;
mod http;
mod installed;
mod jaeger;
mod kills;
mod logs;
mod loom;
mod matrix;
mod mcp;
mod newcomer;
mod otlp;
pub mod packages;
mod power;
pub mod products;
mod prometheus;
mod provider;
mod proxy;
mod recordings;
mod report;
mod run;
mod rust_frameworks;
mod server;
mod soak;
mod split;
mod sql;
pub mod tools;
pub mod tree;
mod vendors;
mod web;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};

pub use http::Http;
pub use report::Report;
pub use server::{Profile, Server, build, size};

use crate::{ports, shell, table};

/// Options of `integration`.
#[derive(clap::Args)]
pub struct Args {
    /// Suites to run; none means all but those that install frameworks
    #[arg(value_name = "SUITE")]
    suites: Vec<String>,
    /// For the suites `alerts`, `clickhouse`, `faults`, `first-trace`, `floods`, `frameworks`, `matrix`,
    /// `run`, `rust-frameworks`, `sql` and `web`, only the cases with these names
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// A suite that is skipped is a failure
    #[arg(long, env = "QUIPU_STRICT", value_parser = clap::builder::BoolishValueParser::new())]
    strict: bool,
    /// Write the results as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Uses the optimised build
    #[arg(long)]
    release: bool,
    /// Uses this binary instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Spans of the large store of the suite `web` [default: 1000000 with --release, else 50000]
    #[arg(long)]
    spans: Option<u64>,
    /// Kills of the suites `kills` and `alerts`
    #[arg(long, default_value_t = 30)]
    kills: u64,
    /// Seconds that each fault of the suite `faults` lasts
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Rounds of each kind of injected error of the suite `faults`; 0 means every call
    #[arg(long, default_value_t = 2)]
    samples: u64,
    /// Power cuts of the suite `power`
    #[arg(long, default_value_t = 60)]
    cuts: u64,
    /// Writes the table of the suite `attacks`, `first-trace` or `matrix` into this page
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Idle connections of the suite `floods`
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// Minutes that the suite `soak` lasts
    #[arg(long, default_value_t = 20)]
    minutes: u64,
    /// Random SELECTs of the suite `sql`, and half as many hostile ones [default: 200; with --release 10000]
    #[arg(long)]
    cases: Option<u64>,
}

impl Args {
    /// An unoptimised server would take minutes for a million.
    fn spans(&self) -> u64 {
        self.spans.unwrap_or(if self.release { 1_000_000 } else { 50_000 })
    }
}

/// Setup of a suite.
pub struct Bench {
    /// The binary under test.
    pub binary: PathBuf,
    /// Folder for what suites install; outlives the run.
    pub cache: PathBuf,
    /// Names of the cases wanted; none means all.
    pub only: Vec<String>,
    /// Spans of a large store.
    pub spans: u64,
    /// Seconds that a fault lasts.
    pub seconds: u64,
    /// Rounds of each kind of injected error; 0 means every call.
    pub samples: u64,
    /// Power cuts.
    pub cuts: u64,
    /// The page that the table of a suite is written into.
    pub table: Option<PathBuf>,
    /// Idle connections.
    pub idle: usize,
    /// Minutes of a long run.
    pub minutes: u64,
    /// The binary is optimised.
    pub release: bool,
    /// Kills of one server after the other.
    pub kills: u64,
    /// Random statements of SQL.
    pub cases: u64,
}

impl Bench {
    /// Whether the case runs.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

type Suite = (&'static str, fn(&Bench) -> Result<Report>);

const SUITES: [Suite; 31] = [
    ("recordings", recordings::run),
    ("kills", kills::run),
    ("loom", loom::run),
    ("otlp", otlp::run),
    ("export", export::run),
    ("prometheus", prometheus::run),
    ("alerts", alerts::run),
    ("grafana", grafana::run),
    ("jaeger", jaeger::run),
    ("logs", logs::run),
    ("clickhouse", clickhouse::run),
    ("web", web::run),
    ("proxy", proxy::run),
    ("mcp", mcp::run),
    ("sql", sql::run),
    ("deploy", deploy::run),
    ("packages", installed::run),
    ("clients", clients::run),
    ("first-trace", first_trace::run),
    ("faults", faults::run),
    ("attacks", attacks::run),
    ("power", power::run),
    ("floods", floods::run),
    ("soak", soak::run),
    ("bare", bare::run),
    ("frameworks", frameworks::run),
    ("matrix", matrix::run),
    ("run", run::run),
    ("newcomer", newcomer::run),
    ("rust-frameworks", rust_frameworks::run),
    ("vendors", vendors::run),
];

/// Suites that only run when they are named: they take long, the first time or each.
const ASKED_FOR: [&str; 11] = [
    "bare",
    "clients",
    "first-trace",
    "frameworks",
    "matrix",
    "newcomer",
    "packages",
    "run",
    "rust-frameworks",
    "soak",
    "vendors",
];

/// Runs the suites that are asked for.
///
/// # Errors
/// A suite failed, or with `--strict` was skipped.
pub fn run(args: &Args) -> Result<()> {
    if let Some(name) = args.suites.iter().find(|name| !SUITES.iter().any(|(known, _)| known == name)) {
        bail!("no suite is called {name}; there are {}", SUITES.map(|(name, _)| name).join(" "));
    }
    let binary = match &args.binary {
        Some(file) => file.canonicalize().with_context(|| format!("{}", file.display()))?,
        None => build(if args.release { Profile::Release } else { Profile::Dev })?,
    };
    let cache = shell::target().join("xtask");
    std::fs::create_dir_all(&cache).with_context(|| format!("{}", cache.display()))?;
    let bench = Bench {
        binary,
        cache,
        only: args.only.clone(),
        spans: args.spans(),
        seconds: args.seconds,
        samples: args.samples,
        cuts: args.cuts,
        table: args.table.clone(),
        idle: args.idle,
        minutes: args.minutes,
        release: args.release,
        kills: args.kills,
        cases: args.cases.unwrap_or(if args.release { 10_000 } else { 200 }),
    };
    ports::occupy();
    let mut reports = Vec::new();
    let mut rows = Vec::new();
    let wanted = |name: &str| match args.suites.as_slice() {
        [] => !ASKED_FOR.contains(&name),
        named => named.iter().any(|suite| suite == name),
    };
    for (name, suite) in SUITES.iter().filter(|(name, _)| wanted(name)) {
        println!("\n== {name}");
        let begin = Instant::now();
        let report = suite(&bench).unwrap_or_else(|error| Report::new().failed(name, &format!("{error:#}")));
        rows.push(report.row(name, begin.elapsed()));
        reports.push((*name, report));
    }
    println!();
    table::print(&["suite", "passed", "failed", "skipped", "open", "s"], &rows);
    if let Some(file) = &args.json {
        std::fs::write(file, report::json(&reports)?).with_context(|| format!("{}", file.display()))?;
    }
    report::verdict(&reports, args.strict)
}
