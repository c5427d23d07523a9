//! Samples about spans, functions and events.

use std::io::Error;

use quipu::{EventFilter, Level, RecorderConfig, events};

use quipu::testing::{capture, capture_with};

use super::recorded;

#[test]
fn an_event_has_session_correlation_and_framework() {
    let seen = recorded(|| {
        // sample: log_agent_start
        let _bound = quipu::bind().session("s-1").correlation_id("c-1").framework("langgraph").enter();
        events::agent_start("architect").attribute("agent.type", "planner").emit();
        // end
    });
    let event = seen.event("agent.start").unwrap();
    assert_eq!((event.session.as_deref(), event.framework.as_deref()), (Some("s-1"), Some("langgraph")));
    assert_eq!(event.attributes.text("quipu.correlation_id"), Some("c-1"));
    assert_eq!(event.attributes.text("agent.type"), Some("planner"));
}

#[test]
fn events_are_filtered() {
    // sample: event_filter
    let filter = EventFilter::default().allow_framework("crewai").only(|event| event.session.is_some());
    // end
    let recorder = |config| RecorderConfig { level: Level::Warning, events: filter, ..config };
    let capture = capture_with(|builder| builder.recorder(recorder)).unwrap();
    capture.scope(|| {
        let _bound = quipu::bind().session("s").framework("crewai").enter();
        quipu::event!(WARNING, "kept");
        quipu::event!(INFO, "low");
        let _other = quipu::bind().framework("langgraph").enter();
        quipu::event!(ERROR, "other");
    });
    let seen = capture.finished().unwrap();
    let names: Vec<&str> = seen.events().iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["kept"]);
}

#[tokio::test]
async fn an_agents_operation_is_traced() {
    let capture = capture().unwrap();
    let work = async {
        // sample: trace_agent_operation
        quipu::agent("architect").framework("langgraph").run(plan()).await
        // end
    };
    capture.run(work).await.unwrap_err();
    let seen = capture.finished().unwrap();
    let run = seen.span("invoke_agent architect").unwrap();
    assert_eq!(run.attributes.text("quipu.framework"), Some("langgraph"));
    assert_eq!(run.status_message, "no plan");
}

async fn plan() -> Result<(), Error> {
    Err(Error::other("no plan"))
}

// sample: trace_function
#[quipu::observe(name = "data_processing", fields(component = "data_pipeline"))]
// end
fn process(rows: usize) -> usize {
    rows * 2
}

// sample: observe
#[quipu::observe(metric = "checkout.duration", log = "debug", trace = true)]
// end
fn check_out() {}

// sample: track_tool_execution
#[quipu::observe(kind = "tool", name = "formatter")]
// end
fn format_code() {}

// sample: monitored_operation
#[quipu::observe(kind = "task", metric = "indexing.duration")]
// end
async fn index() -> Result<(), Error> {
    Err(Error::other("the index is read-only"))
}

#[tokio::test]
async fn functions_are_observed_by_an_attribute() {
    assert_eq!(process(1), 2, "without a library the function runs");
    let capture = capture_with(|builder| builder.level(Level::Debug)).unwrap();
    capture.scope(|| {
        process(2);
        check_out();
        format_code();
    });
    capture.run(index()).await.unwrap_err();
    let seen = capture.finished().unwrap();
    let component = seen.span("data_processing").unwrap().attributes.text("component");
    assert_eq!((component, seen.tools()), (Some("data_pipeline"), vec!["formatter"]));
    assert!(
        seen.span("check_out").is_some() && seen.events().iter().any(|event| event.level == Level::Debug)
    );
    assert_eq!(seen.span("index").unwrap().status_message, "the index is read-only");
    let metrics = capture.context().recorder().unwrap();
    let count = |name: &str| metrics.metrics().stats(name).map(|stats| stats.count);
    assert_eq!([count("checkout.duration"), count("indexing.duration")], [Some(1), Some(1)]);
}

#[test]
fn a_model_call_is_a_span() {
    let seen = recorded(|| {
        // sample: observe_span
        let call = quipu::llm("openai", "gpt-4");
        // end
        call.usage((10, 2)).end();
    });
    assert_eq!((seen.calls().count(), seen.tokens()), (1, 12));
}

#[test]
fn an_event_with_bound_data_is_one_line() {
    let seen = recorded(|| {
        // sample: logger_bind
        quipu::bind().session("s-1").context().scope(|| quipu::event!(INFO, "plan.made", tasks = 5));
        // end
    });
    let event = seen.event("plan.made").unwrap();
    assert_eq!(event.session.as_deref(), Some("s-1"));
    assert_eq!(event.attributes.get("tasks"), Some(&5.into()));
}

#[test]
fn a_business_event_has_fields() {
    let seen = recorded(|| {
        // sample: log_business_event
        quipu::event!(INFO, "business.deployment", environment = "staging", services = 3);
        // end
    });
    let event = seen.event("business.deployment").unwrap();
    assert_eq!(event.attributes.text("environment"), Some("staging"));
    assert_eq!(event.attributes.get("services"), Some(&3.into()));
}

#[test]
fn a_span_is_made_by_hand() {
    let seen = recorded(|| {
        // sample: manual_span
        let mut span = quipu::span("checkout").attribute("cart.items", 3);
        span.event("cart.validated", &[("coupon", true.into())]);
        span.end();
        // end
    });
    let span = seen.span("checkout").unwrap();
    assert_eq!(span.attributes.get("cart.items"), Some(&3.into()));
    assert_eq!(span.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["cart.validated"]);
}

#[test]
fn an_error_marks_its_span() {
    let risky_operation = || Err::<(), _>(Error::other("connection refused"));
    let seen = recorded(|| {
        let mut guard = quipu::task("risky");
        // sample: risky_operation
        let result = guard.check(risky_operation());
        // end
        assert!(result.is_err());
    });
    assert_eq!(seen.span("risky").unwrap().status_message, "connection refused");
}

#[test]
fn finished_spans_are_read_in_a_test() {
    let capture = capture().unwrap();
    capture.scope(|| quipu::span("step").end());
    // sample: get_finished_spans
    let seen = capture.finished().unwrap();
    let spans = seen.spans();
    // end
    assert_eq!((spans.len(), spans[0].name.as_str()), (1, "step"));
}
