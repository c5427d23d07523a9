//! Facts about particular sources: their adapter, their way to count, their repetitions.

/// Prefixes of scope names of OpenInference instrumentations.
pub const OPENINFERENCE_SCOPES: &[&str] =
    &["openinference.", "@arizeai/openinference", "com.arize.openinference"];

/// Attribute prefixes that only OpenInference uses.
pub const OPENINFERENCE_PREFIXES: &[&str] =
    &["openinference.", "llm.token_count.", "llm.input_messages.", "llm.output_messages."];

/// Attribute prefixes that only Traceloop uses.
pub const OPENLLMETRY_PREFIXES: &[&str] = &["traceloop."];

/// Scope names of Traceloop's instrumentations. OpenTelemetry's own have the same prefix, so the list has
/// full names.
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

/// Frameworks whose instrumentations do not propagate context to the code that they call. Another
/// instrumentation's span of the same call is then the root of its own trace.
pub const FRAMEWORKS_WITHOUT_CONTEXT: &[&str] = &["langchain", "langgraph", "openai-agents"];

/// Prefixes of Traceloop's scope names in JavaScript.
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

/// Prefixes of Mastra's scope names.
pub const MASTRA_SCOPES: &[&str] = &["@mastra/"];

/// Attribute prefixes that only Pydantic AI uses.
pub const PYDANTIC_AI_PREFIXES: &[&str] = &["pydantic_ai."];

/// Attribute prefixes of all data that passes through the Logfire SDK, from any instrumentation.
pub const LOGFIRE_PREFIXES: &[&str] = &["logfire."];

/// Prefixes of scope names of Pydantic AI and of the Logfire SDK's own GenAI instrumentations.
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

/// Prefixes of scope names of Model Context Protocol libraries.
pub const MCP_SCOPES: &[&str] = &["mcp-python-sdk", "fastmcp", "Experimental.ModelContextProtocol"];

/// Session of a Model Context Protocol connection.
pub const MCP_SESSION: &str = "mcp.session.id";

/// JSON-RPC error codes, by the conventions' newer and older names.
pub const JSONRPC_ERRORS: &[&str] = &["rpc.response.status_code", "rpc.jsonrpc.error_code"];

/// Keys of a span's origin from Rust's tracing bridge: its target, else its module, by newer and older names.
pub const TRACING_TARGET: &[&str] = &["target", "code.module.name", "code.namespace"];

/// Prefixes of Rig's span targets: its own names, and the modules of its crates.
pub const RIG_TARGETS: &[&str] = &["rig::", "rig_core", "rig_agent", "rig_bedrock", "rig_vertexai"];

/// Marks a span of a program on which Rig may record a call's telemetry.
pub const RIG_PARENT: &str = "rig.completion_parent";

/// Attribute prefixes that any GenAI telemetry uses.
pub const GENAI_PREFIXES: &[&str] = &["gen_ai.", "mcp.", "langwatch.", "lmnr.", "agentops."];

/// Beginnings of the keys of these conventions for a call's contents.
pub const GENAI_CONTENTS: &[&str] = &[
    "gen_ai.prompt",
    "gen_ai.completion",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
];

/// Scopes of GenAI telemetry whose spans may lack GenAI attributes.
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

/// Words in names of scopes that instrument models, in lower case.
pub const GENAI_SCOPE_WORDS: &[&str] = &[
    "genai",
    "gen_ai",
    "gen-ai",
    "llm",
    "openai",
    "anthropic",
    "bedrock",
    "gemini",
    "vertex",
    "mistral",
    "cohere",
    "groq",
    "ollama",
    "openlit",
    "traceloop",
    "openinference",
    "langtrace",
    "agentops",
];

/// Prefixes of scope names of sources whose input tokens exclude cached tokens, against the convention of the
/// key. They decide only if neither the total nor the provider's answer does.
pub const EXCLUSIVE_SCOPES: &[&str] = &[
    "openinference.instrumentation.bedrock",
    "@arizeai/openinference-instrumentation-bedrock",
    "opentelemetry.instrumentation.bedrock",
    "opentelemetry.instrumentation.botocore.bedrock",
    "@traceloop/instrumentation-bedrock",
    "@traceloop/instrumentation-anthropic",
    "openlit.instrumentation.anthropic",
    "openlit.instrumentation.bedrock",
];

/// Prefixes of scope and span names, among the sources above, whose total is their own sum of input and
/// output. The totals of the others are the provider's, which include cached tokens:
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html>.
pub const OWN_TOTALS: &[(&str, &str)] = &[
    ("openinference.instrumentation.bedrock", "bedrock.invoke"),
    ("@arizeai/openinference-instrumentation-bedrock", "bedrock.invoke"),
    ("opentelemetry.instrumentation.bedrock", ""),
    ("@traceloop/instrumentation-bedrock", ""),
    ("@traceloop/instrumentation-anthropic", ""),
    ("openlit.", ""),
];

/// Providers whose total includes cached tokens that their input excludes.
pub const CACHED_IN_TOTAL_PROVIDERS: &[&str] = &["aws.bedrock"];

/// Providers whose total includes the reasoning tokens that their output excludes. Gemini's `totalTokenCount`
/// is prompt, candidates, thoughts and tool prompts,
/// <https://ai.google.dev/api/generate-content#UsageMetadata>.
pub const REASONING_IN_TOTAL_PROVIDERS: &[&str] = &["gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai"];

/// Prefixes of scope names of sources that send Gemini's candidates as output, without the thoughts.
pub const REASONING_ON_TOP_SCOPES: &[&str] =
    &["openlit.instrumentation.google_ai_studio", "openlit.instrumentation.vertexai"];

/// Prefixes of scope names of sources whose agent, workflow and task spans repeat the usage of other spans.
/// Those are not always spans below: OpenLIT's are siblings of the call, and Strands sums over an agent's
/// lifetime.
pub const REPEATING_SCOPES: &[&str] = &[
    "openlit.instrumentation.langgraph",
    "openlit.instrumentation.langchain",
    "openlit.instrumentation.crewai",
    "pydantic-ai",
    "strands.telemetry",
];

/// Prefixes of scope names with `gen_ai.server.time_to_first_token` in milliseconds.
pub const MILLISECOND_SCOPES: &[&str] = &["strands.telemetry"];

/// Prefixes of scope names that report a cost of zero for models without a known price.
pub const ZERO_COST_SCOPES: &[&str] = &["openlit."];

/// Providers with their own total, so that `total = input + output` proves that input includes cached tokens.
pub const COUNTING_PROVIDERS: &[&str] =
    &["openai", "azure.ai.openai", "gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai"];

/// Placeholders without a value.
pub const SENTINELS: &[&str] = &["<not specified>", "[REDACTED]", "<REDACTED>", "{}"];
