//! Tests of agents, tools, guardrails, and their figures.

mod agents;
mod figures;
mod guardrails;
mod summary;
mod tools;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quipu_backend_memory::Memory;
use quipu_conformance::sample::{Draft, at, cost, draft, priced};
use quipu_core::{AnswerMemory, Backend, Batch, Kind, MemoryBudget, Metric, Span, Timestamp, TraceFilter};

/// A minute in nanoseconds.
const MINUTE: i64 = 60 * Timestamp::SECOND;
const MILLI: i64 = 1_000_000;

/// So many hours after the base time.
fn hour(hours: i64) -> Timestamp {
    at(hours * 3_600)
}

/// A store in memory with these spans, each call and tool run counted.
async fn stored(spans: Vec<Span>, metrics: Vec<Metric>) -> Arc<Memory> {
    let counted = |span: &&Span| span.canonical.kind.is_call() || span.canonical.kind == Kind::Tool;
    let row = |span: &Span| if span.canonical.kind == Kind::Llm { priced(span, "0.25") } else { cost(span) };
    let costs = spans.iter().filter(counted).map(row).collect();
    let store = Arc::new(Memory::new());
    store.write(Arc::new(Batch { spans, costs, metrics, ..Batch::default() })).await.unwrap();
    store
}

/// So many runs of a tool, one a trace, a minute apart; the first `failed` of them fail.
fn runs(first: u64, tool: &str, start: Timestamp, count: u64, failed: u64, millis: i64) -> Vec<Span> {
    let run = |number: u64| {
        let starts = start.plus(i64::try_from(number).unwrap() * MINUTE);
        let draft = draft(first + number, 1).tool(tool).starts(starts).lasts(millis * MILLI);
        if number < failed { draft.failed("timed out after 5 s") } else { draft.good() }
    };
    (0..count).map(|number| run(number).span()).collect()
}

fn since(since: Timestamp, until: Timestamp) -> TraceFilter {
    TraceFilter { since: Some(since), until: Some(until), ..TraceFilter::default() }
}

/// Sets the agent.
fn by(draft: Draft, agent: &str) -> Draft {
    draft.read(|read| read.agent = Some(agent.into()))
}

/// A budget without a limit that sums up all reservations.
#[derive(Default)]
struct Reserved(AtomicUsize);

impl MemoryBudget for Reserved {
    fn take(&self, bytes: usize) -> bool {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        true
    }

    fn give_back(&self, _: usize) {}
}

/// Bytes that work reserves, all reservations together.
async fn reserved(work: impl Future) -> usize {
    let reserved = Arc::new(Reserved::default());
    AnswerMemory::of(Arc::clone(&reserved) as _).scope(work).await;
    reserved.0.load(Ordering::Relaxed)
}
