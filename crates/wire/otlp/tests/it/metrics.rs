//! Metric points of every kind.

use quipu_core::{Bucket, Instrument, PointValue, Quantile, Temporality};
use quipu_otlp::Signal;

use super::{NOW, json};

fn metrics(metrics: &str) -> quipu_otlp::Decoded {
    json(
        Signal::Metrics,
        &format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metrics}]}}]}}]}}"#),
    )
}

#[test]
fn sums_and_gauges() {
    let decoded = metrics(
        r#"{"name":"a","unit":"{token}","sum":{"isMonotonic":true,"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA",
            "dataPoints":[{"asInt":"42","timeUnixNano":"1795248000000000001","startTimeUnixNano":1795247999000000000,
                           "attributes":[{"key":"k","value":{"stringValue":"v"}}]}]}},
           {"name":"b","sum":{"aggregationTemporality":2,"dataPoints":[{"asDouble":"NaN"}]}},
           {"name":"c","gauge":{"dataPoints":[{"asDouble":1.5},{"flags":1},{"asInt":-3}]}}"#,
    );
    assert!(decoded.rejected.is_empty());
    let [a, b, c] = decoded.batch.metrics.as_slice() else { panic!("three metrics") };
    assert_eq!(
        (a.instrument, a.temporality, a.unit.as_str()),
        (Instrument::Counter, Temporality::Delta, "{token}")
    );
    assert_eq!(a.points[0].value, PointValue::Number(42.0));
    assert_eq!(a.points[0].time.nanos(), 1_795_248_000_000_000_001);
    assert_eq!(a.points[0].start.unwrap().nanos(), 1_795_247_999_000_000_000);
    assert_eq!(a.points[0].attributes.text("k"), Some("v"));
    assert_eq!((b.instrument, b.temporality), (Instrument::UpDownCounter, Temporality::Cumulative));
    assert!(matches!(b.points[0].value, PointValue::Number(value) if value.is_nan()));
    assert_eq!((b.points[0].time, b.points[0].start), (NOW, None));
    assert_eq!(c.instrument, Instrument::Gauge);
    assert_eq!(c.points.len(), 2, "the point without a recorded value says nothing");
    assert_eq!(decoded.mended.get("unrecorded"), 1);
}

#[test]
fn distributions() {
    let decoded = metrics(
        r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"3","sum":7.5,"min":1,"max":"4",
              "bucketCounts":["1",2],"explicitBounds":[2]}]}},
           {"name":"e","exponentialHistogram":{"dataPoints":[{"count":2,"scale":1,"positive":{"offset":-2,"bucketCounts":["2"]}}]}},
           {"name":"s","summary":{"dataPoints":[{"count":2,"sum":3,"quantileValues":[{"quantile":0.5,"value":1}]}]}}"#,
    );
    let value = |i: usize| decoded.batch.metrics[i].points[0].value.clone();
    let uppers = vec![Bucket { upper: 2.0, count: 1 }, Bucket { upper: f64::INFINITY, count: 2 }];
    let histogram = PointValue::Distribution {
        count: 3,
        sum: 7.5,
        min: Some(1.0),
        max: Some(4.0),
        buckets: uppers,
        quantiles: vec![],
    };
    assert_eq!(value(0), histogram);
    let PointValue::Distribution { buckets, .. } = value(1) else { panic!("a distribution") };
    assert_eq!(buckets, [Bucket { upper: 0.5, count: 0 }, Bucket { upper: 0.5_f64.sqrt(), count: 2 }]);
    let PointValue::Distribution { quantiles, .. } = value(2) else { panic!("a distribution") };
    assert_eq!(quantiles, [Quantile { quantile: 0.5, value: 1.0 }]);
}

#[test]
fn units_and_descriptions_are_cut_like_names_and_counted() {
    let long = "w".repeat(5_000);
    let gauge = r#""gauge":{"dataPoints":[{"asInt":1}]}"#;
    let decoded = metrics(&format!(r#"{{"name":"a","unit":"{long}","description":"{long}",{gauge}}}"#));
    let metric = &decoded.batch.metrics[0];
    assert_eq!((metric.unit.len(), metric.description.len()), (1_024, 1_024));
    assert_eq!(decoded.mended.get("name_bytes"), 2);
}

#[test]
fn points_with_too_many_buckets_or_quantiles_are_refused_by_the_limit() {
    let list = |item: &str, count: usize| vec![item; count].join(",");
    let bounds = |count: usize| (0..count).map(|at| at.to_string()).collect::<Vec<_>>().join(",");
    let points = |count: usize| {
        let (counts, quantiles) = (list("1", count), list(r#"{"quantile":0.5,"value":1}"#, count));
        format!(
            r#"{{"name":"h","histogram":{{"dataPoints":[
                 {{"bucketCounts":[{counts}],"explicitBounds":[{}]}},{{"bucketCounts":[1,2],"explicitBounds":[2]}}]}}}},
               {{"name":"e","exponentialHistogram":{{"dataPoints":[{{"positive":{{"bucketCounts":[{counts}]}}}}]}}}},
               {{"name":"n","exponentialHistogram":{{"dataPoints":[{{"positive":{{"bucketCounts":[1]}},
                 "negative":{{"bucketCounts":[{}]}}}}]}}}},
               {{"name":"s","summary":{{"dataPoints":[{{"quantileValues":[{quantiles}]}}]}}}}"#,
            bounds(count - 1),
            list("1", count - 1),
        )
    };
    let within = metrics(&points(1_024));
    assert_eq!((within.rejected.count(), within.batch.metrics.len()), (0, 4));
    let over = metrics(&points(1_025));
    assert_eq!((over.rejected.count(), over.batch.metrics.len()), (4, 1), "{}", over.rejected.summary());
    assert_eq!(over.batch.metrics[0].points.len(), 1, "the other point of the histogram stays");
    assert_eq!(over.rejected.reasons().get("point_buckets"), 4);
    assert!(over.rejected.summary().contains("1025 buckets"), "{}", over.rejected.summary());
}

#[test]
fn bad_points_are_refused_one_by_one() {
    let decoded = metrics(
        r#"{"name":"secret prompt"},
           {"name":"b","gauge":{"dataPoints":[{},{"asInt":1},{"asInt":1,"timeUnixNano":"18446744073709551615"}]}},
           {"name":"c","histogram":{"dataPoints":[{"bucketCounts":[1,2,3],"explicitBounds":[1]},
                                                   {"bucketCounts":[1,2,3],"explicitBounds":[2,1]}]}}"#,
    );
    assert_eq!(decoded.batch.metrics.len(), 1);
    assert_eq!(decoded.batch.metrics[0].points.len(), 1);
    let mut reasons: Vec<_> = decoded.rejected.reasons().iter().collect();
    reasons.sort_unstable();
    assert_eq!(reasons, [("buckets", 2), ("no_data", 1), ("no_value", 1), ("time_future", 1)]);
    let text = decoded.rejected.summary();
    assert!(
        text.starts_with(
            "data point resource_metrics[0].scope_metrics[0].metrics[0]: the metric has no data; "
        )
    );
    assert!(!text.contains("secret"));
}
