//! An agent with one tool on async-openai. The client sends its requests through the library's middleware for
//! `reqwest`, which reads model calls, also streamed ones, on the wire.

use std::convert::Infallible;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::types::chat::{CreateChatCompletionRequest, CreateChatCompletionResponse};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let quipu = quipu::init()?;

    let agent =
        quipu::agent("forecaster").session_id("s-async-openai").user_id("u-1").framework("async-openai");
    println!("{}", agent.run(forecast("How is the weather in Paris?")).await?);

    Ok(quipu.shutdown_async(std::time::Duration::from_secs(10)).await?)
}

/// A client whose requests pass the middleware.
fn observed() -> Client<OpenAIConfig> {
    let http = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
        .with(quipu::http::Middleware::new())
        .build();
    Client::new().with_http_service(tower::service_fn(move |request: HttpRequestFactory| {
        let http = http.clone();
        async move {
            let sent = http.execute(request.build().await?).await;
            sent.map_err(|error| OpenAIError::Boxed(error.into()))
        }
    }))
}

async fn forecast(question: &str) -> anyhow::Result<String> {
    let client = observed();
    let parameters =
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let tools = json!([{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}]);
    let mut messages = vec![json!({"role": "user", "content": question})];
    loop {
        let request = json!({"model": "gpt-4o-mini", "messages": messages, "tools": tools});
        let request: CreateChatCompletionRequest = serde_json::from_value(request)?;
        let answer: CreateChatCompletionResponse = client.chat().create(request).await?;
        let message = serde_json::to_value(&answer.choices[0].message)?;
        let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
        let text = message["content"].as_str().unwrap_or_default().to_owned();
        if calls.is_empty() {
            return Ok(text);
        }
        messages.push(message);
        for call in calls {
            let name = call["function"]["name"].as_str().unwrap_or_default();
            let found = quipu::tool(name).run(async { Ok::<_, Infallible>("18 degrees") }).await?;
            messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": Value::from(found)}));
        }
    }
}
