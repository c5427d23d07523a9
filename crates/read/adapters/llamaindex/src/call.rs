//! Model calls, from their span events.

use compact_str::CompactString;
use quipu_core::{Attributes, Canonical, Message, Messages, Part, Role, Span, Usage, Value};
use quipu_normalize::{
    Tree, finish_reason, label, message_list, parse, parts_of, provider_of_model, usage_of,
};
use quipu_semconv::{
    LLAMAINDEX_ANSWERS, LLAMAINDEX_MODEL, LLAMAINDEX_RAW, LLAMAINDEX_REQUESTS, LLAMAINDEX_USAGE,
};

/// Suffix of classes for any server with a provider's API.
const ANY_SERVER: &str = "Like";
/// Prefixes of providers' classes.
const CLASSES: &[(&str, &str)] = &[
    ("AzureOpenAI", "azure.ai.openai"),
    ("OpenAI", "openai"),
    ("Anthropic", "anthropic"),
    ("Bedrock", "aws.bedrock"),
    ("GoogleGenAI", "gcp.gemini"),
    ("Gemini", "gcp.gemini"),
    ("Vertex", "gcp.vertex_ai"),
    ("Cohere", "cohere"),
    ("Mistral", "mistral_ai"),
    ("Ollama", "ollama"),
];

fn event<'a>(span: &'a Span, names: &[&str]) -> Option<&'a Attributes> {
    span.events.iter().rev().find(|event| names.contains(&event.name.as_str())).map(|event| &event.attributes)
}

/// Fills in the model, the tokens and the end of a call.
pub(crate) fn fill(span: &Span, class: &str, read: &mut Canonical) {
    let (request, answer) = (event(span, LLAMAINDEX_REQUESTS), event(span, LLAMAINDEX_ANSWERS));
    let model = || LLAMAINDEX_MODEL.iter().find_map(|key| request?.get(key).and_then(label));
    read.request_model = read.request_model.take().or_else(model);
    if let Some(answer) = answer.map(Answer::of) {
        read.usage = read.usage.take().or_else(|| answer.usage());
        let word = |value: Option<&Value>| value.and_then(label).filter(|text| text != "null");
        read.response_model = read.response_model.take().or_else(|| word(answer.model));
        read.response_id = read.response_id.take().or_else(|| word(answer.id));
        read.service_tier = read.service_tier.take().or_else(|| word(answer.tier));
        if read.finish_reasons.is_empty() {
            read.finish_reasons = answer.finish_reasons();
        }
    }
    read.provider =
        read.provider.take().or_else(|| provider_of_model(read.model()?)).or_else(|| of_class(class));
}

fn of_class(class: &str) -> Option<CompactString> {
    let known = CLASSES.iter().find(|(start, _)| class.starts_with(start));
    known.filter(|_| !class.contains(ANY_SERVER)).map(|(_, provider)| CompactString::const_new(provider))
}

/// The content of an answer's event, collected in one pass because such events have dozens of attributes.
#[derive(Default)]
struct Answer<'a> {
    event: Option<&'a Attributes>,
    model: Option<&'a Value>,
    id: Option<&'a Value>,
    tier: Option<&'a Value>,
    stop: Option<&'a Value>,
    choices: Option<&'a Value>,
    /// Index of the first usage prefix that matches a key.
    usage: Option<usize>,
}

impl<'a> Answer<'a> {
    fn of(event: &'a Attributes) -> Self {
        let mut answer = Self { event: Some(event), ..Self::default() };
        for (key, value) in event {
            if let Some(rank) = LLAMAINDEX_USAGE.iter().position(|prefix| key.starts_with(prefix)) {
                answer.usage = Some(answer.usage.map_or(rank, |best| best.min(rank)));
            }
            let place = match key.strip_prefix(LLAMAINDEX_RAW) {
                Some("model") => &mut answer.model,
                Some("id") => &mut answer.id,
                Some("service_tier") => &mut answer.tier,
                Some("stop_reason") => &mut answer.stop,
                Some("choices") => &mut answer.choices,
                _ => continue,
            };
            *place = Some(value);
        }
        answer
    }

    /// The provider's own figures, otherwise those that `LlamaIndex` keeps in addition.
    fn usage(&self) -> Option<Usage> {
        let (event, first) = (self.event?, self.usage?);
        let read = |prefix: &&str| usage_of(&Tree::under(event, prefix).to_value());
        LLAMAINDEX_USAGE.get(first..)?.iter().find_map(read)
    }

    fn finish_reasons(&self) -> Vec<CompactString> {
        let choices = self.choices.and_then(Value::as_str).and_then(parse);
        let of_choice =
            |choice: &Value| choice.get("finish_reason").and_then(Value::as_str).map(finish_reason);
        let list = choices.as_ref().and_then(Value::as_array).unwrap_or_default();
        let told: Vec<_> = list.iter().filter_map(of_choice).collect();
        let stop = || self.stop.and_then(Value::as_str).filter(|word| *word != "null").map(finish_reason);
        if told.is_empty() { stop().into_iter().collect() } else { told }
    }
}

/// The messages of a call.
pub(crate) fn messages(span: &Span) -> Messages {
    let (request, answer) = (event(span, LLAMAINDEX_REQUESTS), event(span, LLAMAINDEX_ANSWERS));
    let asked = request.or(answer);
    let list = |key, role| asked.and_then(|event| event.get(key)).map(|value| message_list(value, role));
    let tools = asked.and_then(|event| event.text("additional_kwargs.tools")).and_then(parse);
    Messages {
        input: list("messages", &Role::User).or_else(|| list("prompt", &Role::User)).unwrap_or_default(),
        output: answer.and_then(answered).into_iter().collect(),
        tool_definitions: tools.as_ref().and_then(Value::as_array).map(<[Value]>::to_vec).unwrap_or_default(),
        ..Messages::default()
    }
}

fn answered(answer: &Attributes) -> Option<Message> {
    let structured = |key: &str| {
        let value = answer.get(key)?;
        Some(value.as_str().and_then(parse).unwrap_or_else(|| value.clone()))
    };
    let mut parts: Vec<Part> =
        ["response.message.blocks", "response.message.content", "response.text", "response"]
            .iter()
            .find_map(|key| structured(key))
            .map(|value| parts_of(&value))
            .unwrap_or_default();
    if !parts.iter().any(|part| matches!(part, Part::ToolCall { .. })) {
        let calls = structured("response.message.additional_kwargs.tool_calls").map(|calls| parts_of(&calls));
        parts.extend(calls.into_iter().flatten().filter(|part| matches!(part, Part::ToolCall { .. })));
    }
    let finish_reason = Answer::of(answer).finish_reasons().into_iter().next();
    (!parts.is_empty()).then_some(Message { role: Role::Assistant, parts, finish_reason })
}
