//! Multi-agent: a planner hands over to a researcher with a tool, and to a writer; all of them call a model.

use anyhow::{Context as _, Result};
use quipu::core::{EventQuery, Kind, SpanQuery, TraceId};
use quipu::{Quipu, Usage, events};
use quipu_examples::{ModelServer, data_dir, print_recorded};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<()> {
    // Prompts and answers are recorded where that is asked for, and nowhere else.
    let quipu = quipu::builder()
        .service("multi-agent")
        .data_dir(data_dir("multi_agent"))
        .log_full_prompts(true)
        .init()?;
    let model = ModelServer::start().await?;

    // One workflow, one trace. Values bound to it belong to every span and event within.
    let workflow = quipu::workflow("city-report").session_id("s-42").user_id("u-7");
    let trace_id = workflow.trace_id();
    let report = workflow.run(plan(&model.url(), "Lima")).await?;
    println!("{report}");

    print_recorded(&quipu, trace_id).await?;
    print_said(&quipu, trace_id.context("nothing is recorded")?).await
}

async fn plan(model: &str, city: &str) -> Result<String> {
    let mut planner = quipu::agent("planner").input(city);
    events::agent_start("planner").in_context(&planner.context()).emit();
    // Spans made within are children of the planner's span, which stays open.
    planner.within(ask(model, &format!("Plan a report on {city}"))).await?;

    planner.hand_off("researcher");
    let facts = planner.within(research(model, city)).await;
    // `check` records an error and passes the result on.
    let facts = planner.check(facts)?;

    planner.hand_off("writer");
    let report = planner.within(write(model, &facts)).await;
    let report = planner.check(report)?;
    events::agent_stop("planner").in_context(&planner.context()).emit();
    planner.output(&report).end();
    Ok(report)
}

async fn research(model: &str, city: &str) -> Result<String> {
    let work = async {
        let height = altitude(city)?;
        ask(model, &format!("Describe {city}, {height} m above the sea")).await
    };
    // An agent whose work is one future needs no more than this.
    quipu::agent("researcher").run(work).await
}

async fn write(model: &str, facts: &str) -> Result<String> {
    quipu::agent("writer").run(ask(model, &format!("Write it up: {facts}"))).await
}

/// A tool. In code that is not asynchronous a guard can be entered.
fn altitude(city: &str) -> Result<u32> {
    let mut tool = quipu::tool("altitude").call_id("call_1").enter();
    events::tool_call("altitude", "call_1").emit();
    let known = [("Cusco", 3_399), ("Lima", 154), ("Arequipa", 2_335)];
    let found = known.iter().find(|(name, _)| *name == city).map(|(_, height)| *height);
    events::tool_result("altitude", "call_1", found.is_some()).emit();
    tool.check(found.with_context(|| format!("nobody knows how high {city} lies")))
}

/// Calls the model with a guard by hand. The example `agent_loop` uses a middleware instead, which needs no
/// such code.
async fn ask(model: &str, prompt: &str) -> Result<String> {
    let request = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": prompt }] });
    let call = quipu::llm("openai", "gpt-4o").input(prompt);
    // Usage from the answer is added before the span ends.
    let answer = call.run_then(post(model, &request), |call, answer| {
        let tokens = |key: &str| answer["usage"][key].as_u64().unwrap_or_default();
        call.response_model(answer["model"].as_str().unwrap_or_default())
            .usage(Usage::of(tokens("prompt_tokens"), tokens("completion_tokens")))
            .finish_reason("stop")
            .output(said(answer))
    });
    Ok(said(&answer.await?).to_owned())
}

fn said(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"].as_str().unwrap_or_default()
}

async fn post(url: &str, body: &Value) -> Result<Value> {
    Ok(reqwest::Client::new().post(url).json(body).send().await?.error_for_status()?.json().await?)
}

/// Prints the messages and events as they are in the store, which gives the newest event first.
async fn print_said(quipu: &Quipu, trace_id: TraceId) -> Result<()> {
    let store = quipu.store().context("no store was opened")?;
    for span in store
        .spans(&SpanQuery::of(trace_id).in_full())
        .await?
        .rows
        .iter()
        .filter(|span| span.kind == Kind::Llm)
    {
        let raw = span.raw.as_deref().context("asked for in full")?;
        println!("said: {}", raw.attributes.text("gen_ai.output.messages").unwrap_or_default());
    }
    for event in store.events(&EventQuery::of(trace_id)).await?.rows.into_iter().rev() {
        println!("event: {} of session {}", event.name, event.session.unwrap_or_default());
    }
    Ok(())
}
