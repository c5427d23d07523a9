//! Samples about metrics, tools, primitives and clients.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use quipu::primitives::{cache, router, sequence, timeout};
use quipu::reports::{Baseline, Rule, ToolReports};
use quipu::testing::capture;
use quipu::{PerformanceFigures, ToolUsage};

use super::recorded;

#[test]
fn a_tools_use_is_logged_afterwards() {
    let seen = recorded(|| {
        let took = Duration::from_millis(40);
        // sample: log_tool_usage
        let sizes = ToolUsage { input_size: Some(12), output_size: Some(4_096), ..ToolUsage::ok(took) };
        quipu::log_tool_usage("grep", &ToolUsage { command: Some("grep -r knots ."), ..sizes });
        // end
    });
    let tool = seen.span("execute_tool grep").unwrap();
    assert_eq!(tool.duration(), Some(40_000_000));
    assert_eq!(tool.attributes.get("quipu.tool.output_size"), Some(&4_096.into()));
    assert_eq!(tool.attributes.text("process.command"), Some("grep"));
}

#[test]
fn several_figures_of_performance_are_one_event() {
    let seen = recorded(|| {
        let (duration, tokens, memory_bytes) = (Some(Duration::from_secs(2)), Some(850), Some(64 << 20));
        // sample: log_performance_metrics
        quipu::log_performance_metrics("index", &PerformanceFigures { duration, tokens, memory_bytes });
        // end
    });
    assert_eq!(seen.events().len(), 1);
    let event = seen.event("performance.metric").unwrap();
    assert_eq!(event.attributes.get("quipu.performance.tokens"), Some(&850.into()));
    assert_eq!(event.attributes.get("quipu.performance.memory_bytes"), Some(&(64 << 20).into()));
}

#[test]
fn a_histogram_has_statistics() {
    let capture = capture().unwrap();
    capture.scope(|| {
        // sample: record_histogram
        quipu::histogram("response.time").record(0.2, &[]);
        let stats = quipu::histogram("response.time").with(&[]).stats();
        // end
        let stats = stats.unwrap();
        assert_eq!((stats.count, stats.sum), (1, 0.2));
    });
}

#[test]
fn a_counter_needs_no_declaration() {
    let capture = capture().unwrap();
    capture.scope(|| {
        // sample: custom_counter
        quipu::counter("custom_operations").add(1, &[("operation", "deploy")]);
        // end
    });
    let recorder = capture.context().recorder().unwrap();
    let value = recorder.metrics().value("custom_operations", &[("operation", "deploy")]);
    assert_eq!(value, Some(1.0));
}

#[test]
fn a_step_is_a_span_also_in_synchronous_code() {
    let seen = recorded(|| {
        // sample: start_span
        let _step = quipu::span("load").enter();
        // end
        quipu::tool("read").end();
    });
    let [step, tool] = ["load", "execute_tool read"].map(|name| seen.span(name).unwrap());
    assert_eq!(tool.parent_id, Some(step.span_id));
}

#[tokio::test]
async fn a_tool_has_a_report_and_a_baseline_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let builder = quipu::builder().detached().without_env().without_file().system_metrics(false);
    let quipu = builder.data_dir(folder.path()).init().unwrap();
    let long = Duration::from_secs(2);
    for _ in 0..40 {
        quipu.context().tool("search").started_at(SystemTime::now() - long).duration(long).end();
    }
    quipu.flush_async(Duration::from_secs(10)).await.unwrap();
    let reports = ToolReports::new(quipu.store().unwrap());
    // sample: get_tool_performance_report
    reports.set_baseline("search", Baseline::by_hand(0.99, Duration::from_millis(800)));
    let report = reports.report("search").await.unwrap();
    // end
    let report = report.unwrap();
    assert_eq!((report.tool.calls, report.tool.errors), (40, 0));
    assert!(report.recommendations.iter().any(|one| one.rule == Rule::Slower));
}

async fn add(number: u32) -> Result<u32, Infallible> {
    Ok(number + 1)
}

#[tokio::test]
async fn steps_are_composed() {
    let capture = capture().unwrap();
    // sample: sequence
    let workflow = sequence("sum").then("one", add).then("two", add).then("three", add);
    // end
    assert_eq!(capture.run(workflow.run(0)).await, Ok(3));
    let seen = capture.finished().unwrap();
    let flow = seen.span("invoke_workflow sum").unwrap();
    assert_eq!(seen.spans().iter().filter(|span| span.parent_id == Some(flow.span_id)).count(), 3);
}

#[tokio::test]
async fn a_router_a_cache_and_a_timeout_record_themselves() {
    let capture = capture().unwrap();
    // sample: router_cache_timeout
    let desk = router("desk").route("fast", add).otherwise(add);
    let answers = cache("answers", 100, Duration::from_secs(60));
    let patience = timeout("answer", Duration::from_secs(20));
    // end
    let work = async {
        assert_eq!(desk.run("fast", 1).await, Ok(2));
        for _ in 0..2 {
            assert_eq!(answers.run(7, || add(7)).await, Ok(8));
        }
        patience.run_value(add(1)).await.unwrap().unwrap();
    };
    capture.run(work).await;
    let seen = capture.finished().unwrap();
    let route = seen.span("router desk").unwrap().attributes.text("quipu.router.route");
    assert_eq!(route, Some("fast"));
    let cached = |result: &str| {
        let all = seen.spans().iter().filter(|span| span.name == "cache answers");
        all.filter(|span| span.attributes.text("quipu.cache.result") == Some(result)).count()
    };
    assert_eq!((cached("miss"), cached("hit")), (1, 1));
    assert!(seen.span("timeout answer").is_some());
}

#[tokio::test]
async fn a_client_is_observed_in_one_line() {
    let capture = capture().unwrap();
    // sample: httpx_instrument
    let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
        .with(quipu::http::Middleware::new())
        .build();
    // end
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let body = serde_json::json!({"model": "gpt-4o", "messages": []});
    let request = client.post(format!("http://{address}/v1/chat/completions")).json(&body);
    capture.run(request.send()).await.unwrap_err();
    let seen = capture.finished().unwrap();
    let call = seen.span("chat gpt-4o").unwrap();
    assert!(call.attributes.text("error.type").is_some(), "no server listens: {call:?}");
}
