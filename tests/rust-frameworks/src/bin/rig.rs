//! An agent with one tool on Rig. The spans of Rig feed the library through its layer for `tracing`.

use quipu::FutureExt as _;
use rig::prelude::*;
use rig::providers::openai::OpenAI;
use rig::tool::{ToolContext, ToolExecutionError};
use serde_json::{Value, json};
use tracing_subscriber::prelude::*;

struct Weather;

impl Tool for Weather {
    const NAME: &'static str = "get_weather";
    type Args = Value;
    type Output = String;
    type Error = ToolExecutionError;

    fn description(&self) -> String {
        "The weather of a city".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
    }

    async fn call(&self, _: &mut ToolContext, _: Value) -> Result<String, ToolExecutionError> {
        Ok("18 degrees".to_owned())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let quipu = quipu::init()?;
    tracing_subscriber::registry().with(quipu::tracing::layer()).init();

    let model = OpenAI::from_env()?.responses("gpt-4o-mini");
    let agent = AgentBuilder::new(model).name("forecaster").tool(Weather).default_max_turns(3).build();
    let session = quipu::bind().session("s-rig").user("u-1").context();
    let answer = async { agent.prompt("How is the weather in Paris?").await }.in_context(session).await?;
    println!("{}", answer.output());

    Ok(quipu.shutdown_async(std::time::Duration::from_secs(10)).await?)
}
