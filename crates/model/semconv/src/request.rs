//! Keys of the request's parameters, the service tier, and the answer's speed and finish reason.

/// Service tier or speed; the charged one precedes the requested one.
pub const SERVICE_TIER: &[&str] = &[
    "openai.response.service_tier",
    "gen_ai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "anthropic.response.service_tier",
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
    "gen_ai.request.service_tier",
    "speed",
];

/// Sampling temperature.
pub const TEMPERATURE: &[&str] =
    &["gen_ai.request.temperature", "llm.temperature", "ai.settings.temperature"];

/// Nucleus sampling bound.
pub const TOP_P: &[&str] = &["gen_ai.request.top_p", "llm.top_p", "ai.settings.topP"];

/// Top-k sampling bound.
pub const TOP_K: &[&str] = &[
    "gen_ai.request.top_k",
    "gen_ai.retrieval.top_k",
    "db.vector.query.top_k",
    "llm.top_k",
    "ai.settings.topK",
];

/// Largest number of output tokens.
pub const MAX_TOKENS: &[&str] = &[
    "gen_ai.request.max_tokens",
    "gen_ai.request.max_completion_tokens",
    "llm.request.max_tokens",
    "ai.settings.maxOutputTokens",
    "ai.settings.maxTokens",
];

/// Frequency penalty.
pub const FREQUENCY_PENALTY: &[&str] =
    &["gen_ai.request.frequency_penalty", "llm.frequency_penalty", "ai.settings.frequencyPenalty"];

/// Presence penalty.
pub const PRESENCE_PENALTY: &[&str] =
    &["gen_ai.request.presence_penalty", "llm.presence_penalty", "ai.settings.presencePenalty"];

/// Sampling seed.
pub const SEED: &[&str] = &["gen_ai.request.seed", "gen_ai.openai.request.seed", "ai.settings.seed"];

/// Number of requested answers.
pub const CHOICE_COUNT: &[&str] = &["gen_ai.request.choice.count", "gen_ai.request.n"];

/// Whether the answer was streamed.
pub const STREAM: &[&str] =
    &["gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming", "gen_ai.request.is_stream"];

/// Reasoning effort or level.
pub const REASONING_LEVEL: &[&str] = &[
    "gen_ai.request.reasoning.level",
    "gen_ai.request.reasoning_effort",
    "gen_ai.openai.request.reasoning_effort",
    "effort",
];

/// Texts that end the answer.
pub const STOP_SEQUENCES: &[&str] =
    &["gen_ai.request.stop_sequences", "llm.chat.stop_sequences", "ai.settings.stopSequences"];

/// All parameters of the request as one JSON object.
pub const PARAMETERS: &[&str] = &[
    "llm.invocation_parameters",
    "embedding.invocation_parameters",
    "reranker.invocation_parameters",
    "gen_ai.request.parameters",
    "langfuse.observation.model.parameters",
    "model_settings",
];

/// Time to the first token or chunk, in seconds.
pub const TIME_TO_FIRST_SECONDS: &[&str] = &[
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.client.inference.time_to_first_chunk",
];

/// Time to the first token or chunk, in milliseconds.
pub const TIME_TO_FIRST_MILLIS: &[&str] =
    &["ai.response.msToFirstChunk", "ai.stream.msToFirstChunk", "ttft_ms"];

/// Time to the first token by the model server's metric name: seconds by definition, milliseconds in Strands.
pub const TIME_TO_FIRST_SERVER: &[&str] = &["gen_ai.server.time_to_first_token"];

/// Time of day of the first token, by RFC 3339.
pub const TIME_OF_FIRST_TOKEN: &[&str] =
    &["langfuse.observation.completion_start_time", "mastra.completion_start_time"];

/// Span events that mark the first token or chunk; the earliest of them counts.
pub const FIRST_TOKEN_EVENTS: &[&str] =
    &["First Token Stream Event", "gen_ai.content.completion.chunk", "ai.stream.firstChunk"];

/// Finish reason of the model.
pub const FINISH_REASON: &[&str] = &[
    "gen_ai.response.finish_reasons",
    "gen_ai.response.finish_reason",
    "gen_ai.response.stop_reason",
    "llm.finish_reason",
    "ai.response.finishReason",
    "llm.response.finish_reason",
    "llm.response.stop_reason",
    "anthropic.message.stop_reason",
    "stop_reason",
    "finish_reasons",
    "gen_ai.completion.0.finish_reason",
];
