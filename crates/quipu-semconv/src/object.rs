//! The words of providers' own usage objects, as their interfaces answer with them: where within the object, and the key.
//!
//! Dialects: `OpenAI`'s chat completions and responses, `Anthropic`'s messages, Bedrock's converse, Gemini, Ollama, the AI SDK,
//! and `LangChain`'s `usage_metadata`.

/// The input.
pub const OBJECT_INPUT: &[(&str, &str)] = &[
    ("", "prompt_tokens"),
    ("", "input_tokens"),
    ("", "inputTokens"),
    ("", "promptTokenCount"),
    ("", "prompt_token_count"),
    ("", "prompt_eval_count"),
];

/// The output.
pub const OBJECT_OUTPUT: &[(&str, &str)] = &[
    ("", "completion_tokens"),
    ("", "output_tokens"),
    ("", "outputTokens"),
    ("", "candidatesTokenCount"),
    ("", "candidates_token_count"),
    ("", "eval_count"),
];

/// Both together.
pub const OBJECT_TOTAL: &[(&str, &str)] =
    &[("", "total_tokens"), ("", "totalTokens"), ("", "totalTokenCount"), ("", "total_token_count")];

/// Tokens read from a cache, in words that `OBJECT_CACHE_READ` has not.
pub const OBJECT_CACHED: &[(&str, &str)] = &[
    ("input_token_details", "cache_read"),
    ("", "cacheReadInputTokens"),
    ("", "cachedContentTokenCount"),
    ("", "cachedContentTokens"),
    ("", "cached_content_token_count"),
    ("", "prompt_cache_hit_tokens"),
    ("", "cachedInputTokens"),
];

/// Tokens written to a cache, in words that `OBJECT_CACHE_WRITE` has not.
pub const OBJECT_CACHED_ANEW: &[(&str, &str)] =
    &[("input_token_details", "cache_creation"), ("", "cacheWriteInputTokens")];

/// Tokens kept for 5 minutes, in words that `OBJECT_CACHE_WRITE_5M` has not.
pub const OBJECT_KEPT_5M: &[(&str, &str)] = &[("input_token_details", "ephemeral_5m_input_tokens")];

/// Tokens kept for an hour, in words that `OBJECT_CACHE_WRITE_1H` has not.
pub const OBJECT_KEPT_1H: &[(&str, &str)] = &[("input_token_details", "ephemeral_1h_input_tokens")];

/// Reasoning, in words that `OBJECT_REASONING` has not.
pub const OBJECT_THOUGHT: &[(&str, &str)] = &[("output_token_details", "reasoning"), ("", "reasoningTokens")];

/// Audio that went in.
pub const OBJECT_INPUT_AUDIO: &[(&str, &str)] = &[
    ("prompt_tokens_details", "audio_tokens"),
    ("input_tokens_details", "audio_tokens"),
    ("input_token_details", "audio"),
];

/// Audio that came out.
pub const OBJECT_OUTPUT_AUDIO: &[(&str, &str)] = &[
    ("completion_tokens_details", "audio_tokens"),
    ("output_tokens_details", "audio_tokens"),
    ("output_token_details", "audio"),
];

/// The word of an object that counts time instead of tokens, and where its seconds are: OpenAI's transcriptions.
pub const OBJECT_DURATION: (&str, &str) = ("type", "duration");
/// The seconds of such an object.
pub const OBJECT_SECONDS: &str = "seconds";

/// Reasoning that the object counts beside its output: Gemini's thoughts.
pub const OBJECT_REASONING_ON_TOP: &[(&str, &str)] =
    &[("", "thoughtsTokenCount"), ("", "thoughts_token_count"), ("", "thoughtsTokens")];

/// Input of server-side tools that the object counts beside its input: Gemini's.
pub const OBJECT_TOOL_PROMPT_ON_TOP: &[(&str, &str)] =
    &[("", "toolUsePromptTokenCount"), ("", "tool_use_prompt_token_count")];

/// Keys of an object whose input leaves cached tokens out, unless one of `OBJECT_INCLUSIVE` is there too.
pub const OBJECT_EXCLUSIVE: &[&str] = &[
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cacheReadInputTokens",
    "cacheWriteInputTokens",
];

/// Keys of an object whose cached tokens are details of its input.
pub const OBJECT_INCLUSIVE: &[&str] =
    &["prompt_tokens_details", "input_tokens_details", "input_token_details"];
