//! Tests of the spans, metrics and events of calls.

use quipu_core::{Level, Status};
use quipu_macros::observe;

use crate::{recorded, span, value};

#[observe(crate = quipu_sdk, kind = "guardrail", name = "no secrets", level = "success")]
fn checked(fails: bool) -> Result<u8, String> {
    if fails { Err("found one".to_owned()) } else { Ok(1) }
}

#[observe(crate = quipu_sdk, level = "critical")]
fn breaking() {
    panic!("for the test");
}

macro_rules! kinds {
    ($($function:ident $word:literal),*) => {
        $(
            #[observe(crate = quipu_sdk, kind = $word)]
            fn $function() {}
        )*

        fn every_kind() -> usize {
            $($function();)*
            [$($word),*].len()
        }
    };
}
kinds!(
    a "span", b "agent", c "workflow", d "task", e "llm", f "embedding", g "rerank", h "tool", i "retrieval", j "memory",
    k "guardrail", l "evaluator", m "planning", n "session", o "context_assembly", p "file_operation", q "shell_command",
    r "vcs"
);

#[test]
fn calls_are_counted_and_timed() {
    let (recorder, batch) = recorded(|| {
        assert!(checked(false).is_ok() && checked(false).is_ok() && checked(true).is_err());
    });
    let labels = [("function", "no secrets"), ("kind", "guardrail")];
    let metrics = recorder.metrics();
    assert_eq!(metrics.value("quipu.function.calls", &labels), Some(3.0));
    assert_eq!(metrics.value("quipu.function.errors", &labels), Some(1.0));
    let duration = metrics.stats_of("quipu.function.duration", &labels).unwrap();
    assert_eq!(duration.count, 3);
    assert!(batch.spans.iter().all(|span| span.attributes.text("quipu.kind") == Some("guardrail")));
}

#[test]
fn recorders_do_not_share_their_metrics() {
    let (first, _) = recorded(|| drop(checked(false)));
    let (second, _) = recorded(|| drop((checked(false), checked(true))));
    let calls = |recorder: quipu_sdk::Recorder| recorder.metrics().total("quipu.function.calls");
    assert_eq!((calls(first), calls(second)), (Some(1.0), Some(2.0)));
}

#[test]
fn ends_are_events_within_the_span() {
    let (_, batch) = recorded(|| {
        assert!(checked(false).is_ok() && checked(true).is_err());
    });
    let named = |name: &str| batch.events.iter().find(|event| event.name == name).unwrap();
    let (complete, fail) = (named("function.complete"), named("function.fail"));
    assert_eq!((complete.level, fail.level), (Level::Success, Level::Error));
    assert_eq!(complete.attributes.text("function"), Some("no secrets"));
    assert_eq!((fail.attributes.text("error.type"), fail.body.as_str()), (Some("String"), Some("found one")));
    let failed = batch.spans.iter().find(|span| span.status == Status::Error).unwrap();
    assert_eq!((fail.trace_id, fail.span_id), (Some(failed.trace_id), Some(failed.span_id)));
}

#[test]
fn panics_are_errors_and_go_on() {
    let (recorder, batch) = recorded(|| {
        assert!(std::panic::catch_unwind(breaking).is_err());
        assert!(quipu_sdk::Context::current().span_id().is_none());
    });
    let broken = span(&batch, "breaking");
    assert_eq!((broken.status, value(broken, "error.type")), (Status::Error, "panic".into()));
    assert_eq!((batch.events[0].name.as_str(), batch.events[0].level), ("function.fail", Level::Critical));
    assert_eq!(recorder.metrics().total("quipu.function.errors"), Some(1.0));
    assert_eq!(recorder.metrics().total("quipu.function.calls"), Some(1.0));
}

#[test]
fn every_kind_has_its_word() {
    let mut made = 0;
    let (_, batch) = recorded(|| made = every_kind());
    assert_eq!((batch.spans.len(), made), (18, 18));
    let word = |function: &str| value(span(&batch, function), "quipu.kind");
    assert_eq!(
        (word("a"), word("e"), word("h"), word("n")),
        ("other".into(), "llm".into(), "tool".into(), "session".into())
    );
    let llm = span(&batch, "e");
    assert!(llm.attributes.get("gen_ai.request.model").is_none() && llm.name == "e");
    assert!(span(&batch, "n").attributes.get("session.id").is_none());
    let words: std::collections::BTreeSet<_> =
        batch.spans.iter().map(|span| value(span, "quipu.kind").as_str().unwrap().to_owned()).collect();
    assert_eq!(words.len(), 18);
}
