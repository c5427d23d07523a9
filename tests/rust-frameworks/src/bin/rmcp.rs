//! An agent whose tool is on an MCP server, both on rmcp. The context travels in the request's `_meta`, so
//! the server's span is within the agent's trace.

use quipu::Context;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolRequestParams, RequestMetaObject};
use rmcp::service::{RequestContext, RunningService};
use rmcp::{RoleClient, RoleServer, ServiceExt as _, tool, tool_router};
use serde_json::{Value, json};

struct Server;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct City {
    city: String,
}

#[tool_router(server_handler)]
impl Server {
    #[tool(description = "The weather of a city")]
    async fn get_weather(&self, city: Parameters<City>, request: RequestContext<RoleServer>) -> String {
        let caller = Context::current().extract(&headers(&request.meta));
        let span = caller.span("tools/call get_weather").attribute("mcp.method.name", "tools/call");
        span.instrument(async move { format!("18 degrees in {}", city.0.city) }).await
    }
}

/// The texts of `_meta`, such as `traceparent`.
fn headers(meta: &RequestMetaObject) -> Vec<(String, String)> {
    let texts = meta.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    texts.collect()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let quipu = quipu::init()?;
    let (near, far) = tokio::io::duplex(4096);
    let server = tokio::spawn(async move { anyhow::Ok(Server.serve(far).await?.waiting().await?) });
    let tools = ().serve(near).await?;

    let agent = quipu::agent("forecaster").session_id("s-rmcp").user_id("u-1").framework("rmcp");
    println!("{}", agent.run(forecast(&tools, "How is the weather in Paris?")).await?);

    tools.cancel().await?;
    server.await??;
    Ok(quipu.shutdown_async(std::time::Duration::from_secs(10)).await?)
}

async fn forecast(tools: &RunningService<RoleClient, ()>, question: &str) -> anyhow::Result<String> {
    let http = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
        .with(quipu::http::Middleware::new())
        .build();
    let url = format!("{}/chat/completions", std::env::var("OPENAI_BASE_URL")?);
    let listed = tools.list_all_tools().await?;
    let offered: Vec<Value> = listed.iter().map(offered).collect();
    let mut messages = vec![json!({"role": "user", "content": question})];
    loop {
        let request = json!({"model": "gpt-4o-mini", "messages": messages, "tools": offered});
        let answer: Value = http.post(&url).json(&request).send().await?.json().await?;
        let message = answer["choices"][0]["message"].clone();
        let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
        if calls.is_empty() {
            return Ok(message["content"].as_str().unwrap_or_default().to_owned());
        }
        messages.push(message);
        for call in calls {
            let name = call["function"]["name"].as_str().unwrap_or_default().to_owned();
            let arguments = serde_json::from_str(call["function"]["arguments"].as_str().unwrap_or("{}"))?;
            let found = quipu::tool(&name).run(used(tools, name.clone(), arguments)).await?;
            messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": found}));
        }
    }
}

fn offered(tool: &rmcp::model::Tool) -> Value {
    json!({"type": "function", "function": {"name": tool.name, "parameters": tool.input_schema}})
}

/// Calls a tool of the server, with the current context in `_meta`.
async fn used(
    tools: &RunningService<RoleClient, ()>,
    name: String,
    arguments: serde_json::Map<String, Value>,
) -> anyhow::Result<String> {
    let mut carried: Vec<(String, String)> = Vec::new();
    Context::current().inject(&mut carried);
    let mut request = CallToolRequestParams::new(name).with_arguments(arguments);
    let meta = request.meta.get_or_insert_default();
    for (key, value) in carried {
        meta.insert(key, value.into());
    }
    let answer = serde_json::to_value(tools.call_tool(request).await?)?;
    Ok(answer["content"][0]["text"].as_str().unwrap_or_default().to_owned())
}
