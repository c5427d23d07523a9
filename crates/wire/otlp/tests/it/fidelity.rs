//! Decoded records are encoded as they came, field by field.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_core::{
    Attributes, Batch, Bucket, Event, Instrument, Level, Limits, Metric, Point, PointValue, Temporality,
    Value,
};
use quipu_otlp::{Encoding, Signal, decode, encode_logs, encode_metrics, encode_traces};

use super::NOW;
use super::anything::body;
use super::recordings::all;
use super::wire::records;

/// Decodes a body whose items are all valid.
fn take(signal: Signal, body: &[u8], encoding: Encoding) -> Batch {
    let decoded = decode(signal, body, encoding, &Limits::default(), NOW).unwrap();
    assert_eq!(decoded.rejected.summary(), "");
    assert_eq!(decoded.mended.total(), 0);
    decoded.batch
}

fn encode(signal: Signal, batch: &Batch, encoding: Encoding) -> Vec<u8> {
    match signal {
        Signal::Traces => encode_traces(&batch.spans, encoding),
        Signal::Logs => encode_logs(&batch.events, encoding),
        Signal::Metrics => encode_metrics(&batch.metrics, encoding),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_is_sent_goes_out_as_it_came((signal, body) in body()) {
        let batch = take(signal, &body, Encoding::Protobuf);
        let protobuf = encode(signal, &batch, Encoding::Protobuf);
        prop_assert_eq!(records(signal, &protobuf), records(signal, &body));

        let json = encode(signal, &batch, Encoding::Json);
        let again = encode(signal, &take(signal, &json, Encoding::Json), Encoding::Protobuf);
        prop_assert_eq!(records(signal, &again), records(signal, &body), "{}", String::from_utf8_lossy(&json));
    }
}

#[test]
fn every_recording_goes_out_as_it_came() {
    let mut seen = 0;
    for body in all() {
        let (signal, plain, path) = (body.signal, body.plain(), body.path.display());
        let batch = take(signal, &plain, body.encoding);
        let protobuf = encode(signal, &batch, Encoding::Protobuf);
        let sent = match body.encoding {
            Encoding::Protobuf => records(signal, &plain),
            // The same tables read this, so the test alone would not detect a field that both directions
            // forget.
            Encoding::Json => records(
                signal,
                &encode(signal, &take(signal, &protobuf, Encoding::Protobuf), Encoding::Protobuf),
            ),
        };
        assert!(records(signal, &protobuf) == sent, "{path} as protobuf");
        let json = encode(signal, &batch, Encoding::Json);
        let again = encode(signal, &take(signal, &json, Encoding::Json), Encoding::Protobuf);
        assert!(records(signal, &again) == sent, "{path} as JSON");
        seen += sent.len();
    }
    assert!(seen > 1_000, "{seen}");
}

/// An event and a metric from no wire.
fn own() -> (Event, Metric) {
    let event = Event {
        time: NOW,
        level: Level::Warning,
        name: "quipu.budget.alert".into(),
        trace_id: None,
        span_id: None,
        session: None,
        agent: None,
        framework: None,
        body: Value::Null,
        attributes: [("k", 1)].into_iter().map(|(key, value)| (key, Value::Int(value))).collect(),
        wire: None,
        resource: Arc::default(),
        scope: Arc::default(),
    };
    let buckets = vec![Bucket { upper: 1.0, count: 2 }, Bucket { upper: 4.0, count: 1 }];
    let value =
        PointValue::Distribution { count: 3, sum: 5.0, min: None, max: None, buckets, quantiles: vec![] };
    let (start, attributes, exemplars) = (None, Attributes::new(), Vec::new());
    let metric = Metric {
        name: "took".into(),
        unit: "s".into(),
        description: String::new(),
        instrument: Instrument::ExponentialHistogram,
        temporality: Temporality::Cumulative,
        points: vec![Point { time: NOW, start, attributes, value, exemplars, wire: None }],
        resource: Arc::default(),
        scope: Arc::default(),
    };
    (event, metric)
}

#[test]
fn what_no_wire_told_of_goes_out_as_far_as_it_is_known() {
    let (event, metric) = own();
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        let back = take(Signal::Logs, &encode_logs(std::slice::from_ref(&event), encoding), encoding);
        let sent = back.events[0].wire.as_deref().unwrap();
        assert_eq!((sent.severity, sent.severity_text.as_str(), sent.named), (13, "warning", true));
        assert_eq!(Event { wire: None, ..back.events[0].clone() }, event);

        let back = take(Signal::Metrics, &encode_metrics(std::slice::from_ref(&metric), encoding), encoding);
        let metric = &back.metrics[0];
        assert_eq!(metric.instrument, Instrument::Histogram, "its scale is not known");
        let PointValue::Distribution { count: 3, buckets, .. } = &metric.points[0].value else {
            panic!("{metric:?}")
        };
        let bounds: Vec<_> = buckets.iter().map(|bucket| (bucket.upper, bucket.count)).collect();
        assert_eq!(bounds, [(1.0, 2), (4.0, 1), (f64::INFINITY, 0)]);
    }
}
