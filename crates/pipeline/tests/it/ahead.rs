//! Tests of batch preparation.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use quipu_conformance::sample::{batch, draft};
use quipu_core::*;
use quipu_pipeline::{Pipeline, PipelineParts, Stages};

use crate::faulty::Faulty;

/// A stage that renames spans, and panics at a given name.
struct Rename;

impl Stage for Rename {
    fn name(&self) -> &'static str {
        "rename"
    }

    fn apply(&self, batch: &mut Batch) {
        for span in &mut batch.spans {
            assert_ne!(span.name, "panic");
            span.name = format!("{} renamed", span.name).into();
        }
    }
}

/// A pipeline with these stages before and after the count.
fn started<const B: usize, const A: usize>(
    before: [Arc<dyn Stage>; B],
    after: [Arc<dyn Stage>; A],
) -> (Arc<Faulty>, Pipeline) {
    let store = Arc::new(Faulty::new());
    let stages = Stages { before: before.into(), after: after.into(), ..Stages::default() };
    let pipeline = Pipeline::start(PipelineParts { stages, ..PipelineParts::new(Arc::clone(&store) as _) });
    (store, pipeline)
}

fn named(trace: u64, name: &str) -> Batch {
    batch([draft(trace, 1).named(name).span()], [])
}

async fn stored(store: &Faulty) -> Vec<String> {
    let spans = (1..=5).map(|trace| async move {
        store.inner.span(draft(trace, 1).span().trace_id, draft(trace, 1).span().span_id).await.unwrap()
    });
    let mut names = Vec::new();
    for span in spans {
        names.extend(span.await.map(|row| row.name.to_string()));
    }
    names
}

/// Submits five batches, the last four of which wait together. Returns which were stored.
async fn five((store, pipeline): (&Faulty, Pipeline), third: &str) -> Vec<bool> {
    let pipeline = Arc::new(pipeline);
    store.gate.forget_permits(tokio::sync::Semaphore::MAX_PERMITS);
    let names = ["a", "b", third, "d", "e"];
    let tasks: Vec<_> = (1..)
        .zip(names)
        .map(|(trace, name)| {
            let (pipeline, batch) = (Arc::clone(&pipeline), named(trace, name));
            tokio::spawn(async move { pipeline.submit(batch).await.is_ok() })
        })
        .collect();
    tokio::task::yield_now().await;
    store.gate.add_permits(100);
    let mut kept = Vec::new();
    for task in tasks {
        kept.push(task.await.unwrap());
    }
    kept
}

#[tokio::test]
async fn what_was_encoded_after_the_first_stages_is_what_is_written() {
    let (store, pipeline) = started([Arc::new(Rename)], []);
    assert_eq!(five((&store, pipeline), "c").await, [true; 5]);
    assert_eq!(stored(&store).await, ["a renamed", "b renamed", "c renamed", "d renamed", "e renamed"]);
    assert_eq!(store.encoded.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_batch_that_is_tried_alone_takes_its_own_form_along() {
    let (store, pipeline) = started([], []);
    assert_eq!(five((&store, pipeline), "poison").await, [true, true, false, true, true]);
    assert_eq!(stored(&store).await, ["a", "b", "d", "e"]);
}

#[tokio::test]
async fn nothing_is_encoded_before_a_stage_that_changes_records() {
    let (store, pipeline) = started([], [Arc::new(Rename)]);
    assert_eq!(five((&store, pipeline), "c").await, [true; 5]);
    assert_eq!(stored(&store).await, ["a renamed", "b renamed", "c renamed", "d renamed", "e renamed"]);
    assert_eq!(store.encoded.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_stage_that_panics_costs_its_batch_alone() {
    let (store, pipeline) = started([Arc::new(Rename)], []);
    assert_eq!(five((&store, pipeline), "panic").await, [true, true, false, true, true]);
    assert_eq!(stored(&store).await, ["a renamed", "b renamed", "d renamed", "e renamed"]);
}

#[tokio::test]
async fn a_mark_and_the_end_wait_for_what_is_being_made_ready() {
    let (store, pipeline) = started([Arc::new(Rename)], []);
    for trace in 1..=5 {
        // The caller is dropped as soon as the batch is in the queue.
        assert!(polled_once(pipeline.submit(named(trace, "s"))).await.is_none());
        if trace == 3 {
            pipeline.flush().await.unwrap();
            assert_eq!(stored(&store).await.len(), 3);
        }
    }
    pipeline.close().await.unwrap();
    assert_eq!(stored(&store).await.len(), 5);
}

async fn polled_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(done) => Some(done),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
