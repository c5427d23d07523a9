//! Tests of the standard order of stages, and of reading as the first of them.

use std::sync::Arc;

use quipu_conformance::sample::{batch, draft};
use quipu_core::*;
use quipu_pipeline::{Pipeline, PipelineParts, Read, Redact, RedactConfig, Stages, StandardStages};

use crate::faulty::Faulty;

struct Named(&'static str);

impl Stage for Named {
    fn name(&self) -> &'static str {
        self.0
    }

    fn apply(&self, _batch: &mut Batch) {}
}

struct Free;

impl PriceBook for Free {
    fn price(&self, _request: &PriceRequest<'_>) -> std::result::Result<PriceAnswer, Unpriced> {
        Err(Unpriced::UnknownModel)
    }
}

/// Reads every span as a call of the model in its name, and makes a span of every event.
struct ByName;

impl Adapter for ByName {
    fn name(&self) -> &'static str {
        "by_name"
    }

    fn claims(&self, _span: &Span) -> bool {
        true
    }

    fn canonical(&self, span: &Span) -> Canonical {
        Canonical {
            kind: Kind::Llm,
            request_model: Some(span.name.clone()),
            usage: Some(Usage::of(10, 5)),
            ..Canonical::default()
        }
    }

    fn span_of_event(&self, event: &Event) -> Option<Span> {
        let ids = (TraceId::made_of(&["event"]), SpanId::made_of(&["event"]));
        Some(Span::new(ids.0, ids.1, "of event", event.time, event.time))
    }
}

/// A stage before the count that requires read spans.
struct AfterReading;

impl Stage for AfterReading {
    fn name(&self) -> &'static str {
        "after_reading"
    }

    fn apply(&self, batch: &mut Batch) {
        assert!(batch.spans.iter().all(|span| span.canonical.kind == Kind::Llm));
    }
}

fn standard(adapters: Adapters, some: bool) -> Stages {
    let named = |name| some.then(|| Arc::new(Named(name)) as Arc<dyn Stage>);
    let redact = || Arc::new(Redact::new(&RedactConfig::default(), Arc::new(NoMeter)).unwrap());
    Stages::standard(StandardStages {
        adapters,
        watch: named("watch"),
        estimate: named("estimate"),
        redact: some.then(redact),
        prices: Arc::new(Free),
        budgets: named("budgets"),
        derive: named("derive"),
        own: named("own").into_iter().collect(),
        drop_unsampled: some.then(|| Arc::new(NoMeter) as Arc<dyn Meter>),
    })
}

fn names(stages: &[Arc<dyn Stage>]) -> Vec<&'static str> {
    stages.iter().map(|stage| stage.name()).collect()
}

fn reading(store: &Arc<Faulty>) -> Pipeline {
    let read = Read::new(Adapters::new(vec![Arc::new(ByName)]));
    let stages = Stages { read, before: vec![Arc::new(AfterReading)], ..Stages::default() };
    Pipeline::start(PipelineParts { stages, ..PipelineParts::new(Arc::clone(store) as _) })
}

async fn calls(store: &Faulty) -> u64 {
    let groups = store.inner.usage(&UsageQuery::default()).await.unwrap();
    groups.into_iter().next().map(|group| group.totals.llm_calls).unwrap_or_default()
}

#[test]
fn the_standard_order_is_fixed_and_absent_stages_are_left_out() {
    let all = standard(Adapters::default(), true);
    assert_eq!(names(&all.before), ["watch", "estimate", "redact"]);
    assert_eq!(names(&all.after), ["cost", "budgets", "derive", "own", "drop_unsampled"]);
    let few = standard(Adapters::default(), false);
    assert_eq!((names(&few.before), names(&few.after)), (Vec::new(), vec!["cost"]));
    assert_eq!(few.read.name(), "read");
}

#[test]
fn the_standard_stages_read_by_their_adapters() {
    let stages = standard(Adapters::new(vec![Arc::new(ByName)]), false);
    let mut raw = batch([draft(1, 1).named("gpt-4o").span()], []);
    stages.read.apply(&mut raw);
    assert_eq!(raw.spans[0].canonical.request_model.as_deref(), Some("gpt-4o"));
}

#[tokio::test]
async fn raw_records_are_read_before_every_other_stage() {
    let store = Arc::new(Faulty::new());
    let pipeline = reading(&store);
    let raw = batch([draft(1, 1).named("gpt-4o").span(), draft(2, 1).named("gpt-5").span()], []);
    pipeline.submit_raw(raw).await.unwrap();
    assert_eq!(calls(&store).await, 2);
}

#[tokio::test]
async fn records_that_were_read_apart_are_not_read_again() {
    let store = Arc::new(Faulty::new());
    let pipeline = reading(&store);
    let event = quipu_conformance::sample::event(draft(1, 1).span().start, Level::Info, "call", "said");
    let mut raw = Batch { events: vec![event], ..Batch::default() };
    pipeline.read(&mut raw);
    assert_eq!(raw.spans.len(), 1, "the event describes a call");
    raw.spans.clear();
    pipeline.submit(raw).await.unwrap();
    assert_eq!(calls(&store).await, 0, "its span was taken out after reading");
}
