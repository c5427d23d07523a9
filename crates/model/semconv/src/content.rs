//! Attribute keys of message contents. Adapters read them only on demand.

/// Input messages, by the message schema of the GenAI conventions.
pub const INPUT_MESSAGES: &str = "gen_ai.input.messages";
/// Output messages, by the same schema.
pub const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
/// Keys of a request's messages, one of which a request with content has.
pub const REQUEST_MESSAGES: &[&str] = &[INPUT_MESSAGES, "gen_ai.prompt", "gen_ai.prompt.0.role"];
/// System instructions, separate from the messages.
pub const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
/// URI of the input messages, if content is stored elsewhere.
pub const INPUT_MESSAGES_REF: &str = "gen_ai.input.messages_ref";
/// URI of the output messages, if content is stored elsewhere.
pub const OUTPUT_MESSAGES_REF: &str = "gen_ai.output.messages_ref";
/// Span event that carries the message keys.
pub const DETAILS_EVENT: &str = "gen_ai.client.inference.operation.details";

/// Tools offered to the model.
pub const TOOL_DEFINITIONS: &[&str] = &["gen_ai.tool.definitions", "gen_ai.request.tools", "ai.prompt.tools"];
/// A tool's arguments.
pub const TOOL_ARGUMENTS: &[&str] = &[
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.input",
    "gen_ai.tool.args",
    "tool_arguments",
    "ai.toolCall.args",
    "tool.arguments",
    "gcp.vertex.agent.tool_call_args",
    "input.value",
    "traceloop.entity.input",
    "tool.parameters",
    "tool_input",
    "input",
    "mastra.tool_call.input",
    "mastra.mcp_tool_call.input",
    "langfuse.observation.input",
    "haystack.agent.step.tool.input",
    "agentops.tool.input",
    "langwatch.input",
    "lmnr.span.input",
    "gen_ai.prompt",
];
/// A tool's result.
pub const TOOL_RESULT: &[&str] = &[
    "gen_ai.tool.call.result",
    "gen_ai.tool.output",
    "tool_response",
    "ai.toolCall.result",
    "gcp.vertex.agent.tool_response",
    "output.value",
    "traceloop.entity.output",
    "output",
    "mastra.tool_call.output",
    "mastra.mcp_tool_call.output",
    "langfuse.observation.output",
    "haystack.agent.step.tool.output",
    "agentops.tool.output",
    "langwatch.output",
    "lmnr.span.output",
    "gen_ai.completion",
];

/// The AI SDK's messages as sent to a model.
pub const AI_PROMPT_MESSAGES: &[&str] = &["ai.prompt.messages"];
/// The AI SDK's prompt as its user wrote it.
pub const AI_PROMPT: &[&str] = &["ai.prompt"];
/// The AI SDK's embedded values.
pub const AI_VALUES: &[&str] = &["ai.values", "ai.value"];
/// The text of an answer, in the AI SDK's newer and older releases.
pub const AI_TEXT: &[&str] = &["ai.response.text", "ai.result.text"];
/// The reasoning of an answer.
pub const AI_REASONING: &[&str] = &["ai.response.reasoning", "ai.result.reasoning"];
/// The object of a structured answer.
pub const AI_OBJECT: &[&str] = &["ai.response.object", "ai.result.object"];
/// The tool calls of an answer.
pub const AI_TOOL_CALLS: &[&str] = &["ai.response.toolCalls", "ai.result.toolCalls"];
/// Finish reason of an answer.
pub const AI_FINISH_REASON: &[&str] =
    &["ai.response.finishReason", "ai.result.finishReason", "ai.finishReason"];

/// OpenInference's flattened input messages: `….N.message.role` and so on.
pub const OPENINFERENCE_INPUT: &str = "llm.input_messages.";
/// OpenInference's flattened output messages.
pub const OPENINFERENCE_OUTPUT: &str = "llm.output_messages.";
/// OpenInference's flattened tool definitions: `….N.tool.json_schema`.
pub const OPENINFERENCE_TOOLS: &str = "llm.tools.";
/// OpenInference's whole output, often the provider's answer as JSON.
pub const OUTPUT_VALUE: &[&str] = &["output.value"];
/// The provider's answer as JSON, under keys of other sources.
pub const ANSWER: &[&str] = &[
    "response_data",
    "gen_ai.completion",
    "gen_ai.response.raw",
    "gcp.vertex.agent.llm_response",
    "traceloop.entity.output",
    "langfuse.observation.output",
    "mlflow.spanOutputs",
    "lmnr.span.output",
    "langwatch.output",
];
/// Text of the first answer, or all answers as messages.
pub const ANSWER_TEXT: &[&str] = &[
    "gen_ai.output.messages",
    "llm.output_messages.0.message.content",
    "llm.output_messages.0.message.contents.0.message_content.text",
    "gen_ai.completion.0.content",
    "ai.response.text",
];
/// Keys of the first block of the first answer.
pub const ANSWER_BLOCK: &str = "llm.output_messages.0.message.contents.0.message_content.";
/// Id that a provider gave to the HTTP request of a call.
pub const PROVIDER_REQUEST: &[&str] = &[
    "http.response.header.x-request-id",
    "http.response.header.request-id",
    "http.response.header.x-amzn-requestid",
    "http.response.header.apim-request-id",
    "http.response.header.x-ms-request-id",
    "http.response.header.x_request_id",
    "http.response.header.request_id",
    "aws.request_id",
    "aws.requestId",
    "az.service_request_id",
    "openai.request_id",
    "openai.response.request_id",
    "gen_ai.openai.response.request_id",
    "anthropic.request_id",
    "anthropic.response.request_id",
    "gen_ai.response.request_id",
    "llm.response.request_id",
    "ai.response.headers.x-request-id",
    "ai.response.headers.request-id",
];
/// Id of the HTTP request of a call. A program or a proxy may have given it to several calls.
pub const REQUEST: &[&str] = &[
    "x-request-id",
    "x_request_id",
    "request-id",
    "http.request.header.x-request-id",
    "http.request.header.x_request_id",
    "http.request_id",
    "gen_ai.request.id",
    "gen_ai.request_id",
    "llm.request_id",
    "llm.request.id",
    "http.request.header.traceparent",
    "traceparent",
];
/// Keys of a usage object inside an answer.
pub const USAGE_KEYS: &[&str] = &[
    "usage",
    "usageMetadata",
    "usage_metadata",
    "token_usage",
    "tokenUsage",
    "amazon-bedrock-invocationMetrics",
];
/// Flattened prompt of older Traceloop releases: `….N.role`, `….N.content`.
pub const TRACELOOP_PROMPT: &str = "gen_ai.prompt.";
/// Flattened answer of older Traceloop releases.
pub const TRACELOOP_COMPLETION: &str = "gen_ai.completion.";
/// Flattened tool definitions of older Traceloop releases: `….N.name`, `….N.parameters`.
pub const TRACELOOP_FUNCTIONS: &str = "llm.request.functions.";

/// A whole conversation of an agent run, question and answer in one list.
pub const ALL_MESSAGES: &[&str] = &["pydantic_ai.all_messages", "all_messages_events", "events"];
/// The whole input as JSON or plain text, if no better key exists.
pub const WHOLE_INPUT: &[&str] = &[
    "gen_ai.prompt",
    "input.value",
    "traceloop.entity.input",
    "langfuse.observation.input",
    "raw_input",
    "mastra.agent_run.input",
    "mastra.workflow_run.input",
    "mastra.workflow_step.input",
    "mastra.model_generation.input",
    "mastra.llm_generation.input",
    "mastra.model_step.input",
    "mastra.model_inference.input",
    "haystack.agent.step.llm.input",
    "haystack.component.input",
    "haystack.agent.input",
    "haystack.pipeline.input_data",
];
/// The whole output as JSON or plain text, if no better key exists.
pub const WHOLE_OUTPUT: &[&str] = &[
    "gen_ai.completion",
    "output.value",
    "traceloop.entity.output",
    "langfuse.observation.output",
    "final_result",
    "mastra.agent_run.output",
    "mastra.workflow_run.output",
    "mastra.workflow_step.output",
    "mastra.model_generation.output",
    "mastra.llm_generation.output",
    "mastra.model_step.output",
    "mastra.model_inference.output",
    "mastra.model_chunk.output",
    "haystack.agent.step.llm.output",
    "haystack.component.output",
    "haystack.agent.output",
    "haystack.pipeline.output_data",
];

/// Every key with contents of a model or tool: messages, prompts, answers, arguments, results, commands,
/// retrieval queries and documents. Keys that only describe tools are excluded.
pub const CONTENTS: &[&[&str]] = &[
    &[
        INPUT_MESSAGES,
        OUTPUT_MESSAGES,
        SYSTEM_INSTRUCTIONS,
        "gen_ai.retrieval.query.text",
        "gen_ai.retrieval.documents",
        "gen_ai.memory.query.text",
        "gen_ai.memory.records",
        "gen_ai.event.content",
        "gen_ai.prompt",
        "gen_ai.completion",
        "gen_ai.tool.input",
        "gen_ai.tool.output",
        "process.command_line",
        "process.command_args",
        "gcp.vertex.agent.llm_request",
        "gcp.vertex.agent.llm_response",
    ],
    TOOL_ARGUMENTS,
    TOOL_RESULT,
    AI_PROMPT_MESSAGES,
    AI_PROMPT,
    AI_VALUES,
    AI_TEXT,
    AI_REASONING,
    AI_OBJECT,
    AI_TOOL_CALLS,
    ALL_MESSAGES,
    WHOLE_INPUT,
    WHOLE_OUTPUT,
];
/// Prefixes of content keys of flattened messages.
pub const CONTENT_PREFIXES: &[&str] =
    &[OPENINFERENCE_INPUT, OPENINFERENCE_OUTPUT, TRACELOOP_PROMPT, TRACELOOP_COMPLETION];

/// Span events of the GenAI conventions before 1.37, with the role of each.
pub const MESSAGE_EVENTS: &[(&str, &str)] = &[
    ("gen_ai.system.message", "system"),
    ("gen_ai.user.message", "user"),
    ("gen_ai.assistant.message", "assistant"),
    ("gen_ai.tool.message", "tool"),
    ("gen_ai.choice", "choice"),
];
