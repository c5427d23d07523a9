//! Keys of token counts and costs.

/// Input tokens.
pub const INPUT: &[&str] = &[
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
    "decision.token_count.input",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "ai.usage.tokens",
    "input_token_count",
    "codex.turn.token_usage.input_tokens",
    RAW_INPUT,
];

/// The plain input key of Claude Code and of raw Anthropic usage; it excludes cached tokens.
pub const RAW_INPUT: &str = "input_tokens";

/// Output tokens.
pub const OUTPUT: &[&str] = &[
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
    "decision.token_count.output",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
    "output_tokens",
    "output_token_count",
    "codex.turn.token_usage.output_tokens",
];

/// Input and output tokens together.
pub const TOTAL: &[&str] = &[
    "gen_ai.usage.total_tokens",
    "llm.token_count.total",
    "llm.usage.total_tokens",
    "ai.usage.totalTokens",
    "gen_ai.client.token.usage",
    "total_token_count",
    "codex.usage.total_tokens",
    "codex.turn.token_usage.total_tokens",
    "total_tokens",
];

/// Input tokens read from a cache.
pub const CACHE_READ: &[&str] = &[
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cache_read_tokens",
    "gen_ai.usage.input_tokens.cache_read",
    "gen_ai.usage.cached_input_tokens",
    "gen_ai.usage.prompt_tokens_details.cached_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.details.cached_tokens",
    "llm.token_count.prompt_details.cache_read",
    "llm.token_count.prompt_details.cache_input",
    "llm.usage.cache_read_input_tokens",
    "ai.usage.inputTokenDetails.cacheReadTokens",
    "ai.usage.cachedInputTokens",
    "metadata.usage.cached_prompt_tokens",
    "cache_read_tokens",
    "cache_read_input_tokens",
    "cached_token_count",
    "cached_content_token_count",
    "codex.turn.token_usage.cached_input_tokens",
];

/// Input tokens written to a cache.
pub const CACHE_WRITE: &[&str] = &[
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_input_tokens",
    "gen_ai.usage.input_tokens.cache_write",
    "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "llm.token_count.prompt_details.cache_write",
    "llm.usage.cache_creation_input_tokens",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
    "metadata.usage.cached_creation_tokens",
    "cache_creation_tokens",
    "cache_creation_input_tokens",
    "cache_write_token_count",
    "codex.turn.token_usage.cache_write_input_tokens",
];

/// Input tokens that were neither read from a cache nor written to one.
pub const UNCACHED: &[&str] = &["ai.usage.inputTokenDetails.noCacheTokens"];

/// Part of the cache write with a lifetime of 5 minutes.
pub const CACHE_WRITE_5M: &[&str] = &[
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens",
    "gen_ai.usage.cache_creation.5m_input_tokens",
    "cache_creation_5m_tokens",
];

/// Part of the cache write with a lifetime of 1 hour.
pub const CACHE_WRITE_1H: &[&str] = &[
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
    "gen_ai.usage.cache_creation.1h_input_tokens",
    "cache_creation_1h_tokens",
];

/// Output tokens spent on reasoning.
pub const REASONING: &[&str] = &[
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.thinking_tokens",
    "gen_ai.usage.completion_tokens_details.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "gen_ai.usage.output_tokens.reasoning",
    "llm.token_count.completion_details.reasoning",
    "llm.usage.reasoning_tokens",
    "ai.usage.outputTokenDetails.reasoningTokens",
    "ai.usage.reasoningTokens",
    "reasoning_token_count",
    "thoughts_token_count",
    "codex.usage.reasoning_output_tokens",
    "codex.turn.token_usage.reasoning_output_tokens",
];

/// Audio input tokens.
pub const INPUT_AUDIO: &[&str] = &[
    "gen_ai.usage.audio.input_tokens",
    "gen_ai.usage.audio_input_tokens",
    "gen_ai.usage.details.input_audio_tokens",
    "llm.token_count.prompt_details.audio",
];

/// Image input tokens.
pub const INPUT_IMAGE: &[&str] = &["gen_ai.usage.image.input_tokens", "llm.token_count.prompt_details.image"];

/// Audio tokens read from a cache.
pub const CACHE_READ_AUDIO: &[&str] =
    &["gen_ai.usage.audio.cache_read.input_tokens", "gen_ai.usage.details.cache_audio_read_tokens"];

/// Audio output tokens.
pub const OUTPUT_AUDIO: &[&str] = &[
    "gen_ai.usage.audio.output_tokens",
    "gen_ai.usage.audio_output_tokens",
    "gen_ai.usage.details.output_audio_tokens",
    "gen_ai.usage.completion_tokens_details.audio_tokens",
    "llm.token_count.completion_details.audio",
];

/// Image output tokens.
pub const OUTPUT_IMAGE: &[&str] = &["gen_ai.usage.image.output_tokens"];

/// Input tokens that server-side tools added to the prompt, already part of the input.
pub const TOOL_PROMPT: &[&str] =
    &["gen_ai.usage.tool_use_prompt_tokens", "gen_ai.usage.details.tool_use_prompt_tokens"];

/// Web searches that the provider made for the call and charges for.
pub const WEB_SEARCHES: &[&str] = &[
    "gen_ai.usage.server_tool_use.web_search_requests",
    "gen_ai.usage.web_search_requests",
    "gen_ai.usage.details.web_search_requests",
    "web_search_requests",
];

/// The provider's own usage object, as JSON or as a Python dictionary, for details without a key of their
/// own.
pub const USAGE_OBJECT: &[&str] = &[
    "gen_ai.usage.raw",
    "metadata.usage_object",
    "ai.response.providerMetadata",
    "langwatch.metrics",
    "gen_ai.usage",
    "gen_ai.response.usage",
    "llm.usage",
    "llm.response.usage",
    "response.usage",
    "usage",
    "token_usage",
    "usage_metadata",
];

/// Details of the input as a flat dictionary.
pub const INPUT_DETAILS: &[&str] = &[
    "gen_ai.usage.input_token_details",
    "gen_ai.usage.input_tokens_details",
    "gen_ai.usage.prompt_tokens_details",
];

/// Details of the output as a flat dictionary.
pub const OUTPUT_DETAILS: &[&str] = &[
    "gen_ai.usage.output_token_details",
    "gen_ai.usage.output_tokens_details",
    "gen_ai.usage.completion_tokens_details",
];

/// Tokens read from a cache, in a provider's usage object or a dictionary of details: path of nested objects,
/// separated by dots, and key.
pub const OBJECT_CACHE_READ: &[(&str, &str)] = &[
    ("input_tokens_details", "cached_tokens"),
    ("prompt_tokens_details", "cached_tokens"),
    ("", "cache_read_input_tokens"),
    ("", "cache_read"),
    ("", "prompt_cached_tokens"),
    ("anthropic.usage", "cache_read_input_tokens"),
    ("anthropic", "cacheReadInputTokens"),
    ("bedrock.usage", "cacheReadInputTokens"),
    ("openai", "cachedPromptTokens"),
    ("azure", "cachedPromptTokens"),
    ("deepseek", "promptCacheHitTokens"),
    ("google.usageMetadata", "cachedContentTokenCount"),
    ("vertex.usageMetadata", "cachedContentTokenCount"),
];

/// Tokens written to a cache, in the same form.
pub const OBJECT_CACHE_WRITE: &[(&str, &str)] = &[
    ("input_tokens_details", "cache_write_tokens"),
    ("prompt_tokens_details", "cache_creation_tokens"),
    ("prompt_tokens_details", "cache_write_tokens"),
    ("", "cache_creation_input_tokens"),
    ("", "cache_creation"),
    ("", "prompt_cache_creation_tokens"),
    ("anthropic.usage", "cache_creation_input_tokens"),
    ("anthropic", "cacheCreationInputTokens"),
    ("bedrock.usage", "cacheWriteInputTokens"),
];

/// Tokens written to a cache for 5 minutes, in the same form.
pub const OBJECT_CACHE_WRITE_5M: &[(&str, &str)] = &[
    ("cache_creation", "ephemeral_5m_input_tokens"),
    ("anthropic.usage.cache_creation", "ephemeral_5m_input_tokens"),
];

/// Tokens written to a cache for an hour, in the same form.
pub const OBJECT_CACHE_WRITE_1H: &[(&str, &str)] = &[
    ("cache_creation", "ephemeral_1h_input_tokens"),
    ("anthropic.usage.cache_creation", "ephemeral_1h_input_tokens"),
];

/// Tokens spent on reasoning, in the same form.
pub const OBJECT_REASONING: &[(&str, &str)] = &[
    ("output_tokens_details", "reasoning_tokens"),
    ("completion_tokens_details", "reasoning_tokens"),
    ("", "reasoning"),
    ("", "reasoning_tokens"),
    ("", "completion_reasoning_tokens"),
    ("openai", "reasoningTokens"),
    ("azure", "reasoningTokens"),
    ("google.usageMetadata", "thoughtsTokenCount"),
    ("vertex.usageMetadata", "thoughtsTokenCount"),
];

/// Web searches, in the same form: Anthropic's key, and `LiteLLM`'s key for other providers.
pub const OBJECT_WEB_SEARCHES: &[(&str, &str)] = &[
    ("server_tool_use", "web_search_requests"),
    ("anthropic.usage.server_tool_use", "web_search_requests"),
    ("prompt_tokens_details", "web_search_requests"),
];

/// Figures that only repeat other keys, or split them further than the record does.
pub const RESTATED: &[&str] = &[
    "ai.usage.outputTokenDetails.textTokens",
    "gen_ai.usage.text.input_tokens",
    "gen_ai.usage.text.output_tokens",
    "gen_ai.usage.details.accepted_prediction_tokens",
    "gen_ai.usage.details.rejected_prediction_tokens",
    "gen_ai.usage.details.audio_tokens",
    "gen_ai.usage.details.text_tokens",
    "gen_ai.usage.details.input_tokens",
    "gen_ai.usage.details.output_tokens",
];

/// Sums over other spans under their own keys: a span with them has no usage of its own.
pub const AGGREGATED: &[&str] =
    &["gen_ai.aggregated_usage.input_tokens", "gen_ai.aggregated_usage.output_tokens"];

/// Prefixes of usage keys. A figure under such a prefix that is in no table is reported as unread usage.
pub const USAGE_PREFIXES: &[&str] = &["gen_ai.usage.", "llm.token_count.", "llm.usage.", "ai.usage."];

/// Cost in US dollars.
pub const COST: &[&str] = &[
    "gen_ai.usage.cost",
    "llm.cost.total",
    "operation.cost",
    "gen_ai.cost.total_cost",
    "gen_ai.usage.total_cost",
    "gen_ai.cost.total_tokens",
    "gen_ai.cost.total",
    "gen_ai.cost.usd",
    "cost_usd",
    crate::quipu::REPORTED_COST,
];

/// Cost of the input in US dollars, if only the parts are sent.
pub const COST_PROMPT: &[&str] = &[
    "llm.cost.prompt",
    "gen_ai.cost.input_cost",
    "gen_ai.usage.input_cost",
    "gen_ai.cost.input_tokens",
    "gen_ai.cost.input",
];

/// Cost of the output in US dollars, if only the parts are sent.
pub const COST_COMPLETION: &[&str] = &[
    "llm.cost.completion",
    "gen_ai.cost.output_cost",
    "gen_ai.usage.output_cost",
    "gen_ai.cost.output_tokens",
    "gen_ai.cost.output",
];

/// Endings of keys, without punctuation and in lower case, of the flag that a cache gave an answer.
pub const CACHE_HIT_ENDINGS: &[&str] = &["cachehit", "hitcache", "cached", "fromcache", "cachedresponse"];

/// Attributes that may hold such a flag inside an object.
pub const CACHE_HIT_HOLDERS: &[&str] =
    &["metadata", "hidden_params", "litellm.metadata", "litellm_metadata", "response_metadata"];

/// Words of keys about a provider's prompt cache, or about caches of other things than answers.
pub const PROMPT_CACHE_WORDS: &[&str] = &["prompt", "token", "prefix", "context", "tool", "kv_", "kv."];
