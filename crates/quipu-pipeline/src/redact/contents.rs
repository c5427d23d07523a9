//! Which attributes hold what was said.

use foldhash::HashSet;
use quipu_core::{Attributes, Value};
use quipu_semconv as semconv;

/// Keys beyond those of the tables: of commands, and what a look-up asked for.
const MORE: &[&str] = &[
    semconv::INPUT_MESSAGES,
    semconv::OUTPUT_MESSAGES,
    semconv::SYSTEM_INSTRUCTIONS,
    "gen_ai.retrieval.query.text",
    "gen_ai.retrieval.documents",
    "gen_ai.event.content",
    "process.command_line",
    "process.command_args",
    "gcp.vertex.agent.llm_request",
    "gcp.vertex.agent.llm_response",
];

/// Lists of keys that hold contents.
const LISTS: &[&[&str]] = &[
    semconv::TOOL_ARGUMENTS,
    semconv::TOOL_RESULT,
    semconv::AI_PROMPT_MESSAGES,
    semconv::AI_PROMPT,
    semconv::AI_VALUES,
    semconv::AI_TEXT,
    semconv::AI_REASONING,
    semconv::AI_OBJECT,
    semconv::AI_TOOL_CALLS,
    semconv::ALL_MESSAGES,
    semconv::WHOLE_INPUT,
    semconv::WHOLE_OUTPUT,
    MORE,
];

/// What keys of flattened messages start with.
const PREFIXES: &[&str] = &[
    semconv::OPENINFERENCE_INPUT,
    semconv::OPENINFERENCE_OUTPUT,
    semconv::TRACELOOP_PROMPT,
    semconv::TRACELOOP_COMPLETION,
];

/// Keys that hold what was said to or by a model or tool, of every convention that Quipu reads.
pub(crate) struct Contents(HashSet<&'static str>);

impl Contents {
    pub fn new() -> Self {
        Self(LISTS.iter().copied().flatten().copied().collect())
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains(key) || PREFIXES.iter().any(|prefix| key.starts_with(prefix))
    }

    /// Whether a span event or an event of this name is a message.
    pub fn is_message(name: &str) -> bool {
        name == semconv::DETAILS_EVENT || semconv::MESSAGE_EVENTS.iter().any(|(known, _)| *known == name)
    }

    /// Takes contents away; gives how many.
    pub fn drop_from(&self, attributes: &mut Attributes) -> u64 {
        let held = attributes.iter().filter(|(key, _)| self.has(key)).count();
        if held > 0 {
            let kept = attributes.iter().filter(|(key, _)| !self.has(key)).cloned();
            *attributes = kept.collect();
        }
        held as u64
    }

    /// Takes the body of a message away; gives how many that are.
    pub fn drop_body(body: &mut Value) -> u64 {
        u64::from(std::mem::take(body) != Value::Null)
    }
}
