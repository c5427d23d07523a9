//! Blocks of docs/guide/context.md and docs/guide/sources/quipu.md.

#[test]
fn a_call_within_a_guard_is_its_child() {
    let capture = quipu::testing::capture().unwrap();
    capture.scope(|| {
        // guide: docs/guide/context.md rust 1
        drop((call, agent));
    });
    let seen = capture.finished().unwrap();
    let agent = seen.spans().iter().find(|span| span.name.contains("planner")).unwrap();
    let call = seen.spans().iter().find(|span| span.name.contains("gpt-5")).unwrap();
    assert_eq!(call.parent_id, Some(agent.span_id));
}

#[test]
fn bound_data_is_on_the_records() {
    let capture = quipu::testing::capture().unwrap();
    capture.scope(|| {
        // guide: docs/guide/context.md rust 2
        drop(context.agent("planner").enter());
    });
    let seen = capture.finished().unwrap();
    let text = format!("{:?}", seen.spans());
    for value in ["s-1", "u-1", "c-1", "langgraph", "acme"] {
        assert!(text.contains(value), "{value} is not in {text}");
    }
}

#[test]
fn a_callee_is_in_the_trace_of_its_caller() {
    let capture = quipu::testing::capture().unwrap();
    capture.scope(|| {
        let caller = quipu::agent("caller").enter();
        // guide: docs/guide/context.md rust 3
        drop((agent, caller));
    });
    let seen = capture.finished().unwrap();
    let traces: Vec<_> = seen.spans().iter().map(|span| span.trace_id).collect();
    assert!(traces.len() == 2 && traces[0] == traces[1], "{traces:?}");
}

#[test]
fn the_page_of_the_source_records_one_call() {
    let capture = quipu::testing::capture().unwrap();
    capture.scope(|| {
        // guide: docs/guide/sources/quipu.md rust 1
        drop((call, agent, workflow));
    });
    let seen = capture.finished().unwrap();
    seen.assert_calls(1);
    assert_eq!((seen.spans().len(), seen.tokens()), (3, 940));
}
