//! What is known of particular sources: which adapter reads them, how they count, what they repeat.

/// How the scope names of OpenInference instrumentations begin.
pub const OPENINFERENCE_SCOPES: &[&str] =
    &["openinference.", "@arizeai/openinference", "com.arize.openinference"];

/// Attribute prefixes that only OpenInference uses.
pub const OPENINFERENCE_PREFIXES: &[&str] =
    &["openinference.", "llm.token_count.", "llm.input_messages.", "llm.output_messages."];

/// Attribute prefixes that only Traceloop uses.
pub const OPENLLMETRY_PREFIXES: &[&str] = &["traceloop."];

/// Scope names of Traceloop's instrumentations. OpenTelemetry's own share the beginning, so the list is closed.
pub const OPENLLMETRY_SCOPES: &[&str] = &[
    "opentelemetry.instrumentation.agno",
    "opentelemetry.instrumentation.alephalpha",
    "opentelemetry.instrumentation.anthropic",
    "opentelemetry.instrumentation.bedrock",
    "opentelemetry.instrumentation.cohere",
    "opentelemetry.instrumentation.crewai",
    "opentelemetry.instrumentation.crewai.instrumentation",
    "opentelemetry.instrumentation.google_generativeai",
    "opentelemetry.instrumentation.groq",
    "opentelemetry.instrumentation.haystack",
    "opentelemetry.instrumentation.langchain",
    "opentelemetry.instrumentation.llamaindex",
    "opentelemetry.instrumentation.mcp",
    "opentelemetry.instrumentation.mcp.instrumentation",
    "opentelemetry.instrumentation.mistralai",
    "opentelemetry.instrumentation.ollama",
    "opentelemetry.instrumentation.openai",
    "opentelemetry.instrumentation.openai.v0",
    "opentelemetry.instrumentation.openai.v1",
    "opentelemetry.instrumentation.openai_agents",
    "opentelemetry.instrumentation.replicate",
    "opentelemetry.instrumentation.sagemaker",
    "opentelemetry.instrumentation.together",
    "opentelemetry.instrumentation.transformers",
    "opentelemetry.instrumentation.vertexai",
    "opentelemetry.instrumentation.voyageai",
    "opentelemetry.instrumentation.watsonx",
    "opentelemetry.instrumentation.writer",
];

/// Frameworks whose instrumentations do not set the context of what they call: another instrumentation's span of the same call
/// is then the root of a trace of its own.
pub const FRAMEWORKS_WITHOUT_CONTEXT: &[&str] = &["langchain", "langgraph", "openai-agents"];

/// How Traceloop's scope names begin in JavaScript.
pub const OPENLLMETRY_SCOPE_PREFIXES: &[&str] = &["@traceloop/", "traceloop."];

/// Attribute prefixes that only the AI SDK uses.
pub const AI_SDK_PREFIXES: &[&str] = &[
    "ai.operationId",
    "ai.usage.",
    "ai.settings.",
    "ai.telemetry.",
    "ai.response.",
    "ai.prompt",
    "ai.toolCall.",
    "ai.model.",
];

/// Scope names of the AI SDK: `ai` up to 6, `gen_ai` since. Neither comes with a version.
pub const AI_SDK_SCOPES: &[&str] = &["ai", "gen_ai"];

/// Attribute prefixes that only Mastra uses.
pub const MASTRA_PREFIXES: &[&str] = &["mastra."];

/// How Mastra's scope names begin.
pub const MASTRA_SCOPES: &[&str] = &["@mastra/"];

/// Attribute prefixes that only Pydantic AI uses.
pub const PYDANTIC_AI_PREFIXES: &[&str] = &["pydantic_ai."];

/// Attribute prefixes of everything that passes through the Logfire SDK, whoever made it.
pub const LOGFIRE_PREFIXES: &[&str] = &["logfire."];

/// How the scope names of Pydantic AI and of the Logfire SDK's own GenAI instrumentations begin.
pub const LOGFIRE_SCOPES: &[&str] = &[
    "pydantic-ai",
    "logfire.openai",
    "logfire.anthropic",
    "logfire.azure_ai_inference",
    "logfire.google_genai",
    "logfire.litellm",
    "logfire.claude_agent_sdk",
    "logfire.mcp",
];

/// The one attribute that every Model Context Protocol span has.
pub const MCP_KEYS: &[&str] = &["mcp.method.name"];

/// How the scope names of Model Context Protocol libraries begin.
pub const MCP_SCOPES: &[&str] = &["mcp-python-sdk", "fastmcp", "Experimental.ModelContextProtocol"];

/// Session of a Model Context Protocol connection.
pub const MCP_SESSION: &str = "mcp.session.id";

/// JSON-RPC error codes, by the conventions' newer and older names.
pub const JSONRPC_ERRORS: &[&str] = &["rpc.response.status_code", "rpc.jsonrpc.error_code"];

/// Where Rust's tracing bridge puts what made a span: its target, else its module, by newer and older names.
pub const TRACING_TARGET: &[&str] = &["target", "code.module.name", "code.namespace"];

/// How the targets of Rig's spans begin: names of their own, and the modules of its crates.
pub const RIG_TARGETS: &[&str] = &["rig::", "rig_core", "rig_agent", "rig_bedrock", "rig_vertexai"];

/// Marks a span of a program that lets Rig write a call's telemetry onto it.
pub const RIG_PARENT: &str = "rig.completion_parent";

/// Attribute prefixes that any GenAI telemetry uses.
pub const GENAI_PREFIXES: &[&str] = &["gen_ai.", "mcp."];

/// Scopes whose spans belong to GenAI telemetry whether their attributes say so or not.
pub const GENAI_SCOPES: &[&str] = &[
    "logfire.openai_agents",
    "com.anthropic.claude_code",
    "semantic_kernel.",
    "mcp-python-sdk",
    "agent_framework",
    "Microsoft.Agents.AI",
    "gcp.vertex.agent",
    "strands.telemetry",
    "crewai",
];

/// How the scope names of sources begin whose input tokens leave out cached tokens although the key's convention says otherwise.
pub const EXCLUSIVE_SCOPES: &[&str] = &[
    "openinference.instrumentation.bedrock",
    "@arizeai/openinference-instrumentation-bedrock",
    "opentelemetry.instrumentation.bedrock",
    "@traceloop/instrumentation-bedrock",
    "openlit.instrumentation.anthropic",
];

/// Scope and span name beginnings of sources whose total is the provider's own, although their input may leave out cached
/// tokens elsewhere. `input + output = total` then proves that the input includes them. Bedrock's `totalTokens` includes
/// cached tokens: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html>.
pub const PROVIDER_TOTALS: &[(&str, &str)] = &[("openinference.instrumentation.bedrock", "bedrock.converse")];

/// Providers whose total holds the reasoning tokens that their output leaves out: Gemini's `totalTokenCount` is prompt,
/// candidates, thoughts and tool prompts, <https://ai.google.dev/api/generate-content#UsageMetadata>.
pub const REASONING_IN_TOTAL_PROVIDERS: &[&str] = &["gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai"];

/// How the scope names of sources begin that send Gemini's candidates as output, which leave out the thoughts beside them.
pub const REASONING_ON_TOP_SCOPES: &[&str] =
    &["openlit.instrumentation.google_ai_studio", "openlit.instrumentation.vertexai"];

/// How the scope names of sources begin whose agent, workflow and task spans repeat other spans' usage, and not
/// always that of spans below them: OpenLIT's sit beside the call, Strands adds up over an agent's lifetime.
pub const REPEATING_SCOPES: &[&str] = &[
    "openlit.instrumentation.langgraph",
    "openlit.instrumentation.langchain",
    "openlit.instrumentation.crewai",
    "pydantic-ai",
    "strands.telemetry",
];

/// How the scope names begin whose `gen_ai.server.time_to_first_token` is in milliseconds.
pub const MILLISECOND_SCOPES: &[&str] = &["strands.telemetry"];

/// How the scope names begin that report a cost of zero for models that they have no price of.
pub const ZERO_COST_SCOPES: &[&str] = &["openlit."];

/// Providers whose total is their own count, so that `total = input + output` proves that input includes cached tokens.
pub const COUNTING_PROVIDERS: &[&str] =
    &["openai", "azure.ai.openai", "gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai", "aws.bedrock"];

/// Placeholders that stand for nothing.
pub const SENTINELS: &[&str] = &["<not specified>", "[REDACTED]", "<REDACTED>", "{}"];
