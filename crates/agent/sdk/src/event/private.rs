//! Event fields that hold contents of models or tools.

use quipu_semconv::{INPUT_MESSAGES, OUTPUT_MESSAGES, TOOL_ARGUMENTS, TOOL_RESULT};

/// Types of events whose body is a content.
const BODIES: [&str; 4] = ["llm.request", "llm.response", "tool.call", "tool.result"];

/// OpenTelemetry's keys whose values are contents.
const KEYS: [&str; 4] = [INPUT_MESSAGES, OUTPUT_MESSAGES, TOOL_ARGUMENTS[0], TOOL_RESULT[0]];

#[inline]
pub(super) fn is_private(key: &str) -> bool {
    cfg!(feature = "enable") && KEYS.contains(&key)
}

#[inline]
pub(super) fn has_private_body(name: &str) -> bool {
    cfg!(feature = "enable") && BODIES.contains(&name)
}
