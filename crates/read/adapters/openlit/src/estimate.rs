//! Detection of `OpenLIT`'s own estimates among the provider's figures.

use quipu_core::{Canonical, Kind, TokenSpread, Usage, UsageEstimate, Value};
use quipu_normalize::{Slots, parse};
use quipu_semconv::{Field, OUTPUT_MESSAGES};

/// Maximum size of a measured answer, in bytes.
const LARGEST: usize = 256 << 10;
/// Input tokens that the measured messages may lack: framing, tools and schemas.
const UNSEEN_INPUT: u64 = 300;

/// Whether the figures are an estimate. If a stream has no usage, `OpenLIT` writes half the characters of the
/// text, rounded up, under the normal key (`general_tokens` in its `__helpers.py`). The answer's text is on
/// the span for comparison. The provider's figures have cached tokens, reasoning, or another number.
pub(crate) fn is_estimate(slots: &Slots<'_>, read: &Canonical) -> bool {
    let Some(usage) = read.usage.as_ref().filter(|_| read.kind == Kind::Llm) else { return false };
    let was_whole = read.params.stream != Some(true) && read.response_id.is_some();
    let has_details =
        [usage.cache_read, usage.cache_write, usage.reasoning].iter().any(|part| part.unwrap_or(0) > 0);
    if was_whole || has_details || slots.get(Field::Input).is_none() {
        return false;
    }
    let Some(output) = usage.output else { return false };
    said(slots).is_some_and(|characters| characters.div_ceil(2) == output)
}

/// The estimate with its bounds. A token of most texts has two to eight characters, and instructions and
/// tools add to the input.
pub(crate) fn bounds(usage: &Usage) -> UsageEstimate {
    let spread = |halves: u64, unseen: u64| TokenSpread {
        low: halves / 4,
        expected: halves.div_ceil(2),
        high: halves.saturating_add(unseen),
    };
    UsageEstimate {
        input: spread(usage.input.unwrap_or(0), UNSEEN_INPUT),
        output: spread(usage.output.unwrap_or(0), 0),
        cost: None,
    }
}

/// Number of characters of text in the answer; `None` without an answer.
fn said(slots: &Slots<'_>) -> Option<u64> {
    let text = slots.span.attributes.text(OUTPUT_MESSAGES).filter(|text| text.len() <= LARGEST)?;
    let messages = parse(text)?;
    let parts = messages.as_array()?.iter().filter_map(|message| message.get("parts")?.as_array()).flatten();
    let mut any = false;
    let mut characters = 0_u64;
    for part in parts {
        any = true;
        let is_text = part.get("type").and_then(Value::as_str) == Some("text");
        let content = part.get("content").and_then(Value::as_str).filter(|_| is_text);
        characters += content.map_or(0, |content| content.chars().count() as u64);
    }
    any.then_some(characters)
}
