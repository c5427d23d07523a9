//! Cost of a whole agent turn with files and SQLite on: thread time, process time and memory, and records
//! stored per second. Prints one JSON document.

use std::io::{Write, stdout};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use quipu::{Quipu, Usage};
use quipu_hot::clock;
use serde_json::json;

/// Turns that are measured, one each 50 ms.
const TURNS: u32 = 200;
const PACE: Duration = Duration::from_millis(50);
/// Records of a throughput run, and how many at most wait at once.
const RECORDS: u32 = 20_000;
const WAITING: u32 = 500;
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let before = (resident_kib("VmRSS:")?, resident_kib("RssAnon:")?);
    let quipu = quipu::builder()
        .service("hot-turn")
        .data_dir(folder.path())
        .without_env()
        .without_file()
        .backend("sqlite:")
        .backend("file:")
        .init()?;
    // Warms pools, compiles statements, trains dictionaries.
    (0..50).for_each(|_| turn());
    quipu.flush(PATIENCE)?;
    let (caller, process) = paced();
    let all = resident_kib("VmRSS:")?.saturating_sub(before.0);
    let own = resident_kib("RssAnon:")?.saturating_sub(before.1);
    let document = json!({
        "caller_ns": caller.as_nanos() as f64 / f64::from(TURNS),
        "process_ns": process.as_nanos() as f64 / f64::from(TURNS),
        "memory_mib": all as f64 / 1024.0,
        "memory_own_mib": own as f64 / 1024.0,
        "logs_per_s": rate(&quipu, || quipu::event("order.placed").attribute("order", "A-1001").emit())?,
        "spans_per_s": rate(&quipu, || quipu::tool("get_weather").call_id("call_1").end())?,
        "metrics_per_s": rate(&quipu, || quipu::counter("orders").add(1, &[("shop", "paris")]))?,
        "dropped": quipu.status().recorder.dropped.iter().map(|(_, count)| count).sum::<u64>(),
    });
    quipu.shutdown(PATIENCE)?;
    Ok(writeln!(stdout(), "{document}")?)
}

/// CPU time of this thread and of the process over all turns.
fn paced() -> (Duration, Duration) {
    let (mut caller, process) = (Duration::ZERO, clock::process());
    for _ in 0..TURNS {
        let (start, began) = (Instant::now(), clock::thread());
        turn();
        caller += clock::thread() - began;
        sleep(PACE.saturating_sub(start.elapsed()));
    }
    (caller, clock::process() - process)
}

/// One agent, three calls to a model, three tools, events and metrics.
fn turn() {
    let agent = quipu::agent("planner").session_id("s-1").user_id("u-1").enter();
    quipu::events::agent_start("planner").emit();
    for step in 0..3_u64 {
        quipu::llm("openai", "gpt-5")
            .temperature(0.2)
            .response_model("gpt-5-2025-08-07")
            .response_id("chatcmpl-1")
            .usage(Usage::of(1_000 + step, 100).cache_read(512))
            .finish_reason("tool_calls")
            .end();
        quipu::tool("get_weather").call_id("call_1").end();
        quipu::events::tool_result("get_weather", "call_1", true).emit();
        quipu::counter("steps").add(1, &[("agent", "planner")]);
        quipu::histogram("step.size").record(step as f64, &[("agent", "planner")]);
    }
    quipu::events::agent_stop("planner").emit();
    drop(agent);
}

/// Records a second from the caller to the backends; as many as there is room for wait at once.
fn rate(quipu: &Quipu, record: impl Fn()) -> Result<f64> {
    let start = Instant::now();
    for _ in 0..RECORDS / WAITING {
        (0..WAITING).for_each(|_| record());
        quipu.flush(PATIENCE)?;
    }
    Ok(f64::from(RECORDS) / start.elapsed().as_secs_f64())
}

/// Resident memory: all of it (`VmRSS:`), or without the pages of files, which are the program's own code
/// (`RssAnon:`).
fn resident_kib(which: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(which)).context("no such figure")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
