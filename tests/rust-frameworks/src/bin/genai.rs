//! An agent with one tool on genai. Its feature `otel` makes spans, which feed the library through its layer
//! for `tracing`. The agent and its tool are guards, because genai has no agents.

use std::convert::Infallible;

use genai::chat::{ChatMessage, ChatRequest, Tool, ToolResponse};
use genai::resolver::{Endpoint, ServiceTargetResolver};
use genai::{Client, ServiceTarget};
use serde_json::json;
use tracing_subscriber::prelude::*;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let quipu = quipu::init()?;
    tracing_subscriber::registry().with(quipu::tracing::layer()).init();

    let agent = quipu::agent("forecaster").session_id("s-genai").user_id("u-1");
    println!("{}", agent.run(forecast("How is the weather in Paris?")).await?);

    Ok(quipu.shutdown_async(std::time::Duration::from_secs(10)).await?)
}

async fn forecast(question: &str) -> anyhow::Result<String> {
    let client = Client::builder().with_service_target_resolver(from_env()?).build()?;
    let parameters =
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let weather = Tool::new("get_weather").with_description("The weather of a city").with_schema(parameters);
    let mut request = ChatRequest::new(vec![ChatMessage::user(question)]).with_tools(vec![weather]);
    loop {
        let answer = client.exec_chat("gpt-4o-mini", request.clone(), None).await?;
        let text = answer.first_text().unwrap_or_default().to_owned();
        let calls = answer.into_tool_calls();
        if calls.is_empty() {
            return Ok(text);
        }
        request = request.append_message(calls.clone());
        for call in calls {
            let tool = quipu::tool(&call.fn_name).call_id(&call.call_id);
            let found = tool.run(async { Ok::<_, Infallible>("18 degrees") }).await?;
            request = request.append_message(ToolResponse::new(call.call_id, found));
        }
    }
}

/// Requests go to `OPENAI_BASE_URL`, which genai does not read.
fn from_env() -> anyhow::Result<ServiceTargetResolver> {
    let base = format!("{}/", std::env::var("OPENAI_BASE_URL")?);
    Ok(ServiceTargetResolver::from_resolver_fn(move |target: ServiceTarget| {
        Ok(ServiceTarget { endpoint: Endpoint::from_owned(base.as_str()), ..target })
    }))
}
