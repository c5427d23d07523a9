//! Tests of the arguments that choose metric, event and span of a call.

use quipu_core::Level;
use quipu_macros::observe;

use crate::recorded;

#[observe(crate = quipu_sdk, metric = "order.duration", log = "debug", kind = "task")]
fn named() {}

#[observe(crate = quipu_sdk, log = false, trace = true)]
fn silent() {}

#[observe(crate = quipu_sdk, trace = false, level = "warn")]
async fn untraced() -> Result<(), String> {
    inner();
    Err("no".to_owned())
}

#[observe(crate = quipu_sdk, log = false)]
fn inner() {}

#[test]
fn a_named_metric_has_the_durations_too() {
    let (recorder, batch) = recorded(|| (0..3).for_each(|_| named()));
    let labels = [("function", "named"), ("kind", "task")];
    for metric in ["order.duration", "quipu.function.duration"] {
        assert_eq!(recorder.metrics().stats_of(metric, &labels).unwrap().count, 3, "{metric}");
    }
    assert!(batch.events.iter().all(|event| event.level == Level::Debug) && batch.events.len() == 3);
}

#[test]
fn without_an_event_there_is_a_span() {
    let (recorder, batch) = recorded(silent);
    assert_eq!((batch.spans.len(), batch.events.len()), (1, 0));
    assert_eq!(recorder.metrics().total("quipu.function.calls"), Some(1.0));
}

#[test]
fn without_a_span_the_call_is_counted_and_logged_in_the_span_around_it() {
    let (recorder, batch) = recorded(|| {
        let outer = quipu_sdk::task("outer").enter();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(untraced()).is_err());
        drop(outer);
    });
    let names: Vec<&str> = batch.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["inner", "outer"]);
    assert_eq!(batch.spans[0].parent_id, Some(batch.spans[1].span_id));
    assert_eq!((batch.events.len(), batch.events[0].level), (1, Level::Error));
    assert_eq!(batch.events[0].span_id, Some(batch.spans[1].span_id));
    assert_eq!(recorder.metrics().total("quipu.function.errors"), Some(1.0));
}
