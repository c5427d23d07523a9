//! `ingest`: rate at which spans become durable, and their cost in memory and on disk.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{Figures, Setup, modes, raw, send};
use crate::integration::{Http, Server};

const STARTS: usize = 5;
const IDLE: Duration = Duration::from_secs(3);

/// Measures start, rest, ingest, disk and the limit; with `--modes` also what durability and encryption cost.
///
/// # Errors
/// Something could not be measured, or not every span was taken.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    if setup.data.exists() {
        fs::remove_dir_all(&setup.data)?;
    }
    at_rest(setup, figures)?;
    println!("preparing {} spans", setup.load.spans());
    let bodies = send::bodies(setup.load.iter());
    let server = Server::on(&setup.binary, &setup.data, &[])?;
    let taken = send::all(&server, &bodies, setup.senders)?;
    let rate = setup.load.spans() as f64 / taken.as_secs_f64();
    figures.add("ingest.spans_per_s", rate, "spans/s");
    let begin = Instant::now();
    send::wait_for_search(&server)?;
    figures.add("ingest.full_text_lag_s", begin.elapsed().as_secs_f64(), "s");
    figures.add("ingest.rss_mib", server.memory_mib("VmHWM")?, "MiB");
    check(setup, &server)?;
    server.stop()?;
    figures.add(
        "ingest.bytes_per_span",
        crate::integration::size(&setup.data) as f64 / setup.load.spans() as f64,
        "B",
    );
    drop(bodies);
    let scratch = tempfile::tempdir()?;
    let limit = raw::limit(&setup.load, &scratch.path().join("raw.db"))?;
    figures.add("ingest.raw_insert_per_s", limit.with_zstd, "rows/s");
    figures.add("ingest.raw_insert_precompressed_per_s", limit.without_zstd, "rows/s");
    figures.add("ingest.raw_bytes_per_row", limit.bytes_per_row, "B");
    figures.ratio("ingest.vs_raw_insert", rate / limit.with_zstd, "zstd and one flat SQLite row, one thread");
    full_start(setup, figures)?;
    if setup.modes { modes::run(setup, figures) } else { Ok(()) }
}

/// Start and memory without data.
fn at_rest(setup: &Setup, figures: &mut Figures) -> Result<()> {
    let mut starts = Vec::new();
    for round in 0..STARTS {
        let server = Server::fresh(&setup.binary, &[])?;
        starts.push(server.ready_after);
        if round + 1 == STARTS {
            std::thread::sleep(IDLE);
            figures.add("idle.rss_mib", server.memory_mib("VmRSS")?, "MiB");
        }
    }
    starts.sort_unstable();
    figures.add("start.ready_ms", starts[STARTS / 2].as_secs_f64() * 1_000.0, "ms");
    Ok(())
}

/// Start and memory on the full store.
fn full_start(setup: &Setup, figures: &mut Figures) -> Result<()> {
    let server = Server::on(&setup.binary, &setup.data, &[])?;
    figures.add("start.full_ready_ms", server.ready_after.as_secs_f64() * 1_000.0, "ms");
    std::thread::sleep(IDLE);
    figures.add("idle.full_rss_mib", server.memory_mib("VmRSS")?, "MiB");
    server.stop()
}

/// Checks that the store holds the sent load.
fn check(setup: &Setup, server: &Server) -> Result<()> {
    let calls = setup.load.iter().filter(|span| span.name.starts_with("chat ")).count() as u64;
    let total = Http::new(Duration::from_secs(60)).json(&server.api("usage"))?["total"].clone();
    if total["llm_calls"].as_u64() != Some(calls) {
        bail!("{} calls stored of {calls} sent", total["llm_calls"]);
    }
    Ok(())
}
