//! An agent with one tool on Swiftide. Its spans have no tokens, so a model around Swiftide's own makes a
//! guard of each call. `#[quipu::observe]` makes one of each tool run; Swiftide's attribute removes others
//! from its own function.

use async_trait::async_trait;
use swiftide::agents::Agent;
use swiftide::chat_completion::errors::{LanguageModelError, ToolError};
use swiftide::chat_completion::{ChatCompletionRequest, ChatCompletionResponse, ToolOutput};
use swiftide::integrations::openai::{OpenAI, OpenAIConfig};
use swiftide::traits::{AgentContext, ChatCompletion};
use tracing_subscriber::prelude::*;

/// A model whose calls are recorded.
#[derive(Clone)]
struct Observed<M> {
    inner: M,
    name: &'static str,
}

#[async_trait]
impl<M: ChatCompletion + Clone> ChatCompletion for Observed<M> {
    async fn complete(
        &self,
        request: &ChatCompletionRequest,
    ) -> Result<ChatCompletionResponse, LanguageModelError> {
        let tokens = |answer: &ChatCompletionResponse| {
            let usage = answer.usage.as_ref();
            usage.map(|usage| (u64::from(usage.prompt_tokens), u64::from(usage.completion_tokens)))
        };
        let call = quipu::llm("openai", self.name);
        call.run_then(self.inner.complete(request), |call, answer| match tokens(answer) {
            Some(used) => call.usage(used),
            None => call,
        })
        .await
    }
}

#[swiftide::tool(description = "The weather of a city", param(name = "city", description = "The city"))]
async fn get_weather(_context: &dyn AgentContext, city: &str) -> Result<ToolOutput, ToolError> {
    weather(city).await
}

#[quipu::observe(kind = "tool", name = "get_weather")]
async fn weather(city: &str) -> Result<ToolOutput, ToolError> {
    Ok(ToolOutput::text(format!("18 degrees in {city}")))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let quipu = quipu::init()?;
    tracing_subscriber::registry().with(quipu::tracing::layer()).init();

    let config = OpenAIConfig::new().with_api_base(std::env::var("OPENAI_BASE_URL")?);
    let client = swiftide_openai::Client::with_config(config);
    let model = OpenAI::builder().client(client).default_prompt_model("gpt-4o-mini").build()?;
    let model = Observed { inner: model, name: "gpt-4o-mini" };
    let mut agent = Agent::builder().llm(&model).tools([get_weather()]).limit(4_usize).build()?;

    let guard = quipu::agent("forecaster").session_id("s-swiftide").user_id("u-1").framework("swiftide");
    guard.run(agent.query("How is the weather in Paris?")).await?;
    println!("{:?}", agent.history().await?.last());

    Ok(quipu.shutdown_async(std::time::Duration::from_secs(10)).await?)
}
