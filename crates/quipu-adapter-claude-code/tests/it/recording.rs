//! Recordings of coding agents: what one signal alone tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quipu_core::{Adapter, Adapters, Batch, Kind, Limits, Span, Status, Timestamp, Tokens, Usage, Usd};
use quipu_otlp::{Encoding, Signal, decode};

/// The truth of a recording from the model server's own log: its tokens.
pub fn truth(name: &str) -> Tokens {
    let want: serde_json::Value =
        serde_json::from_slice(&fs::read(folder(name).join("want.json")).unwrap()).unwrap();
    let figure = |key: &str| want["tokens"][key].as_u64().unwrap();
    Tokens {
        input: figure("input"),
        output: figure("output"),
        cache_read: figure("cache_read"),
        cache_write: figure("cache_write"),
        reasoning: figure("reasoning"),
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/recordings").join(name)
}

/// What was sent of one signal, not yet read.
pub fn sent(name: &str, signal: Signal) -> Batch {
    let mut files: Vec<_> = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut batch = Batch::default();
    let mark = format!(".{}.", signal.as_str());
    for path in files.iter().filter(|path| path.to_str().unwrap().contains(&mark)) {
        let encoding = if path.extension().unwrap() == "json" { Encoding::Json } else { Encoding::Protobuf };
        // A clock beyond every recording, so that none lies in the future.
        let now = Timestamp::from_nanos(1_800_000_000_000_000_000);
        let decoded = decode(signal, &fs::read(path).unwrap(), encoding, &Limits::default(), now).unwrap();
        assert!(decoded.rejected.is_empty(), "{}", decoded.rejected.summary());
        batch.append(decoded.batch);
    }
    batch
}

/// The spans that a batch comes to, read by one adapter.
pub fn read(adapter: impl Adapter + 'static, mut batch: Batch) -> Vec<Span> {
    Adapters::new(vec![Arc::new(adapter)]).read_batch(&mut batch);
    batch.spans
}

/// The sums over spans of one kind.
#[derive(Debug, Default, PartialEq)]
pub struct Sums {
    pub spans: usize,
    pub failed: usize,
    pub tokens: Tokens,
    pub cost: Usd,
}

/// Adds up the spans of a kind, whatever they repeat.
pub fn sums(spans: &[Span], kind: Kind) -> Sums {
    let mut sums = Sums::default();
    for span in spans.iter().filter(|span| span.canonical.kind == kind) {
        sums.spans += 1;
        sums.failed += usize::from(span.canonical.error_type.is_some() || span.status == Status::Error);
        sums.tokens = sums.tokens.plus(&span.canonical.usage.as_ref().map(Usage::tokens).unwrap_or_default());
        sums.cost += span.canonical.reported_cost.unwrap_or_default();
    }
    sums
}

/// Tool runs by name and whether they failed. A nameless run is the one above it, seen again.
pub fn tools(spans: &[Span]) -> BTreeMap<(String, bool), usize> {
    let tool = |span: &&Span| span.canonical.kind == Kind::Tool;
    let again: BTreeSet<_> = spans
        .iter()
        .filter(tool)
        .filter(|span| span.canonical.tool.is_none() && span.canonical.error_type.is_some())
        .filter_map(|span| span.canonical.tool_call_id.clone())
        .collect();
    let mut tools = BTreeMap::new();
    for span in spans.iter().filter(tool) {
        let Some(name) = &span.canonical.tool else { continue };
        let failed = span.canonical.error_type.is_some()
            || span.canonical.tool_call_id.as_ref().is_some_and(|id| again.contains(id));
        *tools.entry((name.to_string(), failed)).or_default() += 1;
    }
    tools
}

/// The names of all agents.
pub fn agents(spans: &[Span]) -> BTreeSet<String> {
    spans.iter().filter_map(|span| span.canonical.agent.as_ref().map(ToString::to_string)).collect()
}

/// Every session's meeting is one and the same.
pub fn assert_one_meeting(spans: &[Vec<Span>]) {
    let meetings: BTreeSet<_> = spans
        .iter()
        .flatten()
        .filter(|span| span.canonical.kind.is_call())
        .map(|span| span.canonical.meeting)
        .collect();
    assert_eq!(meetings.len(), 1, "{meetings:?}");
    assert!(!meetings.contains(&None));
}

/// The same batch again gives the same spans.
pub fn assert_made_again(adapter: impl Adapter + Copy + 'static, name: &str, signal: Signal) {
    let ids =
        |spans: Vec<Span>| -> Vec<_> { spans.iter().map(|span| (span.trace_id, span.span_id)).collect() };
    let first = ids(read(adapter, sent(name, signal)));
    assert_eq!(ids(read(adapter, sent(name, signal))), first);
    let distinct: BTreeSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), first.len(), "no two records fall together");
}
