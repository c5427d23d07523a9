//! Tests of late spans of removed traces.

use std::sync::Arc;

use quipu_conformance::sample::{batch, draft, trace_id};
use quipu_core::*;
use quipu_pipeline::{Pipeline, PipelineParts};

use crate::faulty::Faulty;

fn start() -> (Arc<Faulty>, Arc<Pipeline>) {
    let store = Arc::new(Faulty::new());
    let pipeline = Arc::new(Pipeline::start(PipelineParts::new(Arc::clone(&store) as _)));
    (store, pipeline)
}

async fn total(store: &Faulty) -> (u64, u64) {
    let totals = store.inner.usage(&UsageQuery::default()).await.unwrap().remove(0).totals;
    (totals.llm_calls, totals.tokens.input)
}

/// A model call.
fn call(number: u64, parent: u64) -> Batch {
    batch([draft(1, number).below(parent).llm("gpt-4o", 10, 0).span()], [])
}

/// An agent run that repeats the usage of its calls.
fn agent(input: u64) -> Batch {
    let usage = Usage { input: Some(input), ..Usage::default() };
    batch([draft(1, 1).agent("planner").read(|read| read.usage = Some(usage)).span()], [])
}

#[tokio::test]
async fn what_comes_late_is_counted_as_if_it_stood_alone() {
    let (store, pipeline) = start();
    pipeline.submit(call(2, 1)).await.unwrap();
    store.forget(&[trace_id(1)]).await.unwrap();
    // Its usage repeats that of a removed call, so it is the only holder.
    pipeline.submit(agent(10)).await.unwrap();
    assert_eq!(total(&store).await, (0, 10));
    pipeline.submit(call(3, 1)).await.unwrap();
    assert_eq!(total(&store).await, (1, 10), "a call below it counts in its place");
}

#[tokio::test]
async fn nothing_that_is_gone_is_corrected() {
    let (store, pipeline) = start();
    // It counts until a call below it arrives.
    pipeline.submit(agent(10)).await.unwrap();
    store.forget(&[trace_id(1)]).await.unwrap();
    pipeline.submit(call(2, 1)).await.unwrap();
    assert_eq!(total(&store).await, (1, 10));
    assert_eq!(store.inner.info().await.unwrap().spans, 1);
}

/// Submits a batch and removes the trace between count and write.
async fn forgotten_meanwhile(store: &Faulty, pipeline: &Arc<Pipeline>, late: Batch) {
    store.gate.forget_permits(tokio::sync::Semaphore::MAX_PERMITS);
    let late = {
        let pipeline = Arc::clone(pipeline);
        tokio::spawn(async move { pipeline.submit(late).await })
    };
    // The batch is counted and waits at the gate.
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    store.forget(&[trace_id(1)]).await.unwrap();
    store.gate.add_permits(100);
    late.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_trace_may_be_forgotten_while_its_next_span_is_being_written() {
    let (store, pipeline) = start();
    pipeline.submit(agent(10)).await.unwrap();
    // The write includes a correction of the first row, which the store rejects.
    forgotten_meanwhile(&store, &pipeline, call(2, 1)).await;
    assert_eq!(total(&store).await, (1, 10));
}

#[tokio::test]
async fn what_was_written_by_a_count_with_what_is_gone_is_counted_anew() {
    let (store, pipeline) = start();
    pipeline.submit(call(2, 1)).await.unwrap();
    // It repeats a call that is removed before the write, so it is then the only holder.
    forgotten_meanwhile(&store, &pipeline, agent(10)).await;
    assert_eq!(total(&store).await, (0, 10));
}
