//! A model server on the loopback that answers in the shape of OpenAI's chat completions.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::{Json, State};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The usage that the server has reported to its clients. It is the provider's side of the count: Quipu must
/// have recorded the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// Answers.
    pub calls: u64,
    /// Input tokens, including cached ones.
    pub input: u64,
    /// Input tokens from the prompt cache.
    pub cached: u64,
    /// Output tokens.
    pub output: u64,
}

/// Serves while it lives. It requests each offered tool, one after the other, and answers once it has all
/// their results. Its usage figures depend on the lengths of input and output, so they differ from call to
/// call.
pub struct ModelServer {
    address: SocketAddr,
    told: Arc<Mutex<Told>>,
    server: JoinHandle<()>,
}

impl ModelServer {
    /// Listens on a free port of the loopback.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let told = Arc::<Mutex<Told>>::default();
        let routes =
            Router::new().route("/v1/chat/completions", post(complete)).with_state(Arc::clone(&told));
        let server = tokio::spawn(async move {
            // It ends with the example.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, told, server })
    }

    /// Address of chat completions.
    pub fn url(&self) -> String {
        format!("http://{}/v1/chat/completions", self.address)
    }

    /// The reported usage so far.
    pub fn told(&self) -> Told {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn complete(State(told): State<Arc<Mutex<Told>>>, Json(request): Json<Value>) -> Json<Value> {
    let (message, reason) = answer(&request);
    // Four characters a token is the usual rule of thumb; from the second turn on half of the prompt was seen
    // before.
    let input = request["messages"].to_string().len() as u64 / 4;
    let cached = if of_role(&request, "assistant").next().is_some() { input / 2 } else { 0 };
    let output = message.to_string().len() as u64 / 4;
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    told.calls += 1;
    told.input += input;
    told.cached += cached;
    told.output += output;
    Json(json!({
        "id": format!("chatcmpl-{:08}", told.calls),
        "object": "chat.completion",
        "model": version_of(request["model"].as_str().unwrap_or_default()),
        "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
        "usage": {
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
            "prompt_tokens_details": { "cached_tokens": cached },
        },
    }))
}

/// Providers answer with the version of the model that was asked for.
fn version_of(model: &str) -> &str {
    match model {
        "gpt-4o" => "gpt-4o-2024-08-06",
        "gpt-4o-mini" => "gpt-4o-mini-2024-07-18",
        other => other,
    }
}

fn of_role<'a>(request: &'a Value, role: &'a str) -> impl Iterator<Item = &'a str> {
    let messages = request["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let said = messages.iter().filter(move |message| message["role"] == role);
    said.map(|message| message["content"].as_str().unwrap_or_default())
}

/// Requests the next tool without a result, or answers from the results.
fn answer(request: &Value) -> (Value, &'static str) {
    let results: Vec<&str> = of_role(request, "tool").collect();
    let question = of_role(request, "user").last().unwrap_or_default();
    if let Some(tool) = request["tools"][results.len()]["function"]["name"].as_str() {
        let city = question.split_whitespace().last().unwrap_or_default().trim_end_matches('?');
        let call = json!({
            "id": format!("call_{}", results.len() + 1),
            "type": "function",
            "function": { "name": tool, "arguments": json!({ "city": city }).to_string() },
        });
        return (json!({ "role": "assistant", "content": null, "tool_calls": [call] }), "tool_calls");
    }
    let content = match results.is_empty() {
        true => format!("Done: {question}"),
        false => format!("From what I was told: {}.", results.join("; ")),
    };
    (json!({ "role": "assistant", "content": content }), "stop")
}
