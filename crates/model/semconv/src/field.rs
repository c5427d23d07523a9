//! Canonical fields of a look-up, with the table of keys of each.

use crate::{
    AGENT, AGENT_ID, AGGREGATED, AI_FUNCTION, AI_OPERATION, ANSWER, ANSWER_TEXT, BILLING, BRANCH, CACHE_READ,
    CACHE_READ_AUDIO, CACHE_WRITE, CACHE_WRITE_1H, CACHE_WRITE_5M, CHOICE_COUNT, COMMIT, COST,
    COST_COMPLETION, COST_PROMPT, ENTITY_NAME, ERROR_TYPE, EXIT_CODE, FINISH_REASON, FREQUENCY_PENALTY,
    GUARDRAIL_TRIGGERED, HANDOFF_FROM, HANDOFF_TO, HTTP_STATUS, INPUT, INPUT_AUDIO, INPUT_DETAILS,
    INPUT_IMAGE, MASTRA_TYPE, MAX_TOKENS, MCP_METHOD, METADATA, MODEL_NAME, NODE_NAME, OPENINFERENCE_KIND,
    OPERATION, OUTPUT, OUTPUT_AUDIO, OUTPUT_DETAILS, OUTPUT_IMAGE, OUTPUT_VALUE, PARAMETERS,
    PRESENCE_PENALTY, PROJECT, PROVIDER, PROVIDER_REQUEST, QUIPU_KIND, REASONING, REASONING_LEVEL, REQUEST,
    REQUEST_MODEL, REQUEST_TYPE, RESPONSE_ID, RESPONSE_MODEL, RESTATED, RUN, SDK_SPAN_TYPE, SEED,
    SERVER_ADDRESS, SERVICE_TIER, SESSION, SIGNAL, SPAN_TYPE, STOP_SEQUENCES, STREAM, TAGS, TEMPERATURE,
    TIME_OF_FIRST_TOKEN, TIME_TO_FIRST_MILLIS, TIME_TO_FIRST_SECONDS, TIME_TO_FIRST_SERVER, TOOL,
    TOOL_CALL_ID, TOOL_ERROR, TOOL_PROMPT, TOP_K, TOP_P, TOTAL, TRACELOOP_KIND, UNCACHED, USAGE_OBJECT, USER,
    WEB_SEARCHES, WORKFLOW, WORKING_DIRECTORY,
};

/// Type of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Text; numbers are taken as their digits.
    Text,
    /// A count that is never negative.
    Count,
    /// Any value.
    Any,
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $name:ident => $class:ident $table:ident,)*) => {
        /// A canonical field that spans of any convention may fill.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Field {
            $($(#[doc = $doc])* $name,)*
        }

        /// Every field with its keys, most trusted first; the position is the field's number.
        pub const FIELDS: &[(Field, Class, &[&str])] = &[$((Field::$name, Class::$class, $table),)*];
    };
}

fields! {
    /// Source signal.
    Signal => Text SIGNAL,
    /// Kind of span of Quipu's own library.
    QuipuKind => Text QUIPU_KIND,
    /// GenAI operation name.
    Operation => Text OPERATION,
    /// OpenInference span kind.
    OpenInferenceKind => Text OPENINFERENCE_KIND,
    /// Traceloop span kind.
    TraceloopKind => Text TRACELOOP_KIND,
    /// Request type of older Traceloop releases.
    RequestType => Text REQUEST_TYPE,
    /// Span type of Claude Code.
    SpanType => Text SPAN_TYPE,
    /// Operation of the AI SDK.
    AiOperation => Text AI_OPERATION,
    /// Span type of Mastra.
    MastraType => Text MASTRA_TYPE,
    /// Span type of the OpenAI Agents SDK.
    SdkSpanType => Text SDK_SPAN_TYPE,
    /// Method of a Model Context Protocol span.
    McpMethod => Text MCP_METHOD,
    /// Model provider.
    Provider => Text PROVIDER,
    /// Host that was called.
    ServerAddress => Text SERVER_ADDRESS,
    /// Requested model.
    RequestModel => Text REQUEST_MODEL,
    /// Model that answered.
    ResponseModel => Text RESPONSE_MODEL,
    /// A model name that may be either.
    ModelName => Text MODEL_NAME,
    /// Provider's id of the answer.
    ResponseId => Text RESPONSE_ID,
    /// Service tier.
    ServiceTier => Text SERVICE_TIER,
    /// Sampling temperature.
    Temperature => Any TEMPERATURE,
    /// Nucleus sampling bound.
    TopP => Any TOP_P,
    /// Top-k sampling bound.
    TopK => Any TOP_K,
    /// Most output tokens.
    MaxTokens => Any MAX_TOKENS,
    /// Frequency penalty.
    FrequencyPenalty => Any FREQUENCY_PENALTY,
    /// Presence penalty.
    PresencePenalty => Any PRESENCE_PENALTY,
    /// Sampling seed.
    Seed => Any SEED,
    /// Number of requested answers.
    ChoiceCount => Any CHOICE_COUNT,
    /// Whether the answer was streamed.
    Stream => Any STREAM,
    /// Reasoning level.
    ReasoningLevel => Text REASONING_LEVEL,
    /// Texts that end the answer.
    StopSequences => Any STOP_SEQUENCES,
    /// All request parameters in one JSON text.
    Parameters => Any PARAMETERS,
    /// Conversation or session.
    Session => Text SESSION,
    /// User.
    User => Text USER,
    /// Metadata in one JSON text.
    Metadata => Any METADATA,
    /// Tags.
    Tags => Any TAGS,
    /// Project.
    Project => Text PROJECT,
    /// Folder that an agent works in.
    WorkingDirectory => Text WORKING_DIRECTORY,
    /// Revision of the source code.
    Commit => Text COMMIT,
    /// Branch of the source code.
    Branch => Text BRANCH,
    /// Billing of the call.
    Billing => Text BILLING,
    /// Run of `quipu run`.
    Run => Text RUN,
    /// Agent's name.
    Agent => Text AGENT,
    /// Agent's id.
    AgentId => Text AGENT_ID,
    /// Name of a graph's node.
    NodeName => Text NODE_NAME,
    /// Workflow's name.
    Workflow => Text WORKFLOW,
    /// Tool's name.
    Tool => Text TOOL,
    /// Id of a tool call.
    ToolCallId => Text TOOL_CALL_ID,
    /// Traceloop's name of the span's entity.
    EntityName => Text ENTITY_NAME,
    /// Function of the AI SDK's user that the span belongs to.
    AiFunction => Text AI_FUNCTION,
    /// Agent that hands over.
    HandoffFrom => Text HANDOFF_FROM,
    /// Agent that takes over.
    HandoffTo => Text HANDOFF_TO,
    /// Whether a guardrail was triggered.
    GuardrailTriggered => Any GUARDRAIL_TRIGGERED,
    /// Type of error.
    ErrorType => Text ERROR_TYPE,
    /// HTTP status of the answer.
    HttpStatus => Any HTTP_STATUS,
    /// Whether a tool reports a failure.
    ToolError => Any TOOL_ERROR,
    /// Exit code of a command.
    ExitCode => Any EXIT_CODE,
    /// Time to first token, in seconds.
    TimeToFirstSeconds => Any TIME_TO_FIRST_SECONDS,
    /// Time to first token, in milliseconds.
    TimeToFirstMillis => Any TIME_TO_FIRST_MILLIS,
    /// Time to first token, in seconds by definition, but in milliseconds from some sources.
    TimeToFirstServer => Any TIME_TO_FIRST_SERVER,
    /// Time of day of the first token, as text.
    TimeOfFirstToken => Text TIME_OF_FIRST_TOKEN,
    /// Why the model stopped.
    FinishReason => Any FINISH_REASON,
    /// Input tokens.
    Input => Count INPUT,
    /// Output tokens.
    Output => Count OUTPUT,
    /// Input and output tokens.
    Total => Count TOTAL,
    /// Input tokens read from a cache.
    CacheRead => Count CACHE_READ,
    /// Input tokens written to a cache.
    CacheWrite => Count CACHE_WRITE,
    /// Input tokens without any use of a cache.
    Uncached => Count UNCACHED,
    /// Input tokens written to a cache for 5 minutes.
    CacheWrite5m => Count CACHE_WRITE_5M,
    /// Input tokens written to a cache for 1 hour.
    CacheWrite1h => Count CACHE_WRITE_1H,
    /// Output tokens spent on reasoning.
    Reasoning => Count REASONING,
    /// Audio input tokens.
    InputAudio => Count INPUT_AUDIO,
    /// Image input tokens.
    InputImage => Count INPUT_IMAGE,
    /// Audio tokens read from a cache.
    CacheReadAudio => Count CACHE_READ_AUDIO,
    /// Audio output tokens.
    OutputAudio => Count OUTPUT_AUDIO,
    /// Image output tokens.
    OutputImage => Count OUTPUT_IMAGE,
    /// Input tokens that server-side tools added.
    ToolPrompt => Count TOOL_PROMPT,
    /// Web searches.
    WebSearches => Count WEB_SEARCHES,
    /// Provider's own usage object.
    UsageObject => Any USAGE_OBJECT,
    /// Details of the input as a dictionary.
    InputDetails => Any INPUT_DETAILS,
    /// Details of the output as a dictionary.
    OutputDetails => Any OUTPUT_DETAILS,
    /// Figures that repeat others.
    Restated => Any RESTATED,
    /// Sums of other spans' usage.
    Aggregated => Any AGGREGATED,
    /// Cost in US dollars.
    Cost => Any COST,
    /// Cost of the input in US dollars.
    CostPrompt => Any COST_PROMPT,
    /// Cost of the output in US dollars.
    CostCompletion => Any COST_COMPLETION,
    /// OpenInference's whole output.
    OutputValue => Any OUTPUT_VALUE,
    /// Other sources' JSON of the provider's answer.
    Answer => Any ANSWER,
    /// Text of the first answer, or the answers as messages.
    AnswerText => Any ANSWER_TEXT,
    /// Id that the provider gave to the HTTP request.
    ProviderRequest => Any PROVIDER_REQUEST,
    /// Id of the HTTP request that a program or a proxy may have given.
    Request => Any REQUEST,
}

impl Field {
    /// Number of fields.
    pub const COUNT: usize = FIELDS.len();

    /// The field's keys, most trusted first.
    pub const fn keys(self) -> &'static [&'static str] {
        FIELDS[self as usize].2
    }

    /// Type of the field's values.
    pub const fn class(self) -> Class {
        FIELDS[self as usize].1
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_key_belongs_to_one_field_only() {
        let mut seen = BTreeSet::new();
        for (field, _, keys) in FIELDS {
            for key in *keys {
                assert!(seen.insert(*key), "{key} is listed twice, again under {field:?}");
            }
            assert!(keys.len() < 256, "ranks of {field:?} fit a byte");
        }
    }

    #[test]
    fn a_field_finds_its_own_row() {
        for (field, class, keys) in FIELDS {
            assert_eq!((field.class(), field.keys()), (*class, *keys));
        }
    }
}
