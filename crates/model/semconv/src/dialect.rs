//! Names of sources with their own dialects: Langfuse, `LangSmith`, Haystack, `LlamaIndex`, `AutoGen`,
//! `LiteLLM`, `OpenLIT`.

use quipu_core::Kind;

/// Prefixes of keys that only Langfuse's own spans have; its keys under `langfuse.trace.` occur on any span.
pub const LANGFUSE_PREFIXES: &[&str] =
    &["langfuse.observation.type", "langfuse.observation.usage_details", "langfuse.observation.model."];
/// Scopes of Langfuse's own SDKs.
pub const LANGFUSE_SCOPES: &[&str] = &["langfuse-sdk"];
/// Kind of the span, in Langfuse's words.
pub const LANGFUSE_TYPE: &str = "langfuse.observation.type";
/// Values of `langfuse.observation.type`. A `span` or `chain` without a parent is a workflow. A `span` with a
/// model or usage is a call of older releases, which had no type for calls.
pub const LANGFUSE_KINDS: &[(&str, Kind)] = &[
    ("generation", Kind::Llm),
    ("span", Kind::Task),
    ("event", Kind::Other),
    ("agent", Kind::Agent),
    ("tool", Kind::Tool),
    ("chain", Kind::Task),
    ("retriever", Kind::Retrieval),
    ("embedding", Kind::Embedding),
    ("guardrail", Kind::Guardrail),
    ("evaluator", Kind::Evaluator),
];
/// Tokens by bucket, as JSON.
pub const LANGFUSE_USAGE: &str = "langfuse.observation.usage_details";
/// US dollars by bucket, as JSON.
pub const LANGFUSE_COST: &str = "langfuse.observation.cost_details";
/// Langfuse's buckets for cache reads.
pub const LANGFUSE_CACHE_READ: &[&str] = &[
    "input_cached_tokens",
    "input_cache_read",
    "input_cache_read_tokens",
    "input_cache_read_input_tokens",
    "cache_read_input_tokens",
];
/// Langfuse's buckets for cache writes.
pub const LANGFUSE_CACHE_WRITE: &[&str] = &[
    "input_cache_creation",
    "input_cache_creation_tokens",
    "input_cache_write",
    "input_cache_creation_input_tokens",
    "cache_creation_input_tokens",
];
/// Langfuse's buckets for reasoning.
pub const LANGFUSE_REASONING: &[&str] = &["output_reasoning", "output_reasoning_tokens"];
/// Time of the first token as ISO 8601 text, often as JSON.
pub const LANGFUSE_FIRST_TOKEN: &str = "langfuse.observation.completion_start_time";
/// Severity: `ERROR` for a failure.
pub const LANGFUSE_LEVEL: &str = "langfuse.observation.level";
/// Message of a failure.
pub const LANGFUSE_STATUS: &str = "langfuse.observation.status_message";
/// Request parameters, as JSON.
pub const LANGFUSE_PARAMETERS: &str = "langfuse.observation.model.parameters";
/// The input.
pub const LANGFUSE_INPUT: &str = "langfuse.observation.input";
/// Name of the trace.
pub const LANGFUSE_TRACE_NAME: &str = "langfuse.trace.name";
/// Prefixes of the span's and the trace's metadata keys; their values are JSON.
pub const LANGFUSE_METADATA: &[&str] = &["langfuse.observation.metadata.", "langfuse.trace.metadata."];

/// Kind of the span, in `LangSmith`'s words.
pub const LANGSMITH_TYPE: &str = "langsmith.span.kind";
/// Scopes of the exporter of `LangSmith`.
pub const LANGSMITH_SCOPES: &[&str] = &["langsmith"];
/// Values of `langsmith.span.kind`. This key takes precedence over the operation, because the exporter calls
/// prompts `chat` and retrievers `embeddings`. A `chain` without a parent is a workflow.
pub const LANGSMITH_KINDS: &[(&str, Kind)] = &[
    ("llm", Kind::Llm),
    ("chain", Kind::Task),
    ("tool", Kind::Tool),
    ("retriever", Kind::Retrieval),
    ("embedding", Kind::Embedding),
    ("prompt", Kind::Other),
    ("parser", Kind::Other),
];
/// Usage in `LangChain`'s form, as JSON or a Python dictionary.
pub const LANGSMITH_USAGE: &str = "langsmith.metadata.usage_metadata";
/// The project, which `LangSmith` calls a session; used if no other key names a project.
pub const LANGSMITH_PROJECT: &[&str] = &["langsmith.trace.session_id", "langsmith.trace.session_name"];

/// Prefix of Haystack's tags.
pub const HAYSTACK_PREFIX: &str = "haystack.";
/// A component's class.
pub const HAYSTACK_COMPONENT: &str = "haystack.component.type";
/// A component's name in its pipeline.
pub const HAYSTACK_COMPONENT_NAME: &str = "haystack.component.name";
/// Haystack's exact span names and their kinds; a component's kind follows from its class.
pub const HAYSTACK_SPANS: &[(&str, Kind)] = &[
    ("haystack.pipeline.run", Kind::Workflow),
    ("haystack.async_pipeline.run", Kind::Workflow),
    ("haystack.pipeline.run_async", Kind::Workflow),
    ("haystack.agent.run", Kind::Agent),
    ("haystack.agent.step", Kind::Task),
    ("haystack.agent.step.llm", Kind::Llm),
    ("haystack.agent.step.tool", Kind::Tool),
    ("haystack.component.run", Kind::Task),
];
/// Parts of component class names and their kinds; the first match applies.
pub const HAYSTACK_COMPONENTS: &[(&str, Kind)] = &[
    ("Embedder", Kind::Embedding),
    ("Retriever", Kind::Retrieval),
    ("WebSearch", Kind::Retrieval),
    ("Ranker", Kind::Rerank),
    ("Generator", Kind::Llm),
    ("ToolInvoker", Kind::Task),
    ("Evaluator", Kind::Evaluator),
    ("Agent", Kind::Agent),
];
/// Prefixes of a provider's component classes.
pub const HAYSTACK_PROVIDERS: &[(&str, &str)] = &[
    ("AzureOpenAI", "azure.ai.openai"),
    ("OpenAI", "openai"),
    ("Anthropic", "anthropic"),
    ("AmazonBedrock", "aws.bedrock"),
    ("GoogleGenAI", "gcp.gemini"),
    ("GoogleAI", "gcp.gemini"),
    ("VertexAI", "gcp.vertex_ai"),
    ("Cohere", "cohere"),
    ("Mistral", "mistral_ai"),
    ("Ollama", "ollama"),
    ("HuggingFace", "huggingface"),
    ("Jina", "jina"),
    ("Voyage", "voyageai"),
];
/// Haystack's keys of a span's input.
pub const HAYSTACK_INPUT: &[&str] = &[
    "haystack.agent.step.llm.input",
    "haystack.agent.step.input",
    "haystack.component.input",
    "haystack.agent.input",
    "haystack.pipeline.input_data",
];
/// Haystack's keys of a span's output.
pub const HAYSTACK_OUTPUT: &[&str] = &[
    "haystack.agent.step.llm.output",
    "haystack.agent.step.llm_output",
    "haystack.component.output",
    "haystack.agent.output",
    "haystack.pipeline.output_data",
];

/// Scope of the OpenTelemetry integration of `LlamaIndex`.
pub const LLAMAINDEX_SCOPES: &[&str] = &["llamaindex.opentelemetry"];
/// Kinds of `LlamaIndex` spans by the method after the class in their name. A turn of an agent is prepared,
/// then run.
pub const LLAMAINDEX_METHODS: &[(&str, Kind)] = &[
    ("chat", Kind::Llm),
    ("achat", Kind::Llm),
    ("stream_chat", Kind::Llm),
    ("astream_chat", Kind::Llm),
    ("complete", Kind::Llm),
    ("acomplete", Kind::Llm),
    ("stream_complete", Kind::Llm),
    ("astream_complete", Kind::Llm),
    ("get_query_embedding", Kind::Embedding),
    ("aget_query_embedding", Kind::Embedding),
    ("get_text_embedding", Kind::Embedding),
    ("aget_text_embedding", Kind::Embedding),
    ("get_text_embedding_batch", Kind::Embedding),
    ("aget_text_embedding_batch", Kind::Embedding),
    ("retrieve", Kind::Retrieval),
    ("aretrieve", Kind::Retrieval),
    ("_retrieve", Kind::Retrieval),
    ("_aretrieve", Kind::Retrieval),
    ("query", Kind::Workflow),
    ("aquery", Kind::Workflow),
    ("setup_agent", Kind::Agent),
    ("run_agent_step", Kind::Agent),
];
/// Methods of tools; the class decides the kind.
pub const LLAMAINDEX_CALLS: &[&str] = &["call", "acall"];
/// Parts of class names whose `chat` belongs to an agent or an engine, not to a model.
pub const LLAMAINDEX_ENGINES: &[(&str, Kind)] =
    &[("Agent", Kind::Agent), ("Engine", Kind::Workflow), ("Workflow", Kind::Workflow)];
/// Span events that carry the answer of a call.
pub const LLAMAINDEX_ANSWERS: &[&str] = &["LLMChatEndEvent", "LLMCompletionEndEvent"];
/// Span events that carry the request of a call.
pub const LLAMAINDEX_REQUESTS: &[&str] = &["LLMChatStartEvent", "LLMCompletionStartEvent"];
/// Prefix of the provider's own answer on those events.
pub const LLAMAINDEX_RAW: &str = "response.raw.";
/// Prefixes of usage on those events, the provider's own first.
pub const LLAMAINDEX_USAGE: &[&str] =
    &["response.raw.usage.", "response.raw.usage_metadata.", "response.additional_kwargs."];
/// The model's description on those events.
pub const LLAMAINDEX_MODEL: &[&str] = &["model_dict.model_name", "model_dict.model"];
/// Input of a workflow's step, as a text in Python notation that may be cut.
pub const LLAMAINDEX_STEP_INPUT: &str = "llamaindex.step.input_summary";
/// Class of the event that a workflow's step received.
pub const LLAMAINDEX_STEP_EVENT: &str = "llamaindex.step.input_event";

/// Prefixes of `AutoGen`'s tracing scopes.
pub const AUTOGEN_SCOPES: &[&str] = &["autogen"];
/// Message received by an `AutoGen` agent, as JSON.
pub const AUTOGEN_MESSAGE: &str = "message";
/// Type of the sending agent: its name and its team's id.
pub const AUTOGEN_SENDER: &str = "sender_agent_type";
/// Destination of the message: `topic.(source)-T` or `type.(key)-A`.
pub const AUTOGEN_DESTINATION: &str = "messaging.destination";
/// The `type` of logged events that describe a model call, whole or streamed.
pub const AUTOGEN_CALL_EVENTS: &[&str] = &["LLMCall", "LLMStreamEnd"];

/// Span of `LiteLLM` with the provider's own request and answer; it repeats the call above it.
pub const LITELLM_RAW_SPAN: &str = "raw_gen_ai_request";
/// Scopes of the callback of `LiteLLM`.
pub const LITELLM_SCOPES: &[&str] = &["litellm"];
/// Keys that only `LiteLLM` uses.
pub const LITELLM_PREFIXES: &[&str] = &["litellm.", "metadata.user_api_key_", "hidden_params"];
/// The user in `LiteLLM`'s keys; the end user precedes the owner of the key.
pub const LITELLM_USER: &[&str] = &[
    "metadata.user_api_key_end_user_id",
    "llm.user",
    "metadata.user_api_key_user_id",
    "metadata.user_api_key_user_email",
];
/// The session in `LiteLLM`'s keys.
pub const LITELLM_SESSION: &[&str] = &[
    "metadata.session_id",
    "metadata.litellm_session_id",
    "litellm.session_id",
    "metadata.litellm_trace_id",
];

/// Prefixes of `OpenLIT`'s scopes.
pub const OPENLIT_SCOPES: &[&str] = &["openlit."];
/// Prefix of `OpenLIT`'s guard keys.
pub const OPENLIT_GUARD_PREFIX: &str = "guard.";
/// Keys that report whether a guard stopped a text, and the values for it. A flag needs no value list.
pub const OPENLIT_GUARD_TRIGGERED: &[(&str, &[&str])] = &[
    ("guard.denied", &["true", "yes"]),
    ("guard.action", &["deny", "denied", "block", "redact"]),
    ("guard.verdict", &["yes", "fail", "deny"]),
];
/// Operations of `OpenLIT` that are not in the conventions.
pub const OPENLIT_OPERATIONS: &[(&str, Kind)] = &[
    ("vectordb", Kind::Retrieval),
    ("memory", Kind::Memory),
    ("memory_add", Kind::Memory),
    ("memory_search", Kind::Memory),
    ("memory_get", Kind::Memory),
    ("memory_update", Kind::Memory),
    ("memory_delete", Kind::Memory),
    ("mcp_tool_call", Kind::Tool),
    ("tool_coordination", Kind::Task),
    ("user_prompt_processing", Kind::Task),
    ("task", Kind::Task),
    ("execution", Kind::Task),
    ("agent", Kind::Agent),
];
