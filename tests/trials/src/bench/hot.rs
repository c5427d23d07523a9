//! `hot`: cost of recording on the recording thread, compared with peers, by the programs of `benches/hot`.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Figures;
use crate::shell;

/// Figures of one program, printed as one JSON document.
fn figures(program: &str) -> Result<Value> {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--release", "--package", "quipu-hot", "--bin", program]);
    let printed = command.current_dir(shell::root()).output().with_context(|| program.to_owned())?;
    anyhow::ensure!(printed.status.success(), "{program}: {}", String::from_utf8_lossy(&printed.stderr));
    serde_json::from_slice(&printed.stdout).with_context(|| format!("what {program} printed"))
}

/// A figure by its path.
fn at(document: &Value, path: &[&str]) -> Result<f64> {
    let found = path.iter().try_fold(document, |value, key| value.get(key));
    found.and_then(Value::as_f64).with_context(|| format!("no figure {}", path.join(" / ")))
}

/// Ratios of medians of the same run; nanoseconds are the lower tenth, which other work on the machine
/// disturbs least.
const RATIOS: [(&str, &str, &str); 6] = [
    ("hot.llm_span.vs_otel_sdk", "quipu", "opentelemetry_sdk"),
    ("hot.llm_span.vs_tracing_opentelemetry", "quipu", "tracing-opentelemetry"),
    ("hot.llm_span.vs_fastrace", "quipu", "fastrace"),
    ("hot.tracing_layer.vs_tracing_opentelemetry", "quipu's tracing layer", "tracing-opentelemetry"),
    ("hot.metric_pair.vs_metrics_crate", "pair, held", "metrics pair, held"),
    ("hot.metric_lookup.vs_metrics_crate", "pair, by lookup", "metrics pair, by lookup"),
];

/// Measures.
///
/// # Errors
/// A program could not be built or run.
pub fn run(into: &mut Figures) -> Result<()> {
    let times = figures("hot")?;
    anyhow::ensure!(at(&times, &["dropped"])? == 0.0, "calls were dropped: the figures would be of fewer");
    for (id, ours, theirs) in RATIOS {
        into.ratio(id, at(&times, &[ours, "median"])? / at(&times, &[theirs, "median"])?, theirs);
    }
    for (id, name) in [
        ("hot.llm_span_ns", "quipu"),
        ("hot.tracing_layer_ns", "quipu's tracing layer"),
        ("hot.disabled_ns", "quipu, disabled"),
        ("hot.otel_sdk_ns", "opentelemetry_sdk"),
        ("hot.tracing_opentelemetry_ns", "tracing-opentelemetry"),
        ("hot.fastrace_ns", "fastrace"),
        ("hot.metric_pair_ns", "pair, held"),
        ("hot.metric_lookup_ns", "pair, by lookup"),
        ("hot.metrics_crate_pair_ns", "metrics pair, held"),
        ("hot.metrics_crate_lookup_ns", "metrics pair, by lookup"),
    ] {
        into.add(id, at(&times, &[name, "p10"])?, "ns");
    }
    let threads = at(&times, &["threads", "16"])? / at(&times, &["threads", "1"])?;
    into.ratio("hot.threads_16.vs_1", threads, "one thread alone");
    allocations(into)?;
    turn(into)
}

fn allocations(into: &mut Figures) -> Result<()> {
    let counted = figures("hot-allocs")?;
    for (id, name) in [
        ("hot.llm_span.allocs", "quipu"),
        ("hot.tracing_layer.allocs", "quipu's tracing layer"),
        ("hot.otel_sdk.allocs", "opentelemetry_sdk"),
        ("hot.tracing_opentelemetry.allocs", "tracing-opentelemetry"),
        ("hot.fastrace.allocs", "fastrace"),
    ] {
        into.add(id, at(&counted, &[name, "allocations"])?, "allocations");
    }
    Ok(())
}

/// A whole turn of an agent, with files and SQLite on.
fn turn(into: &mut Figures) -> Result<()> {
    let turn = figures("hot-turn")?;
    into.ratio(
        "hot.turn.of_50_ms",
        at(&turn, &["caller_ns"])? / 50e6,
        "a turn of 50 ms, on the agent's thread",
    );
    into.ratio(
        "hot.turn.all_threads_of_50_ms",
        at(&turn, &["process_ns"])? / 50e6,
        "a turn of 50 ms, all threads",
    );
    into.add("hot.turn.memory_mib", at(&turn, &["memory_mib"])?, "MiB");
    into.add("hot.turn.memory_own_mib", at(&turn, &["memory_own_mib"])?, "MiB");
    for (id, name, target) in [
        ("hot.logs_per_s", "logs_per_s", 500.0),
        ("hot.spans_per_s", "spans_per_s", 200.0),
        ("hot.metrics_per_s", "metrics_per_s", 800.0),
    ] {
        let value = at(&turn, &[name])?;
        into.add(id, value, "1/s");
        into.ratio(format!("{id}.of_target"), value / target, format!("the target of {target} a second"));
    }
    Ok(())
}
