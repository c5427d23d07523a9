//! Tests of answers and figures in the formats of many providers and home-made programs.

use quipu_adapter_generic::Generic;
use quipu_core::{Adapter, Canonical, Kind, Value};

use crate::{read, span};

/// Input, output, read from a cache, written to one, reasoning.
type Figures = [u64; 5];

fn figures(read: &Canonical) -> Figures {
    let usage = read.usage.clone().unwrap_or_default();
    [usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning]
        .map(|figure| figure.unwrap_or(0))
}

/// One attribute with an answer as JSON, and a model beside it.
fn of_json(answer: &str) -> Canonical {
    Generic.canonical(&span(&[("shop.model", "some-model-2".into()), ("shop.reply", answer.into())]))
}

/// Answers by the name of their format, with their figures.
const ANSWERS: &[(&str, &str, Figures)] = &[
    (
        "AI SDK 5",
        r#"{"text": "x", "usage": {"inputTokens": 100, "outputTokens": 20, "totalTokens": 120, "reasoningTokens": 7, "cachedInputTokens": 60}}"#,
        [100, 20, 60, 0, 7],
    ),
    (
        "AI SDK 6: an object for each side",
        r#"{"usage": {"inputTokens": {"total": 100, "noCache": 30, "cacheRead": 60, "cacheWrite": 10}, "outputTokens": {"total": 20, "text": 13, "reasoning": 7}}}"#,
        [100, 20, 60, 10, 7],
    ),
    (
        "DeepSeek: cache hits and misses",
        r#"{"usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "prompt_cache_hit_tokens": 60, "prompt_cache_miss_tokens": 40}}"#,
        [100, 20, 60, 0, 0],
    ),
    (
        "xAI: reasoning beside the completion",
        r#"{"usage": {"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135, "completion_tokens_details": {"reasoning_tokens": 94, "audio_tokens": 0}}}"#,
        [32, 103, 0, 0, 94],
    ),
    (
        "Groq: the usage a second time",
        r#"{"usage": {"queue_time": 0.02, "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "total_time": 0.3}, "x_groq": {"id": "req_01jbd6g2qdfw2adyrt2az8hz4w"}}"#,
        [100, 20, 0, 0, 0],
    ),
    (
        "Perplexity: searches and citations beside the tokens",
        r#"{"usage": {"prompt_tokens": 14, "completion_tokens": 70, "total_tokens": 84, "search_context_size": "low", "citation_tokens": 12, "num_search_queries": 2}}"#,
        [14, 70, 0, 0, 0],
    ),
    (
        "Amazon Nova: cached tokens as counts, not in the input",
        r#"{"usage": {"inputTokens": 40, "outputTokens": 20, "totalTokens": 120, "cacheReadInputTokenCount": 50, "cacheWriteInputTokenCount": 10}}"#,
        [100, 20, 50, 10, 0],
    ),
    (
        "Llama on Bedrock",
        r#"{"generation": "x", "prompt_token_count": 100, "generation_token_count": 20, "stop_reason": "stop"}"#,
        [100, 20, 0, 0, 0],
    ),
    (
        "watsonx: figures of the only result",
        r#"{"model_id": "ibm/granite-3-8b", "results": [{"generated_text": "x", "generated_token_count": 20, "input_token_count": 100, "stop_reason": "eos_token"}]}"#,
        [100, 20, 0, 0, 0],
    ),
    (
        "llama.cpp",
        r#"{"content": "x", "tokens_predicted": 20, "tokens_evaluated": 100, "tokens_cached": 119, "timings": {"prompt_n": 100, "predicted_n": 20}}"#,
        [100, 20, 0, 0, 0],
    ),
    (
        "texts for numbers",
        r#"{"usage": {"prompt_tokens": "100", "completion_tokens": "20", "total_tokens": "120"}}"#,
        [100, 20, 0, 0, 0],
    ),
    (
        "numbers with a fraction of zero",
        r#"{"meta": {"tokens": {"prompt": 100.0, "completion": 20.0, "total": 120.0}}}"#,
        [100, 20, 0, 0, 0],
    ),
    (
        "Langfuse: the unit beside the figures",
        r#"{"usage": {"input": 100, "output": 20, "total": 120, "unit": "TOKENS"}}"#,
        [100, 20, 0, 0, 0],
    ),
    (
        "Langfuse: details of the usage",
        r#"{"usageDetails": {"input": 40, "output": 20, "cache_read_input_tokens": 50, "cache_creation_input_tokens": 10, "total": 120}}"#,
        [100, 20, 50, 10, 0],
    ),
    (
        "a stream of OpenAI, with the usage in its last chunk",
        r#"[{"id": "chatcmpl-1", "choices": [{"delta": {"content": "x"}}], "usage": null}, {"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}]"#,
        [100, 20, 0, 0, 0],
    ),
    (
        "a stream of Anthropic: the first event has the input, the last one the output",
        r#"[{"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 40, "cache_read_input_tokens": 60, "output_tokens": 1}}}, {"type": "content_block_delta", "delta": {"text": "x"}}, {"type": "message_delta", "usage": {"output_tokens": 12}}, {"type": "message_delta", "usage": {"output_tokens": 20}}]"#,
        [100, 20, 60, 0, 0],
    ),
    (
        "a stream of Anthropic whose last event repeats the input",
        r#"[{"type": "message_start", "message": {"usage": {"input_tokens": 40, "output_tokens": 1}}}, {"type": "message_delta", "usage": {"input_tokens": 40, "output_tokens": 20}}]"#,
        [40, 20, 0, 0, 0],
    ),
    (
        "a stream of Gemini, whose chunks have one id and count on",
        r#"[{"responseId": "x7", "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 4, "totalTokenCount": 104}}, {"responseId": "x7", "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120}}]"#,
        [100, 20, 0, 0, 0],
    ),
    (
        "the Responses API, in the event of its end",
        r#"{"type": "response.completed", "response": {"id": "resp_1", "usage": {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60}, "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 7}, "total_tokens": 120}}}"#,
        [100, 20, 60, 0, 7],
    ),
    (
        "LangChain's message",
        r#"{"kwargs": {"usage_metadata": {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120, "input_token_details": {"cache_read": 60}, "output_token_details": {"reasoning": 7}}, "response_metadata": {"token_usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}}}"#,
        [100, 20, 60, 0, 7],
    ),
];

#[test]
fn answers_in_the_formats_of_many_providers_are_calls() {
    let mut wrong = Vec::new();
    for (name, answer, want) in ANSWERS {
        let read = of_json(answer);
        if (read.kind, figures(&read)) != (Kind::Llm, *want) {
            wrong.push(format!("{name}: {:?} {:?} {:?}", read.kind, figures(&read), read.notes));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn audio_and_images_are_parts_of_the_tokens() {
    let speech = of_json(
        r#"{"usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "prompt_tokens_details": {"audio_tokens": 30, "cached_tokens": 0}, "completion_tokens_details": {"audio_tokens": 40, "reasoning_tokens": 0}}}"#,
    );
    let usage = speech.usage.unwrap();
    assert_eq!(
        (usage.input, usage.input_audio, usage.output, usage.output_audio),
        (Some(100), Some(30), Some(50), Some(40))
    );
    let heard = of_json(
        r#"{"usage": {"type": "tokens", "input_tokens": 14, "input_token_details": {"text_tokens": 0, "audio_tokens": 14}, "output_tokens": 45, "total_tokens": 59}}"#,
    );
    let usage = heard.usage.unwrap();
    assert_eq!((usage.input, usage.input_audio, usage.output), (Some(14), Some(14), Some(45)));
    let drawn = of_json(
        r#"{"usage": {"total_tokens": 1100, "input_tokens": 50, "output_tokens": 1050, "input_tokens_details": {"text_tokens": 10, "image_tokens": 40}, "output_tokens_details": {"image_tokens": 1050, "text_tokens": 0}}}"#,
    );
    let usage = drawn.usage.unwrap();
    assert_eq!((usage.input, usage.input_image, usage.output_image), (Some(50), Some(40), Some(1050)));
    let seen = of_json(
        r#"{"usageMetadata": {"promptTokenCount": 300, "candidatesTokenCount": 20, "totalTokenCount": 320, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 42}, {"modality": "IMAGE", "tokenCount": 258}]}}"#,
    );
    assert_eq!(figures(&seen), [300, 20, 0, 0, 0], "{:?}", seen.notes);
}

#[test]
fn embeddings_and_reranking_have_input_only() {
    for (name, model, answer, kind, input) in [
        (
            "OpenAI",
            "text-embedding-3-small",
            r#"{"usage": {"prompt_tokens": 15, "total_tokens": 15}}"#,
            Kind::Embedding,
            15,
        ),
        (
            "Voyage",
            "voyage-3-large",
            r#"{"object": "list", "usage": {"total_tokens": 24}}"#,
            Kind::Embedding,
            24,
        ),
        ("Voyage", "rerank-2.5", r#"{"object": "list", "usage": {"total_tokens": 26}}"#, Kind::Rerank, 26),
        (
            "Jina",
            "jina-reranker-v2",
            r#"{"usage": {"total_tokens": 31, "prompt_tokens": 31}}"#,
            Kind::Rerank,
            31,
        ),
        ("Cohere", "embed-v4.0", r#"{"meta": {"billed_units": {"input_tokens": 12}}}"#, Kind::Embedding, 12),
        (
            "Titan",
            "amazon.titan-embed-text-v2:0",
            r#"{"embedding": [0.1, 0.2], "inputTextTokenCount": 9}"#,
            Kind::Embedding,
            9,
        ),
    ] {
        let read = Generic.canonical(&span(&[("shop.model", model.into()), ("shop.reply", answer.into())]));
        assert_eq!(
            (read.kind, figures(&read)),
            (kind, [input, 0, 0, 0, 0]),
            "{name} {model}: {:?}",
            read.notes
        );
    }
}

/// Keys with figures, and `text` before a figure that is sent as one.
type Keys = &'static [(&'static str, &'static str)];

/// Figures under keys of home-made programs.
const OWN_KEYS: &[(&str, Keys, Figures)] = &[
    (
        "headers of Bedrock",
        &[("x-amzn-bedrock-input-token-count", "text 100"), ("x-amzn-bedrock-output-token-count", "text 20")],
        [100, 20, 0, 0, 0],
    ),
    (
        "camel case in one word",
        &[("botUsagePromptTokens", "100"), ("botUsageCompletionTokens", "20")],
        [100, 20, 0, 0, 0],
    ),
    ("numbers of tokens", &[("bot.n_tokens_in", "100"), ("bot.n_tokens_out", "20")], [100, 20, 0, 0, 0]),
    (
        "usage of tokens",
        &[
            ("bot.token_usage.input", "100"),
            ("bot.token_usage.output", "20"),
            ("bot.token_usage.cost", "0.002"),
        ],
        [100, 20, 0, 0, 0],
    ),
    (
        "reasoning beside the output, by the total",
        &[
            ("bot.tokens.prompt", "100"),
            ("bot.tokens.completion", "20"),
            ("bot.tokens.reasoning", "30"),
            ("bot.tokens.total", "150"),
        ],
        [100, 50, 0, 0, 30],
    ),
    (
        "cached tokens beside the input, by the total",
        &[
            ("bot.tokens.input", "40"),
            ("bot.tokens.output", "20"),
            ("bot.tokens.cache_read", "60"),
            ("bot.tokens.total", "120"),
        ],
        [100, 20, 60, 0, 0],
    ),
    ("upper case", &[("LLM_INPUT_TOKENS", "100"), ("LLM_OUTPUT_TOKENS", "20")], [100, 20, 0, 0, 0]),
];

fn value(figure: &str) -> Value {
    if let Some(text) = figure.strip_prefix("text ") {
        return text.into();
    }
    figure.parse().map(Value::Int).or_else(|_| figure.parse().map(Value::Double)).unwrap()
}

#[test]
fn figures_under_a_programs_own_keys_are_calls() {
    let mut wrong = Vec::new();
    for (name, attributes, want) in OWN_KEYS {
        let mut attributes: Vec<(&str, Value)> =
            attributes.iter().map(|(key, figure)| (*key, value(figure))).collect();
        attributes.push(("bot.llm.model", "some-model-2".into()));
        let read = read(&attributes);
        if (read.kind, figures(&read)) != (Kind::Llm, *want) {
            wrong.push(format!("{name}: {:?} {:?} {:?}", read.kind, figures(&read), read.notes));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_not_said_is_not_counted() {
    let model = || ("bot.llm.model", Value::from("gpt-4o"));
    for (why, attributes) in [
        ("a cost", vec![model(), ("bot.llm.cost_usd", Value::from(0.0012))]),
        ("a cost", vec![model(), ("bot.reply", r#"{"text": "x", "cost": {"total": 0.0012, "currency": "USD"}}"#.into())]),
        ("several answers", vec![model(), ("bot.reply", r#"[{"usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 24}}, {"usageMetadata": {"promptTokenCount": 90, "candidatesTokenCount": 20}}]"#.into())]),
        ("several answers", vec![model(), ("bot.reply", r#"[{"usage": {"prompt_tokens": 10, "completion_tokens": 4}}, {"usage": {"prompt_tokens": 10, "completion_tokens": 4}}]"#.into())]),
    ] {
        let read = read(&attributes);
        assert_eq!((read.kind, &read.usage), (Kind::Other, &None), "{attributes:?}");
        assert!(read.notes.iter().any(|note| note.contains(why)), "{why}: {:?}", read.notes);
    }
}
