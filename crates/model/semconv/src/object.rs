//! Keys of providers' own usage objects, as pairs of the path within the object and the key.
//!
//! Dialects: `OpenAI`'s chat completions and responses, `Anthropic`'s messages, Bedrock's converse, Gemini,
//! Ollama, the AI SDK, llama.cpp, and `LangChain`'s `usage_metadata`.

/// Input tokens.
pub const OBJECT_INPUT: &[(&str, &str)] = &[
    ("", "prompt_tokens"),
    ("", "input_tokens"),
    ("", "inputTokens"),
    ("", "promptTokenCount"),
    ("", "prompt_token_count"),
    ("", "prompt_eval_count"),
    ("", "promptTokens"),
    ("", "tokens_evaluated"),
    ("inputTokens", "total"),
];

/// Output tokens.
pub const OBJECT_OUTPUT: &[(&str, &str)] = &[
    ("", "completion_tokens"),
    ("", "output_tokens"),
    ("", "outputTokens"),
    ("", "candidatesTokenCount"),
    ("", "candidates_token_count"),
    ("", "eval_count"),
    ("", "completionTokens"),
    ("", "generation_token_count"),
    ("", "tokens_predicted"),
    ("outputTokens", "total"),
];

/// Input and output tokens together.
pub const OBJECT_TOTAL: &[(&str, &str)] =
    &[("", "total_tokens"), ("", "totalTokens"), ("", "totalTokenCount"), ("", "total_token_count")];

/// Tokens read from a cache, under keys that `OBJECT_CACHE_READ` lacks.
pub const OBJECT_CACHED: &[(&str, &str)] = &[
    ("input_token_details", "cache_read"),
    ("", "cacheReadInputTokens"),
    ("", "cachedContentTokenCount"),
    ("", "cachedContentTokens"),
    ("", "cached_content_token_count"),
    ("", "prompt_cache_hit_tokens"),
    ("", "cachedInputTokens"),
    ("", "cacheReadInputTokenCount"),
    ("inputTokens", "cacheRead"),
];

/// Tokens written to a cache, under keys that `OBJECT_CACHE_WRITE` lacks.
pub const OBJECT_CACHED_ANEW: &[(&str, &str)] = &[
    ("input_token_details", "cache_creation"),
    ("", "cacheWriteInputTokens"),
    ("", "cacheCreationInputTokens"),
    ("", "cacheWriteInputTokenCount"),
    ("inputTokens", "cacheWrite"),
];

/// Tokens kept for 5 minutes, under keys that `OBJECT_CACHE_WRITE_5M` lacks.
pub const OBJECT_KEPT_5M: &[(&str, &str)] = &[("input_token_details", "ephemeral_5m_input_tokens")];

/// Tokens kept for an hour, under keys that `OBJECT_CACHE_WRITE_1H` lacks.
pub const OBJECT_KEPT_1H: &[(&str, &str)] = &[("input_token_details", "ephemeral_1h_input_tokens")];

/// Reasoning tokens, under keys that `OBJECT_REASONING` lacks.
pub const OBJECT_THOUGHT: &[(&str, &str)] =
    &[("output_token_details", "reasoning"), ("", "reasoningTokens"), ("outputTokens", "reasoning")];

/// Audio input tokens.
pub const OBJECT_INPUT_AUDIO: &[(&str, &str)] = &[
    ("prompt_tokens_details", "audio_tokens"),
    ("input_tokens_details", "audio_tokens"),
    ("input_token_details", "audio"),
    ("input_token_details", "audio_tokens"),
];

/// Image input tokens.
pub const OBJECT_INPUT_IMAGE: &[(&str, &str)] =
    &[("input_tokens_details", "image_tokens"), ("prompt_tokens_details", "image_tokens")];

/// Image output tokens.
pub const OBJECT_OUTPUT_IMAGE: &[(&str, &str)] =
    &[("output_tokens_details", "image_tokens"), ("completion_tokens_details", "image_tokens")];

/// Audio output tokens.
pub const OBJECT_OUTPUT_AUDIO: &[(&str, &str)] = &[
    ("completion_tokens_details", "audio_tokens"),
    ("output_tokens_details", "audio_tokens"),
    ("output_token_details", "audio"),
];

/// Key and value that mark an object that counts time instead of tokens: OpenAI's transcriptions.
pub const OBJECT_DURATION: (&str, &str) = ("type", "duration");
/// Key of the seconds in such an object.
pub const OBJECT_SECONDS: &str = "seconds";

/// Reasoning tokens that the output of the object excludes: Gemini's thoughts.
pub const OBJECT_REASONING_ON_TOP: &[(&str, &str)] =
    &[("", "thoughtsTokenCount"), ("", "thoughts_token_count"), ("", "thoughtsTokens")];

/// Tokens of server-side tools that the input of the object excludes: Gemini's.
pub const OBJECT_TOOL_PROMPT_ON_TOP: &[(&str, &str)] =
    &[("", "toolUsePromptTokenCount"), ("", "tool_use_prompt_token_count")];

/// Keys of an object whose input excludes cached tokens, unless one of `OBJECT_INCLUSIVE` is present too.
pub const OBJECT_EXCLUSIVE: &[&str] = &[
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cacheReadInputTokens",
    "cacheWriteInputTokens",
    "cacheCreationInputTokens",
    "cacheReadInputTokenCount",
    "cacheWriteInputTokenCount",
];

/// Keys of an object whose input includes cached tokens.
pub const OBJECT_INCLUSIVE: &[&str] =
    &["prompt_tokens_details", "input_tokens_details", "input_token_details"];
