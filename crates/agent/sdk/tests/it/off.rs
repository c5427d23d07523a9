//! Tests of a build without recording: every call is accepted and nothing is recorded.

use std::time::Duration;

use quipu_core::{Clock, SystemClock};
use quipu_sdk::{Recorder, RecorderConfig, counter, gauge, histogram, timer};

#[test]
fn instruments_record_nothing_without_the_feature() {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    recorder.context().scope(|| {
        counter("a.count").add(1, &[("model", "gpt-5")]);
        gauge("a.gauge").set(1.5, &[]);
        histogram("a.histogram").with(&[]).record(3.0);
        assert_eq!(timer("a.timer").time(&[], || 7), 7);
    });
    assert_eq!(recorder.metrics().value("a.count", &[("model", "gpt-5")]), None);
    assert!(recorder.metrics().stats("a.histogram").is_none());
    assert!(drain.metrics(SystemClock.now()).is_empty());
    assert!(drain.collect(Duration::ZERO).is_empty() && drain.open_spans().is_empty());
}

#[test]
fn guards_have_no_size_and_leave_no_span_without_the_feature() {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    let agent = recorder.context().agent("planner");
    assert_eq!((size_of_val(&agent), agent.trace_id()), (0, None));
    agent.llm("openai", "gpt-5").usage((1_000, 100)).end();
    assert!(drain.open_spans().is_empty());
    drop(agent);
    assert!(drain.finish().is_empty());
}
