//! Messages of a team of agents with the tokens of the call that produced them.

use compact_str::CompactString;
use quipu_core::{Span, Usage, Value};
use quipu_normalize::{label, pick, usage_of};
use quipu_semconv::{AUTOGEN_DESTINATION, AUTOGEN_MESSAGE, AUTOGEN_SENDER};

/// Prefix of the names of spans on which an agent receives a message.
const RECEIVES: &str = "autogen process";
/// Maximum size of a parsed message, in bytes.
const LARGEST: usize = 4 << 20;

/// A message produced by an agent's own model call.
pub(crate) struct Made {
    /// The agent.
    pub(crate) agent: CompactString,
    /// Tokens; `None` if the provider sent none. `AutoGen` writes that as two zeros.
    pub(crate) usage: Option<Usage>,
    /// The message.
    pub(crate) message: Value,
}

/// The message that the span receives, if this is its first appearance.
///
/// An agent's message goes once to its team's manager as `{"message": …}`, and later in answers and histories
/// to all agents. A team within a team forwards its members' messages under its own name, which the sender's
/// id reveals.
pub(crate) fn made(span: &Span) -> Option<Made> {
    let text = span
        .attributes
        .text(AUTOGEN_MESSAGE)
        .filter(|text| span.name.starts_with(RECEIVES) && text.len() <= LARGEST)?;
    if !text.starts_with("{\"message\"") || !text.contains("\"models_usage\":{") {
        return None;
    }
    let [message] = pick(text, ["message"]);
    let message = message?;
    let agent = message.get("source").and_then(label)?;
    let sender = span.attributes.text(AUTOGEN_SENDER)?;
    let is_own =
        sender.strip_prefix(agent.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let usage = message.get("models_usage").filter(|usage| matches!(usage, Value::Map(_)) && is_own)?;
    let usage = usage_of(usage).filter(|usage| usage.input.unwrap_or(0) + usage.output.unwrap_or(0) > 0);
    Some(Made { agent, usage, message })
}

/// The key that all agents of a run share: the topic's source, which `AutoGen` uses as session.
pub(crate) fn key(span: &Span) -> Option<CompactString> {
    let of_agent = || span.attributes.text("gen_ai.agent.id")?.rsplit_once('/').map(|(_, key)| key);
    let of_destination = || {
        let (_, rest) = span.attributes.text(AUTOGEN_DESTINATION)?.rsplit_once(".(")?;
        rest.rsplit_once(')').map(|(key, _)| key)
    };
    of_agent().or_else(of_destination).and_then(named)
}

/// A meaningful key: agents outside any session have `default`.
pub(crate) fn named(key: &str) -> Option<CompactString> {
    label(&Value::from(key)).filter(|key| key != "default" && key != "None")
}
