//! Calls whose source says no usage get an estimate before the count.

use std::sync::Arc;

use quipu_core::{
    Adapter, Adapters, Batch, Kind, Message, Messages, Part, Role, Span, SpanId, Stage, Status, Timestamp,
    TraceId, Usage, Value,
};
use quipu_tokens::EstimateUsage;

/// Reads the question and the answer from two attributes.
struct Chat;

impl Adapter for Chat {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn claims(&self, _: &Span) -> bool {
        true
    }

    fn messages(&self, span: &Span) -> Messages {
        let side = |key: &str, role: Role| {
            let text = span.attributes.get(key).and_then(Value::as_str).map(str::to_owned);
            let message = |text| Message { role, parts: vec![Part::Text(text)], finish_reason: None };
            text.map(message).into_iter().collect()
        };
        Messages {
            input: side("in", Role::User),
            output: side("out", Role::Assistant),
            ..Messages::default()
        }
    }
}

fn call(change: impl FnOnce(&mut Span)) -> bool {
    let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
    let at = Timestamp::from_nanos(1_795_000_000_000_000_000);
    let mut span = Span::new(trace, id, "chat", at, at.plus(1));
    span.attributes.push("in", "How warm is it in Paris?");
    span.attributes.push("out", "It is 18 degrees.");
    span.canonical.kind = Kind::Llm;
    span.canonical.request_model = Some("gpt-4o".into());
    change(&mut span);
    let mut batch = Batch { spans: vec![span], ..Batch::default() };
    EstimateUsage::new(Adapters::new(vec![Arc::new(Chat)])).apply(&mut batch);
    batch.spans[0].canonical.estimate.is_some()
}

fn without(span: &mut Span, key: &str) {
    span.attributes = span.attributes.iter().filter(|(name, _)| name != key).cloned().collect();
}

#[test]
fn calls_with_messages_and_without_usage_are_estimated() {
    assert!(call(|_| {}));
    assert!(call(|span| span.canonical.usage = Some(Usage::default())), "a usage that says nothing");
    assert!(call(|span| span.status = Status::Error), "a stream that broke off has an answer");
}

#[test]
fn nothing_else_is_estimated() {
    assert!(!call(|span| span.canonical.usage = Some(Usage::of(1, 1))), "usage is known");
    assert!(!call(|span| span.canonical.kind = Kind::Tool), "no call");
    assert!(!call(|span| span.canonical.never_count = true), "it repeats others");
    assert!(!call(|span| span.end = None), "it runs");
    assert!(!call(|span| span.canonical.request_model = None), "no model");
    assert!(!call(|span| without(span, "in")), "no question");
    assert!(!call(|span| without(span, "out")), "no answer");
    assert!(!call(|span| {
        span.status = Status::Error;
        without(span, "out");
    }));
}
