//! `ingest`: how fast spans become durable, and what they cost in memory and on disk.

use std::fs;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use super::load::Span;
use super::{Figures, Setup, raw, wire};
use crate::integration::{Http, Server};
use crate::shell;

/// Spans of a request: what SDKs send at once.
const BODY: usize = 500;
const STARTS: usize = 5;
const IDLE: Duration = Duration::from_secs(3);
/// How long full text may take to know all.
const SEARCH: Duration = Duration::from_secs(600);

/// Measures start, rest, ingest, disk and the limit.
///
/// # Errors
/// Something could not be measured, or not every span was taken.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    if setup.data.exists() {
        fs::remove_dir_all(&setup.data)?;
    }
    at_rest(setup, figures)?;
    println!("preparing {} spans", setup.load.spans());
    let bodies = bodies(setup);
    let server = Server::on(&setup.binary, &setup.data, &[])?;
    let taken = send(setup, &server, &bodies)?;
    let rate = setup.load.spans() as f64 / taken.as_secs_f64();
    figures.add("ingest.spans_per_s", rate, "spans/s");
    let begin = Instant::now();
    wait_for_search(&server)?;
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
    full_start(setup, figures)
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

fn bodies(setup: &Setup) -> Vec<Vec<u8>> {
    let mut spans = setup.load.iter().peekable();
    let mut bodies = Vec::new();
    while spans.peek().is_some() {
        let mut part: Vec<Span> = spans.by_ref().take(BODY).collect();
        part.sort_by_key(|span| span.service);
        bodies.push(wire::request(&part));
    }
    bodies
}

/// Sends all over keep-alive connections; the time until the last was acknowledged.
fn send(setup: &Setup, server: &Server, bodies: &[Vec<u8>]) -> Result<Duration> {
    let (next, refused) = (AtomicUsize::new(0), AtomicU64::new(0));
    let url = format!("{}/v1/traces", server.otlp_http);
    let begin = Instant::now();
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..setup.senders)
            .map(|_| {
                scope.spawn(|| {
                    let http = Http::new(Duration::from_secs(60));
                    while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                        deliver(&http, &url, body, &refused)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| bail!("a sender panicked")))
            .collect()
    });
    results.into_iter().collect::<Result<Vec<()>>>()?;
    let taken = begin.elapsed();
    println!(
        "sent in {:.1} s; {} requests were told to come back",
        taken.as_secs_f64(),
        refused.into_inner()
    );
    Ok(taken)
}

/// Until it is acknowledged; a sender that is told to come back comes back.
fn deliver(http: &Http, url: &str, body: &[u8], refused: &AtomicU64) -> Result<()> {
    loop {
        let answer = http.post(url, &[("content-type", "application/x-protobuf")], body)?;
        match answer.status {
            200 => return Ok(()),
            429 | 503 => {
                refused.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
            status => bail!("POST /v1/traces: {status} {}", answer.text()),
        }
    }
}

/// Waits until full text search knows every span, as the server's readiness says.
fn wait_for_search(server: &Server) -> Result<()> {
    let http = Http::new(Duration::from_secs(30));
    let url = format!("{}/readyz", server.http);
    let known = || lag(&http, &url).ok().filter(|lag| *lag == 0);
    shell::poll(SEARCH, known)
        .map(drop)
        .ok_or_else(|| anyhow!("full text search is still behind after {SEARCH:?}"))
}

fn lag(http: &Http, url: &str) -> Result<u64> {
    let document = http.json(url)?;
    document
        .pointer("/search/lag_spans")
        .and_then(serde_json::Value::as_u64)
        .ok_or_else(|| anyhow!("{url} tells no lag: {document}"))
}

/// The store holds what was sent.
fn check(setup: &Setup, server: &Server) -> Result<()> {
    let calls = setup.load.iter().filter(|span| span.name.starts_with("chat ")).count() as u64;
    let total = Http::new(Duration::from_secs(60)).json(&server.api("usage"))?["total"].clone();
    if total["llm_calls"].as_u64() != Some(calls) {
        bail!("{} calls stored of {calls} sent", total["llm_calls"]);
    }
    Ok(())
}
