//! Tests of recording: guards, events, HTTP, `tracing`.

use quipu::core::{Kind, Level, Status, Tokens};
use serde_json::json;

use crate::run::{Run, usd};

#[tokio::test]
async fn quickstart() {
    let run = Run::of(env!("CARGO_BIN_EXE_quickstart"));
    let trace = run.trace().await;
    assert_eq!((trace.name.as_str(), trace.service.as_deref()), ("chat gpt-4o", Some("quickstart")));
    assert_eq!((trace.spans, trace.llm_calls, trace.tool_calls, trace.errors), (1, 1, 0, 0));
    assert_eq!(trace.tokens, Tokens { input: 1_200, output: 85, cache_read: 1_000, ..Tokens::default() });
    // 200 tokens in full, 1,000 from the cache, 85 out, at OpenAI's prices for a million.
    assert_eq!(trace.cost, Some(usd(&[(200, "2.5"), (1_000, "1.25"), (85, "10")])));
    assert!(run.output.contains("tokens: 1200 in, 85 out; cost: $0.0026\n"), "{}", run.output);
    assert!(run.output.contains("\nsqlite: ready, "), "{}", run.output);
    assert!(!run.output.contains("\nfile: "), "JSON Lines are written on request only: {}", run.output);
}

#[tokio::test]
async fn multi_agent() {
    let run = Run::of(env!("CARGO_BIN_EXE_multi_agent"));
    let trace = run.trace().await;
    assert_eq!((trace.session.as_deref(), trace.user.as_deref()), (Some("s-42"), Some("u-7")));
    assert_eq!(trace.agents, ["planner", "researcher", "writer"]);
    assert_eq!((trace.llm_calls, trace.tool_calls, trace.errors), (3, 1, 0));
    let edges = [
        " > invoke_workflow city-report",
        "invoke_agent planner > chat gpt-4o",
        "invoke_agent planner > invoke_agent researcher",
        "invoke_agent planner > invoke_agent writer",
        "invoke_agent researcher > chat gpt-4o",
        "invoke_agent researcher > execute_tool altitude",
        "invoke_agent writer > chat gpt-4o",
        "invoke_workflow city-report > invoke_agent planner",
    ];
    assert_eq!(run.edges(trace.trace_id).await, edges);

    // The model server counts four characters a token.
    let described = "Done: Describe Lima, 154 m above the sea";
    let written = format!("Write it up: {described}");
    let prompts = ["Plan a report on Lima", "Describe Lima, 154 m above the sea", &written];
    let tokens = |json: serde_json::Value| json.to_string().len() as u64 / 4;
    let input = prompts.iter().map(|said| tokens(json!([{ "role": "user", "content": said }]))).sum();
    let output = prompts
        .iter()
        .map(|said| tokens(json!({ "role": "assistant", "content": format!("Done: {said}") })))
        .sum();
    assert_eq!(trace.tokens, Tokens { input, output, ..Tokens::default() });
    assert_eq!(trace.cost, Some(usd(&[(input, "2.5"), (output, "10")])));

    let spans = run.spans(trace.trace_id).await;
    let planner = spans.iter().find(|span| span.name == "invoke_agent planner").unwrap();
    let events = &planner.raw.as_ref().unwrap().events;
    let to: Vec<_> = events
        .iter()
        .map(|event| (event.name.as_str(), event.attributes.text("gen_ai.handoff.to_agent")))
        .collect();
    assert_eq!(to, [("handoff", Some("researcher")), ("handoff", Some("writer"))]);
    assert!(
        run.output.contains(&format!("said: [{{\"parts\":[{{\"content\":\"Done: {written}\"")),
        "{}",
        run.output
    );

    let events = run.events(trace.trace_id).await;
    let said: Vec<_> = events.iter().map(|event| (event.name.as_str(), event.agent.as_deref())).collect();
    let expected = [
        ("agent.start", "planner"),
        ("tool.call", "researcher"),
        ("tool.result", "researcher"),
        ("agent.stop", "planner"),
    ];
    assert_eq!(said, expected.map(|(name, agent)| (name, Some(agent))));
    assert!(events.iter().all(|event| event.session.as_deref() == Some("s-42")));
    let tool = spans.iter().find(|span| span.kind == Kind::Tool).unwrap();
    assert_eq!(events[1].span_id, Some(tool.span_id));
}

#[tokio::test]
async fn axum_service() {
    let run = Run::of(env!("CARGO_BIN_EXE_axum_service"));
    let trace = run.trace().await;
    let edges = [
        " > invoke_agent traveller",
        "GET /weather/{city} > chat gpt-4o-mini",
        "GET > GET /weather/{city}",
        "invoke_agent traveller > GET",
    ];
    assert_eq!(run.edges(trace.trace_id).await, edges);
    assert_eq!((trace.session.as_deref(), trace.llm_calls, trace.errors), (Some("s-1"), 1, 0));
    assert_eq!(trace.tokens, Tokens { input: 400, output: 20, ..Tokens::default() });
    assert_eq!(trace.cost, Some(usd(&[(400, "0.15"), (20, "0.6")])));
    // Values bound by the client came over with the request.
    assert!(run.output.starts_with("the service answered: mist over Lima, for acme\n"), "{}", run.output);
    let events = run.events(trace.trace_id).await;
    assert_eq!((events[0].name.as_str(), events[0].level), ("weather.told", Level::Success));
    assert_eq!(events[0].session.as_deref(), Some("s-1"));
    assert_eq!(events[0].attributes.text("quipu.data.tenant"), Some("acme"));
    for span in run.spans(trace.trace_id).await.iter().filter(|span| span.name.starts_with("GET")) {
        let status = span
            .raw
            .as_ref()
            .unwrap()
            .attributes
            .get("http.response.status_code")
            .and_then(|status| status.as_int());
        assert_eq!((status, span.status), (Some(200), Status::Unset), "{}", span.name);
    }
}

#[tokio::test]
async fn tracing_bridge() {
    let run = Run::of(env!("CARGO_BIN_EXE_tracing_bridge"));
    let trace = run.trace().await;
    let edges = [" > request", "request > run", "run > chat", "run > execute_tool order_state"];
    assert_eq!(run.edges(trace.trace_id).await, edges);
    assert_eq!((trace.agents.as_slice(), trace.llm_calls, trace.tool_calls), (&["clerk".into()][..], 1, 1));
    assert_eq!(trace.tokens, Tokens { input: 600, output: 30, ..Tokens::default() });
    assert_eq!(trace.cost, Some(usd(&[(600, "2.5"), (30, "10")])));
    let events = run.events(trace.trace_id).await;
    let said: Vec<_> =
        events.iter().map(|event| (event.name.as_str(), event.level, event.body.as_str())).collect();
    let expected = [
        ("function.complete", Level::Info, None),
        ("", Level::Warning, Some("the connection was slow")),
        ("", Level::Info, Some("the customer was answered")),
    ];
    assert_eq!(said, expected);
    // A record of `log` is in the span in which it was made.
    let spans = run.spans(trace.trace_id).await;
    let chat = spans.iter().find(|span| span.name == "chat").unwrap();
    assert_eq!(events[1].span_id, Some(chat.span_id));
    assert_eq!(events[1].attributes.text("target"), Some("tracing_bridge::clerk"));
    let tool = spans.iter().find(|span| span.kind == Kind::Tool).unwrap();
    assert_eq!(tool.raw.as_ref().unwrap().attributes.get("order").and_then(|order| order.as_int()), Some(41));
    assert_eq!(run.last("quipu.function.calls").await, 1.0);
    assert!(
        run.output.contains("chat{gen_ai.operation.name=\"chat\""),
        "other subscribers are as they were: {}",
        run.output
    );
}
