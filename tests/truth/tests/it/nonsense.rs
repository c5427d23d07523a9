//! Tests of nonsense input: nothing panics, and no record is lost.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use quipu_core::{
    Attributes, Batch, Detail, Event, EventQuery, Metric, PointValue, Span, SpanQuery, Store, Timestamp,
    TraceFilter, Value,
};

use crate::recording::{ALL, Recording};
use crate::store::{ADAPTERS, Fed};

/// Everything that was ever sent.
static SENT: LazyLock<Batch> = LazyLock::new(|| {
    let mut sent = Batch::default();
    ALL.iter().flat_map(Recording::batches).for_each(|batch| sent.append(batch));
    sent
});

/// Every key that any recording uses.
static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |attributes: &Attributes| attributes.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>();
    let mut keys: Vec<_> = SENT.spans.iter().flat_map(|span| of(&span.attributes)).collect();
    keys.extend(SENT.events.iter().flat_map(|event| of(&event.attributes)));
    keys.extend(
        SENT.metrics.iter().flat_map(|metric| &metric.points).flat_map(|point| of(&point.attributes)),
    );
    keys.extend(["quipu.signal", "meta.usage"].map(str::to_owned));
    keys.sort();
    keys.dedup();
    keys
});

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,40}",
        "-?[0-9]{1,20}",
        prop::sample::select(vec![
            "NaN",
            "",
            "log",
            "metric",
            "2026-13-45T99:99:99Z",
            "{\"id\": [",
            "{\"usage\": {\"prompt_tokens\": -5, \"completion_tokens\": 1e99}}",
            "{'a': {'b': 1}, 'cached_tokens'",
            "[{\"role\": \"user\", \"parts\": [{\"type\": \"text\"}, 3, null]}]",
        ])
        .prop_map(str::to_owned),
        Just("[".repeat(500)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (0_i64..1_000).prop_map(Value::Int),
        any::<f64>().prop_map(Value::Double),
        text.prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(("[a-z_]{1,10}", inner), 0..4).prop_map(|pairs| Value::Map(
                pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()
            )),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let key = prop_oneof![9 => prop::sample::select(KEYS.clone()), 1 => ".{0,60}"];
    prop::collection::vec((key, value()), 0..24).prop_map(|pairs| pairs.into_iter().collect())
}

type Changes = Vec<(prop::sample::Index, Value)>;

fn changes() -> impl Strategy<Value = Changes> {
    prop::collection::vec((any::<prop::sample::Index>(), value()), 0..6)
}

/// Replaces some values, or adds all when there is nothing to change.
fn spoil(attributes: &mut Attributes, changes: &Changes) {
    let count = attributes.len();
    for (at, value) in changes.iter().filter(|_| count > 0) {
        if let Some((_, old)) = attributes.iter_mut().nth(at.index(count)) {
            *old = value.clone();
        }
    }
}

/// Keeps the record, and everything made of it; the store has what was sent.
fn kept(batch: Batch) {
    let fed = Fed::with([batch.clone()]);
    for span in &batch.spans {
        ADAPTERS.messages(span);
        ADAPTERS.lens(span);
        let query = SpanQuery { trace_id: span.trace_id, after: None, limit: 1000, detail: Detail::Full };
        let rows = fed.ask(fed.store.spans(&query)).rows;
        let row = rows.iter().find(|row| row.span_id == span.span_id).expect("the span is lost");
        let raw = row.raw.as_ref().unwrap();
        let is_sent = |(key, _): &&(_, _)| key != Span::SENT_NAME;
        let attributes: Attributes = raw.attributes.iter().filter(is_sent).cloned().collect();
        let name = raw.attributes.text(Span::SENT_NAME).unwrap_or(&raw.name);
        assert_eq!((format!("{attributes:?}"), name), (format!("{:?}", span.attributes), span.name.as_str()));
    }
    if !batch.events.is_empty() {
        let query = EventQuery { limit: 1000, ..EventQuery::default() };
        assert_eq!(fed.ask(fed.store.events(&query)).rows.len(), batch.events.len(), "an event is lost");
    }
    let names = fed.ask(fed.store.metrics());
    for metric in &batch.metrics {
        assert!(names.iter().any(|known| known.name == metric.name), "a metric is lost");
    }
    fed.ask(fed.store.tools(&TraceFilter::default()));
}

fn event() -> impl Strategy<Value = Event> {
    (any::<prop::sample::Index>(), changes(), attributes(), any::<bool>(), any::<i64>(), value()).prop_map(
        |(at, changes, fresh, replace, time, body)| {
            let mut event = at.get(&SENT.events).clone();
            spoil(&mut event.attributes, &changes);
            if replace {
                event.attributes = fresh;
                event.body = body;
                event.time = Timestamp::from_nanos(time);
            }
            event
        },
    )
}

fn metric() -> impl Strategy<Value = Metric> {
    let number = prop_oneof![
        any::<f64>(),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-1.0),
        Just(1e300),
        (0_u32..9_999).prop_map(f64::from)
    ];
    (any::<prop::sample::Index>(), changes(), attributes(), any::<bool>(), number, any::<i64>()).prop_map(
        |(at, changes, fresh, replace, number, time)| {
            let mut metric = at.get(&SENT.metrics).clone();
            for point in &mut metric.points {
                spoil(&mut point.attributes, &changes);
                if replace {
                    point.value = PointValue::Number(number);
                    point.start = Some(Timestamp::from_nanos(time));
                }
            }
            if let Some(point) = metric.points.first_mut().filter(|_| replace) {
                point.attributes = fresh;
            }
            metric
        },
    )
}

fn span() -> impl Strategy<Value = Span> {
    (any::<prop::sample::Index>(), changes(), attributes(), 0_u8..4).prop_map(|(at, changes, fresh, how)| {
        let mut span = at.get(&SENT.spans).clone();
        spoil(&mut span.attributes, &changes);
        match how {
            0 => span.attributes = fresh,
            1 => span.events.iter_mut().for_each(|event| event.attributes = fresh.clone()),
            2 => span.scope = Arc::default(),
            _ => span.end = None,
        }
        span
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spoiled_span_is_kept(span in span()) {
        kept(Batch { spans: vec![span], ..Batch::default() });
    }

    #[test]
    fn a_spoiled_log_record_is_kept(event in event()) {
        kept(Batch { events: vec![event], ..Batch::default() });
    }

    #[test]
    fn a_spoiled_metric_is_kept(metric in metric()) {
        kept(Batch { metrics: vec![metric], ..Batch::default() });
    }

    #[test]
    fn a_batch_of_all_three_is_kept(span in span(), event in event(), metric in metric()) {
        kept(Batch { spans: vec![span], events: vec![event], metrics: vec![metric], costs: Vec::new() });
    }
}
