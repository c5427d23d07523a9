//! Tests of applications on `opentelemetry_sdk` in the same process.

use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use quipu::core::{MetricAggregate, MetricQuery};
use quipu::otel::{LogExporter, MetricExporter, SpanExporter};
use quipu::testing::{Capture, capture_with};
use quipu::{Budget, Usd};
use quipu_backend_memory::Memory;

fn capture() -> Capture {
    let daily = Budget::usd("0.003".parse().unwrap());
    let store = std::sync::Arc::new(Memory::default());
    capture_with(|builder| builder.budget("daily", daily).store(store)).unwrap()
}

fn resource() -> Resource {
    Resource::builder_empty().with_service_name("shop").build()
}

/// A model call as OpenTelemetry's GenAI conventions describe it.
fn call(provider: &SdkTracerProvider) {
    let mut span = provider.tracer("shop.agent").start("chat gpt-5");
    let texts = [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "gpt-5"),
    ];
    let figures = [("gen_ai.usage.input_tokens", 1_000_i64), ("gen_ai.usage.output_tokens", 100)];
    span.set_attributes(texts.map(|(key, text)| KeyValue::new(key, Value::from(text))));
    span.set_attributes(figures.map(|(key, figure)| KeyValue::new(key, figure)));
    span.end();
}

#[test]
fn spans_are_counted_once_priced_and_in_the_budget_by_each_processor() {
    let capture = capture();
    let exporter = || SpanExporter::new(capture.quipu().intake());
    let simple =
        SdkTracerProvider::builder().with_resource(resource()).with_simple_exporter(exporter()).build();
    let batch =
        SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter()).build();
    call(&simple);
    call(&batch);
    batch.force_flush().unwrap();
    let seen = capture.finished().unwrap();
    let cost: Usd = "0.0045".parse().unwrap();
    seen.assert_calls(2).assert_cost_at_most(cost);
    assert_eq!((seen.cost(), seen.tokens(), seen.spans().len()), (cost, 2_200, 2));
    let span = seen.span("chat gpt-5").unwrap();
    assert_eq!((span.resource.service(), span.scope.name.as_str()), (Some("shop"), "shop.agent"));
    let asked = capture.quipu().budget("daily").check("0.002".parse::<Usd>().unwrap());
    assert!(asked.is_err(), "the calls count toward the budget");
}

#[test]
fn log_records_are_events() {
    let capture = capture();
    let provider = SdkLoggerProvider::builder()
        .with_resource(resource())
        .with_simple_exporter(LogExporter::new(capture.quipu().intake()))
        .build();
    let logger = provider.logger("shop");
    let mut record = logger.create_log_record();
    record.set_event_name("order.placed");
    record.set_severity_number(Severity::Warn);
    record.add_attribute("items", 3_i64);
    logger.emit(record);
    let seen = capture.finished().unwrap();
    let event = seen.event("order.placed").unwrap();
    assert_eq!(event.level, quipu::Level::Warning);
    assert_eq!(event.attributes.get("items"), Some(&3_i64.into()));
}

#[tokio::test]
async fn metrics_keep_their_totals() {
    let capture = capture();
    let provider = SdkMeterProvider::builder()
        .with_resource(resource())
        .with_periodic_exporter(MetricExporter::new(capture.quipu().intake()))
        .build();
    let orders = provider.meter("shop").u64_counter("shop.orders").build();
    orders.add(2, &[]);
    orders.add(3, &[]);
    provider.force_flush().unwrap();
    let query = MetricQuery::of("shop.orders", MetricAggregate::Last);
    let series = capture.quipu().store().unwrap().metric(&query).await.unwrap();
    let last: Vec<f64> = series.iter().filter_map(|one| Some(one.points.last()?.1)).collect();
    assert_eq!(last, [5.0]);
}

#[test]
fn records_after_a_shutdown_are_refused_and_counted() {
    let capture = capture();
    let exporter = SpanExporter::new(capture.quipu().intake());
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
    capture.quipu().shutdown(std::time::Duration::from_secs(5)).unwrap();
    call(&provider);
    assert_eq!(capture.quipu().status().dropped.get("intake"), Some(&1));
}
