//! The same telemetry, split and ordered differently.

use std::sync::Arc;

use quipu_core::Batch;

/// One batch a span, a log record, a metric.
pub fn apart(batches: &[Batch]) -> Vec<Batch> {
    let mut parts = Vec::new();
    for batch in batches {
        let part = || Batch::default();
        parts.extend(batch.spans.iter().map(|span| Batch { spans: vec![span.clone()], ..part() }));
        parts.extend(batch.events.iter().map(|event| Batch { events: vec![event.clone()], ..part() }));
        parts.extend(batch.metrics.iter().map(|metric| Batch { metrics: vec![metric.clone()], ..part() }));
    }
    parts
}

/// The same other order for the same seed.
pub fn shuffled<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    for last in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, (state >> 33) as usize % (last + 1));
    }
    items
}

/// Neighbours put together, as many at a time as the sizes say in turn.
pub fn joined(parts: Vec<Batch>, sizes: &[usize]) -> Vec<Batch> {
    let mut parts = parts.into_iter();
    let mut sizes = sizes.iter().copied().cycle();
    let mut whole = Vec::new();
    while parts.len() > 0 {
        let size = sizes.next().unwrap_or(1).max(1);
        let mut batch = Batch::default();
        parts.by_ref().take(size).for_each(|part| batch.append(part));
        whole.push(batch);
    }
    whole
}

#[test]
fn nothing_is_lost_on_the_way() {
    let all: Vec<_> = crate::recording::ALL.iter().flat_map(crate::recording::Recording::batches).collect();
    let whole: usize = all.iter().map(Batch::len).sum();
    let parts = apart(&all);
    assert_eq!(parts.len(), whole);
    assert!(Arc::ptr_eq(&parts[0].spans[0].resource, &all[0].spans[0].resource));
    let again = joined(shuffled(parts, 7), &[1, 5, 2]);
    assert_eq!(again.iter().map(Batch::len).sum::<usize>(), whole);
}
