//! Figures of one signal alone, for sources that send several: coding agents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_core::{Adapter, Adapters, Kind, Span, Status, Tokens, Usage, Usd};
use quipu_otlp::Signal;

use crate::read::sent;

/// The spans made from one signal of a recording, read by one adapter.
pub fn alone(adapter: impl Adapter + 'static, name: &str, signal: Signal) -> Vec<Span> {
    let mut batch = sent(name, signal);
    Adapters::new(vec![Arc::new(adapter)]).read_batch(&mut batch);
    batch.spans
}

/// The sums over spans of one kind.
#[derive(Debug, Default, PartialEq)]
pub struct Sums {
    /// How many there are.
    pub spans: usize,
    /// Those that failed.
    pub failed: usize,
    /// Their tokens.
    pub tokens: Tokens,
    /// Their reported cost.
    pub cost: Usd,
}

/// Adds up the spans of a kind, repetitions included.
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

/// All calls, by whichever signal, meet in one session.
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
    let ids = || -> Vec<_> {
        alone(adapter, name, signal).iter().map(|span| (span.trace_id, span.span_id)).collect()
    };
    let first = ids();
    assert_eq!(ids(), first);
    let distinct: BTreeSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), first.len(), "no two records fall together");
}
