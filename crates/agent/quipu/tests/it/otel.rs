//! Tests of applications on `opentelemetry_sdk` in the same process.

use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use quipu::core::{MetricAggregate, MetricQuery};
use quipu::otel::{IdGenerator, LogExporter, MetricExporter, SpanExporter, TracerExporter};
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

/// A provider of the application, and the spans that it exported.
fn application() -> (SdkTracerProvider, InMemorySpanExporter) {
    let exported = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_resource(resource())
        .with_id_generator(IdGenerator::default())
        .with_simple_exporter(exported.clone())
        .build();
    (provider, exported)
}

#[test]
fn guards_reach_the_tracer_provider_with_their_ids_and_cost() {
    let (provider, exported) = application();
    let handed = std::sync::Arc::new(TracerExporter::new(&provider));
    let capture = capture_with(|builder| builder.exporter(handed)).unwrap();
    let ids = capture.scope(|| {
        let agent = quipu::agent("planner");
        let mut tool = agent.tool("search").attribute("hits", 3);
        tool.error("timeout", "no answer");
        tool.end();
        agent.llm("openai", "gpt-5").usage((1_000, 100)).end();
        (agent.trace_id().unwrap(), agent.span_id().unwrap())
    });
    capture.finished().unwrap();
    let spans = exported.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 3, "{spans:#?}");
    let span = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (agent, call, tool) = (span("invoke_agent planner"), span("chat gpt-5"), span("execute_tool search"));
    assert_eq!(agent.span_context.trace_id().to_bytes(), *ids.0.as_bytes());
    assert_eq!(agent.span_context.span_id().to_bytes(), *ids.1.as_bytes());
    assert!(spans.iter().all(|span| span.span_context.trace_id() == agent.span_context.trace_id()));
    assert_eq!([call.parent_span_id, tool.parent_span_id], [agent.span_context.span_id(); 2]);
    let value = |span: &SpanData, key: &str| {
        span.attributes.iter().find(|pair| pair.key.as_str() == key).map(|pair| pair.value.to_string())
    };
    assert_eq!(value(call, "gen_ai.usage.input_tokens").as_deref(), Some("1000"));
    assert_eq!(value(call, "quipu.cost_usd").as_deref(), Some("0.00225"));
    assert_eq!(value(tool, "hits").as_deref(), Some("3"));
    assert_eq!(tool.status, opentelemetry::trace::Status::error("no answer"));
    assert!(call.end_time >= call.start_time && call.start_time >= agent.start_time);
}

#[test]
fn a_provider_with_ids_of_its_own_is_refused_with_the_remedy() {
    let provider = SdkTracerProvider::builder().build();
    let handed = std::sync::Arc::new(TracerExporter::new(&provider));
    let capture = capture_with(|builder| builder.exporter(handed)).unwrap();
    capture.scope(|| quipu::tool("search").end());
    let _ = capture.quipu().flush(std::time::Duration::from_secs(5));
    let status = capture.quipu().status();
    let error = status.backend("tracer-provider").unwrap().last_error.clone().unwrap();
    assert!(error.contains("with_id_generator(quipu::otel::IdGenerator::default())"), "{error}");
}

#[test]
fn spans_that_go_both_ways_are_stored_once() {
    let capture = capture();
    let provider = SdkTracerProvider::builder()
        .with_id_generator(IdGenerator::default())
        .with_simple_exporter(SpanExporter::new(capture.quipu().intake()))
        .build();
    let handed = std::sync::Arc::new(TracerExporter::new(&provider));
    capture.quipu().add_exporter(handed).unwrap();
    capture.scope(|| quipu::llm("openai", "gpt-5").usage((1_000, 100)).end());
    call(&provider);
    let seen = capture.finished().unwrap();
    assert_eq!((seen.spans().len(), seen.tokens()), (2, 2_200));
}

#[test]
fn the_current_span_is_shared_both_ways() {
    quipu::otel::share_context().unwrap();
    let capture = capture();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(SpanExporter::new(capture.quipu().intake()))
        .build();
    let tracer = provider.tracer("shop");
    capture.scope(|| {
        tracer.in_span("request", |_| {
            let agent = quipu::agent("planner").enter();
            tracer.in_span("step", |_| quipu::tool("search").end());
            quipu::tool("last").end();
            drop(agent);
        });
        quipu::tool("apart").end();
    });
    let seen = capture.finished().unwrap();
    let span = |name: &str| seen.span(name).unwrap();
    let parents = [
        ("invoke_agent planner", "request"),
        ("step", "invoke_agent planner"),
        ("execute_tool search", "step"),
        ("execute_tool last", "invoke_agent planner"),
    ];
    for (child, parent) in parents {
        assert_eq!(span(child).parent_id, Some(span(parent).span_id), "{child}");
        assert_eq!(span(child).trace_id, span("request").trace_id, "{child}");
    }
    assert_eq!(span("execute_tool apart").parent_id, None);
}
