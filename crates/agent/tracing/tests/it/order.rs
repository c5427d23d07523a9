//! Tests of spans that are left in any order and on any thread: a record belongs to `tracing`'s current span.

use proptest::prelude::*;
use quipu_core::{Batch, Value};
use tracing::{Span, info_span};

use crate::recorded;

const SPANS: usize = 5;

#[derive(Debug, Clone, Copy)]
enum Step {
    Enter(usize),
    Exit(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![(0..SPANS).prop_map(Step::Enter), (0..SPANS).prop_map(Step::Exit)];
    prop::collection::vec(step, 0..40)
}

/// Executes the steps through the subscriber, and records at each the expected current span.
fn walk(steps: &[Step]) {
    let spans: Vec<Span> = (0..SPANS).map(|number| info_span!("numbered", number)).collect();
    let mut entered: Vec<usize> = Vec::new();
    let enter = |at: usize| spans[at].with_subscriber(|(id, dispatch)| dispatch.enter(id));
    let exit = |at: usize| spans[at].with_subscriber(|(id, dispatch)| dispatch.exit(id));
    for step in steps {
        match *step {
            Step::Enter(at) => {
                enter(at);
                entered.push(at);
            }
            // Leaving a span that was not entered must have no effect.
            Step::Exit(at) => {
                exit(at);
                if let Some(place) = entered.iter().rposition(|known| *known == at) {
                    entered.remove(place);
                }
            }
        }
        let expected = entered.last().map_or(-1, |at| i64::try_from(*at).unwrap());
        tracing::info!(expected, "probe");
        info_span!("probe", expected);
    }
    while let Some(at) = entered.pop() {
        exit(at);
    }
    assert!(quipu_sdk::Context::current().span_id().is_none());
}

fn check(batch: &Batch) {
    let number = |id| {
        let found = batch.spans.iter().find(|span| Some(span.span_id) == id);
        found.map_or(Value::Int(-1), |span| span.attributes.get("number").cloned().unwrap())
    };
    for event in &batch.events {
        assert_eq!(event.attributes.get("expected"), Some(&number(event.span_id)));
    }
    for probe in batch.spans.iter().filter(|span| span.name == "probe") {
        assert_eq!(probe.attributes.get("expected"), Some(&number(probe.parent_id)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_entering_and_leaving_keeps_the_current_span(steps in steps()) {
        check(&recorded(|| walk(&steps)));
    }
}

#[test]
fn one_span_is_entered_on_many_threads_at_once() {
    let batch = recorded(|| {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let shared = info_span!("shared", number = 0);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (shared, dispatch) = (shared.clone(), dispatch.clone());
                scope.spawn(move || {
                    tracing::dispatcher::with_default(&dispatch, || {
                        for _ in 0..50 {
                            let _entered = shared.enter();
                            info_span!("probe", expected = 0, thread);
                            shared.record("number", 0);
                        }
                    });
                    assert!(quipu_sdk::Context::current().span_id().is_none());
                });
            }
        });
    });
    assert_eq!(batch.spans.len(), 201);
    check(&batch);
}

#[test]
fn a_span_that_another_thread_entered_is_not_left_here() {
    let batch = recorded(|| {
        let here = info_span!("numbered", number = 1);
        let there = info_span!("numbered", number = 2);
        let _here = here.enter();
        there.with_subscriber(|(id, dispatch)| dispatch.exit(id));
        tracing::info!(expected = 1, "probe");
    });
    check(&batch);
}
