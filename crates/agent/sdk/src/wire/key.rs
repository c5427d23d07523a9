//! Keys with a number in the encoding, so their text is not copied.

use quipu_semconv::quipu;

/// A key as one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(pub u8);

macro_rules! keys {
    ($($number:literal $name:ident = $text:expr, $kept:ident;)*) => {
        impl Key {
            $(pub const $name: Self = Self($number);)*

            /// Name of the attribute; empty for fields that are no attributes.
            pub const fn text(self) -> &'static str {
                match self.0 {
                    $($number => $text,)*
                    _ => "",
                }
            }

            /// Whether unsampled spans carry the key, because totals or derived metrics need it.
            pub const fn kept(self) -> bool {
                match self.0 {
                    $($number => keys!(@ $kept),)*
                    _ => false,
                }
            }
        }

        #[cfg(test)]
        pub(crate) const ALL: &[Key] = &[$(Key($number)),*];
    };
    (@ kept) => { true };
    (@ full) => { false };
}

keys! {
    // Fields that are no attributes.
    1 NAME = "", kept;
    2 MESSAGE = "", kept;
    3 SCOPE = "", kept;
    4 TRACE_STATE = "", kept;
    5 USAGE = "", kept;
    6 COST = quipu::REPORTED_COST, kept;
    7 EVENT = "", full;
    8 LINK = "", full;
    9 DATA = "", kept;
    10 BODY = "", kept;
    11 INPUT_TEXT = "gen_ai.input.messages", full;
    12 OUTPUT_TEXT = "gen_ai.output.messages", full;
    13 SUBJECT = "", kept;
    14 BOUND = "", kept;
    15 RARE_USAGE = "", kept;
    // Times that replace those of the head.
    22 STARTED = "", kept;
    23 ENDED = "", kept;
    24 DURATION = "", kept;
    25 CLOCK_START = "", kept;
    26 CLOCK_END = "", kept;
    // Bound values.
    16 SESSION = "session.id", kept;
    17 USER = "user.id", kept;
    18 CORRELATION = quipu::CORRELATION_ID, kept;
    19 AGENT_NAME = "gen_ai.agent.name", kept;
    20 WORKFLOW_NAME = quipu::WORKFLOW, kept;
    21 FRAMEWORK = quipu::FRAMEWORK, kept;
    // Model calls.
    32 KIND = quipu::KIND, kept;
    33 OPERATION = "gen_ai.operation.name", kept;
    34 PROVIDER = "gen_ai.provider.name", kept;
    35 REQUEST_MODEL = "gen_ai.request.model", kept;
    36 RESPONSE_MODEL = "gen_ai.response.model", kept;
    37 RESPONSE_ID = "gen_ai.response.id", kept;
    38 SERVICE_TIER = "gen_ai.response.service_tier", kept;
    39 SERVER = "server.address", kept;
    40 FINISH_REASONS = "gen_ai.response.finish_reasons", kept;
    41 TEMPERATURE = "gen_ai.request.temperature", full;
    42 TOP_P = "gen_ai.request.top_p", full;
    43 MAX_TOKENS = "gen_ai.request.max_tokens", full;
    44 STREAM = "gen_ai.request.stream", kept;
    45 FIRST_CHUNK = "gen_ai.response.time_to_first_chunk", kept;
    46 INPUT = "gen_ai.input.messages", full;
    47 OUTPUT = "gen_ai.output.messages", full;
    48 ERROR = "error.type", kept;
    // Other steps.
    64 AGENT_ID = "gen_ai.agent.id", kept;
    65 TOOL_NAME = "gen_ai.tool.name", kept;
    66 TOOL_CALL = "gen_ai.tool.call.id", kept;
    67 TOOL_ARGUMENTS = "gen_ai.tool.call.arguments", full;
    68 TOOL_RESULT = "gen_ai.tool.call.result", full;
    69 DATA_SOURCE = "gen_ai.data_source.id", kept;
    70 QUERY = "gen_ai.retrieval.query.text", full;
    87 RETRIEVAL_TOP_K = "gen_ai.retrieval.top_k", full;
    71 DOCUMENTS = quipu::RETRIEVAL_DOCUMENTS, kept;
    72 MEMORY_KEY = quipu::MEMORY_KEY, full;
    73 MEMORY_HIT = quipu::MEMORY_HIT, kept;
    74 TRIGGERED = quipu::GUARDRAIL_TRIGGERED, kept;
    75 EVALUATION = "gen_ai.evaluation.name", kept;
    76 SCORE = "gen_ai.evaluation.score.value", kept;
    77 LABEL = "gen_ai.evaluation.score.label", kept;
    78 FILE_PATH = "file.path", full;
    79 FILE_SIZE = "file.size", kept;
    80 COMMAND = "process.command", kept;
    81 COMMAND_LINE = "process.command_line", full;
    82 EXIT_CODE = "process.exit.code", kept;
    83 REVISION = "vcs.ref.head.revision", kept;
    84 BRANCH = "vcs.ref.head.name", kept;
    85 TAGS = "tag.tags", kept;
    86 SAMPLED = quipu::SAMPLED, kept;
}

/// Most bytes of a text under a custom key on an unsampled span.
const SHORT: usize = 256;

/// Whether an unsampled span carries an attribute with this name: figures and names, but no contents.
pub(crate) fn named_kept(name: &str, text: Option<&str>) -> bool {
    let named = ["gen_ai.", "quipu.", "error."].iter().any(|prefix| name.starts_with(prefix));
    named && text.is_none_or(|text| text.len() <= SHORT && !holds_content(name))
}

fn holds_content(name: &str) -> bool {
    ["messages", "instructions", "arguments", "result", "text", "prompt", "completion"]
        .iter()
        .any(|word| name.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_attribute_has_two_numbers_except_texts_of_messages() {
        let mut seen: Vec<&str> = ALL.iter().map(|key| key.text()).filter(|text| !text.is_empty()).collect();
        let before = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(before - seen.len(), 2, "a text and a list of messages go by the same name, both ways");
    }
}
