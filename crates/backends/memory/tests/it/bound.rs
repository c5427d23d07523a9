//! Tests of a bounded store: which records it drops.

use quipu_backend_memory::Memory;
use quipu_conformance::sample::{batch, cost, draft, trace_id};
use quipu_core::{Backend, CostSink, ErrorKind, Store};

#[tokio::test]
async fn the_oldest_traces_go_first_and_are_counted() {
    let store = Memory::with_capacity(4);
    for trace in [3_u64, 1, 2] {
        let spans = [draft(trace, trace * 10).span(), draft(trace, trace * 10 + 1).span()];
        store.write(batch(spans, []).into()).await.unwrap();
    }
    assert_eq!(store.dropped_traces(), 1);
    assert!(store.trace(trace_id(1)).await.unwrap().is_none(), "the trace that started first");
    assert_eq!(store.info().await.unwrap().spans, 4);
}

#[tokio::test]
async fn one_trace_stays_however_large() {
    let store = Memory::with_capacity(2);
    let spans: Vec<_> = (1..=5).map(|number| draft(1, number).span()).collect();
    store.write(batch(spans, []).into()).await.unwrap();
    assert_eq!(store.info().await.unwrap().spans, 5);
    assert_eq!(store.dropped_traces(), 0);
}

#[tokio::test]
async fn a_late_row_of_a_dropped_trace_is_no_mistake() {
    let store = Memory::with_capacity(1);
    let (old, new, never) = (draft(1, 1).span(), draft(2, 2).span(), draft(3, 3).span());
    store.write(batch([old.clone(), new], []).into()).await.unwrap();
    store.write_costs(&[cost(&old)]).await.unwrap();
    assert_eq!(store.write_costs(&[cost(&never)]).await.unwrap_err().kind(), ErrorKind::Invalid);
}
