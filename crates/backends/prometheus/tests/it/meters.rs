//! OpenTelemetry's meter API, and collectors of the `prometheus` crate, on the same page.

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use quipu_backend_prometheus::Format;
use quipu_core::Instrument;

use crate::reading::read;
use crate::sample::{each, metric, number, open, write};

#[test]
fn both_are_on_one_page() {
    let prometheus = open();
    write(&prometheus, &each());
    let meter = prometheus.meter_provider().meter("shop");
    meter
        .u64_counter("orders")
        .with_description("Orders taken.")
        .build()
        .add(2, &[KeyValue::new("1st kind", "new")]);
    let wait = meter.f64_histogram("wait").with_unit("s").with_boundaries(vec![-1.0, 1.0, 2.0]).build();
    [-3.0, 0.5, 1.5, 9.0].iter().for_each(|value| wait.record(*value, &[]));
    meter.i64_up_down_counter("open").build().add(-4, &[]);
    meter.f64_gauge("load").build().record(1.5, &[KeyValue::new("empty", "")]);
    let text = prometheus.text(Format::Text);
    read(&text, Format::Text).unwrap();
    assert!(text.contains("orders_total{key_1st_kind=\"new\"} 2\n"), "{text}");
    assert!(text.contains("wait_seconds_bucket{le=\"2\"} 3\n") && text.contains("open -4\n"), "{text}");
    assert!(text.contains("# HELP open open, as recorded.\n") && text.contains("load 1.5\n"), "{text}");
    assert!(!text.contains("otel_scope"), "{text}");
    assert_eq!(text.matches("\ntarget_info{").count(), 1);
    let page = read(&prometheus.text(Format::OpenMetrics), Format::OpenMetrics).unwrap();
    assert_eq!((page["orders"].kind.as_str(), page["tool_calls"].kind.as_str()), ("counter", "counter"));
    assert!(
        page["wait_seconds"].samples.iter().all(|sample| !sample.name.ends_with("_sum")),
        "bounds below zero"
    );
}

#[test]
fn a_name_of_both_is_shown_as_the_record_has_it() {
    let prometheus = open();
    let counter = metric("both", "", Instrument::Counter, vec![number(1, &[("from", "record")], 1.0)]);
    write(&prometheus, &[counter, metric("gauge", "", Instrument::Gauge, vec![number(1, &[], 1.0)])]);
    let meter = prometheus.meter_provider().meter("shop");
    let both = meter.u64_counter("both").build();
    both.add(5, &[KeyValue::new("from", "meter")]);
    both.add(9, &[KeyValue::new("from", "record")]);
    meter.u64_counter("gauge").build().add(1, &[]);
    for _ in 0..2 {
        let text = prometheus.text(Format::Text);
        read(&text, Format::Text).unwrap();
        assert!(text.contains("both_total{from=\"meter\"} 5\nboth_total{from=\"record\"} 1\n"), "{text}");
        assert!(text.contains("dropped_series_total{reason=\"duplicate\"} 1\n"), "{text}");
        assert!(
            text.contains("dropped_series_total{reason=\"name\"} 1\n"),
            "gauge is a gauge, not a counter: {text}"
        );
        read(&prometheus.text(Format::OpenMetrics), Format::OpenMetrics).unwrap();
    }
}

#[test]
fn collectors_of_the_prometheus_crate_can_join() {
    let prometheus = open();
    let counter = prometheus::IntCounter::new("jobs", "Jobs.").unwrap();
    counter.inc_by(3);
    prometheus.registry().register(Box::new(counter)).unwrap();
    assert!(prometheus.text(Format::Text).contains("# TYPE jobs counter\njobs 3\n"));
    let page = read(&prometheus.text(Format::OpenMetrics), Format::OpenMetrics).unwrap();
    assert_eq!((page["jobs"].samples[0].name.as_str(), page["jobs"].samples[0].value), ("jobs_total", 3.0));
}
