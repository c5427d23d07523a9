//! Further forms in which programs print or send a provider's usage.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, genai, join, openai_answer, openai_usage};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("JSON within JSON", nested),
    ("usage as YAML", yaml),
    ("usage as a query", query),
    ("headers as lists", headers),
    ("model on the resource", resource_model),
    ("usage printed by Swift", swift),
    ("usage inspected by Node", node),
    ("usage inspected by Ruby", ruby),
    ("usage debugged by Rust with options", rust_options),
    ("usage printed by a record of C#", csharp),
    ("usage printed by Go with names of fields", go_names),
    ("usage printed by Kotlin on a phone", kotlin),
    ("usages within questions and answers", contents),
    ("placeholders of the greatest number", greatest),
    ("usage as a list of kinds", kinds),
    ("figures in events of both ends", both_events),
];

/// A home-made span of a call with its model, and this much more.
fn own(w: &mut World, call: &Call, more: &Value) {
    w.span("app.llm", "llm.request")
        .kind(CLIENT)
        .around(call, 0)
        .with(join(&[json!({"llm.model": call.model, "llm.vendor": call.provider}), more.clone()]))
        .send();
}

fn nested(w: &mut World) {
    for call in w.twice(|call| call) {
        let body = json!({"statusCode": 200, "headers": {"content-type": "application/json"},
            "body": openai_answer(&call).to_string()});
        own(w, &call, &json!({"lambda.response": body.to_string()}));
    }
}

fn yaml(w: &mut World) {
    for call in w.twice(Call::plain) {
        let text = format!(
            "prompt_tokens: {}\ncompletion_tokens: {}\ntotal_tokens: {}\n",
            call.input,
            call.output,
            call.total()
        );
        own(w, &call, &json!({ "llm.usage": text }));
    }
}

fn query(w: &mut World) {
    for call in w.twice(Call::plain) {
        let text = format!("input_tokens={}&output_tokens={}", call.input, call.output);
        own(w, &call, &json!({ "llm.usage": text }));
    }
}

fn headers(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("edge", "POST")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"http.request.method": "POST", "http.response.status_code": 200,
                "url.full": "https://gateway.example/v1/chat/completions",
                "http.response.header.x-llm-model": [call.model],
                "http.response.header.x-usage-input-tokens": [call.input.to_string()],
                "http.response.header.x-usage-output-tokens": [call.output.to_string()],
                "http.response.header.x-ratelimit-remaining-tokens": ["149984"]}))
            .send();
    }
}

fn resource_model(w: &mut World) {
    w.resource(json!({"service.name": "worker", "service.instance.id": "worker-7", "host.name": "gpu-3",
        "llm.model": "gpt-4o", "process.pid": 7}));
    for call in w.twice(Call::plain) {
        w.span("worker", "inference")
            .around(&call, 0)
            .with(json!({"prompt_tokens": call.input, "completion_tokens": call.output,
                "total_tokens": call.total()}))
            .send();
    }
}

fn swift(w: &mut World) {
    for call in w.twice(Call::mute) {
        let text = format!(
            "Usage(promptTokens: {}, completionTokens: {}, totalTokens: {}, promptTokensDetails: \
             Optional(PromptTokensDetails(cachedTokens: Optional({}))))",
            call.input,
            call.output,
            call.total(),
            call.read
        );
        own(w, &call, &json!({ "usage": text }));
    }
}

fn node(w: &mut World) {
    for call in w.twice(|call| call) {
        let text = format!(
            "{{\n  prompt_tokens: {},\n  completion_tokens: {},\n  total_tokens: {},\n  \
             prompt_tokens_details: {{ cached_tokens: {}, audio_tokens: 0 }},\n  \
             completion_tokens_details: {{ reasoning_tokens: {}, audio_tokens: undefined }}\n}}",
            call.input,
            call.output,
            call.total(),
            call.read,
            call.reasoning
        );
        own(w, &call, &json!({ "usage": text }));
    }
}

fn ruby(w: &mut World) {
    for call in w.twice(Call::plain) {
        let text = format!(
            "#<OpenAI::Models::CompletionUsage:0x000078e1 @completion_tokens={}, @prompt_tokens={}, \
             @total_tokens={}>",
            call.output,
            call.input,
            call.total()
        );
        own(w, &call, &json!({ "usage": text }));
    }
}

fn rust_options(w: &mut World) {
    for call in w.twice(|call| call) {
        let text = format!(
            "Usage {{ prompt_tokens: Some({}), prompt_tokens_details: Some(PromptTokensDetails {{ \
             cached_tokens: Some({}), audio_tokens: None }}), completion_tokens: Some({}), \
             completion_tokens_details: Some(CompletionTokensDetails {{ reasoning_tokens: Some({}) }}), \
             total_tokens: Some({}) }}",
            call.input,
            call.read,
            call.output,
            call.reasoning,
            call.total()
        );
        own(w, &call, &json!({ "usage": text }));
    }
}

fn csharp(w: &mut World) {
    for call in w.twice(Call::mute) {
        let text = format!(
            "UsageDetails {{ InputTokenCount = {}, OutputTokenCount = {}, TotalTokenCount = {}, \
             CachedInputTokenCount = {}, ReasoningTokenCount =  }}",
            call.input,
            call.output,
            call.total(),
            call.read
        );
        own(w, &call, &json!({ "usage": text }));
    }
}

fn go_names(w: &mut World) {
    for call in w.twice(Call::mute) {
        let text = format!(
            "{{PromptTokens:{} CompletionTokens:{} TotalTokens:{} \
             PromptTokensDetails:{{CachedTokens:{} AudioTokens:0}}}}",
            call.input,
            call.output,
            call.total(),
            call.read
        );
        own(w, &call, &json!({ "usage": text }));
    }
}

fn kotlin(w: &mut World) {
    for call in w.twice(|call| call.plain().model("gemini-2.5-flash", "gcp.gemini")) {
        let text = format!(
            "UsageMetadata(promptTokenCount={}, candidatesTokenCount={}, totalTokenCount={}, \
             promptTokensDetails=[ModalityTokenCount(modality=TEXT, tokenCount={})], \
             candidatesTokensDetails=[ModalityTokenCount(modality=TEXT, tokenCount={})], thoughtsTokenCount=0)",
            call.input,
            call.output,
            call.total(),
            call.input,
            call.output
        );
        own(w, &call, &json!({ "usage": text }));
    }
}

fn contents(w: &mut World) {
    let told = json!({"model": "gpt-4o-mini", "usage": {"prompt_tokens": 999, "completion_tokens": 77,
        "total_tokens": 1_076}});
    let question = json!([{"role": "user", "content": format!("Explain this answer: {told}")}]);
    for call in w.twice(Call::plain) {
        own(
            w,
            &call,
            &json!({"llm.messages": question.to_string(), "llm.answer": format!("It is JSON: {told}"),
                "llm.usage": openai_usage(&call).to_string()}),
        );
        let later = w.call(|call| call.claude());
        let parts = json!([{"role": "assistant", "parts": [{"type": "text", "content": told.to_string()}]}]);
        w.span("app.other", "chat")
            .around(&later, 0)
            .with(join(&[
                genai(&later),
                json!({"gen_ai.output.messages": parts.to_string(),
                "app.usage": claude_usage(&later).to_string()}),
            ]))
            .send();
    }
}

fn greatest(w: &mut World) {
    for call in w.twice(Call::plain) {
        own(
            w,
            &call,
            &json!({"llm.prompt_tokens": call.input, "llm.completion_tokens": call.output,
                "llm.cached_tokens": "18446744073709551615", "llm.reasoning_tokens": -1.0}),
        );
    }
}

fn kinds(w: &mut World) {
    for call in w.twice(Call::plain) {
        let list =
            json!([{"type": "input", "tokens": call.input}, {"type": "output", "tokens": call.output}]);
        own(w, &call, &json!({"llm.usage": list.to_string()}));
    }
}

fn both_events(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("app.llm", "llm.request")
            .around(&call, 0)
            .with(json!({"llm.model": call.model}))
            .event("llm.prompt", call.start, json!({"llm.prompt.tokens": call.input}))
            .event("llm.completion", call.end(), json!({"llm.completion.tokens": call.output}))
            .send();
    }
}
