//! Tests of spans: recorded values, and parents across scopes, threads, tasks, panics and cancellation.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Span, SpanKind, Status, Value};
use quipu_sdk::{Context, Drain, FutureExt, Recorder, RecorderConfig, Usage, Usd};

fn recording() -> (Recorder, Drain) {
    Recorder::new(RecorderConfig::default())
}

fn spans(drain: &mut Drain) -> Vec<Span> {
    drain.collect(Duration::ZERO).spans
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {spans:?}"))
}

fn is_child(spans: &[Span], child: &str, parent: &str) -> bool {
    let (child, parent) = (named(spans, child), named(spans, parent));
    child.parent_id == Some(parent.span_id) && child.trace_id == parent.trace_id
}

#[test]
fn a_call_is_recorded_with_all_that_was_said_of_it() {
    let (recorder, mut drain) =
        Recorder::new(RecorderConfig { log_full_prompts: true, ..RecorderConfig::default() });
    let mut call = recorder
        .context()
        .llm("openai", "gpt-5")
        .temperature(0.2)
        .top_p(0.9)
        .max_tokens(1_024)
        .stream(true)
        .input("hi")
        .response_model("gpt-5-2025-08-07")
        .finish_reason("stop")
        .finish_reason("length")
        .usage(Usage {
            input_audio: Some(7),
            ..Usage::of(1_200, 345).cache_read(800).unit("web_searches", 2)
        })
        .cost(Usd::from_reported(0.25).unwrap())
        .attribute("order", "o-1")
        .attribute("order", "o-2")
        .attribute("list", Value::Array(vec![Value::Int(1), Value::Map(vec![("k".into(), Value::Null)])]))
        .tag("a")
        .tag("b");
    call.first_token();
    call.first_token();
    call.event("moderated", &[("flagged", false.into())]);
    call.ok().end();
    let spans = spans(&mut drain);
    let span = named(&spans, "chat gpt-5");
    assert_eq!((span.kind, span.status, span.scope.name.as_str()), (SpanKind::Client, Status::Ok, "quipu"));
    let text = |key: &str| span.attributes.text(key);
    assert_eq!(text("quipu.kind"), Some("llm"));
    assert_eq!(text("gen_ai.operation.name"), Some("chat"));
    assert_eq!(text("gen_ai.provider.name"), Some("openai"));
    assert_eq!(text("gen_ai.response.model"), Some("gpt-5-2025-08-07"));
    assert_eq!(text("quipu.reported_cost_usd").and_then(|cost| cost.parse().ok()), Some(0.25));
    assert_eq!(text("order"), Some("o-2"), "a later value replaces an earlier one");
    let messages = text("gen_ai.input.messages").and_then(|json| serde_json::from_str(json).ok());
    let said = serde_json::json!([{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]);
    assert_eq!(messages, Some(said));
    let int = |key: &str| span.attributes.get(key).and_then(Value::as_int);
    assert_eq!(int("gen_ai.usage.input_tokens"), Some(1_200));
    assert_eq!(int("gen_ai.usage.cache_read.input_tokens"), Some(800));
    assert_eq!(int("gen_ai.usage.audio.input_tokens"), Some(7));
    assert_eq!(int("gen_ai.usage.reasoning.output_tokens"), None);
    assert_eq!(int("quipu.units.web_searches"), Some(2));
    let list = |words: &[&str]| Value::Array(words.iter().map(|word| Value::from(*word)).collect());
    assert_eq!(span.attributes.get("gen_ai.response.finish_reasons"), Some(&list(&["stop", "length"])));
    assert_eq!(span.attributes.get("tag.tags"), Some(&list(&["a", "b"])));
    assert_eq!(span.attributes.get("list").and_then(Value::as_array).map(<[_]>::len), Some(2));
    assert!(span.attributes.get("gen_ai.response.time_to_first_chunk").is_some());
    assert_eq!(span.events[0].name, "moderated");
    assert!(span.start <= span.events[0].time && Some(span.events[0].time) <= span.end);
    let age = quipu_core::Clock::now(&quipu_core::SystemClock).since(span.start);
    assert!((0..60_000_000_000).contains(&age), "started {age} ns ago");
}

#[test]
fn names_and_kinds_are_those_of_opentelemetry() {
    let (recorder, mut drain) = recording();
    let context = recorder.context();
    context.agent("planner").end();
    context.workflow("trip").end();
    context.tool("weather").end();
    context.embedding("openai", "small").end();
    context.retrieval("docs").top_k(5).end();
    context.planning("react").end();
    context.task("collect").end();
    context.span("plain").end();
    context.llm("openai", "gpt-5").attribute("gen_ai.operation.name", "generate_content").end();
    let spans = spans(&mut drain);
    for name in [
        "invoke_agent planner",
        "invoke_workflow trip",
        "execute_tool weather",
        "embeddings small",
        "retrieval docs",
        "plan react",
        "collect",
        "plain",
        "generate_content gpt-5",
    ] {
        named(&spans, name);
    }
    let (trip, docs) = (named(&spans, "invoke_workflow trip"), named(&spans, "retrieval docs"));
    assert_eq!(trip.attributes.text("gen_ai.agent.name"), Some("trip"));
    assert_eq!(docs.attributes.get("gen_ai.retrieval.top_k"), Some(&Value::Int(5)));
    let agent = named(&spans, "invoke_agent planner");
    assert_eq!(agent.attributes.text("gen_ai.agent.name"), Some("planner"));
    assert_eq!(agent.kind, SpanKind::Internal);
}

#[test]
fn what_is_bound_is_on_every_record_below() {
    let (recorder, mut drain) = recording();
    let agent = recorder.context().agent("planner").session_id("s-1").user_data("tenant", "t-1").enter();
    quipu_sdk::tool("weather").attribute("session.id", "by hand").end();
    quipu_sdk::tool("search").end();
    drop(agent);
    let spans = spans(&mut drain);
    let tool = named(&spans, "execute_tool search");
    for (key, value) in
        [("session.id", "s-1"), ("gen_ai.agent.name", "planner"), ("quipu.data.tenant", "t-1")]
    {
        assert_eq!(tool.attributes.text(key), Some(value));
        assert_eq!(tool.attributes.iter().filter(|(known, _)| known == key).count(), 1);
    }
    let other = named(&spans, "execute_tool weather");
    assert_eq!(other.attributes.text("session.id"), Some("by hand"), "what was said by hand stays");
}

#[test]
fn entered_guards_are_parents_and_others_are_not() {
    let (recorder, mut drain) = recording();
    recorder.context().scope(|| {
        let agent = quipu_sdk::agent("planner").enter();
        let idle = quipu_sdk::task("idle");
        quipu_sdk::tool("weather").end();
        idle.end();
        drop(agent);
        quipu_sdk::task("after").end();
    });
    let spans = spans(&mut drain);
    assert!(is_child(&spans, "execute_tool weather", "invoke_agent planner"));
    assert!(is_child(&spans, "idle", "invoke_agent planner"));
    assert_eq!(named(&spans, "after").parent_id, None);
    assert_ne!(named(&spans, "after").trace_id, named(&spans, "idle").trace_id);
}

#[test]
fn contexts_go_to_other_threads() {
    let (recorder, mut drain) = recording();
    let agent = recorder.context().agent("planner");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let context = agent.context();
            scope.spawn(move || context.scope(|| quipu_sdk::tool("weather").end()));
        }
    });
    agent.end();
    let spans = spans(&mut drain);
    assert_eq!(spans.iter().filter(|span| span.parent_id.is_some()).count(), 4);
    assert!(is_child(&spans, "execute_tool weather", "invoke_agent planner"));
}

#[test]
fn a_guard_can_begin_here_and_end_there() {
    let (recorder, mut drain) = recording();
    let guard = recorder.context().task("moved");
    std::thread::spawn(move || guard.attribute("where", "there").end()).join().unwrap();
    assert_eq!(named(&spans(&mut drain), "moved").attributes.text("where"), Some("there"));
}

#[test]
fn a_panic_is_recorded_and_passed_on() {
    let (recorder, mut drain) = recording();
    let panicked = std::panic::catch_unwind(|| {
        let _guard = recorder.context().task("doomed");
        struct Late(Recorder);
        impl Drop for Late {
            fn drop(&mut self) {
                self.0.context().task("clean up").end();
            }
        }
        let _late = Late(recorder);
        std::panic::resume_unwind(Box::new("as it may be"));
    });
    assert!(panicked.is_err());
    let spans = spans(&mut drain);
    let doomed = named(&spans, "doomed");
    assert_eq!((doomed.status, doomed.attributes.text("error.type")), (Status::Error, Some("panic")));
    assert_eq!(named(&spans, "clean up").status, Status::Unset, "it did not fail itself");
}

#[test]
fn errors_are_recorded_and_passed_on() {
    let (recorder, mut drain) = recording();
    let mut guard = recorder.context().tool("parse");
    let result = guard.check("x".parse::<i32>());
    assert!(result.is_err());
    guard.end();
    let spans = spans(&mut drain);
    let span = named(&spans, "execute_tool parse");
    assert_eq!((span.status, span.attributes.text("error.type")), (Status::Error, Some("ParseIntError")));
    assert_eq!(span.status_message, "invalid digit found in string");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guards_are_held_across_await_and_tasks_find_their_parents() {
    let (recorder, mut drain) = recording();
    let agent = recorder.context().agent("planner");
    let context = agent.context();
    let work = async {
        let held = quipu_sdk::task("held");
        tokio::task::yield_now().await;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let work = async {
                    // Work that yields, so another thread can continue it.
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    quipu_sdk::tool("weather").end();
                };
                tokio::spawn(work.in_current_context())
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        held.end();
        assert_eq!(Context::current().span_id(), context.span_id());
    };
    agent.instrument(work).await;
    assert_eq!(Context::current().span_id(), None);
    let spans = spans(&mut drain);
    assert!(is_child(&spans, "held", "invoke_agent planner"));
    let agent = named(&spans, "invoke_agent planner");
    assert_eq!(spans.iter().filter(|span| span.parent_id == Some(agent.span_id)).count(), 9);
}

#[tokio::test]
async fn a_cancelled_future_says_so() {
    let (recorder, mut drain) = recording();
    let forever = recorder.context().task("forever").instrument(std::future::pending::<()>());
    assert!(tokio::time::timeout(Duration::from_millis(5), forever).await.is_err());
    let done = recorder.context().task("done").run(async { Ok::<_, std::fmt::Error>(1) }).await;
    assert_eq!(done, Ok(1));
    let spans = spans(&mut drain);
    assert_eq!(named(&spans, "forever").attributes.text("error.type"), Some("cancelled"));
    assert_eq!(named(&spans, "done").attributes.text("error.type"), None);
}

#[tokio::test]
async fn what_is_run_and_given_up_says_so() {
    let (recorder, mut drain) = recording();
    let forever = std::future::pending::<Result<(), std::fmt::Error>>();
    let run = recorder.context().task("run").run(forever);
    assert!(tokio::time::timeout(Duration::from_millis(5), run).await.is_err());
    drop(recorder.context().task("never polled").run(async { Ok::<_, std::fmt::Error>(()) }));
    let spans = spans(&mut drain);
    for name in ["run", "never polled"] {
        assert_eq!(named(&spans, name).attributes.text("error.type"), Some("cancelled"), "{name}");
    }
}

#[tokio::test]
async fn a_panic_in_a_task_is_no_cancellation() {
    async fn doomed(wait: bool) -> Result<(), std::fmt::Error> {
        if wait {
            tokio::task::yield_now().await;
        }
        std::panic::resume_unwind(Box::new("as it may be"))
    }
    let (recorder, mut drain) = recording();
    let run = recorder.context().task("run").run(doomed(false));
    assert!(tokio::spawn(run).await.unwrap_err().is_panic());
    let instrumented = recorder.context().task("instrumented").instrument(doomed(true));
    assert!(tokio::spawn(instrumented).await.unwrap_err().is_panic());
    let spans = spans(&mut drain);
    for name in ["run", "instrumented"] {
        let span = named(&spans, name);
        assert_eq!(
            (span.status, span.attributes.text("error.type")),
            (Status::Error, Some("panic")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_guard_is_the_parent_of_several_steps_and_ends_after_them() {
    let (recorder, mut drain) = recording();
    let mut agent = recorder.context().agent("planner");
    for step in ["one", "two"] {
        let done = agent.within(async move {
            tokio::task::yield_now().await;
            quipu_sdk::task(step).end();
            step
        });
        // The future borrows nothing from the guard, and can move to another thread.
        let done = tokio::spawn(done);
        agent.event("asked", &[]);
        assert_eq!(done.await.unwrap(), step);
    }
    assert!(spans(&mut drain).iter().all(|span| span.parent_id == agent.span_id()));
    agent.end();
    let spans = spans(&mut drain);
    assert_eq!(spans.len(), 1);
    assert_eq!((spans[0].name.as_str(), spans[0].status), ("invoke_agent planner", Status::Unset));
}

#[tokio::test]
async fn what_came_of_the_work_is_said_before_the_end() {
    let (recorder, mut drain) = recording();
    let call = || recorder.context().llm("openai", "gpt-5");
    let work = async {
        quipu_sdk::task("within").end();
        "41".parse::<u64>()
    };
    assert_eq!(call().run_then(work, |call, tokens| call.usage((*tokens, 1)).ok()).await, Ok(41));
    let failed = call().run_then(async { "x".parse::<u64>() }, |call, _| call.ok()).await;
    assert!(failed.is_err());
    let spans = spans(&mut drain);
    assert!(is_child(&spans, "within", "chat gpt-5"));
    let calls: Vec<_> = spans.iter().filter(|span| span.name == "chat gpt-5").collect();
    let tokens = calls[0].attributes.get("gen_ai.usage.input_tokens").and_then(Value::as_int);
    assert_eq!((calls[0].status, tokens), (Status::Ok, Some(41)));
    assert_eq!(calls[1].status, Status::Error, "what is said where it went well is not said");
    assert_eq!(calls[1].attributes.text("error.type"), Some("ParseIntError"));
}

#[test]
fn links_and_foreign_spans() {
    let (recorder, mut drain) = recording();
    let earlier = recorder.context().task("earlier");
    let mut foreign = recorder.context().foreign("rig", "completion").link(&earlier.context());
    foreign.rename("completion gpt-5");
    foreign.span_kind(SpanKind::Producer);
    foreign.status(Status::Error, "over");
    foreign.status(Status::Error, "");
    foreign.end();
    let spans = spans(&mut drain);
    let foreign = named(&spans, "completion gpt-5");
    assert_eq!((foreign.scope.name.as_str(), foreign.kind), ("rig", SpanKind::Producer));
    assert_eq!((foreign.status, foreign.status_message.as_str()), (Status::Error, "over"));
    assert_eq!(foreign.attributes.get("quipu.kind"), None);
    assert_eq!(Some(foreign.links[0].span_id), earlier.span_id());
}

#[test]
fn where_nobody_records_nothing_is() {
    let guard = Context::default().agent("nobody");
    assert!(!guard.is_recording());
    assert_eq!(guard.llm("a", "b").span_id(), None);
    let settings = Arc::new(RecorderConfig::default());
    assert_eq!(settings.ring_bytes, 1 << 20);
}
