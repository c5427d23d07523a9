//! What of an event was said to or by a model or a tool.

use quipu_semconv::{INPUT_MESSAGES, OUTPUT_MESSAGES, TOOL_ARGUMENTS, TOOL_RESULT};

/// Types of events whose body is.
const BODIES: [&str; 4] = ["llm.request", "llm.response", "tool.call", "tool.result"];

/// Keys whose values are, in OpenTelemetry's words.
const KEYS: [&str; 4] = [INPUT_MESSAGES, OUTPUT_MESSAGES, TOOL_ARGUMENTS[0], TOOL_RESULT[0]];

#[inline]
pub(super) fn is_private(key: &str) -> bool {
    cfg!(feature = "enable") && KEYS.contains(&key)
}

#[inline]
pub(super) fn has_private_body(name: &str) -> bool {
    cfg!(feature = "enable") && BODIES.contains(&name)
}
