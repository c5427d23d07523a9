//! Benchmark of metric derivation in a server's pipeline: agent turns of ten spans each, with their ledger
//! rows.

use divan::counter::ItemsCount;
use quipu_core::{
    Batch, Billing, Canonical, Cost, Kind, Rule, Signal, Span, SpanId, Stage, Timestamp, TraceId, Usage,
};
use quipu_sdk::metrics::Derive;

/// Turns per batch.
const TURNS: u64 = 20;
/// Spans per turn: one agent span, three tool spans, six model calls.
const SPANS: u64 = 10;

fn main() {
    divan::main();
}

fn span(trace: u64, at: u64, kind: Kind) -> Option<Span> {
    let end = Timestamp::from_nanos(1_795_000_000_000_000_000).plus(-(at as i64));
    let trace = TraceId::from_bytes((u128::from(trace) + 1).to_be_bytes()).ok()?;
    let mut span = Span::new(
        trace,
        SpanId::from_bytes(at.to_be_bytes()).ok()?,
        "step",
        end.plus(-Timestamp::SECOND),
        end,
    );
    span.parent_id = (at > 1).then(|| SpanId::from_bytes(1_u64.to_be_bytes()).ok()).flatten();
    span.canonical = Box::new(Canonical { kind, session: Some("session".into()), ..Canonical::default() });
    span.canonical.agent = Some("planner".into());
    match kind {
        Kind::Llm => {
            span.canonical.provider = Some("openai".into());
            span.canonical.request_model = Some("gpt-5".into());
            span.canonical.usage = Some(Usage::of(1_000, 50).cache_read(400));
        }
        Kind::Tool => span.canonical.tool = Some("search".into()),
        _ => {}
    }
    Some(span)
}

fn row(span: &Span) -> Cost {
    let read = &span.canonical;
    Cost {
        trace_id: span.trace_id,
        span_id: span.span_id,
        version: 1,
        time: span.start,
        duration: span.duration(),
        kind: read.kind,
        signal: Signal::default(),
        rule: Rule::Leaf,
        failed: false,
        service: Some("shop".into()),
        framework: None,
        convention: "genai".into(),
        agent: read.agent.clone(),
        tool: read.tool.clone(),
        provider: read.provider.clone(),
        request_model: read.request_model.clone(),
        response_model: None,
        service_tier: None,
        billing: Billing::Metered,
        usage: read.usage.clone(),
        amount: "0.0042".parse().ok(),
        unpriced: None,
        price: None,
        reported: None,
        inferred: Vec::new(),
        estimate: None,
        scopes: Vec::new(),
    }
}

fn batch(first: u64) -> Batch {
    let kind = |at| match at {
        1 => Kind::Agent,
        2..=4 => Kind::Tool,
        _ => Kind::Llm,
    };
    let turn = |trace| (1..=SPANS).filter_map(move |at| span(trace, at, kind(at)));
    let spans: Vec<Span> = (first..first + TURNS).flat_map(turn).collect();
    let costs = spans.iter().filter(|span| span.canonical.kind != Kind::Agent).map(row).collect();
    Batch { spans, costs, ..Batch::default() }
}

#[divan::bench]
fn turns(bencher: divan::Bencher<'_, '_>) {
    let derive = Derive::by_service();
    let mut next = 0;
    bencher
        .counter(ItemsCount::new(TURNS * SPANS))
        .with_inputs(|| {
            next += TURNS;
            batch(next)
        })
        .bench_local_values(|mut batch| {
            derive.apply(&mut batch);
            batch
        });
}
