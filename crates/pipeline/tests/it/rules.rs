//! Tests of exporter rules.

use std::sync::Arc;

use quipu_conformance::sample::{at, batch, cost, counter, draft, event};
use quipu_core::*;
use quipu_pipeline::{Exporter, ExporterRules};

use crate::scripted::{Scripted, exporter, quick, start, status};

fn read(text: &str) -> ExporterRules {
    toml::from_str(text).unwrap()
}

/// The part of a batch that an exporter with these rules gets.
async fn through(rules: &str, batch: Batch) -> Batch {
    let (backend, other) = (Scripted::kind(), Scripted::kind());
    let pipeline = start([
        Exporter { rules: read(rules), ..exporter(&backend, quick(), None) },
        exporter(&other, quick(), None),
    ]);
    // `pass_on` skips the count, which would add rows.
    pipeline.pass_on(batch.clone());
    pipeline.flush().await.unwrap();
    pipeline.close().await.unwrap();
    assert_eq!(*other.got.lock()[0], batch, "nobody else's rules matter");
    let got = backend.got.lock();
    got.first().map(|batch| Batch::clone(batch)).unwrap_or_default()
}

fn mixed() -> Batch {
    let spans = [
        draft(1, 1).service("shop-web").agent("clerk").span(),
        draft(1, 2).service("shop-web").llm("gpt-4o", 10, 5).span(),
        draft(2, 1).service("shop-cart").tool("search").span(),
        draft(3, 1).service("bank").llm("gpt-4o", 1, 1).span(),
    ];
    let costs: Vec<Cost> = spans.iter().map(cost).collect();
    let mut batch = batch(spans, costs);
    let said = event(at(0), Level::Info, "said", "hello");
    batch.events = vec![Event { trace_id: Some(batch.spans[3].trace_id), ..said.clone() }, said];
    batch.metrics = vec![counter("calls", "a", &[(at(0), 1.0)])];
    batch
}

fn counts(batch: &Batch) -> [usize; 4] {
    [batch.spans.len(), batch.events.len(), batch.metrics.len(), batch.costs.len()]
}

#[tokio::test]
async fn signals_services_and_kinds_choose() {
    for (rules, want) in [
        ("", [4, 2, 1, 4]),
        ("signals = [\"traces\"]", [4, 0, 0, 0]),
        ("signals = [\"logs\", \"metrics\", \"costs\"]", [0, 2, 1, 4]),
        ("services = [\"shop-*\"]\nsignals = [\"traces\", \"costs\"]", [3, 0, 0, 3]),
        ("not_services = [\"shop-*\"]\nsignals = [\"traces\"]", [1, 0, 0, 0]),
        ("services = [\"shop-*\"]\nnot_services = [\"*-cart\"]\nsignals = [\"traces\"]", [2, 0, 0, 0]),
        ("kinds = [\"llm\", \"tool\"]", [3, 2, 1, 3]),
        ("services = [\"nobody\"]", [0, 0, 0, 0]),
    ] {
        assert_eq!(counts(&through(rules, mixed()).await), want, "{rules}");
    }
}

#[tokio::test]
async fn a_part_of_the_traces_goes_whole_and_with_its_events() {
    let spans = (1..=400).flat_map(|trace| [id_of(trace, 1), id_of(trace, 2)]);
    let mut all = batch(spans.collect::<Vec<_>>(), []);
    let told = |span: &Span| Event { trace_id: Some(span.trace_id), ..event(at(0), Level::Info, "e", "") };
    all.events = all.spans.iter().map(told).collect();
    let quarter = through("sample = 0.25", all.clone()).await;
    let half = through("sample = 0.5", all.clone()).await;
    for (part, want) in [(&quarter, 200), (&half, 400)] {
        assert!(part.spans.len().abs_diff(want) < 80, "{} of 800", part.spans.len());
        assert_eq!(part.spans.len(), part.events.len());
        assert!(part.spans.chunks(2).all(|two| two[0].trace_id == two[1].trace_id), "whole traces");
    }
    assert!(quarter.spans.iter().all(|span| half.spans.contains(span)), "backends agree");
    assert_eq!(counts(&through("sample = 0.0", all.clone()).await), [0; 4]);
    assert_eq!(through("sample = 1.0", all.clone()).await, all);
}

/// A span of a trace with a random id, as real sources create.
fn id_of(trace: u64, number: u64) -> Span {
    let mut span = draft(trace, number).span();
    span.trace_id = TraceId::made_of(&["trace", &trace.to_string()]);
    span
}

#[tokio::test]
async fn what_is_left_out_for_one_is_there_for_the_others() {
    let secret = draft(1, 1).with("note", "mail bob@example.org").with("gen_ai.input.messages", "[]").span();
    let got = through("redact = { contents = true, emails = true }", batch([secret], [])).await;
    assert_eq!(got.spans[0].attributes.text("note"), Some("mail [redacted:email]"));
    assert_eq!(got.spans[0].attributes.get("gen_ai.input.messages"), None);
}

#[tokio::test]
async fn without_rules_nothing_is_copied() {
    let (one, two) = (Scripted::kind(), Scripted::kind());
    let all = ExporterRules { sample: Some(1.0), ..ExporterRules::default() };
    let pipeline =
        start([exporter(&one, quick(), None), Exporter { rules: all, ..exporter(&two, quick(), None) }]);
    pipeline.pass_on(mixed());
    pipeline.flush().await.unwrap();
    assert!(Arc::ptr_eq(&one.got.lock()[0], &two.got.lock()[0]));
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn rules_that_cannot_be_followed_let_nothing_through() {
    let backend = Scripted::kind();
    let rules = read("redact = { patterns = [\"(\"] }");
    assert!(rules.check().is_err());
    let pipeline = start([Exporter { rules, ..exporter(&backend, quick(), None) }]);
    pipeline.pass_on(mixed());
    pipeline.flush().await.unwrap();
    assert_eq!((backend.got.lock().len(), status(&pipeline).dropped["rules"]), (0, 11));
    assert!(status(&pipeline).last_error.unwrap().contains("redact.patterns"));
    pipeline.close().await.unwrap();
}
