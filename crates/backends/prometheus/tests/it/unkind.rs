//! Property tests: both pages stay readable for any recorded metrics.

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use proptest::prelude::*;
use quipu_backend_prometheus::{Config, Format, Prometheus};
use quipu_core::{Bucket, Instrument, Metric, Point, PointValue, Quantile, Temporality, Value};

use crate::reading::read;
use crate::sample::{at, exemplar, metric, quiet, write};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "a", "a.b", "a_b", "a.count", "a_total", "a.bucket", "target", "le", "quantile", ""
        ])
        .prop_map(str::to_owned),
        "[a-c9_.:é{}\"\\\\\n ]{0,6}",
    ]
}

fn unit() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "", "1", "s", "ms", "By", "{token}", "By/s", "{x}/s", "€", "a\nb", "total", "count",
    ])
    .prop_map(str::to_owned)
}

fn figure() -> impl Strategy<Value = f64> {
    prop_oneof![
        -3.0..9.0,
        proptest::sample::select(vec![0.0, -0.0, 1e300, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
}

fn value() -> impl Strategy<Value = PointValue> {
    let bucket = (figure(), 0_u64..9).prop_map(|(upper, count)| Bucket { upper, count });
    let quantile = (figure(), figure()).prop_map(|(quantile, value)| Quantile { quantile, value });
    let lists =
        (proptest::collection::vec(bucket, 0..5), proptest::collection::vec(quantile, 0..3), any::<bool>());
    let distribution =
        (0_u64..20, figure(), lists).prop_map(|(count, sum, (mut buckets, quantiles, sorted))| {
            if sorted {
                buckets.sort_by(|a, b| a.upper.total_cmp(&b.upper));
            }
            PointValue::Distribution { count, sum, min: None, max: None, buckets, quantiles }
        });
    prop_oneof![figure().prop_map(PointValue::Number), distribution]
}

fn label() -> impl Strategy<Value = Value> {
    prop_oneof![name().prop_map(Value::from), any::<i64>().prop_map(Value::from), Just(Value::Null)]
}

fn a_point() -> impl Strategy<Value = Point> {
    let labels = proptest::collection::vec((name(), label()), 0..3);
    let exemplars = proptest::collection::vec((0_i64..9, figure(), 1_u8..9), 0..3);
    (0_i64..9, labels, value(), exemplars).prop_map(|(time, labels, value, exemplars)| Point {
        time: at(time),
        start: (time % 2 == 0).then(|| at(0)),
        attributes: labels.into_iter().collect(),
        value,
        exemplars: exemplars.into_iter().map(|(time, value, id)| exemplar(time, value, id)).collect(),
        wire: None,
    })
}

fn a_metric() -> impl Strategy<Value = Metric> {
    let instrument = proptest::sample::select(vec![
        Instrument::Gauge,
        Instrument::Counter,
        Instrument::UpDownCounter,
        Instrument::Histogram,
        Instrument::ExponentialHistogram,
        Instrument::Summary,
    ]);
    (name(), unit(), instrument, any::<bool>(), proptest::collection::vec(a_point(), 0..4)).prop_map(
        |(name, unit, instrument, delta, points)| Metric {
            temporality: if delta { Temporality::Delta } else { Temporality::Cumulative },
            description: name.clone(),
            ..metric(&name, &unit, instrument, points)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn both_pages_can_be_read(
        metrics in proptest::collection::vec(a_metric(), 0..12),
        meters in proptest::collection::vec(("[a-c][a-c._/-]{0,3}", unit(), name(), name(), figure()), 0..4),
        max_series in 1_usize..20,
    ) {
        let prometheus = Prometheus::open(Config { max_series, ..quiet() }).unwrap();
        write(&prometheus, &metrics);
        let meter = prometheus.meter_provider().meter("m");
        for (at, (name, unit, key, value, figure)) in meters.into_iter().enumerate() {
            let label = [KeyValue::new(key, value)];
            match at % 3 {
                0 => meter.f64_counter(name).with_unit(unit).build().add(figure, &label),
                1 => meter.f64_histogram(name).with_unit(unit).build().record(figure, &label),
                _ => meter.f64_gauge(name).with_unit(unit).build().record(figure, &label),
            }
        }
        for format in [Format::Text, Format::OpenMetrics] {
            let text = prometheus.text(format);
            let page = read(&text, format);
            prop_assert!(page.is_ok(), "{}\n{text}", page.unwrap_err());
            let kept = page.unwrap()["quipu_prometheus_series"].samples[0].value;
            prop_assert!(kept <= max_series as f64);
        }
    }
}
