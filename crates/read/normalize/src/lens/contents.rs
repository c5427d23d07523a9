//! Lines about message contents: their size and key, never the content.

use compact_str::CompactString;
use quipu_core::{Kind, Value};
use quipu_semconv::{
    AI_OBJECT, AI_PROMPT, AI_PROMPT_MESSAGES, AI_REASONING, AI_TEXT, AI_TOOL_CALLS, AI_VALUES, ALL_MESSAGES,
    INPUT_MESSAGES, INPUT_MESSAGES_REF, MESSAGE_EVENTS, OPENINFERENCE_INPUT, OPENINFERENCE_OUTPUT,
    OPENINFERENCE_TOOLS, OUTPUT_MESSAGES, OUTPUT_MESSAGES_REF, SYSTEM_INSTRUCTIONS, TOOL_ARGUMENTS,
    TOOL_DEFINITIONS, TOOL_RESULT, TRACELOOP_COMPLETION, TRACELOOP_FUNCTIONS, TRACELOOP_PROMPT, WHOLE_INPUT,
    WHOLE_OUTPUT,
};

use super::{Lines, Source};

/// Keys of unflattened values.
const WHOLE: &[&str] =
    &[INPUT_MESSAGES, OUTPUT_MESSAGES, INPUT_MESSAGES_REF, OUTPUT_MESSAGES_REF, SYSTEM_INSTRUCTIONS];
/// Key prefixes of flattened lists.
const FLAT: &[&str] = &[
    OPENINFERENCE_INPUT,
    OPENINFERENCE_OUTPUT,
    OPENINFERENCE_TOOLS,
    TRACELOOP_PROMPT,
    TRACELOOP_COMPLETION,
    TRACELOOP_FUNCTIONS,
];

/// Message keys of the AI SDK.
const AI: &[&[&str]] =
    &[AI_PROMPT_MESSAGES, AI_PROMPT, AI_VALUES, AI_TEXT, AI_REASONING, AI_OBJECT, AI_TOOL_CALLS];

/// Whether the key holds contents.
pub(super) fn holds(key: &str) -> bool {
    let lists = [TOOL_DEFINITIONS, TOOL_ARGUMENTS, TOOL_RESULT, ALL_MESSAGES, WHOLE_INPUT, WHOLE_OUTPUT];
    WHOLE.contains(&key)
        || AI.iter().any(|keys| keys.contains(&key))
        || lists.iter().any(|keys| keys.contains(&key))
        || FLAT.iter().any(|prefix| key.starts_with(prefix))
}

/// Adds one line for each form of contents on the span, in order of precedence.
pub(super) fn contents(lines: &mut Lines<'_>) {
    if lines.read.kind == Kind::Tool {
        side(lines, "tool_arguments", TOOL_ARGUMENTS, &[]);
        side(lines, "tool_result", TOOL_RESULT, &[]);
    } else {
        side(lines, "system_instructions", &[SYSTEM_INSTRUCTIONS], &[]);
        side(lines, "input_messages", &[INPUT_MESSAGES], &[OPENINFERENCE_INPUT, TRACELOOP_PROMPT]);
        side(lines, "output_messages", &[OUTPUT_MESSAGES], &[OPENINFERENCE_OUTPUT, TRACELOOP_COMPLETION]);
        events(lines);
        side(lines, "messages", ALL_MESSAGES, &[]);
        side(lines, "whole_input", WHOLE_INPUT, &[]);
        side(lines, "whole_output", WHOLE_OUTPUT, &[]);
    }
    side(lines, "tool_definitions", TOOL_DEFINITIONS, &[OPENINFERENCE_TOOLS, TRACELOOP_FUNCTIONS]);
}

/// Adds a line for the first key on the span, otherwise for the first flattened list.
fn side(lines: &mut Lines<'_>, name: &str, keys: &[&'static str], flat: &[&'static str]) {
    let attributes = &lines.slots.span.attributes;
    let mut there = keys.iter().filter_map(|key| Some((*key, attributes.get(key)?)));
    if let Some((key, value)) = there.next() {
        let passed_over = there.map(|(key, _)| CompactString::const_new(key)).collect();
        lines.add(name, bytes(size(value)), Source::keyed(key, "contents: only the size is shown"), &[]);
        if let Some(line) = lines.lines.last_mut() {
            line.passed_over = passed_over;
        }
        return;
    }
    for prefix in flat {
        let parts: Vec<usize> = attributes
            .iter()
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(_, value)| size(value))
            .collect();
        if !parts.is_empty() {
            let value = format!("{} in {} attributes", bytes(parts.iter().sum()), parts.len());
            lines.add(name, value, Source::keyed(format!("{prefix}*"), "a flattened list, reassembled"), &[]);
            return;
        }
    }
}

fn events(lines: &mut Lines<'_>) {
    let is_message = |name: &str| MESSAGE_EVENTS.iter().any(|(event, _)| *event == name);
    let count = lines.slots.span.events.iter().filter(|event| is_message(&event.name)).count();
    if count > 0 {
        lines.add(
            "messages",
            format!("{count} span events"),
            Source::rule("one message in each span event"),
            &[],
        );
    }
}

fn bytes(bytes: usize) -> String {
    format!("{bytes} bytes")
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size).sum(),
        Value::Map(pairs) => pairs.iter().map(|(key, value)| key.len() + size(value)).sum(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Null => 0,
        _ => 8,
    }
}
