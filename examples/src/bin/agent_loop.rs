//! Agent loop: model, tool, model, tool … until there is an answer. A middleware reads the calls of the model
//! from the wire.

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use quipu::Access;
use quipu::core::UsageQuery;
use quipu::http::Middleware;
use quipu::prometheus::{Config, Prometheus};
use quipu_examples::{ModelServer, data_dir, print_recorded};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::{Value, json};

const MOST_TURNS: usize = 8;

#[tokio::main]
async fn main() -> Result<()> {
    // `.backend("prometheus:127.0.0.1:9464")` opens one by its URI. Opened like this, it can say which port
    // it got.
    let prometheus = Arc::new(Prometheus::open(Config::at((Ipv4Addr::LOCALHOST, 0).into()))?);
    let folder = data_dir("agent_loop");
    let quipu =
        quipu::builder().service("agent-loop").data_dir(&folder).exporter(prometheus.clone()).init()?;

    // Give this client to the code that calls a model: it needs no further code. A provider is recognised by
    // its host, and your own server by the shape of its requests.
    let client = ClientBuilder::new(reqwest::Client::new()).with(Middleware::new()).build();
    let server = ModelServer::start().await?;

    let agent = quipu::agent("packer").session_id("s-7").user_id("u-1").correlation_id("request-1");
    let trace_id = agent.trace_id();
    let answer = agent.run(answer(&client, &server.url(), "What shall I pack for Paris?")).await?;
    println!("{answer}");

    print_recorded(&quipu, trace_id).await?;
    println!("the model server says the same: {:?}", server.told());
    // Another process may read while this one runs, as the program `quipu` does.
    let reader = quipu::open("sqlite:", &folder, Access::Read)?;
    let usage = reader.usage(&UsageQuery::default()).await?;
    println!("a second reader sees {} calls so far", usage.first().map_or(0, |all| all.totals.llm_calls));
    print_page(&prometheus).await
}

async fn answer(client: &ClientWithMiddleware, url: &str, question: &str) -> Result<String> {
    quipu::events::agent_start("packer").emit();
    // Metrics by hand complement those that are derived from spans. With `with`, the labels are looked up
    // once.
    let turns = quipu::counter("packer.turns").with(&[("agent", "packer")]);
    let mut messages = vec![json!({ "role": "user", "content": question })];
    for _ in 0..MOST_TURNS {
        turns.add(1);
        let request = json!({ "model": "gpt-4o", "messages": messages, "tools": tools() });
        let response = client.post(url).json(&request).send().await?.error_for_status()?;
        let message = response.json::<Value>().await?["choices"][0]["message"].take();
        let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
        if calls.is_empty() {
            quipu::events::agent_stop("packer").emit();
            return Ok(message["content"].as_str().unwrap_or_default().to_owned());
        }
        messages.push(message);
        for call in &calls {
            let result = run_tool(call).await?;
            messages.push(json!({ "role": "tool", "tool_call_id": call["id"], "content": result }));
        }
    }
    bail!("no answer after {MOST_TURNS} turns")
}

fn tools() -> Value {
    let tool = |name: &str| json!({ "type": "function", "function": { "name": name } });
    json!([tool("weather"), tool("luggage")])
}

/// A tool's span holds the model's id of the call; the agent's run that it is part of is its parent.
async fn run_tool(call: &Value) -> Result<String> {
    let name = call["function"]["name"].as_str().context("the model named no tool")?;
    let id = call["id"].as_str().unwrap_or_default();
    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
    quipu::events::tool_call(name, id).emit();
    let result = quipu::tool(name).call_id(id).arguments(arguments).run(execute(name, arguments)).await;
    quipu::events::tool_result(name, id, result.is_ok()).emit();
    result
}

async fn execute(name: &str, arguments: &str) -> Result<String> {
    let arguments: Value = serde_json::from_str(arguments)?;
    let city = arguments["city"].as_str().context("which city?")?;
    match name {
        "weather" => Ok(format!("18 °C in {city}")),
        "luggage" => Ok("an umbrella and a jacket".to_owned()),
        other => bail!("there is no tool {other}"),
    }
}

/// Fetches the page that Prometheus would scrape, and prints what it says of models and tools.
async fn print_page(prometheus: &Prometheus) -> Result<()> {
    let address = prometheus.address().context("the page has no address")?;
    let page = reqwest::get(format!("http://{address}/metrics")).await?.text().await?;
    let wanted = ["quipu_llm_calls", "quipu_llm_tokens", "quipu_llm_cost", "quipu_tool_runs", "packer_turns"];
    let lines = page.lines().filter(|line| wanted.iter().any(|name| line.starts_with(name)));
    lines.for_each(|line| println!("{line}"));
    Ok(())
}
