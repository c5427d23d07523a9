//! Tests of reads that are charged to a small memory of an answer.

use std::sync::Arc;

use quipu_backend_sqlite::Sqlite;
use quipu_conformance::sample::{at, draft, event, metric, trace_id};
use quipu_core::{
    AnswerMemory, Backend, Batch, Bucket, Detail, ErrorKind, EventQuery, Instrument, Level, Metric,
    MetricAggregate, MetricQuery, PointValue, Result, SpanQuery, Store, Timestamp,
};

use crate::{open, write};

const MIB: usize = 1 << 20;

async fn write_metrics(store: &Sqlite, metrics: Vec<Metric>) {
    store.write(Arc::new(Batch { metrics, ..Batch::default() })).await.unwrap();
}

/// Reads within this many bytes, and then within 64 MiB: the first is an error, the second is not.
async fn needs_more_than<T: std::fmt::Debug>(bytes: usize, read: impl AsyncFn() -> Result<T>) {
    let error = AnswerMemory::within(bytes).scope(read()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
    AnswerMemory::within(64 * MIB).scope(read()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_texts_of_metrics_are_charged() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let named = |number: u64| Metric {
        description: "described ".repeat(400),
        ..metric(&format!("rooms {number}"), Instrument::Gauge, "a", &[(at(1), 1.0)])
    };
    write_metrics(&store, (0..200).map(named).collect()).await;
    // The descriptions have 800 kB.
    needs_more_than(700_000, async || store.metrics().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_buckets_of_points_are_charged_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let bucket = |upper: u32| Bucket { upper: f64::from(upper), count: u64::from(upper) << 8 };
    let times: Vec<(Timestamp, f64)> = (0..50).map(|second| (at(second), 1.0)).collect();
    let mut sizes = metric("sizes", Instrument::Histogram, "a", &times);
    for point in &mut sizes.points {
        point.value = PointValue::Distribution {
            count: 1,
            sum: 1.0,
            min: None,
            max: None,
            buckets: (1..=1_000).map(bucket).collect(),
            quantiles: Vec::new(),
        };
    }
    write_metrics(&store, vec![sizes]).await;
    let query = MetricQuery { step: Timestamp::SECOND, ..MetricQuery::of("sizes", MetricAggregate::P95) };
    // The buckets alone have 800 kB.
    needs_more_than(700_000, async || store.metric(&query).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_in_short_are_charged_with_their_names_until_the_page_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let name = |number: u64| format!("{number} {}", "name ".repeat(190));
    let spans = |from: u64| {
        let span = |number: u64| draft(1, number).agent(&name(number)).named(&name(number)).span();
        (from..from + 100).map(span).collect::<Vec<_>>()
    };
    write(&store, spans(1), []).await;
    let query = SpanQuery { limit: 1_000, ..SpanQuery::of(trace_id(1)) };
    needs_more_than(150_000, async || store.spans(&query).await).await;
    let memory = AnswerMemory::within(MIB);
    let page = memory.clone().scope(store.spans(&query)).await.unwrap();
    assert!(page.hold.bytes() > 200_000, "{}", page.hold.bytes());
    memory.hold(MIB - page.hold.bytes() + 1).unwrap_err();
    drop(page);
    memory.hold(MIB).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_and_whole_spans_are_charged_until_their_page_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let text = "word ".repeat(20_000);
    let events = (1..=20).map(|second| event(at(second), Level::Info, "note", &format!("{second} {text}")));
    store.write(Arc::new(Batch { events: events.collect(), ..Batch::default() })).await.unwrap();
    let spans: Vec<_> = (1..=20).map(|number| draft(1, number).with("input", text.as_str()).span()).collect();
    write(&store, spans, []).await;
    let query = EventQuery { limit: 100, ..EventQuery::default() };
    needs_more_than(MIB, async || store.events(&query).await).await;
    let query = SpanQuery { limit: 100, detail: Detail::Full, ..SpanQuery::of(trace_id(1)) };
    needs_more_than(MIB, async || store.spans(&query).await).await;
    let memory = AnswerMemory::within(8 * MIB);
    let page = memory.clone().scope(store.spans(&query)).await.unwrap();
    memory.hold(8 * MIB - page.hold.bytes() + 1).unwrap_err();
    assert!(page.hold.bytes() > 2 * MIB - 100_000, "{}", page.hold.bytes());
}
