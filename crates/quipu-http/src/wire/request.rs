//! What was asked of a model.

use serde_json::{Map, Value};

use super::fields::{any_count, count, list, word};
use super::scan::{Found, Scanner};
use super::{Endpoint, Said, Shape};

/// Most bytes of a request that are held to read it.
const MOST: usize = 8 << 20;

/// What a request said. What it did not say is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// The model asked for; on Azure the deployment where the body names none.
    pub model: Option<String>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling bound.
    pub top_p: Option<f64>,
    /// Top-k sampling bound.
    pub top_k: Option<f64>,
    /// Most output tokens.
    pub max_tokens: Option<u64>,
    /// How many answers.
    pub choices: Option<u64>,
    /// Sampling seed.
    pub seed: Option<i64>,
    /// Penalty on words by how often they came.
    pub frequency_penalty: Option<f64>,
    /// Penalty on words that came at all.
    pub presence_penalty: Option<f64>,
    /// How much the model is to reason, in the provider's word.
    pub reasoning_level: Option<String>,
    /// The service tier asked for.
    pub service_tier: Option<String>,
    /// How many dimensions embeddings are to have.
    pub dimensions: Option<u64>,
    /// How many tools are offered.
    pub tools: Option<usize>,
    /// What was said to the model, where contents were to be read.
    pub said: Option<Said>,
    members: Vec<String>,
}

impl Request {
    /// Reads the body of a request; `None` where it is no JSON object. What is said to the model is read with `contents` only,
    /// and is otherwise passed over without being held.
    pub fn read(endpoint: &Endpoint, body: &[u8], contents: bool) -> Option<Self> {
        let wanted: fn(&str) -> bool = if contents { |_| true } else { |member| !holds_contents(member) };
        let mut scanner = Scanner::new(MOST, wanted);
        let mut whole = None;
        scanner.feed(body, &mut |found| {
            if let Found::Object(members) = found {
                whole = Some(Value::Object(members));
            }
        });
        let whole = whole?;
        let inner = whole.get("request").filter(|inner| inner.is_object()).unwrap_or(&whole);
        let mut request = match endpoint.shape {
            Shape::GeminiGenerate => gemini(inner),
            _ => plain(inner),
        };
        let model = word(&whole, "model").map(|model| model.trim_start_matches("models/"));
        request.model = model.or(endpoint.model.as_deref()).map(str::to_owned);
        request.stream |= endpoint.stream;
        request.said = contents.then(|| Said::read(endpoint.shape, inner));
        request.members = whole.as_object().into_iter().flat_map(Map::keys).cloned().collect();
        Some(request)
    }

    /// Whether the body had a member of this name.
    pub fn has(&self, member: &str) -> bool {
        self.members.iter().any(|name| name == member)
    }
}

/// Members that hold what is said to the model and nothing else.
fn holds_contents(member: &str) -> bool {
    const MEMBERS: [&str; 13] = [
        "messages",
        "input",
        "prompt",
        "instructions",
        "system",
        "contents",
        "systemInstruction",
        "system_instruction",
        "content",
        "requests",
        "instances",
        "prediction",
        "suffix",
    ];
    MEMBERS.contains(&member)
}

fn number(body: &Value, key: &str) -> Option<f64> {
    body.get(key).and_then(Value::as_f64)
}

fn plain(body: &Value) -> Request {
    let inner = |object: &str, key: &str| body.get(object).and_then(|object| word(object, key));
    Request {
        stream: body.get("stream").and_then(Value::as_bool).unwrap_or(false),
        temperature: number(body, "temperature"),
        top_p: number(body, "top_p"),
        top_k: number(body, "top_k"),
        max_tokens: any_count(body, &["max_completion_tokens", "max_output_tokens", "max_tokens"]),
        choices: count(body, "n"),
        seed: body.get("seed").and_then(Value::as_i64),
        frequency_penalty: number(body, "frequency_penalty"),
        presence_penalty: number(body, "presence_penalty"),
        reasoning_level: word(body, "reasoning_effort")
            .or_else(|| inner("reasoning", "effort"))
            .or_else(|| inner("output_config", "effort"))
            .map(str::to_owned),
        service_tier: word(body, "service_tier").map(str::to_owned),
        dimensions: count(body, "dimensions"),
        tools: body.get("tools").and_then(Value::as_array).map(Vec::len),
        ..Request::default()
    }
}

fn gemini(body: &Value) -> Request {
    let config = ["generationConfig", "generation_config"].iter().find_map(|key| body.get(key));
    let config = config.unwrap_or(&Value::Null);
    let thinking = config.get("thinkingConfig").unwrap_or(&Value::Null);
    Request {
        temperature: number(config, "temperature"),
        top_p: number(config, "topP"),
        top_k: number(config, "topK"),
        max_tokens: count(config, "maxOutputTokens"),
        choices: count(config, "candidateCount"),
        seed: config.get("seed").and_then(Value::as_i64),
        frequency_penalty: number(config, "frequencyPenalty"),
        presence_penalty: number(config, "presencePenalty"),
        reasoning_level: word(thinking, "thinkingLevel").map(str::to_owned),
        service_tier: word(body, "serviceTier").map(str::to_owned),
        tools: body.get("tools").map(|_| list(body, "tools").iter().map(declared).sum()),
        ..Request::default()
    }
}

/// A tool of Gemini's holds any number of functions, or is one of the server's own.
fn declared(tool: &Value) -> usize {
    let functions = ["functionDeclarations", "function_declarations"].iter().find_map(|key| tool.get(key));
    functions.and_then(Value::as_array).map_or(1, Vec::len)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_in_every_shape() {
        let chat = Endpoint::find("api.openai.com", "/v1/chat/completions").unwrap();
        let body =
            br#"{"model":"gpt-5","stream":true,"temperature":0.5,"max_completion_tokens":100,"n":2,"seed":-7,
            "reasoning_effort":"low","tools":[{},{}],"messages":[{"role":"user","content":"hi"}]}"#;
        let request = Request::read(&chat, body, false).unwrap();
        assert_eq!((request.model.as_deref(), request.stream), (Some("gpt-5"), true));
        assert_eq!((request.temperature, request.max_tokens, request.tools), (Some(0.5), Some(100), Some(2)));
        assert_eq!((request.choices, request.seed), (Some(2), Some(-7)));
        assert_eq!(request.reasoning_level.as_deref(), Some("low"));
        assert!(request.has("messages") && request.said.is_none());

        let gemini = Endpoint::find("localhost", "/v1beta/models/gemini-3:streamGenerateContent").unwrap();
        let body = br#"{"contents":[],"generationConfig":{"temperature":1,"maxOutputTokens":5,"topK":40},
            "tools":[{"functionDeclarations":[{},{},{}]},{"googleSearch":{}}]}"#;
        let request = Request::read(&gemini, body, false).unwrap();
        assert_eq!((request.model.as_deref(), request.stream), (Some("gemini-3"), true));
        assert_eq!(
            (request.temperature, request.max_tokens, request.top_k),
            (Some(1.0), Some(5), Some(40.0))
        );
        assert_eq!(request.tools, Some(4));
        assert_eq!(Request::read(&gemini, b"[]", false), None);
        assert_eq!(Request::read(&gemini, b"\xff", false), None);
    }
}
