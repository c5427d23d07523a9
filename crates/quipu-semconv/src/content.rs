//! Keys under which sources put what was said. Read only when somebody looks at a span.

/// Messages that went in, by the message schema of the GenAI conventions.
pub const INPUT_MESSAGES: &str = "gen_ai.input.messages";
/// Messages that came out, by the same schema.
pub const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
/// Instructions apart from the messages.
pub const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
/// URI of the messages that went in, where content is kept elsewhere.
pub const INPUT_MESSAGES_REF: &str = "gen_ai.input.messages_ref";
/// URI of the messages that came out, where content is kept elsewhere.
pub const OUTPUT_MESSAGES_REF: &str = "gen_ai.output.messages_ref";
/// Span event that carries the message keys.
pub const DETAILS_EVENT: &str = "gen_ai.client.inference.operation.details";

/// Tools offered to the model.
pub const TOOL_DEFINITIONS: &[&str] = &["gen_ai.tool.definitions", "gen_ai.request.tools"];
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
];

/// OpenInference's flattened messages that went in: `….N.message.role` and so on.
pub const OPENINFERENCE_INPUT: &str = "llm.input_messages.";
/// OpenInference's flattened messages that came out.
pub const OPENINFERENCE_OUTPUT: &str = "llm.output_messages.";
/// OpenInference's flattened tool definitions: `….N.tool.json_schema`.
pub const OPENINFERENCE_TOOLS: &str = "llm.tools.";
/// OpenInference's whole output, often the provider's answer as JSON.
pub const OUTPUT_VALUE: &[&str] = &["output.value"];
/// Flattened prompt of older Traceloop releases: `….N.role`, `….N.content`.
pub const TRACELOOP_PROMPT: &str = "gen_ai.prompt.";
/// Flattened answer of older Traceloop releases.
pub const TRACELOOP_COMPLETION: &str = "gen_ai.completion.";
/// Flattened tool definitions of older Traceloop releases: `….N.name`, `….N.parameters`.
pub const TRACELOOP_FUNCTIONS: &str = "llm.request.functions.";

/// A whole conversation of an agent run, question and answer in one list.
pub const ALL_MESSAGES: &[&str] = &["pydantic_ai.all_messages", "all_messages_events", "events"];
/// What went in, as one JSON or plain text, where nothing better is there.
pub const WHOLE_INPUT: &[&str] =
    &["gen_ai.prompt", "input.value", "traceloop.entity.input", "langfuse.observation.input", "raw_input"];
/// What came out, as one JSON or plain text, where nothing better is there.
pub const WHOLE_OUTPUT: &[&str] = &[
    "gen_ai.completion",
    "output.value",
    "traceloop.entity.output",
    "langfuse.observation.output",
    "final_result",
];

/// Span events of the GenAI conventions before 1.37, with the role that each stands for.
pub const MESSAGE_EVENTS: &[(&str, &str)] = &[
    ("gen_ai.system.message", "system"),
    ("gen_ai.user.message", "user"),
    ("gen_ai.assistant.message", "assistant"),
    ("gen_ai.tool.message", "tool"),
    ("gen_ai.choice", "choice"),
];
