//! Kinds of spans, and their names in every source.

use quipu_core::Kind;

/// Operation that fetches the answer of an earlier call; its tokens are those of that call.
pub const FETCH_RESPONSE: &str = "fetch_response";

/// The Model Context Protocol method that runs a tool.
pub const MCP_TOOL_CALL: &str = "tools/call";

/// Methods of the Model Context Protocol with a meaning beyond message transport.
pub const MCP_METHODS: &[(&str, Kind)] = &[
    (MCP_TOOL_CALL, Kind::Tool),
    ("resources/read", Kind::Retrieval),
    ("sampling/createMessage", Kind::Task),
];

/// Operations whose usage never counts as their own.
pub const NEVER_COUNTED_OPERATIONS: &[&str] = &[FETCH_RESPONSE, "create_agent"];

/// The span type of a usage record without a call: AG2 writes one after each call.
pub const USAGE_RECORD: &str = "usage";

/// Attribute values of usage records that repeat the call before them.
pub const REPEATED_USAGE: &[(&str, &str)] = &[("ag2.usage.kind", "model_call")];

/// Last words of names of spans that are events within a call.
pub const EVENT_WORDS: &[&str] = &["chunk", "chunks", "token", "delta", "event", "update"];

/// The operation that runs a workflow. Since GenAI conventions 0.1.0 its `gen_ai.agent.name` holds the
/// workflow's name.
pub const INVOKE_WORKFLOW: &str = "invoke_workflow";

/// Values of `gen_ai.operation.name`: first those of the conventions, then others in use.
pub const OPERATIONS: &[(&str, Kind)] = &[
    ("chat", Kind::Llm),
    ("chat_streaming", Kind::Llm),
    ("interactions", Kind::Llm),
    ("interactions_streaming", Kind::Llm),
    ("generate_content", Kind::Llm),
    ("text_completion", Kind::Llm),
    ("embeddings", Kind::Embedding),
    ("retrieval", Kind::Retrieval),
    ("execute_tool", Kind::Tool),
    ("create_agent", Kind::Agent),
    ("invoke_agent", Kind::Agent),
    (INVOKE_WORKFLOW, Kind::Workflow),
    ("plan", Kind::Planning),
    ("create_memory_store", Kind::Memory),
    ("delete_memory_store", Kind::Memory),
    ("create_memory", Kind::Memory),
    ("update_memory", Kind::Memory),
    ("upsert_memory", Kind::Memory),
    ("search_memory", Kind::Memory),
    ("delete_memory", Kind::Memory),
    (FETCH_RESPONSE, Kind::Other),
    ("text_completions", Kind::Llm),
    ("completion", Kind::Llm),
    ("generate", Kind::Llm),
    ("responses", Kind::Llm),
    ("decide", Kind::Llm),
    ("llm_call", Kind::Llm),
    ("model_inference", Kind::Llm),
    ("model_generation", Kind::Llm),
    ("transcription", Kind::Llm),
    ("image_generation", Kind::Llm),
    ("audio_generation", Kind::Llm),
    ("embedding", Kind::Embedding),
    ("embed", Kind::Embedding),
    ("rerank", Kind::Rerank),
    ("tool_call", Kind::Tool),
    ("agent_call", Kind::Agent),
    ("agent_step", Kind::Task),
    ("execute_task", Kind::Task),
    ("execute_event_loop_cycle", Kind::Task),
    ("model_step", Kind::Task),
    ("tool_selection", Kind::Task),
    ("handoff", Kind::Task),
    ("agent_handoff", Kind::Task),
    ("guardrail_check", Kind::Guardrail),
    ("invoke_node", Kind::Task),
    ("compact_events", Kind::Task),
    ("execute_method", Kind::Task),
    ("invoke_swarm", Kind::Workflow),
    ("invoke_graph", Kind::Workflow),
    ("memory.search", Kind::Memory),
    ("memory.add", Kind::Memory),
    ("memory.inject", Kind::Memory),
    ("memory.extract", Kind::Memory),
    ("user_prompt", Kind::Other),
    ("model_chunk", Kind::Other),
];

/// Values of `openinference.span.kind` in upper case. `CHAIN` without a parent is a workflow.
pub const OPENINFERENCE_KINDS: &[(&str, Kind)] = &[
    ("LLM", Kind::Llm),
    ("CHAIN", Kind::Task),
    ("TOOL", Kind::Tool),
    ("AGENT", Kind::Agent),
    ("EMBEDDING", Kind::Embedding),
    ("RETRIEVER", Kind::Retrieval),
    ("RERANKER", Kind::Rerank),
    ("GUARDRAIL", Kind::Guardrail),
    ("EVALUATOR", Kind::Evaluator),
    ("DECISION", Kind::Llm),
    ("PROMPT", Kind::Other),
];

/// Values of `traceloop.span.kind`.
pub const TRACELOOP_KINDS: &[(&str, Kind)] =
    &[("workflow", Kind::Workflow), ("task", Kind::Task), ("agent", Kind::Agent), ("tool", Kind::Tool)];

/// Values of `llm.request.type`.
pub const REQUEST_TYPES: &[(&str, Kind)] = &[
    ("chat", Kind::Llm),
    ("completion", Kind::Llm),
    ("embedding", Kind::Embedding),
    ("embeddings", Kind::Embedding),
    ("rerank", Kind::Rerank),
];

/// Values of `span.type` and of similar keys, in any case.
pub const SPAN_TYPES: &[(&str, Kind)] = &[
    ("llm_request", Kind::Llm),
    ("tool", Kind::Tool),
    ("interaction", Kind::Agent),
    ("subagent.spawn", Kind::Agent),
    ("tool.execution", Kind::Task),
    ("tool.blocked_on_user", Kind::Task),
    ("hook", Kind::Task),
    ("bash.subprocess", Kind::Task),
    (USAGE_RECORD, Kind::Other),
    ("llm", Kind::Llm),
    ("embedding", Kind::Embedding),
    ("agent", Kind::Agent),
    ("workflow", Kind::Workflow),
    ("session", Kind::Workflow),
    ("chain", Kind::Task),
    ("task", Kind::Task),
    ("operation", Kind::Task),
    ("component", Kind::Task),
    ("module", Kind::Task),
    ("rag", Kind::Retrieval),
    ("retriever", Kind::Retrieval),
    ("reranker", Kind::Rerank),
    ("guardrail", Kind::Guardrail),
    ("evaluation", Kind::Evaluator),
    ("evaluator", Kind::Evaluator),
];

/// Keys of a span's type, with the key of its agent's, tool's or workflow's name. An empty key means the
/// span's own name.
pub const NAMING_TYPES: &[(&str, &str)] = &[
    ("langwatch.span.type", ""),
    ("lmnr.span.type", ""),
    ("gen_ai.span.kind", ""),
    ("agentops.span.kind", "operation.name"),
];

/// Values of `ai.operationId`. Only operations with a second dot reach a model; the others are the functions
/// that the user called.
pub const AI_OPERATIONS: &[(&str, Kind)] = &[
    ("ai.generateText.doGenerate", Kind::Llm),
    ("ai.streamText.doStream", Kind::Llm),
    ("ai.generateObject.doGenerate", Kind::Llm),
    ("ai.streamObject.doStream", Kind::Llm),
    ("ai.embed.doEmbed", Kind::Embedding),
    ("ai.embedMany.doEmbed", Kind::Embedding),
    ("ai.rerank.doRerank", Kind::Rerank),
    ("ai.toolCall", Kind::Tool),
    ("ai.generateText", Kind::Agent),
    ("ai.streamText", Kind::Agent),
    ("ai.generateObject", Kind::Agent),
    ("ai.streamObject", Kind::Agent),
    ("ai.embed", Kind::Task),
    ("ai.embedMany", Kind::Task),
    ("ai.rerank", Kind::Task),
];

/// Values of `mastra.span.type`. A `model_generation` spans all calls of an agent's turn, unless it is the
/// only record of one.
pub const MASTRA_TYPES: &[(&str, Kind)] = &[
    ("agent_run", Kind::Agent),
    ("workflow_run", Kind::Workflow),
    ("workflow_step", Kind::Task),
    ("workflow_conditional", Kind::Task),
    ("workflow_conditional_eval", Kind::Task),
    ("workflow_parallel", Kind::Task),
    ("workflow_loop", Kind::Task),
    ("workflow_sleep", Kind::Task),
    ("workflow_wait_event", Kind::Task),
    ("model_inference", Kind::Llm),
    ("model_generation", Kind::Task),
    ("llm_generation", Kind::Task),
    ("model_step", Kind::Task),
    ("llm_step", Kind::Task),
    ("model_chunk", Kind::Other),
    ("llm_chunk", Kind::Other),
    ("tool_call", Kind::Tool),
    ("mcp_tool_call", Kind::Tool),
    ("provider_tool_call", Kind::Tool),
    ("rag_embedding", Kind::Embedding),
    ("rag_vector_operation", Kind::Retrieval),
    ("rag_ingestion", Kind::Task),
    ("rag_action", Kind::Task),
    ("graph_action", Kind::Task),
    ("workspace_action", Kind::Task),
    ("processor_run", Kind::Guardrail),
    ("scorer_run", Kind::Evaluator),
    ("scorer_step", Kind::Task),
    ("memory_operation", Kind::Memory),
    ("generic", Kind::Other),
];

/// Values of `sdk_span_type`.
pub const SDK_SPAN_TYPES: &[(&str, Kind)] = &[
    ("agent", Kind::Agent),
    ("generation", Kind::Llm),
    ("response", Kind::Llm),
    ("transcription", Kind::Llm),
    ("speech", Kind::Llm),
    ("function", Kind::Tool),
    ("handoff", Kind::Task),
    ("guardrail", Kind::Guardrail),
    ("task", Kind::Task),
    ("turn", Kind::Task),
    ("mcp_tools", Kind::Other),
    ("speech_group", Kind::Task),
    ("custom", Kind::Other),
];

/// A span whose name alone tells its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanName {
    /// Prefix of the scope's name.
    pub scope: &'static str,
    /// Prefix of the span's name.
    pub prefix: &'static str,
    /// Kind of the span.
    pub kind: Kind,
    /// The attribute with the agent's or tool's name; empty if the name follows the prefix.
    pub name_key: &'static str,
}

/// Spans whose names alone tell their kind.
pub const SPAN_NAMES: &[SpanName] = &[
    SpanName { scope: "logfire.openai_agents", prefix: "Agent run: ", kind: Kind::Agent, name_key: "name" },
    SpanName { scope: "logfire.openai_agents", prefix: "Function: ", kind: Kind::Tool, name_key: "name" },
    SpanName {
        scope: "logfire.openai_agents",
        prefix: "OpenAI Agents trace: ",
        kind: Kind::Workflow,
        name_key: "name",
    },
    SpanName { scope: "logfire.openai_agents", prefix: "Task: ", kind: Kind::Task, name_key: "name" },
    SpanName { scope: "logfire.openai_agents", prefix: "Turn ", kind: Kind::Task, name_key: "name" },
    SpanName {
        scope: "logfire.openai_agents",
        prefix: "Guardrail ",
        kind: Kind::Guardrail,
        name_key: "name",
    },
    SpanName { scope: "logfire.openai_agents", prefix: "Handoff: ", kind: Kind::Task, name_key: "name" },
    SpanName { scope: "logfire.", prefix: "streaming response", kind: Kind::Task, name_key: "name" },
    SpanName { scope: "logfire.", prefix: "Responses API", kind: Kind::Llm, name_key: "name" },
    SpanName { scope: "logfire.", prefix: "Chat completion", kind: Kind::Llm, name_key: "name" },
    SpanName { scope: "logfire.", prefix: "Chat Completion", kind: Kind::Llm, name_key: "name" },
    SpanName { scope: "logfire.", prefix: "Completion with", kind: Kind::Llm, name_key: "name" },
    SpanName { scope: "logfire.", prefix: "Message with", kind: Kind::Llm, name_key: "name" },
    SpanName { scope: "logfire.", prefix: "Embedding", kind: Kind::Embedding, name_key: "name" },
    SpanName { scope: "logfire.", prefix: "Image Generation", kind: Kind::Llm, name_key: "name" },
    SpanName { scope: "pydantic-ai", prefix: "agent run", kind: Kind::Agent, name_key: "agent_name" },
    SpanName { scope: "mcp-python-sdk", prefix: "MCP send tools/call ", kind: Kind::Tool, name_key: "" },
    SpanName { scope: "", prefix: "tools/call ", kind: Kind::Tool, name_key: "" },
];
