//! Parser of model requests: model, limits, messages and tools.

use std::ops::ControlFlow;

use quipu_json::RawValue;
use serde_json::{Map, Value};

use super::fields::{count, word};
use super::{Endpoint, InputMessages, Shape};

/// Most memory in bytes for the tree of the messages. Beyond that they are not read.
const MOST_SAID: usize = 16 << 20;
/// Most bytes of any other member that is read.
const MOST_SMALL: usize = 4 << 10;
/// Assumed limits of output tokens and answers if a request's limit is no count. Some servers accept -1 as
/// unlimited.
const UNBOUNDED: u64 = 128_000;
const MANY: u64 = 128;

/// Content of a request. Missing values are `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// Requested model; on Azure the deployment if the body names none.
    pub model: Option<String>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling limit.
    pub top_p: Option<f64>,
    /// Top-k sampling limit.
    pub top_k: Option<f64>,
    /// Limit of output tokens of one answer; the largest if there are several limits.
    pub max_tokens: Option<u64>,
    /// Number of answers.
    pub choices: Option<u64>,
    /// Most output tokens that can be billed: for each answer to each prompt, including `best_of`. A limit
    /// that is no count, such as
    /// -1, counts as 128,000 tokens.
    pub most_output: Option<u64>,
    /// Number of answers that can be billed.
    pub most_answers: u64,
    /// Sampling seed.
    pub seed: Option<i64>,
    /// Frequency penalty.
    pub frequency_penalty: Option<f64>,
    /// Presence penalty.
    pub presence_penalty: Option<f64>,
    /// Reasoning level, as the provider names it.
    pub reasoning_level: Option<String>,
    /// Requested service tier.
    pub service_tier: Option<String>,
    /// Number of dimensions of embeddings.
    pub dimensions: Option<u64>,
    /// Number of offered tools.
    pub tools: Option<usize>,
    /// Input messages, if contents are read.
    pub said: Option<InputMessages>,
    members: Vec<&'static str>,
}

impl Request {
    /// Reads the body of a request; `None` if it is no JSON object. The messages are read with `contents`
    /// only, and only if their tree takes less than 16 MiB. Apart from that, only small members are kept.
    pub fn read(endpoint: &Endpoint, body: &[u8], contents: bool) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let whole = quipu_json::raw(text.strip_prefix('\u{feff}').unwrap_or(text)).ok()?;
        let (members, known) = listed(whole)?;
        // Only Google's code assistants wrap the request. Other servers ignore such a member.
        let is_wrapped = endpoint.shape.is_google() && members.contains(&"request");
        let inner = is_wrapped.then(|| quipu_json::pick(whole, ["request"])[0]).flatten();
        let inner = inner.filter(|inner| inner.get().starts_with('{'));
        let (read, small) = match inner {
            Some(inner) => (inner, listed(inner)?.1),
            None => (whole, known.clone()),
        };
        let mut request = match endpoint.shape {
            Shape::GeminiGenerate => gemini(&small),
            _ => plain(&small),
        };
        let [offered, prompt] = quipu_json::pick(read, ["tools", "prompt"]);
        request.tools = offered.and_then(tools);
        let prompts = prompt.filter(|_| endpoint.shape == Shape::OpenAiChat).map_or(1, prompts);
        request.most_answers = request.most_answers.saturating_mul(prompts);
        request.most_output = request.most_output.map(|most| most.saturating_mul(prompts));
        let said = known.get("model").and_then(Value::as_str).filter(|model| !model.is_empty());
        let said = said.map(|model| model.trim_start_matches("models/"));
        let named = endpoint.model.as_deref();
        // For Google the path alone decides.
        let model = if endpoint.shape.is_google() { named.or(said) } else { said.or(named) };
        request.model = model.map(str::to_owned);
        request.stream |= endpoint.stream;
        request.said = contents.then(|| InputMessages::read(endpoint.shape, &contents_of(read)));
        request.members = members;
        Some(request)
    }

    /// Most memory in bytes that [`Request::read`] uses for the messages of a body.
    pub fn tree_bytes(body: &[u8]) -> usize {
        quipu_json::tree_bytes(body).min(MOST_SAID)
    }

    /// Whether the body had a member with this name.
    pub fn has(&self, member: &str) -> bool {
        self.members.contains(&member)
    }
}

/// Members with contents only.
const CONTENTS: [&str; 14] = [
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
    "tools",
];
/// Members with parameters.
const PARAMETERS: [&str; 30] = [
    "model",
    "request",
    "stream",
    "temperature",
    "top_p",
    "top_k",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "max_tokens_to_sample",
    "n",
    "best_of",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "reasoning_effort",
    "reasoning",
    "output_config",
    "service_tier",
    "serviceTier",
    "speed",
    "dimensions",
    "previous_response_id",
    "conversation",
    "generationConfig",
    "generation_config",
    "thinkingConfig",
    "thinkingLevel",
    "topP",
    "topK",
];
/// Parameters in Gemini's generation config.
const CONFIGURED: [&str; 6] =
    ["maxOutputTokens", "candidateCount", "frequencyPenalty", "presencePenalty", "effort", "candidate_count"];

/// Names of known members, and the small ones among them. `None` if the value is no object.
fn listed(object: &RawValue) -> Option<(Vec<&'static str>, Value)> {
    let (mut members, mut small) = (Vec::new(), Map::new());
    let whole = quipu_json::members(object, &mut |name, value| {
        let Some(known) = known(&name) else { return };
        if !members.contains(&known) {
            members.push(known);
        }
        let value = match known {
            "generationConfig" | "generation_config" | "thinkingConfig" | "reasoning" | "output_config" => {
                listed(value).map(|(_, inner)| inner)
            }
            "request" => None,
            _ if CONTENTS.contains(&known) => None,
            _ => quipu_json::small(value, MOST_SMALL),
        };
        if let Some(value) = value {
            small.insert(known.to_owned(), value);
        }
    });
    whole.ok().map(|()| (members, Value::Object(small)))
}

fn known(name: &str) -> Option<&'static str> {
    CONTENTS.into_iter().chain(PARAMETERS).chain(CONFIGURED).find(|known| *known == name)
}

/// The messages as a tree; empty if it would be too large.
fn contents_of(object: &RawValue) -> Value {
    let mut said = Map::new();
    let mut left = MOST_SAID;
    let _ = quipu_json::members(object, &mut |name, value| {
        let Some(known) = CONTENTS.into_iter().find(|known| *known == name) else { return };
        let bytes = quipu_json::tree_bytes(value.get().as_bytes());
        if let Some(rest) = left.checked_sub(bytes)
            && let Ok(value) = serde_json::from_str(value.get())
        {
            left = rest;
            said.insert(known.to_owned(), value);
        }
    });
    Value::Object(said)
}

/// Number of offered tools. Each of Gemini's can hold several functions.
fn tools(offered: &RawValue) -> Option<usize> {
    if !offered.get().starts_with('[') {
        return None;
    }
    let mut count = 0;
    quipu_json::elements(offered, &mut |tool| {
        let [functions] = quipu_json::pick(tool, ["functiondeclarations"]);
        count += functions.map_or(1, length);
        ControlFlow::Continue(())
    });
    Some(count)
}

fn length(list: &RawValue) -> usize {
    let mut count = 0;
    quipu_json::elements(list, &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    });
    count
}

/// Number of prompts in a legacy request: a list of texts, or of token lists.
fn prompts(prompt: &RawValue) -> u64 {
    let mut count = 0_u64;
    quipu_json::elements(prompt, &mut |one| {
        count += u64::from(one.get().starts_with(['"', '[']));
        ControlFlow::Continue(())
    });
    count.max(1)
}

/// A count as strict and lenient servers read it: a number, or a text with one. `null` counts as missing; any
/// other value is an `Err`.
fn lenient(body: &Value, key: &str) -> Result<Option<u64>, ()> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| ()),
        Some(_) => count(body, key).map(Some).ok_or(()),
    }
}

/// Computes the output limits: the largest of all given limits.
fn bound(request: &mut Request, body: &Value, limits: &[&str], answers: &[&str]) {
    let told = |keys: &[&str], odd: u64| {
        let all = keys.iter().filter_map(|key| lenient(body, key).transpose());
        all.map(|count| count.unwrap_or(odd)).max()
    };
    let exact = limits.iter().filter_map(|key| lenient(body, key).ok().flatten());
    request.max_tokens = exact.max();
    request.choices = answers.first().and_then(|key| count(body, key));
    request.most_answers = told(answers, MANY).unwrap_or(1).max(1);
    let most = told(limits, UNBOUNDED);
    request.most_output = most.map(|most| most.saturating_mul(request.most_answers));
}

fn number(body: &Value, key: &str) -> Option<f64> {
    body.get(key).and_then(Value::as_f64)
}

fn plain(body: &Value) -> Request {
    let inner = |object: &str, key: &str| body.get(object).and_then(|object| word(object, key));
    let limits = ["max_completion_tokens", "max_output_tokens", "max_tokens", "max_tokens_to_sample"];
    let mut request = Request {
        stream: body.get("stream").and_then(Value::as_bool).unwrap_or(false),
        temperature: number(body, "temperature"),
        top_p: number(body, "top_p"),
        top_k: number(body, "top_k"),
        seed: body.get("seed").and_then(Value::as_i64),
        frequency_penalty: number(body, "frequency_penalty"),
        presence_penalty: number(body, "presence_penalty"),
        reasoning_level: word(body, "reasoning_effort")
            .or_else(|| inner("reasoning", "effort"))
            .or_else(|| inner("output_config", "effort"))
            .map(str::to_owned),
        service_tier: word(body, "speed")
            .filter(|speed| *speed == "fast")
            .or_else(|| word(body, "service_tier"))
            .map(str::to_owned),
        dimensions: count(body, "dimensions"),
        ..Request::default()
    };
    bound(&mut request, body, &limits, &["n", "best_of"]);
    request
}

fn gemini(body: &Value) -> Request {
    let config = ["generationConfig", "generation_config"].iter().find_map(|key| body.get(key));
    let config = config.unwrap_or(&Value::Null);
    let thinking = config.get("thinkingConfig").unwrap_or(&Value::Null);
    let mut request = Request {
        temperature: number(config, "temperature"),
        top_p: number(config, "topP"),
        top_k: number(config, "topK"),
        seed: config.get("seed").and_then(Value::as_i64),
        frequency_penalty: number(config, "frequencyPenalty"),
        presence_penalty: number(config, "presencePenalty"),
        reasoning_level: word(thinking, "thinkingLevel").map(str::to_owned),
        service_tier: word(body, "serviceTier").map(str::to_owned),
        ..Request::default()
    };
    let answers = ["candidateCount", "candidate_count"];
    bound(&mut request, config, &["maxOutputTokens", "max_output_tokens"], &answers);
    request
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
