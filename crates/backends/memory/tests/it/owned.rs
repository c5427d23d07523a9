//! Tests of the search by owner.

use quipu_backend_memory::Memory;
use quipu_conformance::sample::{batch, draft, trace_id};
use quipu_core::{Backend, Owner, OwnerKind, SpanEvent, Store, StoreForgetting};

#[tokio::test]
async fn whoever_an_event_of_a_span_names_is_found() {
    let store = Memory::default();
    let said = |trace: u64, id: &str| {
        let mut span = draft(trace, 1).span();
        let attributes = [("user.id", id)].into_iter().collect();
        span.events.push(SpanEvent { time: span.start, name: "said".into(), attributes });
        span
    };
    store.write(batch([said(1, "u-1"), said(2, "u-2")], []).into()).await.unwrap();
    let owner = Owner { kind: OwnerKind::User, id: "u-1".into(), names: &["user.id"] };
    assert_eq!(store.forget_owned(&owner).await.unwrap().traces, [trace_id(1)]);
    assert!(store.trace(trace_id(1)).await.unwrap().is_none());
    assert!(store.trace(trace_id(2)).await.unwrap().is_some());
}
