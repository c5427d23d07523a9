//! Run of agents, recorded by the library.

use std::time::Duration;

use quipu_core::{Batch, Span};
use quipu_sdk::{FutureExt, Recorder, RecorderConfig, Usage, bind, event, events};

/// Two agents in a workflow, with every kind of step.
pub fn run(settings: RecorderConfig) -> Batch {
    let (recorder, mut drain) = Recorder::new(settings);
    recorder.context().scope(work);
    drain.collect(Duration::from_millis(200))
}

pub fn with_contents() -> Batch {
    run(RecorderConfig { log_full_prompts: true, ..RecorderConfig::default() })
}

fn work() {
    let _bound = bind().session("s-1").user("u-1").correlation_id("c-1").data("tenant", "acme").enter();
    let workflow = quipu_sdk::workflow("booking").enter();
    let step = workflow.step("find a flight").enter();
    let mut agent = quipu_sdk::agent("planner").id("a-1").enter();
    ask(&agent.context());
    quipu_sdk::tool("weather").call_id("call_1").arguments(r#"{"city":"Lima"}"#).result("sunny").end();
    agent.hand_off("booker");
    drop(agent);
    drop(step);
    book();
    drop(workflow);
}

fn ask(context: &quipu_sdk::Context) {
    let mut call = context.llm("openai", "gpt-5").temperature(0.5).stream(true).input("Where to?");
    call.first_token();
    call.update(|call| {
        call.usage(Usage::of(900, 40).cache_read(600).reasoning(10))
            .cost("0.0125".parse().unwrap())
            .response_model("gpt-5-2025-08-07")
            .response_id("resp_1")
            .service_tier("priority")
            .finish_reason("stop")
            .output("To Lima.")
    });
    drop(call);
    events::tool_call("weather", "call_1").emit();
}

fn book() {
    let agent = quipu_sdk::agent("booker").framework("langgraph").enter();
    event("order.placed").attribute("order.items", 1).emit();
    quipu_sdk::embedding("openai", "text-embedding-3-small").usage((12, 0)).end();
    let guess = Usage { estimated: true, ..Usage::of(30, 0) };
    quipu_sdk::rerank("cohere", "rerank-v3.5").usage(guess).end();
    quipu_sdk::retrieval("flights").query("Lima").documents(3).end();
    quipu_sdk::memory("read").key("seat").hit(true).end();
    quipu_sdk::guardrail("no-secrets").triggered(true).end();
    quipu_sdk::evaluator("helpful").score(0.9).end();
    quipu_sdk::planning("react").end();
    quipu_sdk::session("s-2").end();
    quipu_sdk::context_assembly("window").end();
    quipu_sdk::file_operation("read", "/etc/hostname").bytes(12).end();
    quipu_sdk::shell_command("ls -la").exit_code(2).end();
    quipu_sdk::vcs("commit").revision("abc123").branch("main").end();
    quipu_sdk::span("anything").end();
    let mut failing = quipu_sdk::tool("transfer_to_billing");
    failing.error("timeout", "no answer");
    drop(failing);
    drop(futures_of(agent.context()));
}

/// A future that is dropped before its end.
fn futures_of(context: quipu_sdk::Context) -> impl Future<Output = ()> {
    let guard = context.tool("given up");
    std::future::pending().in_guard(guard)
}

/// The one span of a name.
pub fn named<'a>(batch: &'a Batch, name: &str) -> &'a Span {
    let mut found = batch.spans.iter().filter(|span| span.name.ends_with(name));
    let span = found.next().unwrap_or_else(|| {
        panic!("no span {name:?} in {:?}", batch.spans.iter().map(|span| &span.name).collect::<Vec<_>>())
    });
    assert!(found.next().is_none(), "several spans {name:?}");
    span
}
