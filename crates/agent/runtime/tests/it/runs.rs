//! Tests of the records that reach the backends.

use std::sync::Arc;
use std::time::Duration;

use quipu_backend_memory::Memory;
use quipu_core::*;

use crate::house::{SOON, library, total};

#[tokio::test]
async fn a_failing_and_a_broken_backend_cost_the_others_nothing() {
    let (one, two) = (Arc::new(Memory::new()), Arc::new(Memory::new()));
    let quipu = library()
        .store(Arc::clone(&one) as _)
        .exporter(Arc::clone(&two) as _)
        .backend("failing:")
        .backend("broken:")
        .backend("pigeon:")
        .init()
        .unwrap();
    for _ in 0..10 {
        quipu.context().llm("openai", "gpt-5").usage((100, 10)).end();
    }
    quipu.flush_async(SOON).await.unwrap();
    assert_eq!(total(&(one as _)).await.llm_calls, 10);
    assert_eq!(total(&(two as _)).await.tokens.total(), 1_100);
    let status = quipu.status();
    let failing = status.backend("failing").unwrap();
    assert!(failing.written == 0 && failing.dropped.values().sum::<u64>() > 0, "{status}");
    assert!(failing.last_error.as_deref().unwrap().contains("nobody is there"), "{status}");
    assert!(
        matches!(&status.backend("broken").unwrap().health, Health::Down(why) if why.contains("the door is locked"))
    );
    assert!(
        matches!(&status.backend("pigeon").unwrap().health, Health::Down(why) if why.contains("sqlite, memory"))
    );
    assert_eq!(status.recorder.spans, 10);
    let text = status.to_string();
    assert!(text.contains("quipu runs") && text.contains("broken: down"), "{text}");
}

#[tokio::test]
async fn everything_of_one_run_is_joined_by_its_trace() {
    let store = Arc::new(Memory::new());
    let quipu = library().store(Arc::clone(&store) as _).init().unwrap();
    let agent = quipu.context().agent("planner").session_id("s-1").user_id("u-1");
    let trace = agent.trace_id().unwrap();
    agent.context().scope(|| {
        quipu_sdk::events::business("order.placed").body("two books").emit();
        quipu_sdk::counter("orders").add(2, &[("kind", "book")]);
        quipu_sdk::llm("openai", "gpt-5").usage((1_000, 100)).end();
        quipu_sdk::tool("search").end();
    });
    agent.end();
    quipu.flush_async(SOON).await.unwrap();
    let row = store.trace(trace).await.unwrap().unwrap();
    assert_eq!((row.spans, row.llm_calls, row.tool_calls, row.cost), (3, 1, 1, "0.00225".parse().ok()));
    assert_eq!(
        (row.session.as_deref(), row.user.as_deref(), row.agents.len()),
        (Some("s-1"), Some("u-1"), 1)
    );
    let query = EventQuery { trace_id: Some(trace), limit: 10, ..EventQuery::default() };
    let events = store.events(&query).await.unwrap().rows;
    let names: Vec<_> = events.iter().map(|event| (event.name.as_str(), event.session.as_deref())).collect();
    assert_eq!(names, [("business.order.placed", Some("s-1"))]);
    let metrics = store.metrics().await.unwrap();
    assert!(metrics.iter().any(|metric| metric.name == "orders"), "{metrics:?}");
    let derived = |name: &str| metrics.iter().any(|metric| metric.name == name);
    assert!(
        derived("gen_ai.client.token.usage") && derived("gen_ai.client.operation.duration"),
        "{metrics:?}"
    );
}

#[tokio::test]
async fn totals_are_exact_whatever_sampling_keeps() {
    for (builder, name) in [
        (library().sample_ratio(0.0), "none at the head"),
        (library().sample_ratio(0.3), "some at the head"),
        (library().keep_errors_and_slow(Duration::from_secs(60), 0.0), "errors at the end"),
    ] {
        let store = Arc::new(Memory::new());
        let quipu = builder.store(Arc::clone(&store) as _).init().unwrap();
        for number in 0..20 {
            let mut agent = quipu.context().agent("planner").session_id("s");
            agent.llm("openai", "gpt-5").usage((100, 10)).end();
            agent.tool("search").end();
            if number % 4 == 0 {
                agent.error("refused", "no");
            }
            agent.end();
        }
        quipu.shutdown_async(SOON).await.unwrap();
        let all = total(&(Arc::clone(&store) as _)).await;
        assert_eq!((all.llm_calls, all.tokens.total()), (20, 2_200), "{name}");
        assert_eq!(all.cost, "0.0045".parse().ok(), "{name}");
        let tools = store.tools(&TraceFilter::default()).await.unwrap();
        assert_eq!(tools.iter().map(|tool| tool.calls).sum::<u64>(), 20, "{name}");
        let sessions = SessionQuery { filter: TraceFilter::default(), limit: 5, cursor: None };
        let sessions = store.sessions(&sessions).await.unwrap().rows;
        assert_eq!(
            sessions.iter().map(|row| (row.traces, row.llm_calls)).collect::<Vec<_>>(),
            [(20, 20)],
            "{name}"
        );
        let page = TraceQuery { limit: 100, ..TraceQuery::default() };
        let shown = store.traces(&page).await.unwrap().rows;
        match name {
            "none at the head" => assert_eq!(shown.len(), 0),
            "some at the head" => assert!(shown.len() < 20, "{}", shown.len()),
            _ => {
                assert_eq!(shown.len(), 5, "{name}");
                assert!(
                    shown.iter().all(|row| row.status == TraceStatus::Error && row.spans == 3),
                    "{shown:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn prompts_and_secrets_stay_out_unless_allowed() {
    for (allowed, builder) in [(false, library()), (true, library().log_full_prompts(true))] {
        let store = Arc::new(Memory::new());
        let quipu = builder.store(Arc::clone(&store) as _).init().unwrap();
        let key = format!("sk-proj-{}", "a1B2c3D4".repeat(4));
        let call =
            quipu.context().llm("openai", "gpt-5").input("what is a quipu?").attribute("note", key.as_str());
        let (trace, span) = (call.trace_id().unwrap(), call.span_id().unwrap());
        call.end();
        quipu.flush_async(SOON).await.unwrap();
        let row = store.span(trace, span).await.unwrap().unwrap();
        let text = format!("{:?}", row.raw.unwrap().attributes);
        assert_eq!(text.contains("what is a quipu?"), allowed, "{text}");
        assert!(!text.contains(&key) && text.contains("[redacted:openai_key]"), "{text}");
    }
}
