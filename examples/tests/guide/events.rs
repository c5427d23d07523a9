//! Blocks of docs/guide/events.md.

#[test]
fn an_event_has_its_level_and_attributes() {
    let capture = quipu::testing::capture().unwrap();
    capture.scope(|| {
        // guide: docs/guide/events.md rust 1
    });
    capture.finished().unwrap().assert_event("order.placed");
}

#[test]
fn an_event_is_in_the_current_span_and_has_the_bound_data() {
    let capture = quipu::testing::capture().unwrap();
    capture.scope(|| {
        // guide: docs/guide/events.md rust 2
        drop(agent);
    });
    let seen = capture.finished().unwrap();
    let tool = seen.events().iter().find(|event| event.name.contains("tool")).unwrap();
    assert_eq!(tool.span_id, Some(seen.spans()[0].span_id));
    assert!(format!("{tool:?}").contains("s-1"), "{tool:?}");
}

#[test]
fn an_event_can_be_a_type() {
    let capture = quipu::testing::capture().unwrap();
    capture.scope(|| {
        // guide: docs/guide/events.md rust 3
    });
    capture.finished().unwrap().assert_event("order.placed");
}

#[allow(dead_code, reason = "a process starts one library")]
fn filtered() -> Result<(), quipu::Error> {
    // guide: docs/guide/events.md rust 4
    quipu.shutdown(std::time::Duration::from_secs(1))
}
