//! Keys of identity: kind, provider, model, session, user, agent, tool, error.

/// The source signal, on spans that Quipu makes from logs, metrics and session files.
pub const SIGNAL: &[&str] = &[quipu_core::Signal::ATTRIBUTE];

/// Kind of the span, in the words of Quipu's own library.
pub const QUIPU_KIND: &[&str] = &[crate::quipu::KIND];

/// Kind of the span, in OpenTelemetry's words.
pub const OPERATION: &[&str] = &["gen_ai.operation.name"];

/// Kind of the span, in OpenInference's words.
pub const OPENINFERENCE_KIND: &[&str] = &["openinference.span.kind"];

/// Kind of the span, in Traceloop's words.
pub const TRACELOOP_KIND: &[&str] = &["traceloop.span.kind"];

/// Request type, in older Traceloop releases, LiteLLM and AgentOps.
pub const REQUEST_TYPE: &[&str] = &["llm.request.type", "gen_ai.request.type"];

/// Kind of the span, in the words of Claude Code and of tracing SDKs.
pub const SPAN_TYPE: &[&str] = &[
    "span.type",
    "ag2.span.type",
    "langwatch.span.type",
    "lmnr.span.type",
    "agentops.span.kind",
    "gen_ai.span.kind",
];

/// Kind of the span, in the AI SDK's words.
pub const AI_OPERATION: &[&str] = &["ai.operationId"];

/// Kind of the span, in Mastra's words.
pub const MASTRA_TYPE: &[&str] = &["mastra.span.type"];

/// Kind of the span, in the words of the OpenAI Agents SDK.
pub const SDK_SPAN_TYPE: &[&str] = &["sdk_span_type"];

/// The AI SDK user's own name for the function that calls the model.
pub const AI_FUNCTION: &[&str] = &["ai.telemetry.functionId"];

/// Agent that hands over.
pub const HANDOFF_FROM: &[&str] = &["gen_ai.handoff.from_agent", "from_agent"];

/// Agent that takes over.
pub const HANDOFF_TO: &[&str] = &["gen_ai.handoff.to_agent", "to_agent"];

/// Whether a guardrail was triggered.
pub const GUARDRAIL_TRIGGERED: &[&str] = &[
    "gen_ai.guardrail.triggered",
    "guardrail.triggered",
    "triggered",
    "gen_ai.guardrail.tripwire_triggered",
    crate::quipu::GUARDRAIL_TRIGGERED,
];

/// Method of a Model Context Protocol message.
pub const MCP_METHOD: &[&str] = &["mcp.method.name"];

/// Model provider.
pub const PROVIDER: &[&str] = &[
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "decision.provider",
    "ai.model.provider",
    "langsmith.metadata.ls_provider",
    "traceloop.association.properties.ls_provider",
];

/// Host that was called.
pub const SERVER_ADDRESS: &[&str] = &["server.address", "gen_ai.openai.api_base"];

/// Requested model.
pub const REQUEST_MODEL: &[&str] = &[
    "gen_ai.request.model",
    "llm.request.model_name",
    "ai.model.id",
    "langfuse.observation.model.name",
    "embedding.model_name",
    "reranker.model_name",
    "llm.request.model",
    "model",
    "model_name",
    "gen_ai.llm.model",
];

/// Model that answered.
pub const RESPONSE_MODEL: &[&str] =
    &["gen_ai.response.model", "llm.response.model_name", "ai.response.model", "llm.response.model"];

/// OpenInference's only model name: the answering model, or the requested one if the call did not get that
/// far.
pub const MODEL_NAME: &[&str] = &["llm.model_name"];

/// The provider's id of the answer.
pub const RESPONSE_ID: &[&str] =
    &["gen_ai.response.id", "ai.response.id", "llm.response.id", "response_id", "request_id"];

/// Conversation or session. A session that the user set precedes a thread that the framework manages.
pub const SESSION: &[&str] = &[
    "traceloop.association.properties.session_id",
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    "langsmith.metadata.session_id",
    "langsmith.metadata.thread_id",
    "traceloop.association.properties.thread_id",
    "traceloop.association.properties.conversation_id",
    "traceloop.association.properties.chat_id",
    "ai.telemetry.metadata.sessionId",
    "ai.settings.context.sessionId",
    "ai.telemetry.metadata.session_id",
    "ai.telemetry.metadata.conversationId",
    "ai.telemetry.metadata.threadId",
    "mastra.metadata.sessionId",
    "mastra.metadata.threadId",
    "conversation.id",
    "thread.id",
    "gcp.vertex.agent.session_id",
    "gen_ai.agent.session_id",
    "gen_ai.session.id",
    "lmnr.association.properties.session_id",
    "session_id",
    "sessionId",
    "conversation_id",
    "conversationId",
    "group_id",
];

/// User on whose behalf it ran.
pub const USER: &[&str] = &[
    "user.account_uuid",
    "user.id",
    "enduser.id",
    "langfuse.user.id",
    "traceloop.association.properties.user_id",
    "ai.telemetry.metadata.userId",
    "ai.settings.context.userId",
    "ai.telemetry.metadata.user_id",
    "mastra.metadata.userId",
    "langsmith.metadata.user_id",
    "lmnr.association.properties.user_id",
    "gen_ai.user",
    "gen_ai.user.id",
    "gen_ai.request.user",
    "llm.user",
    "user.account_id",
    "user_id",
    "userId",
    "user.email",
];

/// A JSON object of free metadata that may hold session and user.
pub const METADATA: &[&str] = &["metadata"];

/// Tags set by the user.
pub const TAGS: &[&str] = &[
    "tag.tags",
    "langfuse.trace.tags",
    "langsmith.span.tags",
    "traceloop.association.properties.tags",
    "ai.telemetry.metadata.tags",
    "ai.settings.context.tags",
    "mastra.tags",
    "logfire.tags",
];

/// Project of the work, on spans or their resource. `LangSmith` calls its project a session.
pub const PROJECT: &[&str] = &[
    crate::quipu::PROJECT,
    "openinference.project.name",
    "langsmith.trace.session_name",
    "langsmith.metadata.LANGSMITH_PROJECT",
    "wandb.project",
    "metadata.user_api_key_project_alias",
    "vcs.repository.name",
    "langsmith.trace.session_id",
];

/// Working directory of an agent, on its own spans. Its name stands for the project if no key names one.
pub const WORKING_DIRECTORY: &[&str] = &["process.working_directory"];

/// Revision of the source code, on spans or their resource. Facts:
/// <https://opentelemetry.io/docs/specs/semconv/registry/attributes/vcs/>; the second spelling is an older
/// one.
pub const COMMIT: &[&str] = &[
    "vcs.ref.head.revision",
    "vcs.repository.ref.revision",
    "git.commit.sha",
    "git.commit",
    "git.commit.hash",
    "git.revision",
    "langsmith.metadata.revision_id",
];

/// Branch of the source code, on spans or their resource.
pub const BRANCH: &[&str] = &["vcs.ref.head.name", "vcs.repository.ref.name", "git.branch"];

/// Billing, on spans or their resource.
pub const BILLING: &[&str] = &[crate::quipu::BILLING];

/// Run that a process belongs to, on the resource.
pub const RUN: &[&str] = &[crate::quipu::RUN];

/// Agent that did the work or owns the span.
pub const AGENT: &[&str] = &[
    "gen_ai.agent.name",
    "agent.name",
    "agent_name",
    "crewai.agent.role",
    "gen_ai.agent.role",
    "gcp.vertex.agent.name",
];

/// Id of that agent.
pub const AGENT_ID: &[&str] = &["gen_ai.agent.id", "agno.agent.id", "crewai.agent.id", "agent_id"];

/// Node of a graph; the agent's name on agent spans that name no agent.
pub const NODE_NAME: &[&str] = &["graph.node.name", "graph.node.id"];

/// Workflow that the span belongs to.
pub const WORKFLOW: &[&str] = &[
    "gen_ai.workflow.name",
    crate::quipu::WORKFLOW,
    "traceloop.workflow.name",
    "workflow.name",
    "crewai.crew.name",
    "crewai.flow.name",
];

/// Tool's name. `tool_name` is Claude Code's full name; `gen_ai.tool.name` on the same span is the short one.
pub const TOOL: &[&str] = &[
    "tool_name",
    "gen_ai.tool.name",
    "tool.name",
    "ai.toolCall.name",
    "haystack.tool.name",
    "mcp.tool.name",
    "spring.ai.tool.definition.name",
];

/// The model's id of a tool call.
pub const TOOL_CALL_ID: &[&str] = &[
    "gen_ai.tool.call.id",
    "gen_ai.tool.call_id",
    "ai.toolCall.id",
    "tool.id",
    "tool_call.id",
    "tool_use_id",
    "tool.call_id",
    "haystack.tool.call.id",
];

/// Traceloop's name of the workflow, task, agent or tool of the span.
pub const ENTITY_NAME: &[&str] = &["traceloop.entity.name"];

/// Type of the error.
pub const ERROR_TYPE: &[&str] = &["error.type", "error_class", "error.code", "error_type"];

/// HTTP status of the answer.
pub const HTTP_STATUS: &[&str] = &["http.response.status_code", "http.status_code", "status_code"];

/// Exit code of a command; any number except zero is a failure.
pub const EXIT_CODE: &[&str] = &["process.exit.code", "process.exit_code"];

/// True if a tool failed although the span's status does not report it.
pub const TOOL_ERROR: &[&str] = &[
    "haystack.tool.error",
    "tool.is_error",
    "gen_ai.tool.is_error",
    "mcp.tool.isError",
    "mcp.tool.is_error",
    "mcp.tool.result.is_error",
];

/// Paths of the provider's answer id in its JSON: at the top, and in the results of LangChain.
pub const ANSWER_ID_PATHS: &[&[&str]] =
    &[&["id"], &["llm_output", "id"], &["generations", "message", "kwargs", "response_metadata", "id"]];

/// Path of the id in LangChain's message: the provider's id, or one that LangChain made.
pub const MESSAGE_ID_PATH: &[&str] = &["generations", "message", "kwargs", "id"];

/// Prefixes of answer ids from providers: OpenAI's three APIs, Anthropic, OpenRouter.
pub const ANSWER_ID_PREFIXES: &[&str] = &["chatcmpl-", "cmpl-", "resp_", "msg_", "gen-"];
