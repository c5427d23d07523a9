//! Messages of a team of agents, which carry the tokens of the call that made them.

use compact_str::CompactString;
use quipu_core::{Span, Usage, Value};
use quipu_normalize::{label, pick, usage_of};
use quipu_semconv::{AUTOGEN_DESTINATION, AUTOGEN_MESSAGE, AUTOGEN_SENDER};

/// How the names of spans begin on which an agent receives a message.
const RECEIVES: &str = "autogen process";
/// Largest message that is read, in bytes.
const LARGEST: usize = 4 << 20;

/// A message that an agent's own call of a model made.
pub(crate) struct Made {
    /// The agent.
    pub(crate) agent: CompactString,
    /// Tokens; none when the provider sent none, which `AutoGen` writes as zero and zero.
    pub(crate) usage: Option<Usage>,
    /// The message.
    pub(crate) message: Value,
}

/// The message that the span receives, where it is told for the first time.
///
/// An agent's message goes to its team's manager as `{"message": …}`, once, and then in answers and histories to everybody.
/// A team within a team sends on what its members said under its own name, which is told by the sender.
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

/// The key that all agents of a run share: the topic's source, which `AutoGen` takes for the session.
pub(crate) fn key(span: &Span) -> Option<CompactString> {
    let of_agent = || span.attributes.text("gen_ai.agent.id")?.rsplit_once('/').map(|(_, key)| key);
    let of_destination = || {
        let (_, rest) = span.attributes.text(AUTOGEN_DESTINATION)?.rsplit_once(".(")?;
        rest.rsplit_once(')').map(|(key, _)| key)
    };
    of_agent().or_else(of_destination).and_then(named)
}

/// A key that says something: agents outside of any session have `default`.
pub(crate) fn named(key: &str) -> Option<CompactString> {
    label(&Value::from(key)).filter(|key| key != "default" && key != "None")
}
