//! What a span does: every source's words for it.

use quipu_core::Kind;

/// Reads the answer of an earlier call again: tokens on it are those of that call.
pub const FETCH_RESPONSE: &str = "fetch_response";

/// The Model Context Protocol method that runs a tool.
pub const MCP_TOOL_CALL: &str = "tools/call";

/// Operations whose usage, if any, is never their own.
pub const NEVER_COUNTED_OPERATIONS: &[&str] = &[FETCH_RESPONSE, "create_agent"];

/// `gen_ai.operation.name`, the conventions' values first, then those seen in the wild.
pub const OPERATIONS: &[(&str, Kind)] = &[
    ("chat", Kind::Llm),
    ("generate_content", Kind::Llm),
    ("text_completion", Kind::Llm),
    ("embeddings", Kind::Embedding),
    ("retrieval", Kind::Retrieval),
    ("execute_tool", Kind::Tool),
    ("create_agent", Kind::Agent),
    ("invoke_agent", Kind::Agent),
    ("invoke_workflow", Kind::Workflow),
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
    ("user_prompt", Kind::Other),
    ("model_chunk", Kind::Other),
];

/// `openinference.span.kind` in upper case. `CHAIN` without a parent is a workflow.
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

/// `traceloop.span.kind`.
pub const TRACELOOP_KINDS: &[(&str, Kind)] =
    &[("workflow", Kind::Workflow), ("task", Kind::Task), ("agent", Kind::Agent), ("tool", Kind::Tool)];

/// `llm.request.type`.
pub const REQUEST_TYPES: &[(&str, Kind)] = &[
    ("chat", Kind::Llm),
    ("completion", Kind::Llm),
    ("embedding", Kind::Embedding),
    ("embeddings", Kind::Embedding),
    ("rerank", Kind::Rerank),
];

/// `span.type`.
pub const SPAN_TYPES: &[(&str, Kind)] = &[
    ("llm_request", Kind::Llm),
    ("tool", Kind::Tool),
    ("interaction", Kind::Agent),
    ("subagent.spawn", Kind::Agent),
    ("tool.execution", Kind::Task),
    ("tool.blocked_on_user", Kind::Task),
    ("hook", Kind::Task),
    ("bash.subprocess", Kind::Task),
];

/// A span that only its name explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanName {
    /// How the scope's name begins.
    pub scope: &'static str,
    /// How the span's name begins.
    pub prefix: &'static str,
    /// What it does.
    pub kind: Kind,
    /// The attribute with the agent's or tool's name; empty when the name is the rest of the span's name.
    pub name_key: &'static str,
}

/// Spans that only their names explain.
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
    SpanName { scope: "mcp-python-sdk", prefix: "MCP send tools/call ", kind: Kind::Tool, name_key: "" },
    SpanName { scope: "", prefix: "tools/call ", kind: Kind::Tool, name_key: "" },
];
