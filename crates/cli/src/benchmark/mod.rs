//! `quipu benchmark`: figures of the user's machine and store, in a temporary folder.

mod caller;
mod figures;
mod load;
mod queries;
mod server;

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::args::Benchmark;
use crate::ask::OpenSource;
use crate::note::note;
use figures::Figures;
use server::Server;

/// Measures, and prints the figures.
///
/// # Errors
/// The temporary server does not start, or a store gives no answer.
pub fn run(what: &Benchmark) -> Result<()> {
    let all = Duration::from_secs(what.seconds);
    let own = what.own();
    let shares = if own.is_some() { 4 } else { 3 };
    let mut figures = Figures::default();
    caller::measure((all / 10).min(Duration::from_secs(3)), &mut figures);
    let folder = tempfile::Builder::new().prefix("quipu-benchmark-").tempdir()?;
    note(&format!("ingest and queries in {}", folder.path().display()));
    let began = Instant::now();
    let mut server = Server::start(folder.path())?;
    figures.add("start.ready_ms", began.elapsed().as_secs_f64() * 1_000.0, "ms");
    figures.memory("idle.rss_mib", server.memory_mib("VmRSS"));
    let spans = load::send(&server.otlp, all / shares, &mut figures)?;
    figures.memory("ingest.rss_mib", server.memory_mib("VmHWM"));
    let source = OpenSource::Server(server.http.clone());
    queries::measure(&source, "query", all / shares, &mut figures)?;
    server.stop()?;
    figures.add("ingest.bytes_per_span", server::bytes_in(folder.path()) as f64 / spans.max(1) as f64, "B");
    if let Some(own) = own {
        queries::measure(&OpenSource::open(&own)?, "own.query", all / shares, &mut figures)?;
    }
    figures.print(what.json)
}
