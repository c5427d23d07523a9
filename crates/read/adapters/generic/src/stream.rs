//! Answers in pieces: lists of the events of one stream.

use quipu_core::Value;
use quipu_normalize::parse;
use quipu_semconv::USAGE_KEYS;

/// Keys of the answer's id in the chunks of a stream.
const IDS: [&str; 3] = ["id", "responseId", "response_id"];

/// Maximum number of lines of a stream that are parsed.
const MOST_LINES: usize = 1_024;

/// The answer of a list of events, as one object with its usage; `None` for other lists.
pub(crate) fn answer(events: &[Value]) -> Option<Value> {
    of_messages(events).or_else(|| of_chunks(events))
}

/// Whether a text begins as server-sent events do.
pub(crate) fn is_text(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("data:") || text.starts_with("event:")
}

/// The JSON objects of a stream that was captured as text, each in a line of its own, without those that
/// `keeps` rules out.
pub(crate) fn objects(text: &str, keeps: impl Fn(&str) -> bool) -> Vec<Value> {
    let lines = text.lines().map(|line| line.strip_prefix("data:").unwrap_or(line).trim());
    let lines = lines.filter(|line| line.starts_with('{') && keeps(line));
    lines.take(MOST_LINES).filter_map(parse).collect()
}

/// Anthropic's stream. Its first event has the message with the input, and the last event with usage has the
/// whole output (<https://docs.claude.com/en/docs/build-with-claude/streaming>).
fn of_messages(events: &[Value]) -> Option<Value> {
    let is = |event: &&Value, word| event.get("type").and_then(Value::as_str) == Some(word);
    let mut starts = events.iter().filter(|event| is(event, "message_start"));
    let message = starts.next().filter(|_| starts.next().is_none())?.get("message")?;
    let last = events.iter().rev().filter(|event| is(event, "message_delta"));
    let end = last.filter_map(|event| event.get("usage")).next()?;
    let (Value::Map(fields), Value::Map(told)) = (message, end) else { return None };
    let Some(Value::Map(begin)) = message.get("usage") else { return None };
    let mut usage = begin.clone();
    for (key, figure) in told.iter().filter(|(_, figure)| *figure != Value::Null) {
        usage.retain(|(known, _)| known != key);
        usage.push((key.clone(), figure.clone()));
    }
    let mut whole = fields.clone();
    whole.retain(|(key, _)| key != "usage");
    whole.push(("usage".into(), Value::Map(usage)));
    Some(Value::Map(whole))
}

/// Chunks with one id. Their usage counts on, so the last one has that of the answer.
fn of_chunks(events: &[Value]) -> Option<Value> {
    let id = |event: &Value| IDS.iter().find_map(|key| event.get(key)?.as_str().map(str::to_owned));
    let first = events.first().and_then(id).filter(|id| !id.is_empty())?;
    if events.len() < 2 || events.iter().any(|event| id(event).as_ref() != Some(&first)) {
        return None;
    }
    let has_usage =
        |event: &&Value| USAGE_KEYS.iter().any(|key| matches!(event.get(key), Some(Value::Map(_))));
    events.iter().rev().find(has_usage).cloned()
}
