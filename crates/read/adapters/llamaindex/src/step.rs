//! Steps of workflows, from their input as a Python literal, which is often truncated.

use compact_str::CompactString;
use quipu_core::{Span, Value};
use quipu_normalize::{label, literal};
use quipu_semconv::LLAMAINDEX_STEP_INPUT;

/// Maximum size of a searched text, in bytes.
const LARGEST: usize = 64 << 10;

/// Key of the current agent in a workflow event.
const AGENT: &str = "current_agent_name=";

/// The call of a tool.
#[derive(Debug, Default)]
pub(crate) struct ToolCall {
    /// Tool's name.
    pub(crate) name: Option<CompactString>,
    /// The model's id of the call.
    pub(crate) id: Option<CompactString>,
    /// Its arguments, unless truncated.
    pub(crate) arguments: Option<Value>,
}

fn input(span: &Span) -> Option<&str> {
    span.attributes.text(LLAMAINDEX_STEP_INPUT).filter(|text| text.len() <= LARGEST)
}

/// The tool call in the step's input.
pub(crate) fn tool_call(span: &Span) -> ToolCall {
    let Some(text) = input(span).filter(|text| text.starts_with("ToolCall")) else {
        return ToolCall::default();
    };
    ToolCall {
        name: field(text, "tool_name="),
        id: field(text, "tool_id="),
        arguments: text.split_once("tool_kwargs=").and_then(|(_, rest)| literal(dictionary(rest)?)),
    }
}

/// The current agent, from the step's input, otherwise from its output.
pub(crate) fn agent(span: &Span) -> Option<CompactString> {
    let given = span.events.iter().filter_map(|event| event.attributes.text("output"));
    let texts = input(span).into_iter().chain(given.filter(|text| text.len() <= LARGEST));
    texts.filter(|text| text.contains(AGENT)).find_map(|text| field(text, AGENT))
}

/// The same for a span of another instrumentation, with input and output as attributes.
pub(crate) fn agent_told(span: &Span) -> Option<CompactString> {
    let sides = ["input.value", "output.value"].into_iter().filter_map(|key| span.attributes.text(key));
    let texts = sides.filter(|text| text.len() <= LARGEST && text.contains(AGENT));
    texts.filter_map(|text| field(text, AGENT)).next()
}

/// The text after `key`, in single or double quotes; `None` if truncated.
fn field(text: &str, key: &str) -> Option<CompactString> {
    let rest = text.split_once(key)?.1;
    let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let (value, _) = rest[1..].split_once(quote)?;
    label(&Value::from(value))
}

/// The dictionary at the start of `text`, up to its closing brace.
fn dictionary(text: &str) -> Option<&str> {
    let (mut quote, mut escaped, mut depth) = (None, false, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) => quote = if byte == open { None } else { quote },
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth <= 1 => return (depth == 1).then(|| &text[..=at]),
            (None, b'}') => depth -= 1,
            (None, _) if depth == 0 => return None,
            _ => {}
        }
    }
    None
}
